//! Connected apps.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Error, Result, Store, gaps::Gaps};
use crate::model::{
    Millis,
    app::{App, AppId, Branding, ConnectionOptions, KeyState, Origin},
    capability::ServerFacts,
    form::Form,
    sound::AppSpeech,
};

/// An app with what the page must not or need not know.
#[derive(Debug, Clone)]
pub struct StoredApp {
    pub app: App,
    pub demo_slug: Option<String>,
    pub facts: ServerFacts,
    /// The user agreed that its address is asked without encryption.
    pub plain_http_accepted: bool,
    /// What /site named when its picture was fetched.
    pub icon_from: Option<String>,
    /// It left the list; its runs still name it.
    pub removed: bool,
    /// Something of it could not be read, and is to be asked for anew.
    pub has_gaps: bool,
}

/// What is known of an app when it is connected.
#[derive(Debug, Clone)]
pub struct NewApp<'a> {
    pub id: &'a AppId,
    pub origin: Origin,
    pub demo_slug: Option<&'a str>,
    pub base_url: &'a str,
    pub user: &'a str,
    pub key: KeyState,
    pub plain_http_accepted: bool,
    pub server_version: Option<&'a str>,
    pub facts: &'a ServerFacts,
    pub branding: &'a Branding,
    pub icon_from: Option<&'a str>,
    pub form: &'a Form,
    pub speech: Option<AppSpeech>,
    pub at: Millis,
}

/// What a server said of an app this time.
#[derive(Debug, Clone)]
pub struct AppSaid<'a> {
    pub branding: &'a Branding,
    pub icon_from: Option<&'a str>,
    pub form: &'a Form,
    pub speech: Option<AppSpeech>,
    /// `None` leaves the one that is known.
    pub server_version: Option<&'a str>,
    pub facts: &'a ServerFacts,
    pub at: Millis,
}

const COLUMNS: &str = "id, origin, demo_slug, base_url, user_id, key_state, server_version, server_facts, \
    branding, given_name, icon_from, form, refreshed_at, removed_at, plain_http_accepted, options, speech, \
    (SELECT count(*) FROM run WHERE run.app_id = app.id) \
    - (SELECT count(*) FROM run WHERE deleted_at IS NOT NULL AND +run.app_id = app.id) AS run_count";

impl Store {
    pub async fn apps(&self) -> Result<Vec<StoredApp>> {
        let sql = format!("SELECT {COLUMNS} FROM app WHERE removed_at IS NULL ORDER BY position, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await;
        self.heed(rows.map_err(Error::from).and_then(|rows| rows.iter().map(|row| self.stored_app(row)).collect()))
    }

    /// The app, also when it was removed: its runs still name it.
    pub async fn app(&self, id: &AppId) -> Result<StoredApp> {
        let sql = format!("SELECT {COLUMNS} FROM app WHERE id = ?");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id.0).fetch_one(&self.pool).await?;
        self.stored_app(&row)
    }

