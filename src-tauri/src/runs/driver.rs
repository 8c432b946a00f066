//! One task per live run: stream → fold → save → tell the page. What the stream does not say is asked
//! for in `recover`; result files are fetched in `keep`; saving and telling are in `save`.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use serde_json::{Map, Value};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    Live, Shared, cause_of,
    fold::{Changes, End},
    life::Happening,
    nap::{self, Nap},
    save::Pending,
    wishes::{Wish, Wishes},
    words_of,
};
use crate::{
    apps::now,
    dify::{self, Client, RunOptions, RunStream},
    model::{
        Millis,
        app::{AppId, ResponseMode},
        event::RunPatch,
        failure::{NetworkTrouble, Reason},
        run::{Notice, RunErrorCause, RunId, RunStatus},
        stream::{StreamEvent, StreamItem},
    },
};

pub(super) struct Driver {
    pub(super) shared: Arc<Shared>,
    pub(super) live: Live,
    pub(super) wishes: Wishes,
    pub(super) id: RunId,
    pub(super) app: AppId,
    pub(super) pending: Pending,
    /// The page knows of it. A run that is refused at once is never shown.
    pub(super) announced: bool,
    /// Files listed beside the outputs.
    pub(super) listed_files: Vec<Value>,
    /// A proxy keeps the stream back, and that was said.
    held_back: bool,
    /// When the stream was last heard of.
    pub(super) heard_at: Millis,
    /// What the lost stream said where it was.
    pub(super) last_event_id: Option<String>,
    /// Since when nothing was seen of the run, until a resumed stream tells something.
    pub(super) unseen_from: Option<Millis>,
    /// An earlier session began it.
    pub(super) left_over: bool,
    /// A question of it was answered just now.
    pub(super) answered: bool,
    /// The user wants to know, however long it takes.
    pub(super) insists: bool,
    /// An error event, which counts only if the server's detail does not say otherwise.
    pub(super) last_words: Option<StreamItem>,
    /// Runs of the server's log that are not this one: their inputs are others.
    pub(super) others: HashSet<String>,
    /// Whether the server has heard that it is to stop.
    stopped: Arc<AtomicU8>,
    /// What broke the way to the server last: said when the run ends by it.
    pub(super) trouble: Option<NetworkTrouble>,
}

const STOP_UNHEARD: u8 = 0;
const STOP_SENT: u8 = 1;
pub(super) const STOP_HEARD: u8 = 2;

/// How following a stream ended.
pub(super) enum Outcome {
    Over,
    /// The server has to be asked how it went on; what broke the stream, if it broke.
    Ask(Option<dify::Error>),
}

