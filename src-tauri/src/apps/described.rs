//! What an app's server says of it: read, and read anew.

use super::{Apps, Error, now};
use crate::{
    dify::{Client, Described},
    model::{
        app::{App, AppId, Icon, KeyState},
        capability::ServerFacts,
    },
};

impl Apps {
    /// Reads branding and form anew.
    pub async fn refresh(&self, id: &AppId) -> Result<App, Error> {
        let client = self.client(id).await?;
        let (described, facts) = match client.describe().await {
            Err(error) if error.is_unauthorized() => {
                self.refused(id).await;
                return Err(error.into());
            }
            result => completed(&client, result?).await,
        };
        let described = self.with_name(id, described).await?;
        let version = described.version.as_deref();
        self.store.refresh_app(id, &described.branding, &described.form, version, &facts, now()).await?;
        if self.store.app(id).await?.app.key == KeyState::Refused {
            // The server takes it again.
            let kept = if self.keys.is_in_session(&id.0) { KeyState::Session } else { KeyState::Keychain };
            self.store.set_key_state(id, kept).await?;
        }
        self.changed(id).await
    }

    /// A server that gives an app no name this time does not take away the one that its users know.
    pub(super) async fn with_name(&self, id: &AppId, mut described: Described) -> Result<Described, Error> {
        if !described.named {
            described.branding.title = self.store.app(id).await?.app.branding.title;
        }
        Ok(described)
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

/// With the icon's picture, and with what else the server can do.
pub(super) async fn completed(client: &Client, described: Described) -> (Described, ServerFacts) {
    let (described, ()) = tokio::join!(with_picture(client, described), client.explore());
    (described, client.facts())
}

/// Fetches the icon's picture once: its address is signed and dies in minutes (api.md §1.7).
async fn with_picture(client: &Client, mut described: Described) -> Described {
    use base64::Engine as _;
    if let Some(url) = &described.icon_url
        && let Ok(picture) = client.picture(url).await
    {
        let data = base64::engine::general_purpose::STANDARD.encode(picture.bytes);
        described.branding.icon = Icon::Image(format!("data:{};base64,{data}", picture.mime));
    }
    described
}
