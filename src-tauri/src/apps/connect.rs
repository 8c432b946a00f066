//! Adding an app: its address and key are checked with its server first. The demo's apps, too; and another key.

use std::sync::PoisonError;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Apps, DEMO_USER, Error, described::completed, now, started};
use crate::{
    dify::{self, Client, Connection, Described, Key, LogQuery},
    keys::Secret,
    model::{
        app::{App, AppId, ConnectStage, KeepKey, KeyState, Origin},
        capability::ServerFacts,
        event::AppEvent,
    },
    store::{self, AppSaid, NewApp, StoredApp},
};

/// Runs of an app that its server is asked about.
const LOOKED_AT: u32 = 3;

/// What a server said of an app that can be connected.
struct Checked {
    base_url: url::Url,
    user: String,
    described: Described,
    facts: ServerFacts,
    /// It was here before.
    former: Option<AppId>,
}

impl Apps {
    /// Checks address and key with the server, reads branding and form, keeps the key, then the app. One that was here
    /// before comes back with its runs.
    ///
    /// `plain_http` is the address the user agreed to use without encryption; no other one is used so.
    pub async fn connect(&self, typed: &str, key: &str, keep: KeepKey, plain_http: Option<&str>) -> Result<App, Error> {
        let cancelled = CancellationToken::new();
        self.connecting.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&cancelled);
        let key = Key::new(key).map_err(dify::Error::from)?;
        // Only the asking can be broken off: what is kept is kept whole.
        let checked = tokio::select! {
            () = cancelled.cancelled() => return Err(Error::Cancelled),
            checked = self.check(typed, &key, plain_http) => checked?,
        };
        self.stage(ConnectStage::Saving);
        let id = checked.former.clone().unwrap_or_else(|| AppId(Uuid::now_v7().to_string()));
        self.keys.keep(&id.0, Secret::new(key.expose().to_owned()), keep).await?;
        if let Err(error) = self.keep_checked(&id, &checked, state_of(keep)).await {
            let _ = self.keys.remove(&id.0).await;
            return Err(error.into());
        }
        self.changed(&id).await
    }

    async fn keep_checked(&self, id: &AppId, checked: &Checked, key: KeyState) -> Result<(), store::Error> {
        let Checked { base_url, user, described, facts, former } = checked;
        let (plain_http_accepted, speech, at) = (dify::is_plain_http(base_url), described.features.speech(), now());
        let (branding, form) = (&described.branding, &described.form);
        let (icon_from, server_version) = (described.icon_from.as_deref(), described.version.as_deref());
        if former.is_some() {
            let said = AppSaid { branding, icon_from, form, speech, server_version, facts, at };
            self.store.refresh_app(id, said).await?;
            return self.store.restore_app(id, key, plain_http_accepted).await;
        }
        self.store
            .add_app(NewApp {
                id,
                origin: Origin::Server,
                demo_slug: None,
                base_url: base_url.as_str(),
                user,
                key,
                plain_http_accepted,
                server_version,
                facts,
                branding,
                icon_from,
                form,
                speech,
                at,
            })
            .await
    }

    /// Breaks off a connect that is still asking the server.
    pub fn cancel_connect(&self) {
        self.connecting.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    async fn check(&self, typed: &str, key: &Key, plain_http: Option<&str>) -> Result<Checked, Error> {
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
        let former = self.known_app(base_url.as_str(), &client, &described).await?;
        if let Some(StoredApp { app, removed: false, .. }) = former {
            // Two histories of one app would each hold the runs of its log.
            return Err(Error::AlreadyConnected(app.id));
        }
        let (described, facts) = completed(&client, described, former.as_ref()).await;
        Ok(Checked { base_url, user, described, facts, former: former.map(|former| former.app.id) })
    }

    /// The app that was removed here and is connected again, or is connected with another key. That it is the same its
    /// server alone knows: its log for this key has one of its runs. Of a removed one it may also find a run by its id;
    /// should a server find those of other apps, too, they are told apart by name and form.
    async fn known_app(&self, base_url: &str, client: &Client, said: &Described) -> Result<Option<StoredApp>, Error> {
        let known = self.store.apps_at(base_url, LOOKED_AT).await?;
        for (stored, runs) in known {
            let StoredApp { app, removed, .. } = &stored;
            let is_called_so = app.server_title == said.branding.title && !said.branding.untitled;
            let is_filled_so = app.form == said.form && !said.form.fields.is_empty();
            if !is_called_so && !is_filled_so {
                continue;
            }
            // Taken for one that is here, another app could not be connected at all: there only its log is believed.
            let is_same = lists_one(client, &app.user, &runs).await || *removed && finds_one(client, &runs).await;
            if is_same {
                return Ok(Some(stored));
            }
        }
        Ok(None)
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
            let id = match self.store.demo_app(slug).await? {
                Some(id) => {
                    self.keep_described(&id, &client, described).await?;
                    self.store.restore_app(&id, KeyState::Session, false).await?;
                    id
                }
                None => {
                    let (described, facts) = completed(&client, described, None).await;
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
                            server_version: described.version.as_deref(),
                            facts: &facts,
                            branding: &described.branding,
                            icon_from: described.icon_from.as_deref(),
                            form: &described.form,
                            speech: described.features.speech(),
                            at: now(),
                        })
                        .await?;
                    id
                }
            };
            apps.push(self.changed(&id).await?);
        }
        Ok(apps)
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
        self.keys.keep(&id.0, Secret::new(key.expose().to_owned()), keep).await?;
        self.keep_described(id, &client, described).await?;
        self.store.set_key_state(id, state_of(keep)).await?;
        if accepts {
            self.store.set_plain_http_accepted(id).await?;
        }
        self.changed(id).await
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

    fn stage(&self, stage: ConnectStage) {
        (self.emit)(AppEvent::ConnectStage { stage });
    }
}

fn state_of(keep: KeepKey) -> KeyState {
    match keep {
        KeepKey::Keychain => KeyState::Keychain,
        KeepKey::Session => KeyState::Session,
    }
}

/// Whether the server has details of one of these runs. It is connected all the same where it does not say.
async fn finds_one(client: &Client, runs: &[String]) -> bool {
    for run in runs {
        match client.run_detail(run).await {
            Ok(Some(_)) => return true,
            Ok(None) => {}
            Err(_) => break,
        }
    }
    false
}

/// Whether one of these runs is among the latest in the log of the key's app.
async fn lists_one(client: &Client, user: &str, runs: &[String]) -> bool {
    if runs.is_empty() {
        return false;
    }
    let query = LogQuery { limit: 100, session_id: Some(user.to_owned()), ..LogQuery::default() };
    let page = client.logs(&query).await;
    page.is_ok_and(|page| page.is_some_and(|page| page.rows.iter().any(|row| runs.contains(&row.run_id))))
}
