//! Connected apps: connect, check, refresh; and from an app's id to a client that is ready to use.

use std::sync::{Arc, PoisonError};

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    demo::DemoServer,
    dify::{self, Client, Connection, Described, Key, Limits},
    keys::{self, Keys, Secret},
    model::{
        app::{App, AppId, ConnectStage, ConnectionOptions, Icon, KeepKey, KeyState, Origin},
        capability::ServerFacts,
        event::{AppEvent, Emit},
        form::Form,
    },
    network::{self, Network},
    store::{self, NewApp, Store, StoredApp},
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

    /// Checks address and key with the server, reads branding and form, keeps the key, then the app.
    ///
    /// `plain_http` is the address the user agreed to use without encryption; no other one is used so.
    pub async fn connect(&self, typed: &str, key: &str, keep: KeepKey, plain_http: Option<&str>) -> Result<App, Error> {
        let cancelled = CancellationToken::new();
        self.connecting.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&cancelled);
        let key = Key::new(key).map_err(dify::Error::from)?;
        // Only the asking can be broken off: what is kept is kept whole.
        let (base_url, user, described, facts) = tokio::select! {
            () = cancelled.cancelled() => return Err(Error::Cancelled),
            checked = self.check(typed, &key, plain_http) => checked?,
        };
        self.stage(ConnectStage::Saving);
        let id = AppId(Uuid::now_v7().to_string());
        self.keys.keep(&id.0, Secret::new(key.expose().to_owned()), keep).await?;
        let added = self
            .store
            .add_app(NewApp {
                id: &id,
                origin: Origin::Server,
                demo_slug: None,
                base_url: base_url.as_str(),
                user: &user,
                key: state_of(keep),
                plain_http_accepted: dify::is_plain_http(&base_url),
                server_version: described.version.as_deref(),
                facts: &facts,
                branding: &described.branding,
                form: &described.form,
                at: now(),
            })
            .await;
        if let Err(error) = added {
            let _ = self.keys.remove(&id.0).await;
            return Err(error.into());
        }
        self.store.set_speech(&id, described.features.speech().as_ref()).await?;
        self.changed(&id).await
    }

    /// Breaks off a connect that is still asking the server.
    pub fn cancel_connect(&self) {
        self.connecting.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    async fn check(
        &self,
        typed: &str,
        key: &Key,
        plain_http: Option<&str>,
    ) -> Result<(url::Url, String, Described, ServerFacts), Error> {
        self.stage(ConnectStage::Address);
        let candidates = dify::probe_addresses(typed).map_err(|_| Error::Address)?;
        let found = dify::connect_probe(&candidates, &self.network.route(now()).await?, &self.limits).await?;
        if found.elsewhere {
            // Another host than the one typed: the key goes there only when the user says so.
            return Err(Error::BetterAddress(found.base_url.to_string()));
        }
        let base_url = found.base_url;
        if dify::is_plain_http(&base_url) && plain_http != Some(base_url.as_str()) {
            return Err(Error::PlainHttp(base_url.into()));
        }
        self.stage(ConnectStage::Key);
        let user = format!("flowdeck-{}", Uuid::new_v4().simple());
        let connection = Connection { base_url: base_url.clone(), key: key.clone(), user: user.clone() };
        let client = self.client_of(connection).await?;
        if let Some(id) = self.same_app(base_url.as_str(), key).await? {
            return Err(Error::AlreadyConnected(id));
        }
        let described = client.describe().await?;
        self.stage(ConnectStage::Form);
        let (described, facts) = completed(&client, described).await;
        Ok((base_url, user, described, facts))
    }

    /// Starts the built-in server and adds its apps, or brings them back.
    pub async fn connect_demo(&self) -> Result<Vec<App>, Error> {
        let slugs: Vec<&'static str> = {
            let mut demo = self.demo.lock().await;
            let server = started(&mut demo).await?;
            server.apps().iter().map(|app| app.slug).collect()
        };
        let mut apps = Vec::new();
        for slug in slugs {
            let client = self.demo_client(slug).await?;
            let described = client.describe().await?;
            let (described, facts) = completed(&client, described).await;
            let version = described.version.as_deref();
            let id = match self.store.demo_app(slug).await? {
                Some(id) => {
                    self.store.refresh_app(&id, &described.branding, &described.form, version, &facts, now()).await?;
                    self.store.restore_app(&id).await?;
                    id
                }
                None => {
                    let id = AppId(Uuid::now_v7().to_string());
                    self.store
                        .add_app(NewApp {
                            id: &id,
                            origin: Origin::Demo,
                            demo_slug: Some(slug),
                            base_url: "",
                            user: DEMO_USER,
                            key: KeyState::Session,
                            plain_http_accepted: false,
                            server_version: version,
                            facts: &facts,
                            branding: &described.branding,
                            form: &described.form,
                            at: now(),
                        })
                        .await?;
                    id
                }
            };
            self.store.set_speech(&id, described.features.speech().as_ref()).await?;
            apps.push(self.changed(&id).await?);
        }
        Ok(apps)
    }

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
        self.store.set_speech(id, described.features.speech().as_ref()).await?;
        if self.store.app(id).await?.app.key == KeyState::Refused {
            // The server takes it again.
            let kept = if self.keys.is_in_session(&id.0) { KeyState::Session } else { KeyState::Keychain };
            self.store.set_key_state(id, kept).await?;
        }
        self.changed(id).await
    }

    /// A server that gives an app no name this time does not take away the one that its users know.
    async fn with_name(&self, id: &AppId, mut described: Described) -> Result<Described, Error> {
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

    /// Keeps another key for an app, after the server accepted it.
    pub async fn replace_key(
        &self,
        id: &AppId,
        key: &str,
        keep: KeepKey,
        plain_http: Option<&str>,
    ) -> Result<App, Error> {
        let stored = self.store.app(id).await?;
        let key = Key::new(key).map_err(dify::Error::from)?;
        let base_url = url::Url::parse(&stored.app.base_url).map_err(|_| Error::Address)?;
        let accepts = plain_http == Some(base_url.as_str());
        if dify::is_plain_http(&base_url) && !stored.plain_http_accepted && !accepts {
            return Err(Error::PlainHttp(base_url.into()));
        }
        let client = self.client_of(Connection { base_url, key: key.clone(), user: stored.app.user }).await?;
        client.remember(stored.facts);
        let described = client.describe().await?;
        let (described, facts) = completed(&client, described).await;
        let described = self.with_name(id, described).await?;
        self.keys.keep(&id.0, Secret::new(key.expose().to_owned()), keep).await?;
        let version = described.version.as_deref();
        self.store.refresh_app(id, &described.branding, &described.form, version, &facts, now()).await?;
        self.store.set_speech(id, described.features.speech().as_ref()).await?;
        self.store.set_key_state(id, state_of(keep)).await?;
        if accepts {
            self.store.set_plain_http_accepted(id).await?;
        }
        self.changed(id).await
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

    /// The app that has this key at this address already.
    async fn same_app(&self, base_url: &str, key: &Key) -> Result<Option<AppId>, Error> {
        for stored in self.store.apps().await? {
            if stored.app.base_url == base_url
                && let Ok(secret) = self.keys.fetch(&stored.app.id.0).await
                && secret.reveal() == key.expose()
            {
                return Ok(Some(stored.app.id));
            }
        }
        Ok(None)
    }

    fn shown(&self, stored: StoredApp) -> App {
        let mut app = stored.app;
        // Kept for an earlier session only.
        if app.key == KeyState::Session && app.origin == Origin::Server && !self.keys.is_in_session(&app.id.0) {
            app.key = KeyState::Missing;
        }
        app
    }

    fn stage(&self, stage: ConnectStage) {
        (self.emit)(AppEvent::ConnectStage { stage });
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

/// With the icon's picture, and with what else the server can do.
async fn completed(client: &Client, described: Described) -> (Described, ServerFacts) {
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

fn state_of(keep: KeepKey) -> KeyState {
    match keep {
        KeepKey::Keychain => KeyState::Keychain,
        KeepKey::Session => KeyState::Session,
    }
}
