//! The one channel to the page. Events are gathered and merged, and leave at most twice a frame, so that a chatty run
//! costs the page a message or two per frame and not one per token.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tauri::ipc::{Channel, InvokeResponseBody, IpcResponse};
use tokio::sync::Notify;

use crate::model::{
    event::{AppEvent, Emit, RunPatch, TextChange},
    file::StagedId,
};

/// Half a frame: the page draws what it has with its next one, and a whole frame here would be waited for twice.
const PAUSE: Duration = Duration::from_millis(8);

/// Longer messages, in bytes, are fetched by the page. What is not is run as a script, and web views keep the scripts they
/// ran: a long text would stay in memory several times.
const LONG: usize = 2048;

/// What happened since the last one, as JSON: a value, or its bytes where it is long.
pub struct Message(Vec<AppEvent>);

impl IpcResponse for Message {
    fn body(self) -> tauri::Result<InvokeResponseBody> {
        let json = serde_json::to_string(&self.0)?;
        Ok(if json.len() < LONG { InvokeResponseBody::Json(json) } else { InvokeResponseBody::Raw(json.into_bytes()) })
    }
}

#[derive(Default)]
pub struct Hub {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    page: Option<Channel<Message>>,
    /// Which page that is: a reloaded one is another.
    number: u64,
    pending: Pending,
}

/// What waits to be sent.
#[derive(Debug, Default)]
struct Pending {
    events: Vec<AppEvent>,
    /// Where the newest of a file stands: a thousand files may change at once. It holds those that a later one may
    /// replace where they are.
    files: HashMap<StagedId, usize>,
}

impl Pending {
    fn clear(&mut self) {
        self.events.clear();
        self.files.clear();
    }
}

impl Hub {
    /// Makes the hub and starts what sends; it sleeps while there is nothing to say.
    pub fn start() -> Arc<Self> {
        let hub = Arc::new(Self::default());
        let sender = Arc::clone(&hub);
        tauri::async_runtime::spawn(async move {
            loop {
                sender.wake.notified().await;
                sender.send();
                tokio::time::sleep(PAUSE).await;
            }
        });
        hub
    }

    /// The page registers its channel; a reloaded page replaces the one before.
    pub fn subscribe(&self, page: Channel<Message>) {
        let mut state = self.state();
        state.page = Some(page);
        state.number += 1;
        state.pending.clear();
    }

    /// The page is being left or loaded anew: until the next one registers, there is nobody to tell.
    pub fn page_leaves(&self) {
        let mut state = self.state();
        state.page = None;
        state.pending.clear();
    }

    pub fn emit(&self, event: AppEvent) {
        let mut state = self.state();
        // Without a page there is nobody to tell: it reads the state when it comes.
        if state.page.is_some() {
            merge(&mut state.pending, event);
            drop(state);
            self.wake.notify_one();
        }
    }

    pub fn emitter(self: &Arc<Self>) -> Emit {
        let hub = Arc::clone(self);
        Arc::new(move |event| hub.emit(event))
    }

