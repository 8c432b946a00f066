//! A database made of a backup's history, which may come from anybody.
//!
//! It is never opened as ours: it is only read, its schema has to be word for word one that we had, and the rows of its
//! tables go one by one into a new database of that schema, which is then brought up to date like any other. What in
//! them could reach beyond the history is taken out: names of files that are more than a name, ids of apps (a key of
//! this computer belongs to one), agreements, places on the disk, and requests that would be sent unasked.

use std::{collections::BTreeMap, path::Path, time::Duration};

use sqlx::{
    Connection as _, Executor as _, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};
use uuid::Uuid;

use super::{
    Error, RestoreError, Store,
    backup::{BackupHistory, Step, is_backed_up},
    open,
    salvage::{self, quoted},
};
use crate::model::app::{AppId, Branding, Icon};

type Result<T> = std::result::Result<T, RestoreError>;

/// Apps and runs of a restored state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    pub apps: u32,
    pub runs: u32,
    /// What the apps of the backup are called now.
    pub named: BTreeMap<AppId, AppId>,
}

/// Whether a name can stand in a folder of ours: one name, no path, nothing that systems read otherwise.
pub fn is_plain_name(name: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    !name.is_empty() && name.len() <= 255 && !name.starts_with('.') && !name.contains(odd)
}

/// Whether it can be the id of a run, which is the name of its folder.
pub fn is_plain_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

impl Store {
    /// Makes a new database at `target` of a backup's history; nothing of this store changes.
    pub async fn build_restored(
        &self,
        history: &Path,
        told: &BackupHistory,
        target: &Path,
        step: &Step<'_>,
    ) -> Result<Restored> {
        let newest = open::MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
        if told.schema > newest {
            return Err(RestoreError::Newer(told.schema));
        }
        if !open::MIGRATIONS.version_exists(told.schema) {
            return Err(RestoreError::Foreign("no such schema"));
        }
        let mut old = foreign(history).await?;
        open::begin(target).await?;
        let mut new = SqliteConnection::connect_with(&open::options(target, SqliteSynchronous::Normal)).await?;
        let built = async {
            open::MIGRATIONS.run_direct(Some(told.schema), &mut new, false).await.map_err(open::refused)?;
            same_schema(&mut old, &mut new).await?;
            is_whole(&mut old).await?;
            bring_over(&mut old, &mut new, told, step).await?;
            open::MIGRATIONS.run_direct(None, &mut new, false).await.map_err(open::refused)?;
            let named = make_harmless(&mut new).await?;
            self.bring_own(&mut new).await?;
            let restored = Restored { named, ..counted(&mut new).await? };
            open::empty_log(&mut new).await?;
            Ok(restored)
        };
        let built: Result<Restored> = built.await;
        let _ = old.close().await;
        new.close().await?;
        let built = built?;
        if open::size(&open::beside(target, "-wal")) > 0 { Err(Error::DiskFull.into()) } else { Ok(built) }
    }

