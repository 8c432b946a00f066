//! The ladder of api.md §4 for a run whose stream did not say how it ended: ask its detail, with growing
//! pauses, for as long as the server may be believed. A run is never started anew.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    Outlook,
    driver::{Driver, STOP_PATIENCE},
    fold::Changes,
    words_of,
};
use crate::{
    apps::now,
    dify::{self, Client, Detail},
    model::{
        Millis,
        run::{Notice, RunErrorCause, RunStatus},
    },
};

/// Servers end runs after 1200 s themselves; who says "running" beyond is not believed.
const BELIEVED_FOR: Duration = Duration::from_secs(1230);
/// A run of an earlier session is asked about at least this long.
const AT_LEAST: Duration = Duration::from_secs(30);

impl Driver {
    /// Asks how a run ended that nobody follows any more, until there is an answer.
    pub(super) async fn follow_up(mut self, client: Client) {
        self.recover(&client, None).await;
        self.finish(&client).await;
    }

    /// Asks once, because the user wants to know, and goes on only if there is something to follow.
    ///
    /// # Errors
    /// The server's or the transport's; the run is then left as it was.
    pub(super) async fn ask_once(mut self, client: Client) -> Result<Outlook, dify::Error> {
        let run_id = self.live.fold().run().head.server.run_id.clone();
        let detail = match run_id {
            Some(run_id) => client.run_detail(&run_id).await,
            None => Ok(None),
        };
        match detail {
            Ok(Some(detail)) if is_final(&detail) => {
                self.take_detail(detail);
                self.save(true).await;
                tokio::spawn(async move { self.finish(&client).await });
                Ok(Outlook::Ended)
            }
            Ok(Some(_)) => {
                // It lives: what was taken for its end is taken back.
                {
                    let mut fold = self.live.fold();
                    let head = &mut fold.run_mut().head;
                    head.status = RunStatus::Running;
                    head.finished_at = None;
                    head.error = None;
                }
                self.note(Changes { head: true, ..Changes::default() });
                tokio::spawn(self.follow_up(client));
                Ok(Outlook::Running)
            }
            Ok(None) => {
                self.shared.leave(&self.id);
                Ok(Outlook::NothingNew)
            }
            Err(error) => {
                self.shared.leave(&self.id);
                Err(error)
            }
        }
    }

    /// Asks 1, 2, 4, 8, then every 15 s. `error` is what broke the stream, if it broke.
    pub(super) async fn recover(&mut self, client: &Client, error: Option<dify::Error>) {
        let words = error.as_ref().map(words_of).unwrap_or_default();
        self.trouble = error.as_ref().and_then(dify::Error::trouble);
        let (lost, lost_at) = if self.left_over {
            (RunErrorCause::Interrupted, self.last_sign_of_life())
        } else {
            (RunErrorCause::Lost, self.heard_at)
        };
        let (run_id, over, started_at) = {
            let fold = self.live.fold();
            let head = &fold.run().head;
            (head.server.run_id.clone(), head.status.is_over(), head.started_at)
        };
        let Some(run_id) = run_id else {
            if !over {
                match &error {
                    Some(error) => self.end_by(error, lost_at).await,
                    None => self.end_without_word(lost, words, lost_at).await,
                }
            }
            return;
        };
        if !over && !*self.stop.borrow() {
            self.set_status(RunStatus::OutOfContact);
            self.save(true).await;
        }
        let age = Duration::from_millis(u64::try_from(now() - started_at).unwrap_or(0));
        let until = Instant::now() + BELIEVED_FOR.saturating_sub(age).max(AT_LEAST);
        let mut stop_at = self.stop.borrow().then(Instant::now);
        let mut pause = Duration::from_secs(1);
        loop {
            match client.run_detail(&run_id).await {
                Ok(Some(detail)) if is_final(&detail) => {
                    self.take_detail(detail);
                    // After an error event the stream was whole: nothing went unseen.
                    if !over {
                        self.tell_gap(lost_at);
                    }
                    self.save(true).await;
                    return;
                }
                // An error event was the last word; a server that still says "running" contradicts itself.
                Ok(_) | Err(_) if over => return,
                Ok(Some(_)) => {
                    let stopping = stop_at.is_some();
                    self.set_status(if stopping { RunStatus::Stopping } else { RunStatus::Running });
                }
                Ok(None) => return self.end_without_word(lost, words, lost_at).await,
                Err(error) if error.is_unauthorized() || error.is_forbidden() => {
                    if error.is_unauthorized() {
                        self.shared.apps.refused(&self.app).await;
                    }
                    return self.end_without_word(lost, words_of(&error), lost_at).await;
                }
                Err(_) => self.set_status(RunStatus::OutOfContact),
            }
            // A stop that the server carried out and forgot stays "running" in its detail for ever
            // (server-1.12.1.md §12).
            let forgotten = stop_at.is_some_and(|at| at.elapsed() >= STOP_PATIENCE);
            if forgotten || Instant::now() + pause > until {
                return self.end_without_word(lost, words, lost_at).await;
            }
            tokio::select! {
                () = sleep(pause) => pause = (pause * 2).min(Duration::from_secs(15)),
                Ok(()) = self.stop.changed() => {
                    self.set_status(RunStatus::Stopping);
                    self.ask_to_stop(client, &mut None);
                    stop_at = Some(Instant::now());
                    // The flag is looked at once a second: an answer right now would be the old one.
                    pause = Duration::from_secs(1);
                    sleep(pause).await;
                }
            }
        }
    }

    /// When something was last heard of the run.
    pub(super) fn last_sign_of_life(&self) -> Millis {
        let fold = self.live.fold();
        let run = fold.run();
        let steps = run.steps.iter().map(|step| step.finished_at.unwrap_or(step.started_at));
        steps.max().unwrap_or(run.head.started_at).max(run.head.started_at)
    }

    fn take_detail(&mut self, detail: Detail) {
        let mut changes = Changes::default();
        self.listed_files.clone_from(&detail.finished.files);
        {
            let mut fold = self.live.fold();
            let started_at = fold.run().head.started_at;
            // The server's moment, unless its clock is before our start.
            let at = detail.finished_at.filter(|&at| at >= started_at).unwrap_or_else(now);
            fold.finished(detail.finished, at, &mut changes);
        }
        self.note(changes);
    }

    /// What happened while there was no contact was not seen, and that is said.
    fn tell_gap(&mut self, from: Millis) {
        {
            let mut fold = self.live.fold();
            let to = fold.run().head.finished_at.unwrap_or_else(now).max(from);
            // Only the end went unseen: the moment until it was asked for is no gap.
            let run = fold.run();
            let seen_all = run
                .head
                .total_steps
                .is_some_and(|total| i64::try_from(run.steps.len()).is_ok_and(|seen| seen >= total));
            if seen_all && to - from < 1000 {
                return;
            }
            fold.run_mut().notices.push(Notice::Gap { from, to });
        }
        self.note(Changes { notices: true, ..Changes::default() });
    }
}

fn is_final(detail: &Detail) -> bool {
    detail.finished.status.is_over() || detail.finished.status == RunStatus::Paused
}
