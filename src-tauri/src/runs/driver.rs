//! One task per live run: stream → fold → save → tell the page. What the stream does not say is asked
//! for in `recover`; result files are fetched in `keep`.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::{Map, Value};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    Live, Shared, cause_of,
    fold::{Changes, End, TextChanged},
    words_of,
};
use crate::{
    apps::now,
    dify::{self, Client, RunOptions, RunStream},
    model::{
        Millis,
        app::{AppId, ResponseMode},
        event::{AppEvent, RunPatch, TextChange},
        failure::{FailureCode, NetworkTrouble, Reason},
        run::{Notice, RunErrorCause, RunId, RunStatus, TextPart},
        stream::{StreamEvent, StreamItem},
    },
    store::RunSave,
};

/// Streamed text is on the disk at the latest after this time.
pub(super) const SAVE_EVERY: Duration = Duration::from_secs(1);
/// How long a form waits for a refusal. A server that says nothing until then has taken the run on.
const REFUSAL: Duration = Duration::from_secs(2);
/// How long a stop is waited for in the stream before the run's detail is asked.
pub(super) const STOP_PATIENCE: Duration = Duration::from_secs(15);

pub(super) struct Driver {
    pub(super) shared: Arc<Shared>,
    pub(super) live: Live,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) id: RunId,
    pub(super) app: AppId,
    /// What is not on the disk yet: `unsaved` as it is, steps by their place.
    unsaved: RunSave,
    unsaved_steps: BTreeSet<usize>,
    save_at: Option<Instant>,
    /// Files listed beside the outputs.
    pub(super) listed_files: Vec<Value>,
    /// A proxy keeps the stream back, and that was said.
    held_back: bool,
    /// When the stream was last heard of.
    pub(super) heard_at: Millis,
    /// An earlier session began it.
    pub(super) left_over: bool,
    /// What broke the way to the server last: said when the run ends by it.
    pub(super) trouble: Option<NetworkTrouble>,
}

/// How following a stream ended.
enum Outcome {
    Over,
    /// The server's detail has to say how it went on; the transport's words, if it was the transport.
    Ask(Option<dify::Error>),
}