    /// Whether the history of a backup that was just made can be brought back: its schema, all its pages, its rows.
    pub async fn check_backup(&self, history: &Path, told: &BackupHistory) -> Result<()> {
        let mut old = foreign(history).await?;
        let mut new = SqliteConnection::connect_with(&SqliteConnectOptions::new().in_memory(true)).await?;
        let checked = async {
            open::MIGRATIONS.run_direct(Some(told.schema), &mut new, false).await.map_err(open::refused)?;
            same_schema(&mut old, &mut new).await?;
            is_whole(&mut old).await?;
            for (table, rows) in &told.rows {
                let sql = format!("SELECT count(*) FROM {}", quoted(table));
                let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut old).await?;
                if found.unsigned_abs() != *rows {
                    return Err(RestoreError::Foreign("another number of rows"));
                }
            }
            // Whoever restores it refuses values that went wrong: better to hear of it now, while there is more than
            // the backup. The next start mends them.
            let texts = salvage::texts_are_sound(&mut old, &mut new, is_backed_up).await?;
            if !texts || !salvage::values_are_sound(&mut old).await? {
                self.damage.note();
                return Err(Error::Damaged.into());
            }
            belongs_together(&mut old).await?;
            names_are_plain(&mut old).await
        };
        let checked: Result<()> = checked.await;
        let _ = old.close().await;
        checked
    }

    /// How this computer reaches servers stays as it is here: a backup must not lead requests elsewhere.
    async fn bring_own(&self, new: &mut SqliteConnection) -> Result<()> {
        let sql = "SELECT proxy, manual, password_state, certificates_name, certificates FROM network";
        if let Some(row) = sqlx::query(sql).fetch_optional(&self.pool).await? {
            sqlx::query(
                "INSERT INTO network (id, proxy, manual, password_state, certificates_name, certificates) \
                 VALUES (1, ?, ?, ?, ?, ?)",
            )
            .bind(row.try_get::<String, _>(0)?)
            .bind(row.try_get::<String, _>(1)?)
            .bind(row.try_get::<String, _>(2)?)
            .bind(row.try_get::<Option<String>, _>(3)?)
            .bind(row.try_get::<Option<String>, _>(4)?)
            .execute(&mut *new)
            .await?;
        }
        self.bring_chosen(new).await
    }

    /// Files that were chosen on this computer, for what is kept ready or was run here: a backup itself names no place
    /// on a disk, because whoever made it could send any file from there.
    async fn bring_chosen(&self, new: &mut SqliteConnection) -> Result<()> {
        const COLUMNS: &str =
            "id, path, name, size, modified_at, staged_at, upload_file_id, base_url, user_id, uploaded_at";
        let files =
            sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM staged_file"))).fetch_all(&self.pool);
        let named = sqlx::query("SELECT run_id, staged_id FROM run_staged").fetch_all(&self.pool);
        let (files, named) = match tokio::try_join!(files, named) {
            Ok(both) => both,
            Err(error) => {
                // Whoever restores may do it because what is here is damaged.
                tracing::warn!("files that were chosen here are not taken along: {error}");
                return Ok(());
            }
        };
        let mut writing = new.begin().await?;
        let put = format!("INSERT INTO staged_file ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        for row in files {
            sqlx::query(sqlx::AssertSqlSafe(put.clone()))
                .bind(row.try_get::<String, _>(0)?)
                .bind(row.try_get::<Vec<u8>, _>(1)?)
                .bind(row.try_get::<String, _>(2)?)
                .bind(row.try_get::<i64, _>(3)?)
                .bind(row.try_get::<Option<i64>, _>(4)?)
                .bind(row.try_get::<i64, _>(5)?)
                .bind(row.try_get::<Option<String>, _>(6)?)
                .bind(row.try_get::<Option<String>, _>(7)?)
                .bind(row.try_get::<Option<String>, _>(8)?)
                .bind(row.try_get::<Option<i64>, _>(9)?)
                .execute(&mut *writing)
                .await?;
        }
        for row in named {
            sqlx::query("INSERT INTO run_staged SELECT id, ?2 FROM run WHERE id = ?1")
                .bind(row.try_get::<String, _>(0)?)
                .bind(row.try_get::<String, _>(1)?)
                .execute(&mut *writing)
                .await?;
        }
        writing.commit().await?;
        Ok(())
    }
}

/// A file that anybody may have made, to be read only.
async fn foreign(history: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(history)
        .read_only(true)
        .immutable(true)
        .foreign_keys(false)
        .busy_timeout(Duration::ZERO)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("mmap_size", "0");
    SqliteConnection::connect_with(&options).await.map_err(|_| RestoreError::Foreign("no database"))
}

