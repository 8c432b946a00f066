//! A store with runs in it, and searches over them.

use flowdeck::{
    find::Find,
    model::{
        app::{AppId, Branding, KeyState, Origin},
        capability::ServerFacts,
        form::{Entries, Form},
        history::{Counts, FoundPage, RunFilter, Search},
        run::{
            InputShown, Run, RunError, RunErrorCause, RunHead, RunId, RunStatus, ServerIds, Step, StepStatus, TextPart,
        },
    },
    store::{NewApp, RunSave, Store},
};
use serde_json::json;
use sqlx::{Connection, SqliteConnection};

pub const START: i64 = 1_790_000_000_000;

pub struct Desk {
    pub store: Store,
    pub find: Find,
    pub folder: tempfile::TempDir,
}

/// A run to be stored: all its texts.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub id: String,
    pub app: String,
    /// Seconds after [`START`].
    pub at: i64,
    pub status: Option<RunStatus>,
    pub title: String,
    pub input: String,
    pub file: String,
    pub output: String,
    pub text: String,
    pub step: String,
    pub error: String,
    pub tokens: Option<i64>,
    pub elapsed: Option<f64>,
}

impl Given {
    /// Its texts, each apart from the others.
    pub fn texts(&self) -> Vec<&str> {
        let all = [&self.title, &self.input, &self.file, &self.output, &self.text, &self.step, &self.error];
        all.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect()
    }

    pub fn head(&self) -> RunHead {
        let error = |message: &String| RunError {
            cause: RunErrorCause::Workflow,
            message: message.clone(),
            step: None,
            reason: None,
            network: None,
        };
        RunHead {
            id: RunId(self.id.clone()),
            app_id: AppId(self.app.clone()),
            title: self.title.clone(),
            status: self.status.unwrap_or(RunStatus::Succeeded),
            started_at: START + self.at * 1000,
            finished_at: None,
            elapsed: self.elapsed,
            total_tokens: self.tokens,
            total_steps: None,
            error: (!self.error.is_empty()).then(|| error(&self.error)),
            contact: None,
            server: ServerIds::default(),
        }
    }

    fn run(&self) -> Run {
        let input = |variable: &str, value: serde_json::Value, is_files| InputShown {
            variable: variable.into(),
            label: variable.into(),
            value,
            is_files,
            hidden: false,
        };
        let mut inputs = vec![input("text", json!(self.input), false)];
        if !self.file.is_empty() {
            inputs.push(input("documents", json!([self.file]), true));
        }
        Run {
            head: RunHead { status: RunStatus::Preparing, error: None, ..self.head() },
            inputs,
            steps: vec![],
            texts: vec![],
            outputs: serde_json::Map::new(),
            files: vec![],
            notices: vec![],
            questions: Vec::new(),
            unknown_events: vec![],
        }
    }

    fn save(&self) -> RunSave {
        let mut save = RunSave { head: Some(self.head()), ..RunSave::default() };
        if !self.step.is_empty() {
            save.steps.push(step(&self.step));
        }
        if !self.text.is_empty() {
            // In two pieces, as it streams.
            let middle = self.text.char_indices().nth(self.text.chars().count() / 2).map_or(0, |(at, _)| at);
            let piece = |text: &str| TextPart { source: "n.text".into(), text: text.into() };
            save.texts = vec![piece(&self.text[..middle]), piece(&self.text[middle..])];
        }
        if !self.output.is_empty() {
            save.outputs = Some(serde_json::Map::from_iter([("answer".to_owned(), json!(self.output))]));
        }
        save
    }
}

fn step(output: &str) -> Step {
    Step {
        id: "s1".into(),
        node_id: "n".into(),
        node_type: "code".into(),
        title: String::new(),
        status: StepStatus::Succeeded,
        order: 0,
        parent: None,
        round: None,
        predecessor: None,
        rounds_begun: None,
        rounds_total: None,
        started_at: 5,
        finished_at: None,
        elapsed: None,
        tokens: None,
        price: None,
        currency: None,
        tries: vec![],
        inputs: None,
        process_data: None,
        outputs: Some(json!({ "result": output })),
        truncated: vec![],
        error: None,
        error_strategy: None,
        completed_reason: None,
        agent_log: vec![],
        reasoning: String::new(),
        thinking: None,
    }
}

impl Desk {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a new store");
        let desk = Self { find: Find::new(store.clone()), store, folder };
        for (id, name) in [("a", "Contract review"), ("b", "Invoice intake"), ("c", "客户投诉分类")] {
            desk.add_app(id, name).await;
        }
        desk
    }

    async fn add_app(&self, id: &str, name: &str) {
        let new = NewApp {
            id: &AppId(id.into()),
            origin: Origin::Server,
            demo_slug: None,
            base_url: "https://dify.example/v1",
            user: "flowdeck-1",
            key: KeyState::Session,
            plain_http_accepted: false,
            server_version: None,
            facts: &ServerFacts::default(),
            branding: &Branding { title: name.into(), ..Branding::default() },
            icon_from: None,
            form: &Form::default(),
            speech: None,
            at: 1,
        };
        self.store.add_app(new).await.expect("added");
    }

    pub async fn add(&self, given: &Given) {
        self.store.add_run(&given.run(), &Entries::new(), &Form::default()).await.expect("added");
        self.store.save_run(&RunId(given.id.clone()), &given.save()).await.expect("saved");
    }

    pub async fn add_all(&self, all: &[Given]) {
        for given in all {
            self.add(given).await;
        }
    }

    /// What the other rooms do to the tables.
    pub async fn sql(&self, sql: &str) {
        let file = self.folder.path().join("flowdeck.db");
        let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("connected");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect(sql);
        connection.close().await.expect("closed");
    }

    pub async fn page(&self, text: &str, filter: &RunFilter, after: Option<&str>, limit: u32) -> FoundPage {
        let search = Search { text: text.into(), filter: filter.clone() };
        self.find.find(&search, after, limit).await.expect("a search is never an error")
    }

    pub async fn last(&self, text: &str, filter: &RunFilter, before: Option<&str>, limit: u32) -> FoundPage {
        let search = Search { text: text.into(), filter: filter.clone() };
        self.find.last(&search, before, limit).await.expect("a search is never an error")
    }

    pub async fn counts(&self, text: &str, filter: &RunFilter) -> Counts {
        let search = Search { text: text.into(), filter: filter.clone() };
        loop {
            match self.find.counts(&search).await {
                // Somebody else looked for something meanwhile.
                Err(flowdeck::store::Error::Stopped) => {}
                counted => return counted.expect("counting is never an error"),
            }
        }
    }

    /// All that is found, page by page.
    pub async fn all(&self, text: &str, filter: &RunFilter, limit: u32) -> Vec<String> {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(text, filter, after.as_deref(), limit).await;
            ids.extend(page.runs.iter().map(|run| run.head.id.0.clone()));
            match page.next {
                Some(next) => after = Some(next),
                None => return ids,
            }
        }
    }
}
