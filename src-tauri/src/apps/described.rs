//! What an app's server says of it: read, and read anew. What it does not say this time is not forgotten.

use std::path::Path;

use super::{Apps, Error, now};
use crate::{
    dify::{self, Client, Described},
    model::{
        app::{App, AppId, Icon, KeyState},
        capability::ServerFacts,
    },
    store::{AppSaid, StoredApp},
};

impl Apps {
    /// Reads branding and form anew.
    pub async fn refresh(&self, id: &AppId) -> Result<App, Error> {
        let client = self.client(id).await?;
        let described = match client.describe().await {
            Err(error) if error.is_unauthorized() => {
                self.refused(id).await;
                return Err(error.into());
            }
            result => result?,
        };
        self.keep_described(id, &client, described).await?;
        if self.store.app(id).await?.app.key == KeyState::Refused {
            // The server takes it again.
            let kept = if self.keys.is_in_session(&id.0) { KeyState::Session } else { KeyState::Keychain };
            self.store.set_key_state(id, kept).await?;
        }
        self.changed(id).await
    }

    /// Completes what a server said of an app that is known already, and keeps it.
    pub(super) async fn keep_described(&self, id: &AppId, client: &Client, said: Described) -> Result<(), Error> {
        let former = self.store.app(id).await?;
        let (said, facts) = completed(client, said, Some(&former)).await;
        let said = AppSaid {
            branding: &said.branding,
            icon_from: said.icon_from.as_deref(),
            form: &said.form,
            speech: said.features.speech(),
            server_version: said.version.as_deref(),
            facts: &facts,
            at: now(),
        };
        Ok(self.store.refresh_app(id, said).await?)
    }

    /// A picture of the web that a result of this app names, as a data URL. No key is fetched for it, and none sent.
    pub async fn web_picture(&self, id: &AppId, link: &str) -> Result<String, Error> {
        let stored = self.store.app(id).await?;
        // The built-in server is this computer, wherever it listens.
        let near = if stored.demo_slug.is_some() { "http://127.0.0.1/" } else { &stored.app.base_url };
        let near = url::Url::parse(near).map_err(|_| Error::Address)?;
        let route = self.network.route(now()).await?;
        Ok(data_url(&dify::web_picture(&route, &near, link, &self.limits).await?))
    }

    /// What a link of the user's leads to, fetched to a file of at most `limit` bytes. No key is fetched for it, and
    /// none sent.
    pub async fn web_file(&self, link: &str, to: &Path, limit: u64) -> Result<dify::WebFile, dify::Error> {
        let route = self.network.route(now()).await.map_err(|error| {
            tracing::error!("the way out cannot be told: {error}");
            dify::Error::Address
        })?;
        dify::web_file(&route, link, to, limit, &self.limits).await
    }

    /// Asks the servers for what of their apps could not be read any more. Without an answer the rest is shown.
    pub async fn fill_gaps(&self) -> Result<(), Error> {
        for stored in self.store.apps().await?.into_iter().filter(|stored| stored.has_gaps) {
            if self.is_reachable(&stored.app.id).await
                && let Err(error) = self.refresh(&stored.app.id).await
            {
                tracing::warn!("an app that cannot be read whole could not be read anew: {error}");
            }
        }
        Ok(())
    }
}

/// With the icon's picture, with what the server did not say this time, and with what else it can do.
pub(super) async fn completed(
    client: &Client,
    described: Described,
    former: Option<&StoredApp>,
) -> (Described, ServerFacts) {
    let (described, ()) = tokio::join!(with_picture(client, with_former(described, former), former), client.explore());
    (described, client.facts())
}

/// One bad answer does not take away the name and the face that users know.
fn with_former(mut said: Described, former: Option<&StoredApp>) -> Described {
    let Some(former) = former else { return said };
    if said.site_failed && !former.has_gaps {
        // All of it is one: a new name would stand beside the old icon.
        said.branding = former.app.branding.clone();
        said.icon_from.clone_from(&former.icon_from);
        said.icon_url = None;
    } else if said.branding.untitled {
        said.branding.title.clone_from(&former.app.branding.title);
        said.branding.untitled = former.app.branding.untitled;
    }
    said
}

/// Fetches the icon's picture where it is another one than before: its address is signed and dies in minutes
/// (api.md §1.7). One that cannot be had now leaves the one before, and is asked for again next time.
async fn with_picture(client: &Client, mut said: Described, former: Option<&StoredApp>) -> Described {
    let Some(url) = said.icon_url.take() else { return said };
    let kept = former.filter(|former| matches!(former.app.branding.icon, Icon::Image(_)));
    if let Some(kept) = kept
        && kept.icon_from == said.icon_from
    {
        said.branding.icon = kept.app.branding.icon.clone();
        return said;
    }
    match client.picture(&url).await {
        Ok(picture) => {
            said.branding.icon = Icon::Image(data_url(&picture));
        }
        Err(error) => {
            tracing::debug!(%error, "the app's picture could not be fetched");
            said.icon_from = kept.and_then(|kept| kept.icon_from.clone());
            if let Some(kept) = kept {
                said.branding.icon = kept.app.branding.icon.clone();
            }
        }
    }
    said
}

fn data_url(picture: &dify::Picture) -> String {
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD.encode(&picture.bytes);
    format!("data:{};base64,{data}", picture.mime)
}