/// Only tables that we back up, each with the words that made it here: no view, no trigger, no computed column.
async fn same_schema(old: &mut SqliteConnection, new: &mut SqliteConnection) -> Result<()> {
    const SCHEMA: &str = "SELECT type, name, sql FROM sqlite_schema";
    let ours = sqlx::query(SCHEMA).fetch_all(&mut *new).await?;
    let mut wanted = BTreeMap::new();
    let shadows = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'";
    let plain: Vec<String> = sqlx::query_scalar(shadows).fetch_all(&mut *new).await?;
    for row in &ours {
        let (kind, name): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if kind == "table" && is_backed_up(&name) && plain.contains(&name) {
            wanted.insert(name, row.try_get::<String, _>(2)?);
        }
    }
    let theirs = sqlx::query(SCHEMA).fetch_all(old).await.map_err(|_| RestoreError::Foreign("no database"))?;
    for row in &theirs {
        let read = |_| RestoreError::Foreign("its schema cannot be read");
        let (kind, name): (String, String) = (row.try_get(0).map_err(read)?, row.try_get(1).map_err(read)?);
        let sql: Option<String> = row.try_get(2).map_err(read)?;
        let is_ours = match kind.as_str() {
            "table" => sql.is_some() && wanted.remove(&name) == sql,
            // Made by SQLite itself for a table's key.
            "index" => sql.is_none() && name.starts_with("sqlite_autoindex_"),
            _ => false,
        };
        if !is_ours {
            return Err(RestoreError::Foreign("another schema"));
        }
    }
    if wanted.is_empty() { Ok(()) } else { Err(RestoreError::Foreign("tables are missing")) }
}

async fn is_whole(old: &mut SqliteConnection) -> Result<()> {
    let said: std::result::Result<String, _> = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(old).await;
    if said.is_ok_and(|said| said == "ok") { Ok(()) } else { Err(RestoreError::Foreign("damaged")) }
}

/// Every row of every table, and as many as were said to be.
async fn bring_over(
    old: &mut SqliteConnection,
    new: &mut SqliteConnection,
    told: &BackupHistory,
    step: &Step<'_>,
) -> Result<()> {
    // Tables come in any order.
    new.execute("PRAGMA foreign_keys = OFF").await?;
    let mut transaction = new.begin().await?;
    let mut tables = salvage::tables(old, &mut transaction).await?;
    tables.retain(|table| is_backed_up(&table.name));
    for (done, table) in (0..).zip(&tables) {
        step(done, tables.len() as u64);
        if !salvage::all_rows(table, old, &mut transaction).await? {
            return Err(RestoreError::Foreign("values that are never written"));
        }
        let sql = format!("SELECT count(*) FROM {}", quoted(&table.name));
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *transaction).await?;
        if told.rows.get(&table.name) != Some(&rows.unsigned_abs()) {
            return Err(RestoreError::Foreign("another number of rows"));
        }
    }
    if tables.len() != told.rows.len() {
        return Err(RestoreError::Foreign("other tables"));
    }
    belongs_together(&mut transaction).await?;
    transaction.commit().await?;
    new.execute("PRAGMA foreign_keys = ON").await?;
    Ok(())
}

async fn belongs_together(history: &mut SqliteConnection) -> Result<()> {
    let broken = sqlx::query("SELECT 1 FROM pragma_foreign_key_check LIMIT 1");
    match broken.fetch_optional(history).await? {
        Some(_) => Err(RestoreError::Foreign("rows that belong to nothing")),
        None => Ok(()),
    }
}

/// Ids and names that folders and files are called by.
async fn names_are_plain(history: &mut SqliteConnection) -> Result<()> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM run").fetch_all(&mut *history).await?;
    if !ids.iter().all(|id| is_plain_id(id)) {
        return Err(RestoreError::Foreign("an id that is none"));
    }
    for table in ["run_file", "sent_file", "sound"] {
        let sql = format!("SELECT stored_as FROM {table} WHERE stored_as IS NOT NULL");
        let names: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *history).await?;
        if !names.iter().all(|name| is_plain_name(name)) {
            return Err(RestoreError::Foreign("a file name that is more than a name"));
        }
    }
    Ok(())
}

