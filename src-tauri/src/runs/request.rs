//! The request for a run, sent once, and its first answer: a refusal, or a stream to follow.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    cause::never_ran,
    driver::Driver,
    follow::{Outcome, wait_until},
    life::Happening,
    wishes::Wish,
};
use crate::{
    apps::now,
    dify::{self, Client, RunOptions},
    model::{
        app::ResponseMode,
        event::RunPatch,
        run::RunErrorCause,
        stream::{StreamEvent, StreamItem},
    },
};

/// Hears whether it is a run. One that never was comes back in its task's care, until nothing of it is stored.
pub(super) type Opened = oneshot::Sender<Result<(), Box<(dify::Error, Driver)>>>;

impl Driver {
    /// Starts the run on the server and follows it to its end. It is stored as `starting` before this.
    ///
    /// `opened` hears of a refusal that comes at once: the form shows it, the page never hears of the
    /// run, and nothing is left of it.
    pub(super) async fn start(
        mut self,
        client: Client,
        inputs: Map<String, Value>,
        options: RunOptions,
        opened: Opened,
    ) {
        self.live.expects_id.store(true, Ordering::Release);
        let deadline = Instant::now() + self.shared.pace.refusal;
        let mut opened = Some(opened);
        let answer = {
            let run = client.run_with(inputs, &options);
            tokio::pin!(run);
            let mut patience: Option<Instant> = None;
            loop {
                tokio::select! {
                    answer = &mut run => break Some(answer),
                    () = wait_until(self.pending.save_at) => self.save(true).await,
                    () = sleep_until(deadline), if opened.is_some() => self.announce(&mut opened),
                    wish = self.wishes.next() => if wish == Wish::Stop {
                        self.happens(Happening::Stop).await;
                        self.announce(&mut opened);
                        if options.mode == ResponseMode::Blocking {
                            // Nobody can name this run before its end: all that can be done is to leave it.
                            self.end_without_word(RunErrorCause::Lost, String::new(), now()).await;
                            return self.leave_when_saved().await;
                        }
                        // The stop is sent when there is a task id; nobody waits for one for ever.
                        patience = Some(Instant::now() + self.shared.pace.stop);
                    },
                    () = wait_until(patience) => break None,
                }
            }
        };
        // The request is not waited for any more, and closed.
        let Some(answer) = answer else {
            let client = self.recover(client, None).await;
            return self.finish(&client).await;
        };
        let mut stream = match answer {
            Ok(stream) => stream,
            // A server that cannot run a given version is asked for one by the app's options, not by its address.
            Err(error) if options.version.is_some() && error.is_unknown_path() => {
                let words = "the server runs only the current version of a workflow";
                let error = dify::Error::refused(404, Some("workflow_not_found"), words);
                return self.never_began(client, error, opened).await;
            }
            Err(error) => return self.never_began(client, error, opened).await,
        };
        // Servers from 1.13 on answer at once with a ping, and refuse inside the stream (api.md §2).
        let mut held = Vec::new();
        let mut broken = None;
        while opened.is_some() {
            let next = tokio::select! {
                next = timeout_at(deadline, stream.next()) => next,
                () = wait_until(self.pending.save_at) => {
                    self.save(true).await;
                    continue;
                }
                wish = self.wishes.next() => {
                    if wish == Wish::Stop {
                        self.happens(Happening::Stop).await;
                        self.announce(&mut opened);
                    }
                    continue;
                }
            };
            match next {
                Ok(Some(Ok(item))) => match refusal(&item) {
                    Some(error) => return self.never_began(client, error, opened).await,
                    None => {
                        let says_nothing = matches!(item.event, StreamEvent::Ping | StreamEvent::Warning { .. });
                        held.push(item);
                        if !says_nothing {
                            self.announce(&mut opened);
                        }
                    }
                },
                Ok(Some(Err(error))) => {
                    self.announce(&mut opened);
                    broken = Some(error);
                }
                Ok(None) | Err(_) => self.announce(&mut opened),
            }
        }
        let client = match self.follow(stream, held, &client, None).await {
            Outcome::Over => client,
            Outcome::Ask(error) => self.recover(client, broken.or(error)).await,
        };
        self.finish(&client).await;
    }

    /// From here on it is a run: the form may close and the page hears of it.
    fn announce(&mut self, opened: &mut Option<Opened>) {
        if let Some(opened) = opened.take() {
            let _ = opened.send(Ok(()));
            self.announced = true;
            let head = self.live.fold().run().head.clone();
            self.tell(RunPatch { head: Some(head), ..RunPatch::new(self.id.clone()) });
        }
    }

    async fn never_began(mut self, client: Client, error: dify::Error, mut opened: Option<Opened>) {
        if never_ran(&error) {
            if let Some(opened) = opened.take() {
                // Whoever asked for it takes it back; where nobody does any more, it goes here.
                if let Err(Err(refused)) = opened.send(Err(Box::new((error, self)))) {
                    let (_, driver) = *refused;
                    if let Err(error) = driver.shared.store.delete_run(&driver.id).await {
                        tracing::error!("a refused run could not be taken back: {error}");
                    }
                }
                return;
            }
            if error.is_unauthorized() {
                self.shared.apps.refused(&self.app).await;
            }
            self.trouble = error.trouble();
            self.end_by(&error, now()).await;
            return self.leave_when_saved().await;
        }
        // It may have begun all the same: the server's log tells.
        self.announce(&mut opened);
        let client = self.recover(client, Some(error)).await;
        self.finish(&client).await;
    }
}

/// A refusal that comes as the stream's first word, with no run behind it.
fn refusal(item: &StreamItem) -> Option<dify::Error> {
    match &item.event {
        StreamEvent::Error { code, status, message } if item.run_id.is_none() => {
            let status = status.filter(|status| (400..500).contains(status))?;
            Some(dify::Error::refused(status, code.as_deref(), message))
        }
        _ => None,
    }
}