    fn send(&self) {
        let mut state = self.state();
        let events = std::mem::take(&mut state.pending).events;
        let number = state.number;
        if let Some(page) = state.page.clone().filter(|_| !events.is_empty()) {
            drop(state);
            if page.send(Message(events)).is_err() {
                // That window is gone; another page may have come meanwhile.
                let mut state = self.state();
                if state.number == number {
                    state.page = None;
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Later facts replace earlier ones; text is joined.
fn merge(pending: &mut Pending, event: AppEvent) {
    let Pending { events, files } = pending;
    match event {
        AppEvent::RunChanged { patch } => {
            let known = events.iter_mut().rev().find_map(|earlier| match earlier {
                AppEvent::RunChanged { patch: earlier } if earlier.id == patch.id => Some(earlier),
                _ => None,
            });
            match known {
                Some(known) => merge_patch(known, patch),
                None => events.push(AppEvent::RunChanged { patch }),
            }
        }
        AppEvent::FileChanged { file } => {
            let known = files.get(&file.id).and_then(|place| events.get_mut(*place));
            match known {
                Some(known) => *known = AppEvent::FileChanged { file },
                None => {
                    files.insert(file.id.clone(), events.len());
                    events.push(AppEvent::FileChanged { file });
                }
            }
        }
        AppEvent::LogChanged { state } => {
            let known = events.iter_mut().find_map(|earlier| match earlier {
                AppEvent::LogChanged { state: earlier } if earlier.app_id == state.app_id => Some(earlier),
                _ => None,
            });
            match known {
                Some(known) => *known = state,
                None => events.push(AppEvent::LogChanged { state }),
            }
        }
        AppEvent::PlayerChanged { .. } => {
            files.clear();
            events.retain(|earlier| !matches!(earlier, AppEvent::PlayerChanged { .. }));
            events.push(event);
        }
        AppEvent::HistoryChanged | AppEvent::PreparedChanged | AppEvent::OfflineChanged { .. } => {
            files.clear();
            events.retain(|earlier| std::mem::discriminant(earlier) != std::mem::discriminant(&event));
            events.push(event);
        }
        AppEvent::FilesMoved { .. } => {
            files.clear();
            events.retain(|earlier| !matches!(earlier, AppEvent::FilesMoved { .. }));
            events.push(event);
        }
        other => {
            // It may tell of the same file: what comes after it stays after it.
            files.clear();
            events.push(other);
        }
    }
}

fn merge_patch(known: &mut RunPatch, patch: RunPatch) {
    known.head = patch.head.or(known.head.take());
    known.outputs = patch.outputs.or(known.outputs.take());
    known.files = patch.files.or(known.files.take());
    known.notices = patch.notices.or(known.notices.take());
    known.questions = patch.questions.or(known.questions.take());
    known.unknown_events = patch.unknown_events.or(known.unknown_events.take());
    for step in patch.steps {
        match known.steps.iter_mut().find(|earlier| earlier.id == step.id) {
            Some(earlier) => *earlier = step,
            None => known.steps.push(step),
        }
    }
    for change in patch.texts {
        match (known.texts.last_mut(), change) {
            (Some(TextChange::Append { source, text, .. }), TextChange::Append { source: same, text: more, .. })
                if *source == same =>
            {
                text.push_str(&more)
            }
            (
                Some(TextChange::Thought { step, text, times, .. }),
                TextChange::Thought { step: same, text: more, times: later, .. },
            ) if *step == same => {
                text.push_str(&more);
                times.to = later.to;
            }
            (_, replaced @ TextChange::Replace { .. }) => {
                known.texts.retain(|earlier| matches!(earlier, TextChange::Thought { .. }));
                known.texts.push(replaced);
            }
            (_, change) => known.texts.push(change),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        file::{FileKind, Since, StagedFile, StagedState},
        run::{RunId, Thinking},
    };

    fn text(source: &str, offset: u64, text: &str) -> AppEvent {
        AppEvent::RunChanged {
            patch: RunPatch {
                texts: vec![TextChange::Append { source: source.into(), offset, text: text.into() }],
                ..RunPatch::new(RunId("r".into()))
            },
        }
    }

    #[test]
    fn text_of_one_source_leaves_as_one_piece_at_its_first_offset() {
        let mut pending = Pending::default();
        for event in [text("a.x", 4, "Hel"), text("a.x", 7, "lo"), text("b.x", 0, "!"), text("a.x", 9, "?")] {
            merge(&mut pending, event);
        }
        let [AppEvent::RunChanged { patch }] = pending.events.as_slice() else {
            panic!("one message a run: {pending:?}")
        };
        assert_eq!(
            patch.texts,
            [
                TextChange::Append { source: "a.x".into(), offset: 4, text: "Hello".into() },
                TextChange::Append { source: "b.x".into(), offset: 0, text: "!".into() },
                TextChange::Append { source: "a.x".into(), offset: 9, text: "?".into() },
            ],
            "pieces of other sources in between keep their order"
        );
    }

    fn file(id: &str, size: u64) -> StagedFile {
        StagedFile {
            id: StagedId(id.into()),
            name: String::new(),
            size,
            extension: String::new(),
            kind: FileKind::Document,
            state: StagedState::Ready,
            since: Since::Same,
            found: None,
        }
    }

    fn changed(id: &str, size: u64) -> AppEvent {
        AppEvent::FileChanged { file: file(id, size) }
    }

    #[test]
    fn of_each_file_only_the_newest_leaves_however_many_there_are() {
        let mut pending = Pending::default();
        for size in 0..3 {
            for id in 0..1000 {
                merge(&mut pending, changed(&id.to_string(), size));
            }
            merge(&mut pending, text("a.x", size, "!"));
        }
        assert_eq!(pending.events.len(), 1001, "one of each file, and one of the run");
        let newest = |event: &AppEvent| !matches!(event, AppEvent::FileChanged { file } if file.size != 2);
        assert!(pending.events.iter().all(newest));
    }

    #[test]
    fn what_changed_after_a_drop_is_told_after_it() {
        let dropped =
            || AppEvent::FilesDropped { x: 0.0, y: 0.0, files: vec![file("a", 0)], folders: vec![], links: vec![] };
        let mut pending = Pending::default();
        for event in [changed("a", 1), dropped(), changed("a", 2), changed("b", 1), changed("a", 3)] {
            merge(&mut pending, event);
        }
        assert_eq!(pending.events, [changed("a", 1), dropped(), changed("a", 3), changed("b", 1)]);

        // What is taken out from between moves the others.
        let moved = || AppEvent::FilesMoved { x: 0.0, y: 0.0 };
        let mut pending = Pending::default();
        for event in [moved(), changed("a", 1), moved(), changed("b", 1), changed("a", 2)] {
            merge(&mut pending, event);
        }
        assert_eq!(pending.events, [changed("a", 1), moved(), changed("b", 1), changed("a", 2)]);
    }

    #[test]
    fn that_lists_changed_is_told_once_a_message() {
        let mut pending = Pending::default();
        let away = |offline: Option<i64>| AppEvent::OfflineChanged {
            offline: offline.map(|since| crate::model::offline::Offline { since }),
            away: Vec::new(),
        };
        for event in [AppEvent::HistoryChanged, away(Some(1)), changed("a", 1), AppEvent::HistoryChanged, away(None)] {
            merge(&mut pending, event);
        }
        merge(&mut pending, changed("a", 2));
        let newest = [changed("a", 1), AppEvent::HistoryChanged, away(None), changed("a", 2)];
        assert_eq!(pending.events, newest, "the newest of each, behind what came before it");
    }

    #[test]
    fn thinking_leaves_as_one_piece_and_outlives_a_replacement_of_the_text() {
        let patch = |change: TextChange| AppEvent::RunChanged {
            patch: RunPatch { texts: vec![change], ..RunPatch::new(RunId("r".into())) },
        };
        let thought = |offset, text: &str, to| TextChange::Thought {
            step: "s".into(),
            offset,
            text: text.into(),
            times: Thinking { from: 1, to },
        };
        let mut pending = Pending::default();
        for change in [thought(3, "Let", 2), thought(6, " me", 5), TextChange::Replace { text: "***".into() }] {
            merge(&mut pending, patch(change));
        }
        let [AppEvent::RunChanged { patch }] = pending.events.as_slice() else {
            panic!("one message a run: {pending:?}")
        };
        assert_eq!(patch.texts, [thought(3, "Let me", 5), TextChange::Replace { text: "***".into() }]);
    }

    #[test]
    fn a_page_that_went_away_takes_its_successor_s_place_with_it_no_more() {
        let hub = Arc::new(Hub::default());
        let heard = Arc::new(Mutex::new(0));
        let (after, counted) = (Arc::clone(&hub), Arc::clone(&heard));
        // While the old page is being sent to, the reloaded one registers; then the old one turns out to be gone.
        hub.subscribe(Channel::new(move |_| {
            let counted = Arc::clone(&counted);
            after.subscribe(Channel::new(move |_| {
                *counted.lock().expect("whole") += 1;
                Ok(())
            }));
            Err(tauri::Error::WebviewNotFound)
        }));
        hub.emit(AppEvent::FilesLeft);
        hub.send();
        hub.emit(AppEvent::FilesLeft);
        hub.send();
        assert_eq!(*heard.lock().expect("whole"), 1, "the new page is told");
    }

    #[test]
    fn long_messages_go_as_bytes_that_say_the_same() {
        let events = |long: &str| Message(vec![text("a.x", 0, long)]);
        let short = events("Hello").body().expect("a body");
        assert!(matches!(&short, InvokeResponseBody::Json(_)), "run at once: {short:?}");
        let InvokeResponseBody::Raw(bytes) = events(&"好 ".repeat(1000)).body().expect("a body") else {
            panic!("a script of this length would be kept")
        };
        let read: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(read[0]["patch"]["texts"][0]["text"], "好 ".repeat(1000));
    }

    #[test]
    fn nothing_is_sent_to_a_page_that_is_being_left() {
        let hub = Hub::default();
        hub.subscribe(Channel::new(|_| panic!("nobody is there")));
        hub.emit(AppEvent::FilesLeft);
        hub.page_leaves();
        hub.emit(AppEvent::FilesLeft);
        hub.send();
    }

    #[test]
    fn a_replacement_makes_earlier_pieces_needless() {
        let mut pending = Pending::default();
        merge(&mut pending, text("a.x", 0, "secret"));
        merge(
            &mut pending,
            AppEvent::RunChanged {
                patch: RunPatch {
                    texts: vec![TextChange::Replace { text: "***".into() }],
                    ..RunPatch::new(RunId("r".into()))
                },
            },
        );
        let [AppEvent::RunChanged { patch }] = pending.events.as_slice() else { panic!("one message a run") };
        assert_eq!(patch.texts, [TextChange::Replace { text: "***".into() }]);
    }
}
