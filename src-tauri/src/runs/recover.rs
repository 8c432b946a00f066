//! Carries out what the `ladder` decides for a run whose stream did not say how it ended. A run is never started anew.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::Instant;

use super::{
    cause::{cause_of, is_of_gateway, trouble_of},
    driver::Driver,
    follow::{Outcome, wait_until},
    ladder::{Answer, Decision, Ladder, Ways},
    life::Happening,
    wishes::Wish,
};
use crate::{
    apps::now,
    dify::{self, Client, Detail, Resume},
    model::{
        Millis,
        capability::{Capability, Support},
        failure::FailureCode,
        human_input::QuestionState,
        run::{Contact, RunErrorCause, RunStatus},
    },
};

impl Driver {
    /// Asks how a run went on that nobody follows any more, until there is an answer.
    pub(super) async fn follow_up(mut self, client: Client) {
        let client = self.recover(client, None).await;
        self.finish(&client).await;
    }

    /// Climbs the ladder until the run is over, waits for a person, or cannot be known. `error` is what broke the
    /// stream, if it broke. Gives back the client that worked last: the key may have been replaced.
    pub(super) async fn recover(&mut self, mut client: Client, error: Option<dify::Error>) -> Client {
        let mut error = error;
        self.trouble = error.as_ref().and_then(trouble_of);
        self.live.expects_id.store(false, Ordering::Release);
        let mut lost_at = if self.left_over { self.last_sign_of_life() } else { self.heard_at };
        // A run that waits misses nothing.
        let mut waited =
            self.answered || self.is_asked() || matches!(self.status(), RunStatus::Waiting | RunStatus::Paused);
        let mut ladder = self.ladder(&client, error.as_ref());
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
            if self.wishes.were_answered() {
                (self.answered, waited) = (true, true);
                ladder = ladder.after_answer(Instant::now());
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
                    if self.end_by_row(lost_at).await {
                        return client;
                    }
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
                    Err(new) => self.judge(new, &mut error, &mut client).await,
                },
                Decision::Find => {
                    let asked = client.clone();
                    match self.find(&asked, &mut ladder).await {
                        Ok(answer) => answer,
                        Err(new) => self.judge(new, &mut error, &mut client).await,
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
                        self.stop_once_more(&client);
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
                        self.stop_once_more(&client);
                        Answer::GoesOn
                    }
                    Ok(None) if client.ability(Capability::RunDetail).support == Support::No => Answer::NoDetail,
                    Ok(None) => Answer::NotKnown,
                    Err(new) => self.judge(new, &mut error, &mut client).await,
                },
            };
            if matches!(answer, Answer::Found | Answer::NotListed | Answer::GoesOn | Answer::NotKnown) {
                // The server itself was asked: that a gateway stood in its place before is not what is the matter.
                error.take_if(|error| is_of_gateway(error));
                self.trouble.take_if(|trouble| trouble.code == FailureCode::ServerError);
            }
            ladder.answered(answer, Instant::now());
        }
    }

    fn ladder(&self, client: &Client, error: Option<&dify::Error>) -> Ladder {
        let can = |capability| client.ability(capability).support != Support::No;
        let ways = Ways {
            resume: can(Capability::ResumeStream),
            detail: can(Capability::RunDetail),
            log: can(Capability::ServerLog),
            early_rows: can(Capability::SteadyRuns),
        };
        let has_id = self.live.fold().run().head.server.run_id.is_some();
        let silent = if self.left_over {
            // Only the clock on the wall went on while the program was closed.
            Duration::from_millis(u64::try_from(now().saturating_sub(self.last_sign_of_life())).unwrap_or(0))
        } else {
            self.heard.elapsed()
        };
        let mut ladder = Ladder::new(&self.shared.pace, ways, has_id, Instant::now(), silent);
        // The server said that something went wrong: it will not say more about it later.
        let said = error.is_some_and(|error| !error.is_lost_stream() && cause_of(error) != RunErrorCause::Lost);
        if self.last_words.is_some() || said {
            ladder = ladder.after_error();
        }
        if self.answered {
            ladder = ladder.after_answer(Instant::now());
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
                self.trouble = trouble_of(&error);
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
                *ladder = self.ladder(client, None);
                Ok(Some(Answer::NoStream))
            }
            Outcome::Ask(broken) => {
                self.trouble = broken.as_ref().and_then(trouble_of);
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

    pub(super) fn is_asked(&self) -> bool {
        let fold = self.live.fold();
        fold.run().questions.iter().any(|question| question.state == QuestionState::Open)
    }

    async fn ask(&mut self, client: &Client, ladder: &mut Ladder) -> Result<Option<Detail>, dify::Error> {
        let run_id = self.live.fold().run().head.server.run_id.clone().unwrap_or_default();
        let asking = client.run_detail(&run_id);
        self.meanwhile(client, ladder, asking).await
    }

    /// Waits for an answer of the server, and hears what is wished meanwhile.
    pub(super) async fn meanwhile<T>(
        &mut self,
        client: &Client,
        ladder: &mut Ladder,
        asking: impl Future<Output = T>,
    ) -> T {
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
                        if let Ok(fresh) = self.fresh_client().await {
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
    async fn judge(&mut self, error: dify::Error, kept: &mut Option<dify::Error>, client: &mut Client) -> Answer {
        if error.is_unauthorized() {
            // It may have been replaced since this one was fetched: then nobody refused the one that counts.
            if let Ok(fresh) = self.fresh_client().await
                && !fresh.has_key_of(client)
            {
                *client = fresh;
                return Answer::Trouble { wait: None };
            }
            self.shared.apps.refused(&self.app).await;
            self.trouble = trouble_of(&error);
            // From now on that is why nobody knows more.
            kept.take_if(|error| cause_of(error) == RunErrorCause::Lost);
            self.happens(Happening::Lost).await;
            return Answer::KeyRefused;
        }
        self.trouble = trouble_of(&error).or(self.trouble.take());
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

    /// The server says that it waits: for a person, where it asked one.
    async fn waits(&mut self) {
        let what = if self.is_asked() { Happening::Waits } else { Happening::Pauses };
        self.happens(what).await;
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
