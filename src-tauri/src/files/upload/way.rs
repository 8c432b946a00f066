//! An upload under way: whose it is, and that everybody hears of its end.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    dify::Client,
    files::{Files, staged::Staged},
    model::{
        event::AppEvent,
        file::{StagedId, StagedState},
    },
};

/// An upload under way. Its number tells its news from those of one that it replaced, and who was first.
#[derive(Clone)]
pub(in crate::files) struct Uploading {
    pub(super) number: u64,
    pub(super) base_url: String,
    pub(super) user: String,
    pub(in crate::files) cancelled: CancellationToken,
    pub(super) over: CancellationToken,
    /// Whoever waits for another try is to try now.
    pub(super) now: Arc<Notify>,
}

impl Uploading {
    pub(super) fn to(client: &Client, number: u64) -> Self {
        Self {
            number,
            base_url: client.base_url().as_str().to_owned(),
            user: client.user().to_owned(),
            cancelled: CancellationToken::new(),
            over: CancellationToken::new(),
            now: Arc::default(),
        }
    }

    pub(super) fn is_to(&self, client: &Client) -> bool {
        self.base_url == client.base_url().as_str() && self.user == client.user()
    }
}

impl Staged {
    pub(super) fn is_current(&self, upload: &Uploading) -> bool {
        self.upload.as_ref().is_some_and(|current| current.number == upload.number)
    }
}

/// Whoever waits for an upload hears of its end, however it ends.
pub(super) struct UnderWay<'a> {
    pub(super) files: &'a Files,
    pub(super) id: &'a StagedId,
    pub(super) upload: &'a Uploading,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let file = {
            let mut staged = self.files.staged();
            staged.get_mut(self.id).filter(|staged| staged.is_current(self.upload)).map(|staged| {
                staged.upload = None;
                let is_empty = !staged.unseen && staged.file.size == 0;
                staged.file.state = if is_empty { StagedState::Empty } else { StagedState::Ready };
                staged.sent = None;
                staged.file.clone()
            })
        };
        self.upload.over.cancel();
        if let Some(file) = file {
            (self.files.emit)(AppEvent::FileChanged { file });
        }
    }
}
