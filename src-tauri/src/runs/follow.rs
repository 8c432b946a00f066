//! Follows a stream, event by event: folded, saved where it matters, told; until it says how the run ended, or does not
//! say any more.

use std::sync::atomic::Ordering;

use tokio::time::{Instant, sleep_until};

use super::{
    driver::Driver,
    fold::{Changes, End},
    life::Happening,
    nap::{self, Nap},
    quiet::{Beside, Quiet},
    wishes::Wish,
};
use crate::{
    apps::now,
    dify::{self, Client, RunStream},
    model::{
        run::{Notice, RunStatus},
        sound::SoundPiece,
        stream::{StreamEvent, StreamItem},
    },
};

/// How following a stream ended.
pub(super) enum Outcome {
    Over,
    /// The server has to be asked how it went on; what broke the stream, if it broke.
    Ask(Option<dify::Error>),
}

/// How a stream was left.
enum Left {
    /// It said how the run ended, and may still speak.
    Ended,
    For(Outcome),
}

/// What one event told of the run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    Nothing,
    News,
    End(End),
}

impl Driver {
    /// Follows a stream until it says how the run ended, or does not say any more. `until` is when a stream that
    /// tells nothing of the run is left.
    pub(super) async fn follow(
        &mut self,
        mut stream: RunStream,
        held: Vec<StreamItem>,
        client: &Client,
        until: Option<Instant>,
    ) -> Outcome {
        match self.follow_until_left(&mut stream, held, client, until).await {
            Left::Ended => {
                self.hear_out(stream);
                Outcome::Over
            }
            Left::For(outcome) => {
                // Whoever listens would wait for ever for what a stream that is dropped still had to say.
                self.shared.spoken(&self.id, SoundPiece::Lost);
                outcome
            }
        }
    }

    async fn follow_until_left(
        &mut self,
        stream: &mut RunStream,
        held: Vec<StreamItem>,
        client: &Client,
        until: Option<Instant>,
    ) -> Left {
        let stopping = self.status() == RunStatus::Stopping;
        let mut asked = stopping && self.ask_to_stop(client);
        let mut patience = stopping.then(|| Instant::now() + self.shared.pace.stop);
        let (mut nap, mut look_at) = (Nap::new(), Instant::now() + nap::LOOK);
        let mut silent_until: Option<Instant> = None;
        let mut until = until;
        let mut quiet = Quiet::new(&self.shared.pace);
        let mut client = client.clone();
        let mut held = held.into_iter();
        loop {
            let save_at = self.pending.save_at;
            let item = match held.next() {
                Some(item) => Some(Ok(item)),
                None => tokio::select! {
                    item = stream.next() => item,
                    () = wait_until(save_at) => {
                        self.save(true).await;
                        continue;
                    }
                    wish = self.wishes.next() => {
                        match wish {
                            Wish::Stop => {
                                self.happens(Happening::Stop).await;
                                asked = self.ask_to_stop(&client);
                                // A server that never begins has nothing to stop; nobody waits for it for ever.
                                patience = Some(Instant::now() + self.shared.pace.stop);
                            }
                            Wish::Settle => self.save(true).await,
                            Wish::Ask => {
                                quiet.hurry();
                                self.stop_once_more(&client);
                            }
                        }
                        continue;
                    }
                    () = wait_until(patience) => return Left::For(Outcome::Ask(None)),
                    () = wait_until(until) => return Left::For(Outcome::Ask(None)),
                    () = sleep_until(look_at) => {
                        look_at = Instant::now() + nap::LOOK;
                        if nap.slept() {
                            silent_until = Some(Instant::now() + self.shared.pace.woken);
                        }
                        continue;
                    }
                    () = wait_until(silent_until) => return Left::For(Outcome::Ask(None)),
                    () = wait_until(quiet.ask_at) => {
                        self.ask_beside(&mut quiet, &client);
                        continue;
                    }
                    answer = quiet.answer() => match self.told_beside(&mut quiet, answer, &mut client).await {
                        Beside::Over => return Left::For(Outcome::Over),
                        Beside::Waits => return Left::For(Outcome::Ask(None)),
                        Beside::Nothing => continue,
                    },
                },
            };
            silent_until = None;
            if stream.held_back() && !self.held_back {
                self.held_back = true;
                self.live.fold().run_mut().notices.push(Notice::HeldBack);
                self.note(Changes { notices: true, ..Changes::default() });
                self.show();
            }
            if stream.last_event_id() != self.last_event_id.as_deref() {
                self.last_event_id = stream.last_event_id().map(str::to_owned);
            }
            match item {
                Some(Ok(mut item)) => {
                    self.hear(&mut item);
                    let is_news = Quiet::is_news(&item.event);
                    if is_news {
                        quiet.news();
                    }
                    // Pings alone say nothing of a run that is out of contact: it is still being asked about.
                    if is_news || self.status() != RunStatus::OutOfContact {
                        self.tell_contact(None);
                    }
                    // A refusal in the stream has no run behind it; every other error may not be the end.
                    let has_run = item.run_id.is_some() || self.live.fold().run().head.server.run_id.is_some();
                    if has_run && matches!(item.event, StreamEvent::Error { .. }) {
                        self.named(item.run_id.as_deref());
                        self.last_words = Some(item);
                        return Left::For(Outcome::Ask(None));
                    }
                    let told = self.take(item).await;
                    match told {
                        // It pauses on the way to a stop: only the server can tell which of the two it is.
                        Told::End(End::Paused) if self.status() == RunStatus::Stopping => {
                            return Left::For(Outcome::Ask(None));
                        }
                        Told::End(_) => return Left::Ended,
                        Told::News => {
                            until = None;
                            // It goes on although it was to be stopped: that is news, too.
                            patience = patience.map(|_| Instant::now() + self.shared.pace.stop);
                        }
                        Told::Nothing => {}
                    }
                }
                Some(Err(error)) => return Left::For(Outcome::Ask(Some(error))),
                None => return Left::For(Outcome::Ask(None)),
            }
            // A stop before the first event waits for the task id (api.md §4, "Stopping").
            if patience.is_some() && !asked {
                asked = self.ask_to_stop(&client);
                if asked {
                    patience = Some(Instant::now() + self.shared.pace.stop);
                }
            }
        }
    }

