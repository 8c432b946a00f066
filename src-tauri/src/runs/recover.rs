//! Carries out what the `ladder` decides for a run whose stream did not say how it ended. A run is never started anew.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::Instant;

use super::{
    Outlook,
    driver::{Driver, Outcome, wait_until},
    find,
    fold::Changes,
    ladder::{Answer, Decision, Ladder, Ways},
    life::Happening,
    wishes::Wish,
    words_of,
};
use crate::{
    apps::now,
    dify::{self, Client, Detail, LogQuery, Resume},
    model::{
        Millis,
        capability::{Capability, Support},
        failure::{FailureCode, NetworkTrouble},
        human_input::QuestionState,
        run::{Contact, Notice, RunErrorCause, RunStatus, Step, StepStatus},
    },
};

/// Rows of the log that are looked at for a run without an id.
const ROWS: u32 = 100;
/// Details that are read to compare inputs, each time.
const COMPARED: usize = 40;

impl Driver {
    /// Asks how a run went on that nobody follows any more, until there is an answer.
    pub(super) async fn follow_up(mut self, client: Client) {
        let client = self.recover(client, None).await;
        self.finish(&client).await;
    }

    /// Asks once, because the user wants to know, and goes on only if there is something to follow.
    ///
    /// # Errors
    /// The server's or the transport's; the run is then left as it was.
    pub(super) async fn ask_once(mut self, client: Client) -> Result<Outlook, dify::Error> {
        let known = self.live.fold().run().head.server.run_id.is_some();
        if !known {
            match self.find(&client).await {
                Ok(Answer::Found) => {}
                Ok(_) => return Ok(self.leave_as_it_was(client).await),
                Err(error) => {
                    self.leave_as_it_was(client).await;
                    return Err(error);
                }
            }
        }
        let run_id = self.live.fold().run().head.server.run_id.clone().unwrap_or_default();
        match client.run_detail(&run_id).await {
            Ok(Some(detail)) if detail.finished.status.is_over() => {
                self.take_detail(detail, None).await;
                tokio::spawn(async move { self.finish(&client).await });
                Ok(Outlook::Ended)
            }
            Ok(Some(detail)) => {
                let waits = detail.finished.status == RunStatus::Paused;
                if waits && matches!(self.status(), RunStatus::Waiting | RunStatus::Paused) {
                    return Ok(self.leave_as_it_was(client).await);
                }
                self.revive().await;
                self.insists = true;
                tokio::spawn(self.follow_up(client));
                Ok(Outlook::Running)
            }
            Ok(None) => Ok(self.leave_as_it_was(client).await),
            Err(error) => {
                self.leave_as_it_was(client).await;
                Err(error)
            }
        }
    }

    /// Asking brought nothing; but the run may have been answered or stopped here meanwhile, and one that is under way
    /// is not left at all.
    async fn leave_as_it_was(mut self, client: Client) -> Outlook {
        if self.leave_at_rest().await {
            return Outlook::NothingNew;
        }
        tokio::spawn(self.follow_up(client));
        Outlook::Running
    }

    /// It lives: what was taken for its end is taken back.
    async fn revive(&mut self) {
        {
            let mut fold = self.live.fold();
            let head = &mut fold.run_mut().head;
            if head.status == RunStatus::Unknown {
                head.finished_at = None;
                head.error = None;
            }
        }
        self.happens(Happening::Revived).await;
    }

