//! The task of one live run: what it holds while it folds a stream, saves, tells the page and asks the server.

use std::{collections::HashSet, sync::Arc};

use serde_json::Value;
use tokio::time::Instant;

use super::{Shared, care::Live, save::Pending, wishes::Wishes};
use crate::{
    apps::now,
    dify::LogRow,
    model::{Millis, app::AppId, failure::NetworkTrouble, run::RunId, stream::StreamItem},
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
    pub(super) held_back: bool,
    /// When the stream was last heard of, for people to read.
    pub(super) heard_at: Millis,
    /// The same for whoever waits: clocks are set.
    pub(super) heard: Instant,
    /// What the lost stream said where it was.
    pub(super) last_event_id: Option<String>,
    /// Since when nothing was seen of the run, until a resumed stream tells something.
    pub(super) unseen_from: Option<Millis>,
    /// An earlier session began it.
    pub(super) left_over: bool,
    /// When its text grew last before it was taken in.
    pub(super) text_at: Option<Millis>,
    /// A question of it was answered just now.
    pub(super) answered: bool,
    /// The user wants to know, however long it takes.
    pub(super) insists: bool,
    /// An error event, which counts only if the server's detail does not say otherwise.
    pub(super) last_words: Option<StreamItem>,
    /// Runs of the server's log that are not this one: their inputs are others.
    pub(super) others: HashSet<String>,
    /// Its row in the server's log, where that told an end.
    pub(super) row: Option<Box<LogRow>>,
    /// What broke the way to the server last: said when the run ends by it.
    pub(super) trouble: Option<NetworkTrouble>,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, live: Live, wishes: Wishes) -> Self {
        let (id, app) = {
            let fold = live.fold();
            (fold.run().head.id.clone(), fold.run().head.app_id.clone())
        };
        Self {
            shared,
            live,
            wishes,
            id,
            app,
            pending: Pending::default(),
            announced: true,
            listed_files: Vec::new(),
            held_back: false,
            heard_at: now(),
            heard: Instant::now(),
            last_event_id: None,
            unseen_from: None,
            left_over: false,
            text_at: None,
            answered: false,
            insists: false,
            last_words: None,
            others: HashSet::new(),
            row: None,
            trouble: None,
        }
    }
}
