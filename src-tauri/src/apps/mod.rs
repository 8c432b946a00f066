//! Connected apps: what is known of them, and from an app's id to a client that is ready to use. `connect` adds
//! them, `described` reads what their servers say of them.

mod connect;
mod described;

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    demo::DemoServer,
    dify::{self, Client, Connection, Key, Limits},
    keys::{self, Keys},
    model::{
        app::{self, App, AppId, ConnectionOptions, KeyState, Origin},
        event::{AppEvent, Emit},
        form::Form,
    },
    network::{self, Network},
    store::{self, Store, StoredApp},
};

pub use crate::store::now;

pub struct Apps {
    store: Store,
    keys: Arc<Keys>,
    network: Arc<Network>,
    emit: Emit,
    limits: Limits,
    /// Started when it is needed first; its port and keys change each time.
    demo: Mutex<Option<DemoServer>>,
    /// Of the connect that was asked for last.
    connecting: std::sync::Mutex<CancellationToken>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Dify(#[from] dify::Error),
    #[error(transparent)]
    Keys(#[from] keys::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Network(#[from] network::Error),
    #[error("not an http or https address")]
    Address,
    #[error("not Dify; try {0}")]
    BetterAddress(String),
    /// Nobody has agreed yet that key and documents go to this address unencrypted.
    #[error("not encrypted")]
    PlainHttp(String),
    #[error("not a name that servers take for a user")]
    User,
    #[error("not the id of a workflow's version")]
    WorkflowId,
    #[error("cancelled")]
    Cancelled,
    #[error("connected already")]
    AlreadyConnected(AppId),
    #[error("the demo could not be started: {0}")]
    Demo(String),
}

impl Apps {
    pub fn new(store: Store, keys: Arc<Keys>, network: Arc<Network>, emit: Emit) -> Self {
        Self {
            store,
            keys,
            network,
            emit,
            limits: Limits::default(),
            demo: Mutex::new(None),
            connecting: std::sync::Mutex::default(),
        }
    }

    /// Others than for real servers.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// All apps from the local store; no keychain, no network.
    pub async fn list(&self) -> Result<Vec<App>, Error> {
        Ok(self.store.apps().await?.into_iter().map(|stored| self.shown(stored)).collect())
    }

    pub async fn get(&self, id: &AppId) -> Result<App, Error> {
        Ok(self.shown(self.store.app(id).await?))
    }

    /// Changes whom the server takes this connection for. Runs keep the user they were started for; files are sent again.
    pub async fn set_user(&self, id: &AppId, user: &str) -> Result<App, Error> {
        let user = user.trim();
        if user.is_empty() || user.chars().count() > LONGEST_USER || user.chars().any(char::is_control) {
            return Err(Error::User);
        }
        if self.store.app(id).await?.app.origin == Origin::Demo {
            return Err(Error::User);
        }
        self.store.set_user(id, user).await?;
        self.changed(id).await
    }

    /// What the app is called here, whatever its server calls it; a name of nothing takes that back.
    pub async fn rename(&self, id: &AppId, name: &str) -> Result<App, Error> {
        let name = app::clean_name(name);
        let server_title = self.store.app(id).await?.app.server_title;
        let given = (!name.is_empty() && name != server_title).then_some(name.as_str());
        self.store.set_given_name(id, given).await?;
        self.changed(id).await
    }

    /// Keeps how this app's runs are asked for.
    pub async fn set_options(&self, id: &AppId, mut options: ConnectionOptions) -> Result<App, Error> {
        options.workflow_id = match options.workflow_id.as_deref().map(str::trim) {
            None | Some("") => None,
            // Servers refuse anything else (workflow_id_format_error).
            Some(typed) => Some(Uuid::parse_str(typed).map_err(|_| Error::WorkflowId)?.to_string()),
        };
        self.store.set_options(id, &options).await?;
        self.changed(id).await
    }

    /// How this app's runs are to be asked for: for the one place that starts them.
    pub async fn options(&self, id: &AppId) -> Result<ConnectionOptions, Error> {
        Ok(self.store.app(id).await?.app.options)
    }

    pub async fn remove_key(&self, id: &AppId) -> Result<App, Error> {
        self.forget_key(id).await?;
        self.store.set_key_state(id, KeyState::Missing).await?;
        self.changed(id).await
    }

    /// Removes the app and its key; its runs stay readable.
    pub async fn remove(&self, id: &AppId) -> Result<(), Error> {
        self.forget_key(id).await?;
        self.store.remove_app(id, now()).await?;
        (self.emit)(AppEvent::AppRemoved { app_id: id.clone() });
        Ok(())
    }

    /// A client for this app, its key fetched for this use.
    pub async fn client(&self, id: &AppId) -> Result<Client, Error> {
        let stored = self.store.app(id).await?;
        if let Some(slug) = &stored.demo_slug {
            return self.demo_client(slug).await;
        }
        if stored.app.key == KeyState::Session && !self.keys.is_in_session(&id.0) {
            // Kept for an earlier session: asked for again, whether there is a keychain or not.
            return Err(keys::Error::Missing.into());
        }
        let secret = match self.keys.fetch(&id.0).await {
            Err(keys::Error::Missing) => {
                self.store.set_key_state(id, KeyState::Missing).await?;
                self.changed(id).await?;
                return Err(keys::Error::Missing.into());
            }
            result => result?,
        };
        let base_url = url::Url::parse(&stored.app.base_url).map_err(|_| Error::Address)?;
        let key = Key::new(secret.reveal()).map_err(dify::Error::from)?;
        let client = self.client_of(Connection { base_url, key, user: stored.app.user }).await?;
        client.remember(stored.facts);
        Ok(client)
    }

    /// The rules of the app's form.
    pub async fn form(&self, id: &AppId) -> Result<Form, Error> {
        Ok(self.store.form(id).await?)
    }

    /// Whether a client can be had without starting anything: false for the demo of an earlier session. Where that
    /// cannot be told it may be: whoever asks gives up what cannot be reached, for good.
    pub async fn is_reachable(&self, id: &AppId) -> bool {
        match self.store.app(id).await {
            Ok(stored) if stored.demo_slug.is_some() => self.demo.lock().await.is_some(),
            Ok(stored) => !stored.removed,
            Err(store::Error::NotFound) => false,
            Err(error) => {
                tracing::error!("an app cannot be read: {error}");
                true
            }
        }
    }

    /// The server said 401: the key is shown as refused until it is replaced.
    pub async fn refused(&self, id: &AppId) {
        if self.store.set_key_state(id, KeyState::Refused).await.is_ok() {
            let _ = self.changed(id).await;
        }
    }

    /// Tells the page how the app stands now, such as after a run was added.
    pub async fn changed(&self, id: &AppId) -> Result<App, Error> {
        let stored = self.store.app(id).await?;
        let removed = stored.removed;
        let app = self.shown(stored);
        if !removed {
            (self.emit)(AppEvent::AppChanged { app: app.clone() });
        }
        Ok(app)
    }

    async fn forget_key(&self, id: &AppId) -> Result<(), Error> {
        match self.keys.remove(&id.0).await {
            // Without a keychain there is no key in it.
            Err(keys::Error::NoKeychain(_)) => Ok(()),
            result => Ok(result?),
        }
    }

    async fn client_of(&self, connection: Connection) -> Result<Client, Error> {
        Ok(Client::through(&self.network.route(now()).await?, connection, self.limits.clone())?)
    }

    async fn demo_client(&self, slug: &str) -> Result<Client, Error> {
        let mut demo = self.demo.lock().await;
        let server = started(&mut demo).await?;
        let app = server.apps().iter().find(|app| app.slug == slug).ok_or(store::Error::NotFound)?;
        let base_url = url::Url::parse(&server.base_url()).map_err(|error| Error::Demo(error.to_string()))?;
        let key = Key::new(&app.key).map_err(dify::Error::from)?;
        Ok(Client::new(Connection { base_url, key, user: DEMO_USER.to_owned() })?)
    }

    fn shown(&self, stored: StoredApp) -> App {
        let mut app = stored.app;
        app.branding = app.branding.shown(&app.id, app.given_name.as_deref());
        // Kept for an earlier session only.
        if app.key == KeyState::Session && app.origin == Origin::Server && !self.keys.is_in_session(&app.id.0) {
            app.key = KeyState::Missing;
        }
        app
    }
}

/// Servers keep it in a column of this width.
const LONGEST_USER: usize = 255;
const DEMO_USER: &str = "flowdeck-demo";

async fn started(demo: &mut Option<DemoServer>) -> Result<&DemoServer, Error> {
    let server = match demo.take() {
        Some(server) => server,
        None => DemoServer::start().await.map_err(|error| Error::Demo(error.kind().to_string()))?,
    };
    Ok(demo.insert(server))
}