    /// Climbs the ladder until the run is over, waits for a person, or cannot be known. `error` is what broke the
    /// stream, if it broke. Gives back the client that worked last: the key may have been replaced.
    pub(super) async fn recover(&mut self, mut client: Client, error: Option<dify::Error>) -> Client {
        let mut error = error;
        self.trouble = error.as_ref().and_then(dify::Error::trouble);
        self.live.expects_id.store(false, Ordering::Release);
        let mut lost_at = if self.left_over { self.last_sign_of_life() } else { self.heard_at };
        // A run that waits misses nothing.
        let mut waited =
            self.answered || self.is_asked() || matches!(self.status(), RunStatus::Waiting | RunStatus::Paused);
        let mut ladder = self.ladder(&client, lost_at, error.as_ref());
        if self.status() == RunStatus::Stopping {
            self.ask_to_stop(&client);
            ladder.stop(Instant::now());
        }
        if !self.answered {
            self.happens(Happening::Lost).await;
        }
        loop {
            if self.stop_was_heard() {
                ladder.stop_heard(Instant::now());
            }
            self.tell_ladder(&ladder, lost_at);
            let answer = match ladder.decide() {
                Decision::Rest(until) => {
                    self.rest(Some(until), &mut ladder, &mut client).await;
                    continue;
                }
                Decision::RestUntilAsked => {
                    self.rest(None, &mut ladder, &mut client).await;
                    continue;
                }
                Decision::GiveUp => {
                    let corrected = self.last_words.is_some() && ladder.goes_on();
                    self.give_up(error, lost_at).await;
                    if corrected {
                        self.live.looked_at.store(true, Ordering::Release);
                        self.correct(&client).await;
                        // From here on its result files are fetched.
                        self.live.looked_at.store(false, Ordering::Release);
                    }
                    return client;
                }
                Decision::WaitsOn => {
                    self.wait_on().await;
                    return client;
                }
                Decision::Resume => match self.resume(&client, &mut ladder, lost_at, waited).await {
                    Ok(None) => return client,
                    Ok(Some(answer)) => {
                        if answer == (Answer::Streamed { told: true }) {
                            // It was seen again: from here on it is another silence.
                            (lost_at, waited, self.left_over) = (self.heard_at, false, false);
                        }
                        answer
                    }
                    Err(new) => self.judge(new, &mut error).await,
                },
                Decision::Find => {
                    let found = {
                        let client = client.clone();
                        self.find(&client).await
                    };
                    match found {
                        Ok(answer) => answer,
                        Err(new) => self.judge(new, &mut error).await,
                    }
                }
                Decision::Detail => match self.ask(&client, &mut ladder).await {
                    Ok(Some(detail)) if detail.finished.status.is_over() => {
                        // After an error event the stream was whole, and a run that waited missed nothing.
                        let seen = self.last_words.take().is_some() || waited;
                        self.take_detail(detail, (!seen).then_some(lost_at)).await;
                        return client;
                    }
                    Ok(Some(detail)) if detail.finished.status == RunStatus::Paused => {
                        ladder.answered(Answer::Waits, Instant::now());
                        if ladder.decide() == Decision::GiveUp {
                            self.waits().await;
                            return client;
                        }
                        continue;
                    }
                    Ok(Some(_)) => {
                        self.trouble = None;
                        self.happens(Happening::GoesOn).await;
                        // It did not hear of the stop while it could not be reached.
                        if self.status() == RunStatus::Stopping && self.stop_was_not_heard() {
                            self.ask_to_stop(&client);
                        }
                        Answer::GoesOn
                    }
                    Ok(None) if client.ability(Capability::RunDetail).support == Support::No => Answer::NoDetail,
                    Ok(None) => Answer::NotKnown,
                    Err(new) => self.judge(new, &mut error).await,
                },
            };
            ladder.answered(answer, Instant::now());
        }
    }

    fn ladder(&self, client: &Client, lost_at: Millis, error: Option<&dify::Error>) -> Ladder {
        let can = |capability| client.ability(capability).support != Support::No;
        let ways = Ways {
            resume: can(Capability::ResumeStream),
            detail: can(Capability::RunDetail),
            log: can(Capability::ServerLog),
            early_rows: can(Capability::SteadyRuns),
        };
        let has_id = self.live.fold().run().head.server.run_id.is_some();
        let silent = Duration::from_millis(u64::try_from(now().saturating_sub(lost_at)).unwrap_or(0));
        let mut ladder = Ladder::new(&self.shared.pace, ways, has_id, Instant::now(), silent);
        // The server said that something went wrong: it will not say more about it later.
        let said = error.is_some_and(|error| !error.is_lost_stream() && super::cause_of(error) != RunErrorCause::Lost);
        if self.last_words.is_some() || said {
            ladder = ladder.after_error();
        }
        if self.answered {
            ladder = ladder.after_answer();
        }
        if self.insists {
            ladder = ladder.insist();
        }
        ladder
    }

