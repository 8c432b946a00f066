//! What is kept, for how long, and its backups: real databases, real folders, real archives.

#[path = "../schemas/database.rs"]
mod database;
#[path = "../house/disk.rs"]
mod disk;
#[path = "../house/mod.rs"]
mod house;

mod backups;
mod forms;
mod full;
mod hostile;
mod preferences;
mod rules;
mod vacuum;

use std::path::PathBuf;

use flowdeck::{
    keeping::Keeping,
    model::{
        Millis,
        app::{AppId, Branding, KeyState, Origin},
        capability::ServerFacts,
        file::{LocalCopy, RunFile},
        form::{Entries, Form},
        run::{Run, RunHead, RunId, RunStatus, TextPart},
        sent::SentCopy,
    },
    store::{ClockSeen, NewApp, RunSave, StoredFile, StoredSent, StoredSound},
};
use house::House;

pub const DAY: Millis = 24 * 60 * 60 * 1000;
pub const NOW: Millis = 1_795_245_619_000;

/// The house with the room of this test.
pub struct Home {
    pub house: House,
    pub keeping: Keeping,
}

impl Home {
    pub async fn new() -> Self {
        Self::on(tempfile::tempdir().expect("a folder")).await
    }

    pub async fn on(folder: tempfile::TempDir) -> Self {
        let house = House::on(folder).await;
        let (store, files, runs) = (house.store.clone(), house.files.clone(), house.runs.clone());
        let folder = house.folder.path().to_owned();
        let keeping = Keeping::new(store, files, runs, std::sync::Arc::new(|_| ()), folder);
        Self { house, keeping }
    }

    /// Ends as the program does, and starts again on the same folder.
    pub async fn again(self) -> Self {
        drop(self.keeping);
        Self::on(self.house.leave().await).await
    }

    pub async fn add_app(&self, id: &str) -> AppId {
        let id = AppId(id.into());
        let new = NewApp {
            id: &id,
            origin: Origin::Server,
            demo_slug: None,
            base_url: "https://dify.example/v1",
            user: "flowdeck-1",
            key: KeyState::Keychain,
            plain_http_accepted: true,
            server_version: None,
            facts: &ServerFacts::default(),
            branding: &Branding { title: format!("合同 {}", id.0), ..Branding::default() },
            icon_from: None,
            form: &Form::default(),
            speech: None,
            at: 1,
        };
        self.house.store.add_app(new).await.expect("added");
        id
    }

    /// A run that ended so many days before [`NOW`], with a text.
    pub async fn add_run(&self, app: &AppId, status: RunStatus, days_ago: i64) -> RunId {
        let store = &self.house.store;
        let id = store.new_run_id().await.expect("an id");
        let head = RunHead {
            title: format!("租约 {days_ago}"),
            finished_at: status.is_over().then_some(NOW - days_ago * DAY),
            ..RunHead::new(id.clone(), app.clone(), status, NOW - days_ago * DAY - 1000)
        };
        let run = flowdeck::runs::fold::new_run(head.clone(), Vec::new());
        store.add_run(&run, &Entries::new(), &Form::default()).await.expect("added");
        let texts = vec![TextPart { source: "llm.text".into(), text: format!("Text of {}. 押金", id.0) }];
        let save = RunSave { head: Some(head), texts, ..RunSave::default() };
        store.save_run(&id, &save).await.expect("saved");
        id
    }

    /// A result file, a copy of a document, and a sound; `content` is what copies share.
    pub async fn add_files(&self, run: &RunId, content: &str) {
        let store = &self.house.store;
        let folder = self.run_folder(run);
        for (inside, text) in
            [("report.md", "the report"), ("sent/租约.pdf", "the document"), ("speech/stream.mp3", "a voice")]
        {
            let file = folder.join(inside);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, text).expect("written");
        }
        let file = RunFile {
            index: 0,
            variable: "files".into(),
            name: "report.md".into(),
            extension: "md".into(),
            mime_type: None,
            size: Some(10),
            local: LocalCopy::Stored,
            link: None,
        };
        let stored = StoredFile { file, stored_as: Some("report.md".into()) };
        store.save_run_file(run, &stored).await.expect("noted");
        let sent = StoredSent {
            index: 0,
            staged: None,
            variable: "contract".into(),
            label: "合同".into(),
            name: "租约.pdf".into(),
            path: Some(PathBuf::from("/home/someone/租约.pdf")),
            size: Some(12),
            modified_at: Some(1),
            copy: SentCopy::Kept,
            stored_as: Some("租约.pdf".into()),
            content: Some(content.into()),
        };
        store.add_sent(run, vec![sent]).await.expect("noted");
        let sound = StoredSound {
            place: 0,
            text_hash: None,
            stored_as: "stream.mp3".into(),
            pieces: serde_json::json!([]),
            complete: true,
        };
        store.save_sound(run, &sound).await.expect("noted");
    }

    pub fn run_folder(&self, run: &RunId) -> PathBuf {
        self.house.folder.path().join("runs").join(&run.0)
    }

    /// The clock went on for two days before [`NOW`].
    pub async fn steady(&self) {
        let seen = ClockSeen { at: NOW - DAY / 24, since: NOW - 2 * DAY };
        self.house.store.save_clock(seen).await.expect("noted");
    }

    /// Ids of all runs there are.
    pub async fn runs(&self) -> Vec<RunId> {
        let page = self.house.store.run_page(None, None, 500).await.expect("a list");
        let mut ids: Vec<_> = page.runs.into_iter().map(|head| head.id).collect();
        ids.reverse();
        ids
    }

    pub async fn run(&self, id: &RunId) -> Run {
        self.house.store.run(id).await.expect("a run")
    }

    /// Changes rows as another program would.
    pub async fn sql(&self, sql: &str) {
        use sqlx::Executor as _;
        let mut database = database::connect(&self.house.folder.path().join("flowdeck.db")).await;
        database.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        sqlx::Connection::close(database).await.expect("closed");
    }
}
