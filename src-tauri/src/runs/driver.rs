//! One task per live run: stream → fold → save → tell the page; then, where the stream did not say how
//! the run ended, the ladder of api.md §4: ask the run's detail with growing pauses, never start it anew.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{
    Live, Shared, cause_of,
    fold::{Changes, End, TextChanged},
    outputs,
};
use crate::{
    apps::now,
    dify::{self, Client, RunStream},
    files,
    model::{
        event::{AppEvent, RunPatch, TextChange},
        failure::FailureCode,
        file::{LocalCopy, RunFile},
        run::{Notice, RunErrorCause, RunId, RunStatus, TextPart},
        stream::{StreamEvent, StreamItem},
    },
    store::{self, RunSave, StoredFile},
};

/// Streamed text is on the disk at the latest after this time.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// How long a stop is waited for in the stream before the run's detail is asked.
const STOP_PATIENCE: Duration = Duration::from_secs(15);
/// Servers end runs after 1200 s themselves; who says "running" beyond is not believed (api.md §4).
const FOLLOW_FOR: Duration = Duration::from_secs(1230);
/// A result file larger than this stays on the server.
const FILE_LIMIT: u64 = 1024 * 1024 * 1024;

pub(super) struct Driver {
    shared: Arc<Shared>,
    live: Live,
    stop: watch::Receiver<bool>,
    id: RunId,
    /// What is not on the disk yet.
    unsaved: RunSave,
    save_at: Option<Instant>,
    /// Files listed beside the outputs.
    listed_files: Vec<Value>,
}