    /// Takes up the run's events again, and follows them. `None`: it is over, or waits.
    async fn resume(
        &mut self,
        client: &Client,
        ladder: &mut Ladder,
        lost_at: Millis,
        waited: bool,
    ) -> Result<Option<Answer>, dify::Error> {
        let run_id = self.live.fold().run().head.server.run_id.clone().unwrap_or_default();
        let how = Resume {
            include_state_snapshot: true,
            continue_on_pause: false,
            last_event_id: self.last_event_id.clone(),
        };
        let opened = {
            let opening = client.resume(&run_id, &how);
            self.meanwhile(client, ladder, opening).await
        };
        let stream = match opened {
            Ok(stream) => stream,
            // Not there, or not this user's: its detail may be.
            Err(error) if error.is_unknown_path() || error.status() == Some(404) => return Ok(Some(Answer::NoStream)),
            Err(error) if error.status().is_some_and(|status| status >= 500) => {
                return Ok(Some(Answer::Streamed { told: false }));
            }
            Err(error) => return Err(error),
        };
        let known = self.progress();
        self.unseen_from = (!waited).then_some(lost_at);
        let outcome = self.follow(stream, Vec::new(), client, ladder.until()).await;
        let told = self.progress() != known;
        self.unseen_from = None;
        match outcome {
            Outcome::Over if self.answered && !self.status().is_over() && !self.is_asked() => {
                // Its state of before the answer.
                ladder.answered(Answer::Waits, Instant::now());
                if ladder.decide() == Decision::GiveUp {
                    return Ok(None);
                }
                self.rest_as_decided(ladder, client).await;
                Ok(Some(Answer::Streamed { told: false }))
            }
            Outcome::Over if self.status() == RunStatus::Stopping => Ok(Some(Answer::Streamed { told })),
            Outcome::Over => Ok(None),
            Outcome::Ask(_) if self.last_words.is_some() => {
                *ladder = self.ladder(client, self.heard_at, None);
                Ok(Some(Answer::NoStream))
            }
            Outcome::Ask(broken) => {
                self.trouble = broken.as_ref().and_then(dify::Error::trouble);
                self.happens(Happening::Lost).await;
                Ok(Some(Answer::Streamed { told }))
            }
        }
    }

    /// What is known of the run's steps and text, to see whether there is news.
    fn progress(&self) -> (usize, usize, usize) {
        let fold = self.live.fold();
        let run = fold.run();
        let finished = run.steps.iter().filter(|step| step.finished_at.is_some()).count();
        (run.steps.len(), finished, run.texts.iter().map(|part| part.text.len()).sum())
    }

    fn is_asked(&self) -> bool {
        let fold = self.live.fold();
        fold.run().questions.iter().any(|question| question.state == QuestionState::Open)
    }

    async fn ask(&mut self, client: &Client, ladder: &mut Ladder) -> Result<Option<Detail>, dify::Error> {
        let run_id = self.live.fold().run().head.server.run_id.clone().unwrap_or_default();
        let asking = client.run_detail(&run_id);
        self.meanwhile(client, ladder, asking).await
    }

    /// Looks for the run in the server's log.
    async fn find(&mut self, client: &Client) -> Result<Answer, dify::Error> {
        let (started_at, inputs) = {
            let fold = self.live.fold();
            (fold.run().head.started_at, fold.run().inputs.clone())
        };
        let day = 24 * 3600 * 1000;
        let query = LogQuery {
            limit: ROWS,
            session_id: Some(client.user().to_owned()),
            after: Some(started_at - day),
            // Newest first: the runs of the days since would fill the page.
            before: Some(started_at + day),
            ..LogQuery::default()
        };
        let Some(log) = client.logs(&query).await? else { return Ok(Answer::NoLog) };
        // A run that is just being started will say its id itself: until then no row is anybody's.
        if self.shared.one_like_it_expects_an_id(&self.app, &self.id, &inputs) {
            return Ok(Answer::Trouble { wait: None });
        }
        let taken = self.shared.taken_ids(&self.app, &self.id).await;
        let rows =
            find::candidates(&log.rows, started_at, client.user(), |id| taken.contains(id) || self.others.contains(id));
        let alone = rows.len() == 1;
        let compares = client.ability(Capability::RunDetail).support != Support::No;
        let mut failed = None;
        let mut others = Vec::new();
        for row in rows.into_iter().take(COMPARED) {
            let detail = match compares {
                true => match client.run_detail(&row.run_id).await {
                    Ok(detail) => detail,
                    // The others may be read all the same.
                    Err(error) if !error.is_unauthorized() => {
                        failed = Some(error);
                        continue;
                    }
                    Err(error) => return Err(error),
                },
                false => None,
            };
            let same = detail.as_ref().and_then(|detail| find::same_inputs(&inputs, &detail.inputs));
            let is_it = same.unwrap_or(find::is_near(row, started_at) && (alone || inputs.is_empty()));
            // Another run may have taken it while its detail was read.
            if is_it && self.shared.claim(&self.app, &row.run_id, &self.id).await {
                {
                    let mut fold = self.live.fold();
                    let server = &mut fold.run_mut().head.server;
                    server.run_id = Some(row.run_id.clone());
                    server.workflow_id = server.workflow_id.take().or(detail.and_then(|detail| detail.workflow_id));
                }
                self.shared.disclaim(&self.app, &row.run_id);
                self.keep_and_show(Changes { head: true, ..Changes::default() }).await;
                return Ok(Answer::Found);
            }
            if same == Some(false) {
                others.push(row.run_id.clone());
            }
        }
        self.others.extend(others);
        // It may be one of those that could not be read.
        failed.map_or(Ok(Answer::NotListed), Err)
    }