    /// The run's id, should its first word say it.
    fn named(&mut self, run_id: Option<&str>) {
        {
            let mut fold = self.live.fold();
            let known = &mut fold.run_mut().head.server.run_id;
            if known.is_some() || run_id.is_none() {
                return;
            }
            *known = run_id.map(str::to_owned);
        }
        self.note(Changes { head: true, ..Changes::default() });
    }

    /// One event: fold, save where it matters, tell.
    pub(super) async fn take(&mut self, item: StreamItem) -> Told {
        if let StreamEvent::WorkflowFinished(finished) = &item.event {
            self.listed_files.clone_from(&finished.files);
        }
        (self.heard_at, self.heard) = (now(), Instant::now());
        let was_stopping = self.status() == RunStatus::Stopping;
        let mut changes = self.live.fold().apply(item, self.heard_at);
        self.own_up_to_stop(was_stopping, &mut changes);
        let urgent = changes.head || changes.questions || {
            let fold = self.live.fold();
            changes.steps.iter().any(|&place| fold.run().steps[place].finished_at.is_some())
        };
        if changes.head && self.live.fold().run().head.server.run_id.is_some() {
            self.live.expects_id.store(false, Ordering::Release);
        }
        let told = match changes.end.clone() {
            Some(end) => Told::End(end),
            None if changes.text.is_some() || !changes.steps.is_empty() => Told::News,
            None => Told::Nothing,
        };
        if told != Told::Nothing
            && let Some(from) = self.unseen_from.take()
        {
            changes.notices |= self.add_gap(from, self.heard_at, told == Told::News);
        }
        self.note(changes);
        match told {
            Told::End(_) => self.save(true).await,
            _ if urgent => self.save_soon(false).await,
            _ => {}
        }
        self.show();
        told
    }
}

pub(super) async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