type Opened = oneshot::Sender<Result<(), dify::Error>>;

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, live: Live, stop: watch::Receiver<bool>) -> Self {
        let (id, app) = {
            let fold = live.fold();
            (fold.run().head.id.clone(), fold.run().head.app_id.clone())
        };
        Self {
            shared,
            live,
            stop,
            id,
            app,
            unsaved: RunSave::default(),
            unsaved_steps: BTreeSet::new(),
            save_at: None,
            listed_files: Vec::new(),
            held_back: false,
            heard_at: now(),
            left_over: false,
            trouble: None,
        }
    }

    /// Starts the run on the server and follows it to its end.
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
        let deadline = Instant::now() + REFUSAL;
        let mut opened = Some(opened);
        let answer = {
            let run = client.run_with(inputs, &options);
            tokio::pin!(run);
            loop {
                tokio::select! {
                    answer = &mut run => break answer,
                    () = sleep_until(deadline), if opened.is_some() => self.announce(&mut opened),
                    Ok(()) = self.stop.changed(), if opened.is_none() => {
                        if options.mode == ResponseMode::Blocking {
                            // Nobody can name this run before its end: all that can be done is to leave it.
                            self.end_without_word(RunErrorCause::Lost, String::new(), now()).await;
                            return self.leave_when_saved().await;
                        }
                        self.set_status(RunStatus::Stopping);
                        // `follow` has to see it, too: it sends the stop when there is a task id.
                        self.stop.mark_changed();
                        break run.await;
                    }
                }
            }
        };
        let mut stream = match answer {
            Ok(stream) => stream,
            // A server that cannot run a given version is asked for one by the app's options, not by its address.
            Err(error) if options.version.is_some() && error.is_unknown_path() => {
                let words = "the server runs only the current version of a workflow";
                return self.never_began(dify::Error::refused(404, Some("workflow_not_found"), words), opened).await;
            }
            Err(error) => return self.never_began(error, opened).await,
        };
        // Servers from 1.13 on answer at once with a ping, and refuse inside the stream (api.md §2).
        let mut held = Vec::new();
        while opened.is_some() {
            match timeout_at(deadline, stream.next()).await {
                Ok(Some(Ok(item))) => match refusal(&item) {
                    Some(error) => return self.never_began(error, opened).await,
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
                    for item in held {
                        self.take(item).await;
                    }
                    self.recover(&client, Some(error)).await;
                    return self.finish(&client).await;
                }
                Ok(None) | Err(_) => self.announce(&mut opened),
            }
        }
        if let Outcome::Ask(error) = self.follow(stream, held, &client).await {
            self.recover(&client, error).await;
        }
        self.finish(&client).await;
    }

    /// From here on it is a run: the form may close and the page hears of it.
    fn announce(&mut self, opened: &mut Option<Opened>) {
        if let Some(opened) = opened.take() {
            let _ = opened.send(Ok(()));
            let head = self.live.fold().run().head.clone();
            self.tell(RunPatch { head: Some(head), ..RunPatch::new(self.id.clone()) });
        }
    }

    async fn never_began(mut self, error: dify::Error, mut opened: Option<Opened>) {
        if super::never_ran(&error)
            && let Some(opened) = opened.take()
        {
            let _ = opened.send(Err(error));
            return;
        }
        self.announce(&mut opened);
        if error.is_unauthorized() {
            self.shared.apps.refused(&self.app).await;
        }
        self.trouble = error.trouble();
        self.end_by(&error, now()).await;
        self.leave_when_saved().await;
    }

    async fn follow(&mut self, mut stream: RunStream, held: Vec<StreamItem>, client: &Client) -> Outcome {
        let mut stopping = false;
        let mut asked = false;
        let mut patience: Option<Instant> = None;
        let mut held = held.into_iter();
        loop {
            let save_at = self.save_at;
            let item = match held.next() {
                Some(item) => Some(Ok(item)),
                None => tokio::select! {
                    item = stream.next() => item,
                    () = wait_until(save_at) => {
                        self.save(true).await;
                        continue;
                    }
                    Ok(()) = self.stop.changed(), if !stopping => {
                        stopping = true;
                        self.set_status(RunStatus::Stopping);
                        asked = self.ask_to_stop(client, &mut patience);
                        // A server that never begins has nothing to stop; nobody waits for it for ever.
                        patience = patience.or(Some(Instant::now() + STOP_PATIENCE));
                        continue;
                    }
                    () = wait_until(patience) => return Outcome::Ask(None),
                },
            };
            if stream.held_back() && !self.held_back {
                self.held_back = true;
                self.live.fold().run_mut().notices.push(Notice::HeldBack);
                self.note(Changes { notices: true, ..Changes::default() });
            }
            match item {
                Some(Ok(item)) => {
                    // A refusal in the stream has no run behind it; every other end is believed.
                    let had_run = self.live.fold().run().head.server.run_id.is_some();
                    match self.take(item).await {
                        Some(End::Finished | End::Paused) => return Outcome::Over,
                        Some(End::Error) if had_run => return Outcome::Ask(None),
                        Some(End::Error) => return Outcome::Over,
                        None => {}
                    }
                }
                Some(Err(error)) => return Outcome::Ask(Some(error)),
                None => return Outcome::Ask(None),
            }
            // A stop before the first event waits for the task id (api.md §4, "Stopping").
            if stopping && !asked {
                asked = self.ask_to_stop(client, &mut patience);
            }
        }
    }

    /// Sends the stop once there is a task to stop. "Success" is always the answer: the stream tells.
    /// False if there is none yet.
    pub(super) fn ask_to_stop(&self, client: &Client, patience: &mut Option<Instant>) -> bool {
        let task = self.live.fold().run().head.server.task_id.clone();
        let is_known = task.is_some();
        if let Some(task) = task {
            *patience = Some(Instant::now() + STOP_PATIENCE);
            let client = client.clone();
            tokio::spawn(async move {
                if let Err(error) = client.stop(&task).await {
                    tracing::warn!("stop: {error}");
                }
            });
        }
        is_known
    }

    /// One event: fold, tell, and save where it matters.
    async fn take(&mut self, item: StreamItem) -> Option<End> {
        if let StreamEvent::WorkflowFinished(finished) = &item.event {
            self.listed_files.clone_from(&finished.files);
        }
        self.heard_at = now();
        let changes = self.live.fold().apply(item, self.heard_at);
        let end = changes.end.clone();
        let urgent = changes.head || {
            let fold = self.live.fold();
            changes.steps.iter().any(|&place| fold.run().steps[place].finished_at.is_some())
        };
        self.note(changes);
        if end.is_some() {
            self.save(true).await;
        } else if urgent {
            self.save(false).await;
        }
        end
    }

    /// Gathers changes for the disk, and sends them to the page.
    pub(super) fn note(&mut self, changes: Changes) {
        let mut patch = RunPatch::new(self.id.clone());
        {
            let fold = self.live.fold();
            let run = fold.run();
            patch.head = changes.head.then(|| run.head.clone());
            patch.steps = changes.steps.iter().map(|&place| run.steps[place].clone()).collect();
            match changes.text {
                Some(TextChanged::Appended { part, offset, text }) => {
                    let source = run.texts[part].source.clone();
                    match self.unsaved.texts.last_mut() {
                        Some(last) if last.source == source => last.text.push_str(&text),
                        _ => self.unsaved.texts.push(TextPart { source: source.clone(), text: text.clone() }),
                    }
                    patch.texts.push(TextChange::Append { source, offset, text });
                }
                Some(TextChanged::Replaced) => {
                    self.unsaved.replace_texts = true;
                    self.unsaved.texts.clone_from(&run.texts);
                    let text = run.texts.iter().map(|part| part.text.as_str()).collect();
                    patch.texts.push(TextChange::Replace { text });
                }
                None => {}
            }
            patch.outputs = changes.outputs.then(|| run.outputs.clone());
            patch.notices = changes.notices.then(|| run.notices.clone());
            patch.questions = changes.questions.then(|| run.questions.clone());
            patch.unknown_events = changes.unknown_events.then(|| run.unknown_events.clone());
        }
        let unsaved = &mut self.unsaved;
        unsaved.head = patch.head.clone().or(unsaved.head.take());
        unsaved.outputs = patch.outputs.clone().or(unsaved.outputs.take());
        unsaved.questions = patch.questions.clone().or(unsaved.questions.take());
        unsaved.unknown_events = patch.unknown_events.clone().or(unsaved.unknown_events.take());
        if let Some(notices) = &patch.notices {
            let lasting = notices.iter().filter(|notice| !matches!(notice, Notice::NotSaved { .. }));
            unsaved.notices = Some(lasting.cloned().collect());
        }
        self.unsaved_steps.extend(&changes.steps);
        if self.save_at.is_none() && self.is_unsaved() {
            self.save_at = Some(Instant::now() + SAVE_EVERY);
        }
        self.tell(patch);
    }

    fn is_unsaved(&self) -> bool {
        !self.unsaved.is_empty() || !self.unsaved_steps.is_empty()
    }

    /// Writes what is unsaved; steps that still run only when `all` is to be written, because a long
    /// iteration's row would otherwise be written anew with each of its steps.
    ///
    /// What cannot be written is kept and tried again with the next save.
    pub(super) async fn save(&mut self, all: bool) {
        let mut later = BTreeSet::new();
        {
            let fold = self.live.fold();
            for place in std::mem::take(&mut self.unsaved_steps) {
                let step = &fold.run().steps[place];
                if all || step.finished_at.is_some() {
                    self.unsaved.steps.retain(|earlier| earlier.order != step.order);
                    self.unsaved.steps.push(step.clone());
                } else {
                    later.insert(place);
                }
            }
        }
        self.unsaved_steps = later;
        self.save_at = None;
        if !self.unsaved.is_empty() {
            match self.shared.store.save_run(&self.id, &self.unsaved).await {
                Ok(()) => self.unsaved = RunSave::default(),
                Err(error) => {
                    tracing::error!("a run could not be saved: {error}");
                    self.tell_not_saved(Some(error.code()));
                    self.save_at = Some(Instant::now() + SAVE_EVERY);
                    return;
                }
            }
            self.tell_not_saved(None);
        }
        if self.is_unsaved() {
            self.save_at = Some(Instant::now() + SAVE_EVERY);
        }
    }

    /// Says that the run is in memory only, or takes that back.
    fn tell_not_saved(&self, reason: Option<FailureCode>) {
        let changed = {
            let mut fold = self.live.fold();
            let notices = &mut fold.run_mut().notices;
            let known = notices.iter().position(|notice| matches!(notice, Notice::NotSaved { .. }));
            match (known, reason) {
                (None, Some(reason)) => notices.push(Notice::NotSaved { reason }),
                (Some(place), None) => drop(notices.remove(place)),
                _ => return,
            }
            notices.clone()
        };
        self.tell(RunPatch { notices: Some(changed), ..RunPatch::new(self.id.clone()) });
    }

    /// Ends the run where the server did not; `at` is when.
    pub(super) async fn end_without_word(&mut self, cause: RunErrorCause, words: String, at: i64) {
        self.end(cause, None, words, at).await;
    }

    /// Ends the run by what kept it from being followed.
    pub(super) async fn end_by(&mut self, error: &dify::Error, at: i64) {
        self.end(cause_of(error), error.reason(), words_of(error), at).await;
    }

    async fn end(&mut self, cause: RunErrorCause, reason: Option<Reason>, words: String, at: i64) {
        let steps = {
            let mut fold = self.live.fold();
            let steps = fold.fail(cause, reason, words, at);
            if let Some(error) = &mut fold.run_mut().head.error {
                error.network = self.trouble.take();
            }
            steps
        };
        self.note(Changes { head: true, steps, ..Changes::default() });
        self.save(true).await;
    }

    /// Ends live care, unless the run exists in memory only: then it is tried on until it is saved.
    pub(super) async fn leave_when_saved(&mut self) {
        while self.is_unsaved() {
            self.save(true).await;
            if self.is_unsaved() {
                tokio::time::sleep(SAVE_EVERY * 5).await;
            }
        }
        self.shared.leave(&self.id);
        let _ = self.shared.apps.changed(&self.app).await;
    }

    pub(super) fn set_status(&mut self, status: RunStatus) {
        let changed = {
            let mut fold = self.live.fold();
            let head = &mut fold.run_mut().head;
            let changed = head.status != status && !head.status.is_over();
            if changed {
                head.status = status;
            }
            changed
        };
        if changed {
            self.note(Changes { head: true, ..Changes::default() });
        }
    }

    pub(super) fn tell(&self, patch: RunPatch) {
        (self.shared.emit)(AppEvent::RunChanged { patch });
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

pub(super) async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
