//! A store with many runs in it, as the program would have left it.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use serde_json::json;
use sqlx::{Connection, Row, SqliteConnection};
use tokio_util::sync::CancellationToken;

use super::{PAGE, Times, corpus::Corpus, queries::Class};
use crate::{
    model::{
        app::{AppId, Branding, KeyState, Origin},
        capability::ServerFacts,
        form::{Entries, Entry, Form},
        query::{self, Around, Calendar},
        run::{InputShown, Run, RunHead, RunId, RunStatus},
    },
    store::{NewApp, RunSave, Store, Wanted},
};

const APPS: usize = 30;
/// Two years.
const SPAN: i64 = 2 * 365 * 86_400_000;
const END: i64 = 1_795_000_000_000;

pub struct World {
    pub store: Store,
    pub folder: PathBuf,
    /// Goes with it, unless the folder is a program's.
    own: Option<tempfile::TempDir>,
    /// Bytes of all texts.
    pub text: usize,
    samples: Vec<String>,
    apps: Vec<(AppId, String)>,
    runs: usize,
}

pub fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn input(text: &str) -> InputShown {
    InputShown { variable: "text".into(), label: "Text".into(), value: json!(text), is_files: false, hidden: false }
}

fn entries(text: &str) -> Entries {
    Entries::from([("text".to_owned(), Entry::Text(text.to_owned()))])
}

impl World {
    /// In a folder of their own.
    pub async fn fill(runs: usize, corpus: &mut Corpus) -> Result<Self, String> {
        let base = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
        std::fs::create_dir_all(&base).map_err(said)?;
        let own = tempfile::tempdir_in(base).map_err(said)?;
        let mut world = Self::fill_in(own.path(), runs, corpus).await?;
        world.own = Some(own);
        Ok(world)
    }

