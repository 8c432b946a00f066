//! How a run ends where its stream does not say it: by its detail, by an error, or with nobody's word.

use tokio::time::Instant;

use super::{
    cause::{cause_of, words_of},
    driver::Driver,
    fold::Changes,
    follow::wait_until,
    wishes::Wish,
};
use crate::{
    apps::now,
    dify::{self, Client, Detail},
    model::{
        Millis,
        failure::Reason,
        run::{Notice, RunErrorCause, RunStatus, Step, StepStatus},
    },
};

impl Driver {
    /// `unseen_from`: since when nothing was seen of it.
    pub(super) async fn take_detail(&mut self, detail: Detail, unseen_from: Option<Millis>) {
        let mut changes = Changes::default();
        let was_stopping = self.status() == RunStatus::Stopping;
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
        self.own_up_to_stop(was_stopping, &mut changes);
        if let Some(from) = unseen_from {
            let to = self.live.fold().run().head.finished_at.unwrap_or_else(now);
            changes.notices |= self.add_gap(from, to, false);
        }
        self.keep_and_show(changes).await;
    }

    pub(super) async fn give_up(&mut self, error: Option<dify::Error>, lost_at: Millis) {
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
        // What an earlier session left may have ended long ago; else it was followed until now.
        let at = if self.left_over { lost_at } else { now() };
        match error {
            // The server has it: that it cannot be asked, or was not understood, is no end.
            Some(error) if !self.left_over && self.live.fold().run().head.server.run_id.is_some() => {
                self.lose_by(&error, at).await;
            }
            Some(error) if !self.left_over => self.end_by(&error, at).await,
            error => {
                let cause = if self.left_over { RunErrorCause::Interrupted } else { RunErrorCause::Lost };
                self.end_without_word(cause, error.as_ref().map(words_of).unwrap_or_default(), at).await;
            }
        }
    }

    /// An error event counted as the end, and the server said that the run went on all the same: should it end
    /// otherwise, that is the truth.
    pub(super) async fn correct(&mut self, client: &Client) {
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

    /// Ends the run where the server did not; `at` is when.
    pub(super) async fn end_without_word(&mut self, cause: RunErrorCause, words: String, at: i64) {
        self.end(cause, None, words, at).await;
    }

    /// Ends the run by what kept it from being followed.
    pub(super) async fn end_by(&mut self, error: &dify::Error, at: i64) {
        self.end(cause_of(error), error.reason(), words_of(error), at).await;
    }

    /// Ends the run of which nobody can say more, because of this.
    pub(super) async fn lose_by(&mut self, error: &dify::Error, at: i64) {
        self.end(RunErrorCause::Lost, error.reason(), words_of(error), at).await;
    }

    async fn end(&mut self, cause: RunErrorCause, reason: Option<Reason>, words: String, at: i64) {
        let steps = {
            let mut fold = self.live.fold();
            let steps = fold.fail(cause, reason, words, at);
            let head = &mut fold.run_mut().head;
            head.contact = None;
            if let Some(error) = &mut head.error {
                error.network = self.trouble.take();
            }
            steps
        };
        let questions = !self.live.fold().run().questions.is_empty();
        self.keep_and_show(Changes { head: true, steps, questions, ..Changes::default() }).await;
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
}