pub(super) type Opened = oneshot::Sender<Result<(), dify::Error>>;

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, live: Live, wishes: Wishes) -> Self {
        let (id, app) = {
            let fold = live.fold();
            (fold.run().head.id.clone(), fold.run().head.app_id.clone())
        };
        Self {
            shared,
            stopped: Arc::clone(&live.stopped),
            live,
            wishes,
            id,
            app,
            pending: Pending::default(),
            announced: true,
            listed_files: Vec::new(),
            held_back: false,
            heard_at: now(),
            last_event_id: None,
            unseen_from: None,
            left_over: false,
            answered: false,
            insists: false,
            last_words: None,
            others: HashSet::new(),
            trouble: None,
        }
    }

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
                    answer = &mut run => break answer,
                    () = sleep_until(deadline), if opened.is_some() => self.announce(&mut opened),
                    wish = self.wishes.next() => if wish == Wish::Stop {
                        self.announce(&mut opened);
                        self.happens(Happening::Stop).await;
                        if options.mode == ResponseMode::Blocking {
                            // Nobody can name this run before its end: all that can be done is to leave it.
                            self.end_without_word(RunErrorCause::Lost, String::new(), now()).await;
                            return self.leave_when_saved().await;
                        }
                        // The stop is sent when there is a task id; nobody waits for one for ever.
                        patience = Some(Instant::now() + self.shared.pace.stop);
                    },
                    () = wait_until(patience) => {
                        let client = self.recover(client.clone(), None).await;
                        return self.finish(&client).await;
                    }
                }
            }
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
                wish = self.wishes.next() => {
                    if wish == Wish::Stop {
                        self.announce(&mut opened);
                        self.happens(Happening::Stop).await;
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
        if super::never_ran(&error) {
            if let Some(opened) = opened.take() {
                let _ = opened.send(Err(error));
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

    /// Follows a stream until it says how the run ended, or does not say any more. `until` is when a stream that
    /// tells nothing of the run is left.
    pub(super) async fn follow(
        &mut self,
        mut stream: RunStream,
        held: Vec<StreamItem>,
        client: &Client,
        until: Option<Instant>,
    ) -> Outcome {
        let stopping = self.status() == RunStatus::Stopping;
        let mut asked = stopping && self.ask_to_stop(client);
        let mut patience = stopping.then(|| Instant::now() + self.shared.pace.stop);
        let (mut nap, mut look_at) = (Nap::new(), Instant::now() + nap::LOOK);
        let mut silent_until: Option<Instant> = None;
        let mut until = until;
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
                                asked = self.ask_to_stop(client);
                                // A server that never begins has nothing to stop; nobody waits for it for ever.
                                patience = Some(Instant::now() + self.shared.pace.stop);
                            }
                            Wish::Settle => self.save(true).await,
                            Wish::Ask => {}
                        }
                        continue;
                    }
                    () = wait_until(patience) => return Outcome::Ask(None),
                    () = wait_until(until) => return Outcome::Ask(None),
                    () = sleep_until(look_at) => {
                        look_at = Instant::now() + nap::LOOK;
                        if nap.slept() {
                            silent_until = Some(Instant::now() + self.shared.pace.woken);
                        }
                        continue;
                    }
                    () = wait_until(silent_until) => return Outcome::Ask(None),
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
                Some(Ok(item)) => {
                    self.tell_contact(None);
                    // A refusal in the stream has no run behind it; every other error may not be the end.
                    let had_run = self.live.fold().run().head.server.run_id.is_some();
                    if had_run && matches!(item.event, StreamEvent::Error { .. }) {
                        self.last_words = Some(item);
                        return Outcome::Ask(None);
                    }
                    let told = self.take(item).await;
                    match told {
                        // It pauses on the way to a stop: only the server can tell which of the two it is.
                        Told::End(End::Paused) if self.status() == RunStatus::Stopping => return Outcome::Ask(None),
                        Told::End(_) => return Outcome::Over,
                        Told::News => {
                            until = None;
                            // It goes on although it was to be stopped: that is news, too.
                            patience = patience.map(|_| Instant::now() + self.shared.pace.stop);
                        }
                        Told::Nothing => {}
                    }
                }
                Some(Err(error)) => return Outcome::Ask(Some(error)),
                None => return Outcome::Ask(None),
            }
            // A stop before the first event waits for the task id (api.md §4, "Stopping").
            if patience.is_some() && !asked {
                asked = self.ask_to_stop(client);
                if asked {
                    patience = Some(Instant::now() + self.shared.pace.stop);
                }
            }
        }
    }

    /// Sends the stop once there is a task to stop. "Success" is always the answer: the stream tells.
    /// False if there is none yet.
    pub(super) fn ask_to_stop(&self, client: &Client) -> bool {
        let task = self.live.fold().run().head.server.task_id.clone();
        let is_known = task.is_some();
        if let Some(task) = task {
            let (client, stopped) = (client.clone(), Arc::clone(&self.stopped));
            stopped.store(STOP_SENT, Ordering::Release);
            tokio::spawn(async move {
                // A stop may be asked for again: it stops what is stopped already.
                for pause in [1, 3, 0] {
                    match client.stop(&task).await {
                        Ok(()) => return stopped.store(STOP_HEARD, Ordering::Release),
                        Err(error) => tracing::warn!("stop: {error}"),
                    }
                    tokio::time::sleep(Duration::from_secs(pause)).await;
                }
                stopped.store(STOP_UNHEARD, Ordering::Release);
            });
        }
        is_known
    }

    pub(super) fn stop_was_heard(&self) -> bool {
        self.stopped.load(Ordering::Acquire) == STOP_HEARD
    }

    /// It could not be sent, or did not arrive; not while it is on its way.
    pub(super) fn stop_was_not_heard(&self) -> bool {
        self.stopped.load(Ordering::Acquire) == STOP_UNHEARD
    }

    /// One event: fold, save where it matters, tell.
    pub(super) async fn take(&mut self, item: StreamItem) -> Told {
        if let StreamEvent::WorkflowFinished(finished) = &item.event {
            self.listed_files.clone_from(&finished.files);
        }
        self.heard_at = now();
        let mut changes = self.live.fold().apply(item, self.heard_at);
        self.own_up_to_stop();
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

    /// A run that exists in memory only is not left: it is tried on until it is saved.
    async fn save_all(&mut self) {
        self.tell_contact(None);
        while self.is_unsaved() {
            self.save(true).await;
            if self.is_unsaved() {
                tokio::time::sleep(self.shared.pace.save * 5).await;
            }
        }
    }

    /// Ends live care, whatever is wished.
    pub(super) async fn leave_when_saved(&mut self) {
        self.save_all().await;
        self.shared.leave(&self.id);
        let _ = self.shared.apps.changed(&self.app).await;
    }

    /// Over, or waiting: nothing has to be followed.
    pub(super) fn is_at_rest(&self) -> bool {
        let status = self.status();
        status.is_over() || matches!(status, RunStatus::Waiting | RunStatus::Paused)
    }

    /// Ends live care of a run at rest. False where it was wished to stop, or was answered, while nobody listened:
    /// then it is to be followed on.
    pub(super) async fn leave_at_rest(&mut self) -> bool {
        self.save_all().await;
        let may = || self.is_at_rest() && (self.status().is_over() || !self.wishes.is_due());
        if !self.shared.leave_if(&self.id, may) {
            if self.wishes.due() == Some(Wish::Stop) {
                self.happens(Happening::Stop).await;
            }
            return false;
        }
        let _ = self.shared.apps.changed(&self.app).await;
        true
    }
}

impl Drop for Driver {
    /// A task that panics leaves its run, too: it can be taken up again.
    fn drop(&mut self) {
        let mut all = self.shared.all_live();
        if all.get(&self.id).is_some_and(|live| Arc::ptr_eq(&live.fold, &self.live.fold)) {
            all.remove(&self.id);
        }
    }
}

/// What one event told of the run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    Nothing,
    News,
    End(End),
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

pub(super) async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