    /// Waits for an answer of the server, and hears what is wished meanwhile.
    async fn meanwhile<T>(&mut self, client: &Client, ladder: &mut Ladder, asking: impl Future<Output = T>) -> T {
        tokio::pin!(asking);
        loop {
            let save_at = self.pending.save_at;
            tokio::select! {
                answer = &mut asking => return answer,
                () = wait_until(save_at) => self.save(true).await,
                wish = self.wishes.next() => match wish {
                    Wish::Stop => self.stop_now(client, ladder).await,
                    Wish::Settle => self.save(true).await,
                    Wish::Ask => {}
                },
            }
        }
    }

    async fn stop_now(&mut self, client: &Client, ladder: &mut Ladder) {
        self.happens(Happening::Stop).await;
        self.ask_to_stop(client);
        ladder.stop(Instant::now());
    }

    /// Rests until the moment, or until somebody asks.
    async fn rest(&mut self, until: Option<Instant>, ladder: &mut Ladder, client: &mut Client) {
        loop {
            let save_at = self.pending.save_at;
            tokio::select! {
                () = wait_until(until) => return ladder.go_on(),
                () = wait_until(save_at) => self.save(true).await,
                wish = self.wishes.next() => match wish {
                    Wish::Stop => return self.stop_now(client, ladder).await,
                    Wish::Settle => self.save(true).await,
                    Wish::Ask => {
                        // The key or the way to the server may have been mended.
                        if let Ok(fresh) = self.shared.apps.client(&self.app).await {
                            *client = fresh;
                        }
                        return ladder.go_on();
                    }
                },
            }
        }
    }

    async fn rest_as_decided(&mut self, ladder: &mut Ladder, client: &Client) {
        if let Decision::Rest(until) = ladder.decide() {
            self.rest(Some(until), ladder, &mut client.clone()).await;
        }
    }

    /// What an error means for the ladder; `kept` is what the run ends by if it must.
    async fn judge(&mut self, error: dify::Error, kept: &mut Option<dify::Error>) -> Answer {
        self.trouble = error.trouble().or(self.trouble.take());
        if error.is_unauthorized() {
            self.shared.apps.refused(&self.app).await;
            self.trouble = Some(NetworkTrouble { code: FailureCode::KeyRefused, subject: None });
            self.happens(Happening::Lost).await;
            return Answer::KeyRefused;
        }
        if error.is_forbidden() {
            kept.get_or_insert(error);
            return Answer::Forbidden;
        }
        self.happens(Happening::Lost).await;
        let wait = match &error {
            dify::Error::Status { retry_after, .. } => retry_after.map(Duration::from_secs),
            _ => None,
        };
        // An hour is a gateway's joke: the user sees when the next try is.
        Answer::Trouble { wait: wait.map(|wait| wait.min(Duration::from_secs(300))) }
    }

    /// A server that was never told cannot have gone on in spite of it.
    pub(super) fn own_up_to_stop(&mut self) {
        if self.stop_was_not_heard() {
            for notice in &mut self.live.fold().run_mut().notices {
                if *notice == Notice::NotStopped {
                    *notice = Notice::StopNotHeard;
                }
            }
        }
    }

    async fn give_up(&mut self, error: Option<dify::Error>, lost_at: Millis) {
        let known = self.live.fold().run().head.server.run_id.is_some();
        if known && self.status() == RunStatus::Stopping && self.stop_was_not_heard() {
            self.live.fold().run_mut().notices.push(Notice::StopNotHeard);
            self.note(Changes { notices: true, ..Changes::default() });
        }
        if let Some(item) = self.last_words.take() {
            // Nobody said otherwise: the error was the end.
            self.take(item).await;
            return;
        }
        match error {
            // The server has it: that it cannot be asked, or was not understood, is no end.
            Some(error) if !self.left_over && self.live.fold().run().head.server.run_id.is_some() => {
                self.lose_by(&error, lost_at).await;
            }
            Some(error) if !self.left_over => self.end_by(&error, lost_at).await,
            error => {
                let cause = if self.left_over { RunErrorCause::Interrupted } else { RunErrorCause::Lost };
                self.end_without_word(cause, error.as_ref().map(words_of).unwrap_or_default(), lost_at).await;
            }
        }
    }

