//! Asks once more about a run that nobody follows, because the user wants to know, or because it waits.

use super::{Error, Outlook, Runs, driver::Driver, fold::Changes, ladder::Answer, life::Happening};
use crate::{
    dify::{self, Client},
    model::{
        Millis,
        run::{RunId, RunStatus},
    },
};

impl Runs {
    /// Asks the server once more how a run ended that nobody follows, because the user wants to know; one that is
    /// followed is asked about now.
    pub async fn check_again(&self, id: &RunId) -> Result<Outlook, Error> {
        self.ask_again(id, true).await
    }

    /// The same, because it is time to.
    pub(super) async fn look_again(&self, id: &RunId) -> Result<Outlook, Error> {
        self.ask_again(id, false).await
    }

    async fn ask_again(&self, id: &RunId, insists: bool) -> Result<Outlook, Error> {
        if self.shared.wish(id, |wished| wished.ask += 1) {
            return Ok(Outlook::Running);
        }
        let head = self.shared.store.run_head(id).await?;
        let client = self.shared.client_of(&head).await?;
        let Some(mut driver) = self.take_in(id).await? else { return Ok(Outlook::Running) };
        driver.insists = insists;
        driver.left_over = head.started_at < self.shared.began_at;
        driver.ask_once(client).await.map_err(Error::NotAsked)
    }
}

impl Driver {
    /// Asks once, because the user wants to know, and goes on only if there is something to follow.
    ///
    /// # Errors
    /// The server's or the transport's; the run is then left as it was.
    pub(super) async fn ask_once(mut self, client: Client) -> Result<Outlook, dify::Error> {
        let known = self.live.fold().run().head.server.run_id.is_some();
        if !known {
            let look = self.look(&client).go();
            let Some(looked) = self.unless_stopped(look).await else { return Ok(self.leave_as_it_was(client).await) };
            match self.looked(looked).await {
                Ok(Answer::Found) => {}
                Ok(_) => return Ok(self.leave_as_it_was(client).await),
                Err(error) => {
                    self.leave_as_it_was(client).await;
                    return Err(error);
                }
            }
        }
        let run_id = self.live.fold().run().head.server.run_id.clone().unwrap_or_default();
        let asking = client.run_detail(&run_id);
        let Some(answer) = self.unless_stopped(asking).await else { return Ok(self.leave_as_it_was(client).await) };
        match answer {
            Ok(Some(detail)) if detail.finished.status.is_over() => {
                let unseen_from = self.unseen_from_then();
                self.take_detail(detail, unseen_from).await;
                tokio::spawn(async move { self.finish(&client).await });
                Ok(Outlook::Ended)
            }
            Ok(Some(detail)) => {
                let waits = detail.finished.status == RunStatus::Paused;
                if waits && matches!(self.status(), RunStatus::Waiting | RunStatus::Paused) {
                    return Ok(self.leave_as_it_was(client).await);
                }
                self.revive().await;
                tokio::spawn(self.follow_up(client));
                Ok(Outlook::Running)
            }
            Ok(None) if self.end_by_row(self.last_sign_of_life()).await => {
                tokio::spawn(async move { self.finish(&client).await });
                Ok(Outlook::Ended)
            }
            Ok(None) => Ok(self.leave_as_it_was(client).await),
            Err(error) => {
                self.leave_as_it_was(client).await;
                Err(error)
            }
        }
    }

    /// Since when nothing was seen of it; a run that waits misses nothing.
    fn unseen_from_then(&self) -> Option<Millis> {
        let waits = self.is_asked() || matches!(self.status(), RunStatus::Waiting | RunStatus::Paused);
        let is_open = !self.status().is_over() || self.status() == RunStatus::Unknown;
        (is_open && !waits).then(|| self.last_sign_of_life())
    }

    /// Waits for an answer, unless the run is to be stopped before it comes: that is drawn at once.
    async fn unless_stopped<T>(&mut self, asking: impl Future<Output = T>) -> Option<T> {
        if self.status().is_over() {
            return Some(asking.await);
        }
        tokio::select! {
            answer = asking => Some(answer),
            () = self.wishes.stop() => {
                self.happens(Happening::Stop).await;
                None
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
        let steps = {
            let mut fold = self.live.fold();
            let steps = fold.reopen_steps();
            let head = &mut fold.run_mut().head;
            if head.status == RunStatus::Unknown {
                head.finished_at = None;
                head.error = None;
            }
            steps
        };
        self.note(Changes { steps, ..Changes::default() });
        self.happens(Happening::Revived).await;
    }
}