    pub async fn add_app(&self, new: NewApp<'_>) -> Result<()> {
        sqlx::query(
            "INSERT INTO app (id, position, origin, demo_slug, base_url, user_id, key_state, server_version, \
             server_facts, branding, icon_from, form, speech, refreshed_at, plain_http_accepted) \
             VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM app), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&new.id.0)
        .bind(origin_word(new.origin))
        .bind(new.demo_slug)
        .bind(new.base_url)
        .bind(new.user)
        .bind(key_word(new.key))
        .bind(new.server_version)
        .bind(serde_json::to_string(new.facts)?)
        .bind(serde_json::to_string(new.branding)?)
        .bind(new.icon_from)
        .bind(serde_json::to_string(new.form)?)
        .bind(new.speech.as_ref().map(serde_json::to_string).transpose()?)
        .bind(new.at)
        .bind(new.plain_http_accepted)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Keeps what the server said last.
    pub async fn refresh_app(&self, id: &AppId, said: AppSaid<'_>) -> Result<()> {
        let done = sqlx::query(
            "UPDATE app SET branding = ?, icon_from = ?, form = ?, speech = ?, server_version = coalesce(?, server_version), \
             server_facts = ?, refreshed_at = ? WHERE id = ?",
        )
        .bind(serde_json::to_string(said.branding)?)
        .bind(said.icon_from)
        .bind(serde_json::to_string(said.form)?)
        .bind(said.speech.as_ref().map(serde_json::to_string).transpose()?)
        .bind(said.server_version)
        .bind(serde_json::to_string(said.facts)?)
        .bind(said.at)
        .bind(&id.0)
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
    }

    pub async fn set_key_state(&self, id: &AppId, key: KeyState) -> Result<()> {
        sqlx::query("UPDATE app SET key_state = ? WHERE id = ?")
            .bind(key_word(key))
            .bind(&id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn set_plain_http_accepted(&self, id: &AppId) -> Result<()> {
        sqlx::query("UPDATE app SET plain_http_accepted = 1 WHERE id = ?").bind(&id.0).execute(&self.pool).await?;
        Ok(())
    }

    /// The `user` of all later requests.
    pub async fn set_user(&self, id: &AppId, user: &str) -> Result<()> {
        let done =
            sqlx::query("UPDATE app SET user_id = ? WHERE id = ?").bind(user).bind(&id.0).execute(&self.pool).await?;
        if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
    }

    /// What the user calls the app; `None` takes that back.
    pub async fn set_given_name(&self, id: &AppId, name: Option<&str>) -> Result<()> {
        let sql = "UPDATE app SET given_name = ? WHERE id = ?";
        let done = sqlx::query(sql).bind(name).bind(&id.0).execute(&self.pool).await?;
        if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
    }

    pub async fn set_options(&self, id: &AppId, options: &ConnectionOptions) -> Result<()> {
        let sql = "UPDATE app SET options = ? WHERE id = ?";
        let done = sqlx::query(sql).bind(serde_json::to_string(options)?).bind(&id.0).execute(&self.pool).await?;
        if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
    }

    /// Brings a removed app back to the list.
    pub async fn restore_app(&self, id: &AppId, key: KeyState, plain_http_accepted: bool) -> Result<()> {
        sqlx::query("UPDATE app SET removed_at = NULL, key_state = ?, plain_http_accepted = ? WHERE id = ?")
            .bind(key_word(key))
            .bind(plain_http_accepted)
            .bind(&id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Apps at this address, those that left the list last, each with the newest runs that its server gave a name, at
    /// most `most`.
    pub async fn apps_at(&self, base_url: &str, most: u32) -> Result<Vec<(StoredApp, Vec<String>)>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM app WHERE origin = 'server' AND base_url = ? ORDER BY removed_at IS NOT NULL, id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(base_url).fetch_all(&self.pool).await?;
        let mut apps = Vec::with_capacity(rows.len());
        for row in &rows {
            let stored = self.stored_app(row)?;
            let sql = "SELECT server_run_id FROM run WHERE app_id = ? AND server_run_id IS NOT NULL \
                       AND deleted_at IS NULL ORDER BY id DESC LIMIT ?";
            let runs = sqlx::query_scalar(sql).bind(&stored.app.id.0).bind(most).fetch_all(&self.pool).await?;
            apps.push((stored, runs));
        }
        Ok(apps)
    }

    /// The form alone, for the rules that are applied while someone types.
    pub async fn form(&self, id: &AppId) -> Result<Form> {
        let row = sqlx::query("SELECT form FROM app WHERE id = ?").bind(&id.0).fetch_one(&self.pool).await?;
        let mut gaps = Gaps::default();
        let form = gaps.json_or_default(&row, "form")?;
        self.tell(&gaps, || format!("app {}", id.0));
        Ok(form)
    }

    pub async fn remove_app(&self, id: &AppId, at: Millis) -> Result<()> {
        sqlx::query("UPDATE app SET removed_at = ?, key_state = 'missing' WHERE id = ?")
            .bind(at)
            .bind(&id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Built-in apps that were added before, removed ones too, by slug.
    pub async fn demo_app(&self, slug: &str) -> Result<Option<AppId>> {
        let row = sqlx::query("SELECT id FROM app WHERE demo_slug = ?").bind(slug).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.map(AppId))
    }

    /// What can be read of it: one bad value hides no app.
    fn stored_app(&self, row: &SqliteRow) -> Result<StoredApp> {
        let mut gaps = Gaps::default();
        let origin = gaps.text(row, "origin")?;
        let base_url = gaps.text(row, "base_url")?;
        let facts: ServerFacts = gaps.json_or_default(row, "server_facts")?;
        let mut branding: Branding = gaps.json_or_default(row, "branding")?;
        if branding.title.is_empty() {
            let host = url::Url::parse(&base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
            branding.title = host.unwrap_or_else(|| "Dify".into());
        }
        let mut stored = StoredApp {
            app: App {
                id: AppId(gaps.text(row, "id")?),
                origin: if origin == "demo" { Origin::Demo } else { Origin::Server },
                base_url,
                server_title: branding.title.clone(),
                branding,
                given_name: gaps.text_or_none(row, "given_name")?.filter(|name| !name.is_empty()),
                form: gaps.json_or_default(row, "form")?,
                key: key_state(&gaps.text(row, "key_state")?),
                user: gaps.text(row, "user_id")?,
                options: gaps.json_or_default(row, "options")?,
                speech: gaps.json(row, "speech")?,
                server_version: gaps.text_or_none(row, "server_version")?,
                abilities: facts.abilities(),
                refreshed_at: row.try_get("refreshed_at")?,
                run_count: row.try_get("run_count")?,
            },
            demo_slug: gaps.text_or_none(row, "demo_slug")?,
            facts,
            plain_http_accepted: row.try_get("plain_http_accepted")?,
            icon_from: gaps.text_or_none(row, "icon_from")?,
            removed: row.try_get::<Option<Millis>, _>("removed_at")?.is_some(),
            has_gaps: false,
        };
        stored.has_gaps = gaps.any();
        self.tell(&gaps, || format!("app {}", stored.app.id.0));
        Ok(stored)
    }
}

fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Server => "server",
        Origin::Demo => "demo",
    }
}

pub(super) fn key_word(key: KeyState) -> &'static str {
    match key {
        KeyState::Keychain => "keychain",
        KeyState::Session => "session",
        KeyState::Missing => "missing",
        KeyState::Refused => "refused",
    }
}

pub(super) fn key_state(word: &str) -> KeyState {
    match word {
        "keychain" => KeyState::Keychain,
        "session" => KeyState::Session,
        "refused" => KeyState::Refused,
        _ => KeyState::Missing,
    }
}
