//! What a server has of a file already: it is not sent again as long as the server knows it.

use tokio_util::sync::CancellationToken;

use super::way::Uploading;
use crate::{
    dify::{self, Client, sent_name},
    files::{Files, look::Look, staged::Staged},
    model::{
        event::AppEvent,
        file::{Since, StagedId, StagedState},
    },
    store::SentTo,
};

/// What a server may have of a file already.
pub(super) enum Known {
    Sent(SentTo),
    /// The same file is on its way, under another name of ours; this says when it is over.
    Coming(CancellationToken),
    Nothing,
}

impl Files {
    /// Whether this server has the file from this user.
    pub fn is_at(&self, client: &Client, id: &StagedId) -> bool {
        self.staged().get(id).is_some_and(|staged| staged.is_at(client))
    }

    /// The server does not know the file any more (`Invalid upload file`): its id is forgotten, with whatever else
    /// goes by it. Whether it can be sent again; if not, it has to be chosen again, and says so at its row.
    pub async fn forget_upload(&self, id: &StagedId) -> bool {
        let mut forgotten = Vec::new();
        let (sent, again) = {
            let mut all = self.staged();
            let Some(known) = all.get(id).filter(|staged| staged.upload.is_none()) else { return false };
            let sent = known.sent.clone();
            for (other, staged) in all.iter_mut().filter(|(_, staged)| staged.upload.is_none()) {
                if other == id || (sent.is_some() && staged.sent == sent) {
                    staged.sent = None;
                    staged.written = false;
                    let gone = staged.file.since == Since::Gone;
                    staged.file.state = if gone { StagedState::Gone } else { StagedState::Ready };
                    forgotten.push(staged.file.clone());
                }
            }
            (sent, all.get(id).is_some_and(|staged| staged.file.state == StagedState::Ready))
        };
        if let Some(sent) = sent
            && let Err(error) = self.store.forget_sent(&sent).await
        {
            tracing::error!("a server's id of a file could not be forgotten: {error}");
        }
        self.keep(&forgotten.iter().map(|file| file.id.clone()).collect::<Vec<_>>()).await;
        for file in forgotten {
            (self.emit)(AppEvent::FileChanged { file });
        }
        again
    }

    /// The very same file, chosen before or twice, or a copy of it: as long as the server knows it, it is not sent again.
    pub(super) async fn known(
        &self,
        client: &Client,
        id: &StagedId,
        upload: &Uploading,
        source: &dify::Upload,
        look: &Look,
    ) -> Known {
        // Without a time nobody can say that it is the same.
        let Some(modified_at) = look.modified_at else { return Known::Nothing };
        let path = source.path.as_path();
        // What was not read yet is not waited for: it may be as fast to send it.
        let contents = self.contents(id, look.size, modified_at);
        let is_same = |other: &StagedId, staged: &Staged| {
            if other == id || staged.size != look.size {
                return false;
            }
            let at_its_place = staged.modified_at == Some(modified_at) && staged.path.as_deref() == Some(path);
            // The server keeps the name beside the contents: workflows read it, and whoever looks at a run there. So
            // only what would be sent under the same name is the same file.
            let is_copy = || {
                contents.is_some()
                    && sent_name(&staged.file.name) == sent_name(&source.name)
                    && staged.modified_at.and_then(|at| self.contents(other, staged.size, at)) == contents
            };
            at_its_place || is_copy()
        };
        for (_, other) in self.staged().iter().filter(|(other, staged)| is_same(other, staged)) {
            if other.is_at(client)
                && let Some(sent) = &other.sent
            {
                return Known::Sent(sent.clone());
            }
            // Only for those before it, so that no two wait for each other.
            let earlier = |other: &&Uploading| other.is_to(client) && other.number < upload.number;
            if let Some(other) = other.upload.as_ref().filter(earlier) {
                return Known::Coming(other.over.clone());
            }
        }
        let kept = self.store.sent_before(path, look.size, modified_at, &upload.base_url, &upload.user).await;
        match kept.inspect_err(|error| tracing::error!("what was sent before cannot be read: {error}")) {
            Ok(Some(sent)) => Known::Sent(sent),
            _ => Known::Nothing,
        }
    }
}

impl Staged {
    pub(super) fn is_at(&self, client: &Client) -> bool {
        let sent = self.sent.as_ref().filter(|_| matches!(self.file.state, StagedState::Uploaded { .. }));
        sent.is_some_and(|sent| sent.base_url == client.base_url().as_str() && sent.user == client.user())
    }
}
