//! Databases as programs of each schema left them: each migration in its turn, and behind it what a program of that
//! schema wrote.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{collections::BTreeMap, path::Path};

use sqlx::{
    Connection as _, Executor as _, Row as _, SqliteConnection,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

pub const FIRST_RUN: &str = "01930000-0000-7000-8000-000000000001";

async fn migrator() -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/migrations");
    Migrator::new(folder).await.expect("the migrations")
}

/// Every schema there has been.
pub async fn schemas() -> Vec<i64> {
    migrator().await.iter().map(|migration| migration.version).collect()
}

pub async fn connect(file: &Path) -> SqliteConnection {
    let options =
        SqliteConnectOptions::new().filename(file).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    SqliteConnection::connect_with(&options).await.expect("a database")
}

/// A database of this schema, with everything that programs of it and of those before wrote.
pub async fn of_schema(file: &Path, schema: i64) {
    let (migrator, mut database) = (migrator().await, connect(file).await);
    for version in schemas().await.into_iter().filter(|version| *version <= schema) {
        migrator.run_direct(Some(version), &mut database, false).await.expect("migrated");
        let rows = format!("{}/tests/schemas/rows/{version:04}.sql", env!("CARGO_MANIFEST_DIR"));
        if let Ok(rows) = std::fs::read_to_string(rows) {
            database
                .execute(sqlx::AssertSqlSafe(rows))
                .await
                .unwrap_or_else(|error| panic!("rows of {version}: {error}"));
        }
    }
    database.close().await.expect("closed");
}

/// Tables with their columns, and every row as SQL would write it.
pub type Rows = BTreeMap<String, (Vec<String>, Vec<String>)>;

pub async fn rows(database: &mut SqliteConnection, of: Option<&Rows>) -> Rows {
    let listed = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
         AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_sqlx%' ESCAPE '!' \
         AND name NOT IN ('run_unindexed', 'run_uncounted')"; // lists of what is still to be done
    let tables: Vec<String> = match of {
        Some(of) => of.keys().cloned().collect(),
        None => sqlx::query_scalar(listed).fetch_all(&mut *database).await.expect("tables"),
    };
    let mut all = Rows::new();
    for table in tables {
        let columns: Vec<String> = match of.and_then(|of| of.get(&table)) {
            Some((columns, _)) => columns.clone(),
            None => {
                let sql = "SELECT name FROM pragma_table_info(?)";
                sqlx::query_scalar(sql).bind(&table).fetch_all(&mut *database).await.expect("columns")
            }
        };
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let sql = format!("SELECT {} AS line FROM {table} ORDER BY 1", quoted.join(" || '|' || "));
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *database).await.expect("rows");
        let lines = found.iter().map(|row| row.get::<String, _>(0)).collect();
        all.insert(table, (columns, lines));
    }
    all
}