/// At today's schema: nothing in it reaches beyond the history.
async fn make_harmless(new: &mut SqliteConnection) -> Result<BTreeMap<AppId, AppId>> {
    if !salvage::values_are_sound(new).await? {
        return Err(RestoreError::Foreign("values that are never written"));
    }
    names_are_plain(new).await?;
    new.execute("PRAGMA foreign_keys = OFF").await?;
    let mut transaction = new.begin().await?;
    for sql in [
        "UPDATE app SET key_state = 'missing', plain_http_accepted = 0",
        // Where documents lay is another computer's matter; a file of that name here may be another one.
        "UPDATE sent_file SET path = NULL",
        "UPDATE sent_file SET copy = 'none', stored_as = NULL WHERE copy = 'copying'",
        // Nothing is fetched because a file says so.
        "UPDATE run_file SET local = 'failed', stored_as = NULL WHERE local = 'fetching'",
        // Numbers of days that could not be read would keep all rules from being read.
        "DELETE FROM keep_rule WHERE days NOT BETWEEN 1 AND 4294967295 OR files_days NOT BETWEEN 1 AND 4294967295",
    ] {
        transaction.execute(sql).await?;
    }
    clean_faces(&mut transaction).await?;
    let named = name_apps_anew(&mut transaction).await?;
    transaction.commit().await?;
    new.execute("PRAGMA foreign_keys = ON").await?;
    Ok(named)
}

/// Names and pictures of apps were checked when a server told them; here nobody knows who did.
async fn clean_faces(new: &mut SqliteConnection) -> Result<()> {
    let rows = sqlx::query("SELECT id, branding FROM app").fetch_all(&mut *new).await?;
    for row in &rows {
        let (id, branding): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        // One that cannot be read hides no run of its app: elsewhere it is passed over, too.
        let mut branding: Branding = serde_json::from_str(&branding).unwrap_or_default();
        let is_picture = |link: &str| {
            ["png", "jpeg", "gif", "webp"].iter().any(|kind| link.starts_with(&format!("data:image/{kind};base64,")))
        };
        if matches!(&branding.icon, Icon::Image(link) if !is_picture(link)) {
            branding.icon = Icon::Initial;
        }
        let is_colour = |colour: &String| {
            colour.len() == 7 && colour.starts_with('#') && colour[1..].chars().all(|c| c.is_ascii_hexdigit())
        };
        branding.icon_background = branding.icon_background.filter(is_colour);
        let is_web = |link: &String| link.starts_with("https://") || link.starts_with("http://");
        branding.privacy_policy = branding.privacy_policy.filter(is_web);
        let branding = serde_json::to_string(&branding).map_err(Error::from)?;
        sqlx::query("UPDATE app SET branding = ? WHERE id = ?").bind(branding).bind(id).execute(&mut *new).await?;
    }
    Ok(())
}

/// Keys lie in the keychain under the ids of apps: under an id of this computer a backup could name another address,
/// and the key would go there. So restored apps are new ones, and ask for theirs.
async fn name_apps_anew(new: &mut SqliteConnection) -> Result<BTreeMap<AppId, AppId>> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM app").fetch_all(&mut *new).await?;
    new.execute("CREATE TEMP TABLE anew (old TEXT PRIMARY KEY, new TEXT NOT NULL)").await?;
    let named: BTreeMap<_, _> = ids.into_iter().map(|id| (AppId(id), AppId(Uuid::now_v7().to_string()))).collect();
    for (id, now) in &named {
        sqlx::query("INSERT INTO temp.anew VALUES (?, ?)").bind(&id.0).bind(&now.0).execute(&mut *new).await?;
    }
    let naming = sqlx::query(
        "SELECT l.name, c.name FROM pragma_table_list l JOIN pragma_table_info(l.name) c WHERE l.schema = 'main' \
         AND l.type = 'table' AND (c.name = 'app_id' OR l.name = 'app' AND c.name = 'id')",
    )
    .fetch_all(&mut *new)
    .await?;
    for row in &naming {
        let (table, column): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let (table, column) = (quoted(&table), quoted(&column));
        let sql = format!(
            "UPDATE main.{table} SET {column} = (SELECT new FROM temp.anew WHERE old = {column}) \
             WHERE {column} IN (SELECT old FROM temp.anew)"
        );
        new.execute(sqlx::AssertSqlSafe(sql)).await?;
    }
    new.execute("DROP TABLE temp.anew").await?;
    Ok(named)
}

async fn counted(new: &mut SqliteConnection) -> Result<Restored> {
    Ok(Restored {
        apps: sqlx::query_scalar("SELECT count(*) FROM app WHERE removed_at IS NULL").fetch_one(&mut *new).await?,
        runs: sqlx::query_scalar("SELECT count(*) FROM run").fetch_one(&mut *new).await?,
        named: BTreeMap::new(),
    })
}