    /// An error event counted as the end, and the server said that the run went on all the same: should it end
    /// otherwise, that is the truth.
    async fn correct(&mut self, client: &Client) {
        self.tell_contact(None);
        let run_id = self.live.fold().run().head.server.run_id.clone().unwrap_or_default();
        let until = Instant::now() + self.shared.pace.believed;
        while Instant::now() < until {
            let next = Some(Instant::now() + self.shared.pace.offline);
            loop {
                let save_at = self.pending.save_at;
                tokio::select! {
                    () = wait_until(next) => break,
                    () = wait_until(save_at) => self.save(true).await,
                    wish = self.wishes.next() => match wish {
                        Wish::Stop => return,
                        Wish::Settle => self.save(true).await,
                        Wish::Ask => break,
                    },
                }
            }
            match client.run_detail(&run_id).await {
                Ok(Some(detail)) if detail.finished.status.is_over() => {
                    if detail.finished.status != RunStatus::Failed {
                        self.take_detail(detail, None).await;
                    }
                    return;
                }
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) if error.is_unauthorized() || error.is_forbidden() => return,
                Err(_) => {}
            }
        }
    }

    /// The server says that it waits: for a person, where it asked one.
    async fn waits(&mut self) {
        let what = if self.is_asked() { Happening::Waits } else { Happening::Pauses };
        self.happens(what).await;
    }

    /// It was to be stopped and waits all the same.
    async fn wait_on(&mut self) {
        self.live.fold().run_mut().notices.push(Notice::NotStopped);
        self.own_up_to_stop();
        self.note(Changes { notices: true, ..Changes::default() });
        self.happens(Happening::WaitsOn).await;
        if !self.is_asked() {
            // Nobody is asked anything: why it pauses is not known here.
            self.happens(Happening::Pauses).await;
        }
    }

    /// When something was last heard of the run.
    pub(super) fn last_sign_of_life(&self) -> Millis {
        let fold = self.live.fold();
        let run = fold.run();
        let steps = run.steps.iter().map(|step| step.finished_at.unwrap_or(step.started_at));
        steps.max().unwrap_or(run.head.started_at).max(run.head.started_at)
    }

    /// `unseen_from`: since when nothing was seen of it.
    async fn take_detail(&mut self, detail: Detail, unseen_from: Option<Millis>) {
        let mut changes = Changes::default();
        self.listed_files.clone_from(&detail.finished.files);
        {
            let mut fold = self.live.fold();
            let started_at = fold.run().head.started_at;
            // The server's moment, unless its clock is before our start or ahead of ours.
            let at =
                detail.finished_at.filter(|&at| at >= started_at && at <= now()).unwrap_or_else(now).max(started_at);
            fold.finished(detail.finished, at, &mut changes);
            fold.run_mut().head.contact = None;
        }
        self.own_up_to_stop();
        if let Some(from) = unseen_from {
            let to = self.live.fold().run().head.finished_at.unwrap_or_else(now);
            changes.notices |= self.add_gap(from, to, false);
        }
        self.keep_and_show(changes).await;
    }

    /// What happened between `from` and `to` was not seen, and that is said. True if it is new.
    /// `retold`: the steps so far were told again, without rounds and without text.
    pub(super) fn add_gap(&mut self, from: Millis, to: Millis, retold: bool) -> bool {
        let to = to.max(from);
        let mut fold = self.live.fold();
        let run = fold.run();
        // A moment is no gap where the last step was seen. Servers count steps in their own way.
        let is_last = |step: &Step| step.node_type == "end" || step.status == StepStatus::Failed;
        let seen_all = run.steps.iter().any(|step| step.parent.is_none() && is_last(step));
        if to.saturating_sub(from) < 1000 && seen_all && !retold {
            return false;
        }
        let gap = Notice::Gap { from, to, closed: self.left_over };
        let notices = &mut fold.run_mut().notices;
        let is_new = !notices.contains(&gap);
        if is_new {
            // One break that took several tries is one gap.
            notices.retain(|known| !matches!(known, Notice::Gap { from: known, .. } if *known == from));
            notices.push(gap);
        }
        is_new
    }

    fn tell_ladder(&self, ladder: &Ladder, heard_at: Millis) {
        let clock = |at: Instant| {
            let left = at.saturating_duration_since(Instant::now());
            now().saturating_add(i64::try_from(left.as_millis()).unwrap_or(i64::MAX))
        };
        let next_try_at = match ladder.decide() {
            Decision::Rest(until) => Some(clock(until)),
            _ => None,
        };
        self.tell_contact(Some(Contact {
            heard_at,
            next_try_at,
            tries: ladder.tries(),
            until: ladder.until().map(clock),
            goes_on: ladder.goes_on(),
            trouble: self.trouble.clone(),
        }));
    }
}