    /// In the data folder of a program.
    pub async fn fill_in(folder: &Path, runs: usize, corpus: &mut Corpus) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(said)?;
        let store = Store::open(folder).await.map_err(said)?;
        let mut apps = Vec::new();
        for number in 0..APPS {
            let (id, name) = (AppId(uuid::Uuid::new_v4().to_string()), format!("App {number}"));
            store
                .add_app(new_app(&id, &Branding { title: name.clone(), ..Branding::default() }))
                .await
                .map_err(said)?;
            apps.push((id, name));
        }
        let mut world = Self { store, folder: folder.to_owned(), own: None, text: 0, samples: Vec::new(), apps, runs };
        let mut connection = world.connection().await?;
        let form = serde_json::to_string(&Form::default()).map_err(said)?;
        let form: i64 = sqlx::query_scalar("INSERT INTO run_form (form) VALUES (?) RETURNING id")
            .bind(form)
            .fetch_one(&mut connection)
            .await
            .map_err(said)?;
        for first in (0..runs).step_by(2000) {
            let mut transaction = connection.begin().await.map_err(said)?;
            for number in first..(first + 2000).min(runs) {
                let texts = corpus.texts();
                world.text += texts.input.len() + texts.output.len();
                if number % (runs / 400).max(1) == 0 {
                    world.samples.push(texts.output.clone());
                }
                let at = END - SPAN + SPAN / runs as i64 * number as i64;
                let seconds = u64::try_from(at / 1000).unwrap_or_default();
                let id = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(
                    uuid::NoContext,
                    seconds,
                    (at % 1000) as u32 * 1_000_000,
                ));
                let id = id.to_string();
                let title: String = texts.input.chars().take(60).collect();
                let app = &world.apps[number * 7919 % (APPS * 3) % APPS].0.0;
                let status = if number % 20 == 7 { "failed" } else { "succeeded" };
                sqlx::query(
                    "INSERT INTO run (id, app_id, title, status, started_at, finished_at, elapsed, total_tokens, total_steps, \
                     server_run_id, task_id, workflow_id, user_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 4, ?, ?, ?, 'flowdeck-1')",
                )
                .bind(&id)
                .bind(app)
                .bind(title)
                .bind(status)
                .bind(at)
                .bind(at + 9000)
                .bind(8.5)
                .bind(number as i64 % 5000)
                .bind(uuid::Uuid::new_v4().to_string())
                .bind(uuid::Uuid::new_v4().to_string())
                .bind("11111111-2222-3333-4444-555555555555")
                .execute(&mut *transaction)
                .await
                .map_err(said)?;
                sqlx::query("INSERT INTO run_body (run_id, entries, inputs, outputs, notices, form_id) VALUES (?, ?, ?, ?, '[]', ?)")
                    .bind(&id)
                    .bind(r#"{"text":null}"#)
                    .bind(serde_json::to_string(&[input(&texts.input)]).map_err(said)?)
                    .bind(json!({ "answer": texts.output }).to_string())
                    .bind(form)
                    .execute(&mut *transaction)
                    .await
                    .map_err(said)?;
            }
            transaction.commit().await.map_err(said)?;
        }
        connection.close().await.map_err(said)?;
        Ok(world)
    }

    pub fn file(&self) -> PathBuf {
        self.folder.join("flowdeck.db")
    }

    pub async fn connection(&self) -> Result<SqliteConnection, String> {
        SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", self.file().display())).await.map_err(said)
    }

    pub fn sample(&self, number: usize) -> &str {
        &self.samples[number % self.samples.len()]
    }

    /// Bytes of the index, and of everything.
    pub async fn sizes(&self) -> Result<(f64, f64), String> {
        let mut connection = self.connection().await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await.map_err(said)?;
        // Blobs of the index in their pages; SQLite was built without the table that would say it by the page.
        let mut index = 0;
        for table in ["run_words", "run_marks"] {
            let sql = format!(
                "SELECT (SELECT sum(length(block) + 12) FROM {table}_data) + (SELECT sum(length(sz) + 8) FROM {table}_docsize) \
                 + (SELECT sum(length(term) + 12) FROM {table}_idx)"
            );
            let bytes: i64 =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.map_err(said)?;
            index += bytes;
        }
        let row = sqlx::query("SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size")
            .fetch_one(&mut connection)
            .await
            .map_err(said)?;
        let (pages, free, size): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        connection.close().await.map_err(said)?;
        Ok((index as f64, ((pages - free) * size) as f64))
    }

    /// Nothing of the database is in memory any more.
    pub async fn forget(&mut self) -> Result<(), String> {
        self.store.close().await;
        let file = std::fs::File::open(self.file()).map_err(said)?;
        file.sync_all().map_err(said)?;
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).map_err(said)?;
        drop(file);
        self.store = Store::open(&self.folder).await.map_err(said)?;
        // The first search of a session also prepares its statements.
        self.store.history_find(&self.wanted("qqqqqq"), None, 1).await.map_err(said)?;
        Ok(())
    }

    fn wanted(&self, text: &str) -> Wanted {
        let begins = |(y, m, d): (i32, u8, u8)| {
            let date = time::Date::from_calendar_date(y, time::Month::try_from(m).ok()?, d).ok()?;
            Some(date.midnight().assume_utc().unix_timestamp() * 1000)
        };
        let calendar = Calendar { today: (2026, 11, 22), begins: &begins };
        let query = query::parse(text, &Around { apps: &self.apps, tags: &[], calendar: &calendar });
        Wanted { query, ..Wanted::default() }
    }

    /// What each search takes, from the typed text to the rows with their snippets.
    pub async fn times(&self, _class: Class, searches: &[String]) -> Result<Times, String> {
        let (mut times, mut found) = (Vec::with_capacity(searches.len()), 0);
        for search in searches {
            let begun = Instant::now();
            let page = self.store.history_find(&self.wanted(search), None, PAGE).await.map_err(said)?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
            found += page.runs.len();
        }
        Ok(Times::of(times, found))
    }

    pub async fn counting(&self, searches: &[String]) -> Result<Times, String> {
        let stop = CancellationToken::new();
        let mut times = Vec::with_capacity(searches.len());
        for search in searches {
            let begun = Instant::now();
            self.store.history_counts(&self.wanted(search), &stop).await.map_err(said)?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(Times::of(times, 0))
    }

    /// A run is begun, saved with its end, and indexed.
    pub async fn saving(&self, corpus: &mut Corpus, count: usize) -> Result<Times, String> {
        let mut times = Vec::with_capacity(count);
        for number in 0..count {
            let texts = corpus.texts();
            let head = RunHead {
                title: "new".into(),
                ..RunHead::new(
                    RunId(uuid::Uuid::now_v7().to_string()),
                    self.apps[0].0.clone(),
                    RunStatus::Preparing,
                    END + self.runs as i64 + number as i64,
                )
            };
            let run = Run {
                head: head.clone(),
                inputs: vec![input(&texts.input)],
                steps: Vec::new(),
                texts: Vec::new(),
                outputs: serde_json::Map::new(),
                files: Vec::new(),
                notices: Vec::new(),
                questions: Vec::new(),
                unknown_events: Vec::new(),
            };
            let begun = Instant::now();
            self.store.add_run(&run, &entries(&texts.input), &Form::default()).await.map_err(said)?;
            let save = RunSave {
                head: Some(RunHead { status: RunStatus::Succeeded, ..head }),
                outputs: Some(serde_json::Map::from_iter([("answer".to_owned(), json!(texts.output))])),
                ..RunSave::default()
            };
            self.store.save_run(&run.head.id, &save).await.map_err(said)?;
            self.store.index_all().await.map_err(said)?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(Times::of(times, 0))
    }
}

fn new_app<'a>(id: &'a AppId, branding: &'a Branding) -> NewApp<'a> {
    static FACTS: std::sync::LazyLock<ServerFacts> = std::sync::LazyLock::new(ServerFacts::default);
    static FORM: std::sync::LazyLock<Form> = std::sync::LazyLock::new(Form::default);
    NewApp {
        id,
        origin: Origin::Server,
        demo_slug: None,
        base_url: "http://127.0.0.1:9/v1",
        user: "flowdeck-1",
        key: KeyState::Session,
        plain_http_accepted: false,
        server_version: None,
        facts: &FACTS,
        branding,
        icon_from: None,
        form: &FORM,
        speech: None,
        at: 1,
    }
}