/// How following a stream ended.
enum Outcome {
    Over,
    /// The server's detail has to say how it went on; the transport's words, if it was the transport.
    Ask(Option<dify::Error>),
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, live: Live, stop: watch::Receiver<bool>) -> Self {
        let id = live.fold().run().head.id.clone();
        Self { shared, live, stop, id, unsaved: RunSave::default(), save_at: None, listed_files: Vec::new() }
    }

    /// Starts the run on the server and follows it to its end.
    pub(super) async fn start(
        mut self,
        client: Client,
        inputs: Map<String, Value>,
        trace_id: String,
        opened: oneshot::Sender<Result<(), dify::Error>>,
    ) {
        self.tell_head();
        // A server that says nothing for two seconds has taken the run on, as far as the form goes.
        let mut opened = Some(opened);
        let answer = {
            let run = client.run(inputs, &trace_id);
            tokio::pin!(run);
            tokio::select! {
                answer = &mut run => answer,
                () = sleep(Duration::from_secs(2)) => {
                    answer_once(&mut opened, Ok(()));
                    run.await
                }
            }
        };
        let stream = match answer {
            Ok(stream) => stream,
            Err(error) => {
                let early = opened.is_some();
                answer_once(&mut opened, Err(error.clone()));
                if early && super::never_ran(&error) {
                    return; // the form shows it, and the run is forgotten
                }
                self.end_without_word(cause_of(&error), error.to_string()).await;
                return;
            }
        };
        answer_once(&mut opened, Ok(()));
        let outcome = self.follow(stream, &client).await;
        if let Outcome::Ask(error) = outcome {
            self.ask(&client, error).await;
        }
        self.finish(&client).await;
    }

    /// Asks how a run ended that an earlier session began, or that was lost.
    pub(super) async fn follow_up(mut self) {
        let (app, known) = {
            let fold = self.live.fold();
            (fold.run().head.app_id.clone(), fold.run().head.server.run_id.is_some())
        };
        if !known || !self.shared.apps.is_reachable(&app).await {
            self.end_without_word(RunErrorCause::Interrupted, String::new()).await;
            return;
        }
        self.set_status(RunStatus::OutOfContact);
        match self.shared.apps.client(&app).await {
            Ok(client) => {
                self.ask(&client, None).await;
                self.finish(&client).await;
            }
            Err(error) => self.end_without_word(RunErrorCause::Interrupted, error.to_string()).await,
        }
    }

    async fn follow(&mut self, mut stream: RunStream, client: &Client) -> Outcome {
        let mut stopping: Option<Instant> = None;
        let mut asked = false;
        loop {
            let save_at = self.save_at;
            tokio::select! {
                item = stream.next() => match item {
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
                },
                () = wait_until(save_at) => self.save().await,
                Ok(()) = self.stop.changed(), if stopping.is_none() => {
                    stopping = Some(Instant::now() + STOP_PATIENCE);
                    self.set_status(RunStatus::Stopping);
                }
                () = wait_until(stopping) => return Outcome::Ask(None),
            }
            // A stop before the first event waits for the task id (api.md §4, "Stopping").
            if stopping.is_some() && !asked {
                let task = self.live.fold().run().head.server.task_id.clone();
                if let Some(task) = task {
                    asked = true;
                    let client = client.clone();
                    tokio::spawn(async move {
                        // The stream tells whether it worked; "success" is always the answer.
                        if let Err(error) = client.stop(&task).await {
                            tracing::warn!("stop: {error}");
                        }
                    });
                }
            }
        }
    }

    /// One event: fold, tell, and save where it matters.
    async fn take(&mut self, item: StreamItem) -> Option<End> {
        if let StreamEvent::WorkflowFinished(finished) = &item.event {
            self.listed_files.clone_from(&finished.files);
        }
        let changes = self.live.fold().apply(item, now());
        let end = changes.end.clone();
        let step_ended = {
            let fold = self.live.fold();
            changes.steps.iter().any(|&place| fold.run().steps[place].finished_at.is_some())
        };
        let head_changed = changes.head;
        self.note(changes);
        if step_ended || head_changed || end.is_some() {
            self.save().await;
        }
        end
    }

    /// Gathers changes for the disk, and sends them to the page.
    fn note(&mut self, changes: Changes) {
        let mut patch = RunPatch::new(self.id.clone());
        {
            let fold = self.live.fold();
            let run = fold.run();
            if changes.head {
                patch.head = Some(run.head.clone());
            }
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
        }
        let unsaved = &mut self.unsaved;
        unsaved.head = patch.head.clone().or(unsaved.head.take());
        unsaved.outputs = patch.outputs.clone().or(unsaved.outputs.take());
        unsaved.notices = patch.notices.clone().or(unsaved.notices.take());
        for step in &patch.steps {
            unsaved.steps.retain(|earlier| earlier.order != step.order);
            unsaved.steps.push(step.clone());
        }
        if self.save_at.is_none() && !unsaved.is_empty() {
            self.save_at = Some(Instant::now() + SAVE_EVERY);
        }
        (self.shared.emit)(AppEvent::RunChanged { patch });
    }

    /// Writes what is unsaved. What cannot be written is kept and tried again with the next save.
    async fn save(&mut self) {
        self.save_at = None;
        if self.unsaved.is_empty() {
            return;
        }
        if let Err(error) = self.shared.store.save_run(&self.id, &self.unsaved).await {
            tracing::error!("a run could not be saved: {error}");
            self.save_at = Some(Instant::now() + SAVE_EVERY);
            let reason = match error {
                store::Error::DiskFull => FailureCode::DiskFull,
                store::Error::ReadOnly => FailureCode::DiskReadOnly,
                _ => FailureCode::Store,
            };
            let notices = {
                let mut fold = self.live.fold();
                let notices = &mut fold.run_mut().notices;
                if notices.iter().any(|notice| matches!(notice, Notice::NotSaved { .. })) {
                    return;
                }
                notices.push(Notice::NotSaved { reason });
                notices.clone()
            };
            self.tell(RunPatch { notices: Some(notices), ..RunPatch::new(self.id.clone()) });
            return;
        }
        self.unsaved = RunSave::default();
        let saved_again = {
            let mut fold = self.live.fold();
            let notices = &mut fold.run_mut().notices;
            let before = notices.len();
            notices.retain(|notice| !matches!(notice, Notice::NotSaved { .. }));
            (notices.len() != before).then(|| notices.clone())
        };
        if let Some(notices) = saved_again {
            self.tell(RunPatch { notices: Some(notices), ..RunPatch::new(self.id.clone()) });
        }
    }

    /// The stream did not say how it ended: ask the run's detail, 1, 2, 4, 8, then every 15 s.
    async fn ask(&mut self, client: &Client, error: Option<dify::Error>) {
        let (run_id, over) = {
            let fold = self.live.fold();
            (fold.run().head.server.run_id.clone(), fold.run().head.status.is_over())
        };
        let words = error.as_ref().map(ToString::to_string).unwrap_or_default();
        let Some(run_id) = run_id else {
            if !over {
                let cause = error.as_ref().map_or(RunErrorCause::Lost, cause_of);
                self.end_without_word(cause, words).await;
            }
            return;
        };
        if !over && !*self.stop.borrow() {
            self.set_status(RunStatus::OutOfContact);
            self.save().await;
        }
        let until = Instant::now() + FOLLOW_FOR;
        let mut pause = Duration::from_secs(1);
        loop {
            match client.run_detail(&run_id).await {
                Ok(Some(detail)) if detail.finished.status.is_over() || detail.finished.status == RunStatus::Paused => {
                    let mut changes = Changes::default();
                    self.listed_files.clone_from(&detail.finished.files);
                    self.live.fold().finished(detail.finished, now(), &mut changes);
                    self.note(changes);
                    self.save().await;
                    return;
                }
                // An error event was the last word; a server that still says "running" contradicts it.
                Ok(_) if over => return,
                Ok(Some(_)) => {
                    let running = if *self.stop.borrow() { RunStatus::Stopping } else { RunStatus::Running };
                    self.set_status(running);
                }
                Ok(None) => {
                    self.end_without_word(RunErrorCause::Lost, words).await;
                    return;
                }
                Err(_) if over => return,
                Err(error) if error.is_unauthorized() || error.is_forbidden() => {
                    self.end_without_word(RunErrorCause::Lost, error.to_string()).await;
                    return;
                }
                Err(_) => self.set_status(RunStatus::OutOfContact),
            }
            // A stop that the server confirmed and then forgot stays "running" in its detail for ever
            // (server-1.12.1.md §12): a while after the stop its word is not waited for any longer.
            let stopped = *self.stop.borrow() && pause >= Duration::from_secs(8);
            if stopped || Instant::now() + pause > until {
                self.end_without_word(RunErrorCause::Lost, words).await;
                return;
            }
            tokio::select! {
                () = sleep(pause) => {}
                Ok(()) = self.stop.changed() => {
                    let task = self.live.fold().run().head.server.task_id.clone();
                    self.set_status(RunStatus::Stopping);
                    if let Some(task) = task {
                        let _ = client.stop(&task).await;
                    }
                }
            }
            pause = (pause * 2).min(Duration::from_secs(15));
        }
    }

    async fn end_without_word(&mut self, cause: RunErrorCause, words: String) {
        let steps = self.live.fold().fail(cause, words, now());
        self.note(Changes { head: true, steps, ..Changes::default() });
        self.save().await;
        self.leave_when_saved().await;
    }

    /// After the end: result files into the run's folder, at once, because their links die.
    async fn finish(&mut self, client: &Client) {
        self.leave_when_saved().await;
        let found = outputs::files(&self.live.fold().run().outputs, &self.listed_files);
        if found.is_empty() {
            return;
        }
        let mut kept: Vec<StoredFile> = Vec::new();
        for output in &found {
            kept.push(StoredFile { file: output.file.clone(), stored_as: None });
        }
        self.keep_files(&kept).await;
        let folder = self.shared.folder.join(&self.id.0);
        for (place, output) in found.iter().enumerate() {
            let Some(url) = &output.url else { continue };
            let stored_as = unused_name(&kept, &files::safe_name(&output.file.name));
            let result = match tokio::fs::create_dir_all(&folder).await {
                Ok(()) => client.download(url, &folder.join(&stored_as), FILE_LIMIT).await,
                Err(error) => Err(dify::Error::File(error.kind())),
            };
            let file = &mut kept[place];
            match result {
                Ok(downloaded) => {
                    file.file.size = Some(downloaded.bytes);
                    file.file.mime_type = file.file.mime_type.take().or(downloaded.mime);
                    file.file.local = LocalCopy::Stored;
                    file.stored_as = Some(stored_as);
                }
                Err(error) => {
                    tracing::warn!("a result file could not be fetched: {error}");
                    file.file.local = LocalCopy::Failed;
                }
            }
            self.keep_files(&kept[place..=place]).await;
            self.tell_files(&kept);
        }
    }

    async fn keep_files(&mut self, kept: &[StoredFile]) {
        for stored in kept {
            if let Err(error) = self.shared.store.save_run_file(&self.id, stored).await {
                tracing::error!("a result file could not be noted: {error}");
            }
        }
        self.tell_files(kept);
    }

    fn tell_files(&self, kept: &[StoredFile]) {
        let files: Vec<RunFile> = {
            let mut fold = self.live.fold();
            let known = &mut fold.run_mut().files;
            for stored in kept {
                match known.iter_mut().find(|file| file.index == stored.file.index) {
                    Some(file) => *file = stored.file.clone(),
                    None => known.push(stored.file.clone()),
                }
            }
            known.clone()
        };
        self.tell(RunPatch { files: Some(files), ..RunPatch::new(self.id.clone()) });
    }

    /// Ends live care, unless the run exists in memory only: then it is tried on until it is saved.
    async fn leave_when_saved(&mut self) {
        while !self.unsaved.is_empty() {
            sleep(SAVE_EVERY * 5).await;
            self.save().await;
        }
        let app = self.live.fold().run().head.app_id.clone();
        self.shared.leave(&self.id);
        let _ = self.shared.apps.changed(&app).await;
    }

    fn set_status(&mut self, status: RunStatus) {
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

    fn tell_head(&mut self) {
        let head = self.live.fold().run().head.clone();
        self.tell(RunPatch { head: Some(head), ..RunPatch::new(self.id.clone()) });
    }

    fn tell(&self, patch: RunPatch) {
        (self.shared.emit)(AppEvent::RunChanged { patch });
    }
}

fn answer_once(opened: &mut Option<oneshot::Sender<Result<(), dify::Error>>>, answer: Result<(), dify::Error>) {
    if let Some(opened) = opened.take() {
        let _ = opened.send(answer);
    }
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn unused_name(kept: &[StoredFile], name: &str) -> String {
    let taken = |name: &str| {
        kept.iter().any(|stored| stored.stored_as.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name)))
    };
    if !taken(name) {
        return name.to_owned();
    }
    let (stem, extension) =
        name.rsplit_once('.').map_or((name, String::new()), |(stem, ext)| (stem, format!(".{ext}")));
    (2..).map(|n| format!("{stem} ({n}){extension}")).find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
}
