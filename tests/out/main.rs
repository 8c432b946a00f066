//! Runs on their way out and back in: files of runs, reports, tables, and what was used. Everything that is written is
//! read back by what others read it with.

mod arrivals;
#[path = "../house/disk.rs"]
mod disk;
mod full;
mod hostile;
mod listed;
mod packs;
mod reports;
mod tables;
mod used;
mod variables;
mod word;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use flowdeck::{
    find::Find,
    model::{
        app::{AppId, Branding, Icon, KeyState, Origin},
        capability::ServerFacts,
        file::{LocalCopy, RunFile, StagedId},
        form::{Control, Entries, Entry, Field, FileEntry, Form},
        history::{Contents, Remarks},
        out::{ExportWords, HeadedColumn, ReportWords, StatusWord},
        run::{
            InputShown, Notice, Run, RunError, RunErrorCause, RunHead, RunId, RunStatus, ServerIds, Step, StepStatus,
            TextPart,
        },
        sent::SentCopy,
    },
    out::{self, Out},
    store::{BroughtRun, NewApp, Store, StoredFile, StoredSent, StoredSound},
};
use jiff::tz::TimeZone;
use serde_json::json;

/// One copy of the program, as far as runs leave it.
pub struct Desk {
    pub store: Store,
    pub out: Out,
    pub folder: tempfile::TempDir,
}

/// How runs are found, as the program finds them.
pub fn found(store: &Store) -> out::Find {
    let find = Find::new(store.clone());
    Arc::new(move |wanted, after, limit| {
        let find = find.clone();
        Box::pin(async move { find.ids(&wanted, after.as_deref(), limit).await })
    })
}

impl Desk {
    pub async fn new() -> Self {
        Self::of(tempfile::tempdir().expect("a folder")).await
    }

    /// In a folder below this one.
    pub async fn on(place: &Path) -> Self {
        Self::of(tempfile::tempdir_in(place).expect("a folder")).await
    }

    pub async fn of(folder: tempfile::TempDir) -> Self {
        let store = Store::open(folder.path()).await.expect("a store");
        let find = found(&store);
        let out = Out::new(store.clone(), Arc::new(|_| ()), folder.path().join("runs"), find);
        Self { out: out.in_zone(zone()), store, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn app(&self, title: &str) -> AppId {
        let id = AppId(uuid::Uuid::now_v7().to_string());
        let branding = Branding {
            title: title.into(),
            icon: Icon::Image("data:image/png;base64,iVBORw0KGgo=".into()),
            icon_background: Some("#aabbcc".into()),
            privacy_policy: Some("https://secret-host.example/privacy".into()),
            ..Branding::default()
        };
        self.store
            .add_app(NewApp {
                id: &id,
                origin: Origin::Server,
                demo_slug: None,
                base_url: "https://secret-host.example/v1",
                user: "secret-user",
                key: KeyState::Session,
                plain_http_accepted: false,
                server_version: None,
                facts: &ServerFacts::default(),
                branding: &branding,
                icon_from: None,
                form: &form(),
                speech: None,
                at: 1,
            })
            .await
            .expect("added");
        id
    }

    /// Writes a run down, as if it had been made here.
    pub async fn keep(&self, run: Run) -> RunId {
        self.keep_as(run, Contents::Whole).await
    }

    pub async fn keep_as(&self, run: Run, contents: Contents) -> RunId {
        let id = run.head.id.clone();
        let here = self.store.add_brought(&plain(run, contents)).await.expect("kept");
        assert_eq!(here, None, "it is new");
        id
    }

    /// A run with everything a run can have.
    pub async fn full_run(&self, app: &AppId) -> RunId {
        let mut run = run(app);
        let id = run.head.id.clone();
        let home = self.folder.path().join("runs").join(&id.0);
        for (folder, name, bytes) in
            [("", "digest.md", "# 摘要"), ("sent", "合同.txt", "the contract"), ("speech", "stream.mp3", "sound")]
        {
            std::fs::create_dir_all(home.join(folder)).expect("a folder");
            std::fs::write(home.join(folder).join(name), bytes).expect("written");
        }
        let file = |index: u32, name: &str, local| RunFile {
            index,
            variable: "file".into(),
            name: name.into(),
            extension: "md".into(),
            mime_type: Some("text/markdown".into()),
            size: Some(8),
            local,
            link: None,
        };
        run.files = vec![file(0, "digest.md", LocalCopy::Stored), file(1, "lost.md", LocalCopy::Expired)];
        let staged = StagedId("staged-here".into());
        let sent = StoredSent {
            index: 0,
            staged: Some(staged.clone()),
            variable: "document".into(),
            label: "Document".into(),
            name: "合同.txt".into(),
            path: Some("/home/secret-user/合同.txt".into()),
            size: Some(12),
            modified_at: Some(5),
            copy: SentCopy::Kept,
            stored_as: Some("合同.txt".into()),
            content: Some("c".into()),
        };
        let sound = StoredSound {
            place: 0,
            text_hash: None,
            stored_as: "stream.mp3".into(),
            pieces: json!([{ "at": 0, "bytes": 5, "format": "mp3" }]),
            complete: true,
        };
        let brought = BroughtRun {
            files: vec![
                StoredFile { file: run.files[0].clone(), stored_as: Some("digest.md".into()) },
                StoredFile { file: run.files[1].clone(), stored_as: None },
            ],
            run,
            contents: Contents::Whole,
            entries: Entries::from([("document".into(), Entry::Files(vec![FileEntry::Staged(staged)]))]),
            form: form(),
            remarks: Remarks {
                name: "The lease".into(),
                note: "ask Anna\nabout 7.2".into(),
                tags: vec!["2026".into(), "合同".into()],
                ..Remarks::default()
            },
            sent: vec![sent],
            sounds: vec![sound],
        };
        self.store.add_brought(&brought).await.expect("kept");
        id
    }
}

/// A run without anything beside it.
pub fn plain(run: Run, contents: Contents) -> BroughtRun {
    BroughtRun {
        run,
        contents,
        entries: Entries::new(),
        form: form(),
        remarks: Remarks::default(),
        files: Vec::new(),
        sent: Vec::new(),
        sounds: Vec::new(),
    }
}

/// Far from UTC, and without a change of its clocks.
pub fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").expect("a zone")
}

pub fn form() -> Form {
    let field = Field {
        variable: "question".into(),
        label: "Question".into(),
        required: true,
        hidden: false,
        hint: None,
        placeholder: None,
        control: Control::Paragraph { max_length: None, default: String::new() },
    };
    Form { fields: vec![field], ..Form::default() }
}

/// 2026-03-02, a Monday, 20:00 in Shanghai.
pub const STARTED: i64 = 1_772_452_800_000;

pub fn id_at(at: i64) -> RunId {
    let at = u64::try_from(at).expect("a time");
    let time = uuid::Timestamp::from_unix(uuid::NoContext, at / 1000, (at % 1000) as u32 * 1_000_000);
    RunId(uuid::Uuid::new_v7(time).to_string())
}

pub fn run(app: &AppId) -> Run {
    let input = |variable: &str, label: &str, value: serde_json::Value, is_files| InputShown {
        variable: variable.into(),
        label: label.into(),
        value,
        is_files,
        hidden: false,
    };
    Run {
        head: RunHead {
            id: id_at(STARTED),
            app_id: app.clone(),
            title: "合同.txt".into(),
            status: RunStatus::PartlySucceeded,
            started_at: STARTED,
            finished_at: Some(STARTED + 65_000),
            elapsed: Some(64.5),
            total_tokens: Some(1234),
            total_steps: Some(2),
            error: Some(RunError {
                cause: RunErrorCause::Workflow,
                message: "one step went wrong".into(),
                step: Some("Summarise".into()),
                reason: None,
                network: None,
            }),
            contact: None,
            server: ServerIds {
                run_id: Some("server-run".into()),
                task_id: Some("secret-task".into()),
                trace_id: Some("secret-trace".into()),
                ..ServerIds::default()
            },
        },
        inputs: vec![
            input("question", "Question", json!("=1+1 or what?"), false),
            input("document", "Document", json!(["合同.txt"]), true),
            input("deep", "Deep", json!(true), false),
        ],
        steps: vec![step("a", "0.0000420"), step("b", "1.2")],
        texts: vec![TextPart { source: "llm.text".into(), text: "streamed".into() }],
        outputs: serde_json::from_value(json!({
            "answer": "# 摘要\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\n1. one\n2. two\n   - inner\n\n```rust\nlet a = 1 < 2;\n```\n",
            "score": 0.75,
            "file": { "dify_model_identity": "__dify__file__", "filename": "digest.md", "url": "https://secret-host.example/f?sign=x" }
        }))
        .expect("an object"),
        files: Vec::new(),
        notices: vec![Notice::HeldBack],
        questions: Vec::new(),
        unknown_events: Vec::new(),
    }
}

pub fn step(id: &str, price: &str) -> Step {
    Step {
        id: id.into(),
        node_id: id.into(),
        node_type: "llm".into(),
        title: format!("Step {id}"),
        status: StepStatus::Succeeded,
        order: u32::from(id.as_bytes()[0] - b'a'),
        parent: None,
        round: None,
        predecessor: None,
        rounds_begun: None,
        rounds_total: None,
        started_at: STARTED,
        finished_at: Some(STARTED + 1000),
        elapsed: Some(1.0),
        tokens: Some(10),
        price: Some(price.into()),
        currency: Some("USD".into()),
        tries: Vec::new(),
        inputs: Some(json!({ "sys.user_id": "secret-user", "query": "what?" })),
        process_data: None,
        outputs: Some(json!({ "text": "that" })),
        truncated: Vec::new(),
        error: None,
        error_strategy: None,
        completed_reason: None,
        agent_log: Vec::new(),
        reasoning: String::new(),
        thinking: None,
    }
}

pub fn report_words() -> ReportWords {
    let statuses = vec![StatusWord { status: RunStatus::PartlySucceeded, word: "Partly <done>".into() }];
    ReportWords {
        language: "en".into(),
        untitled: "Run".into(),
        app: "App".into(),
        state: "State".into(),
        started: "Started".into(),
        took: "Took".into(),
        tokens: "Tokens".into(),
        cost: "Cost".into(),
        run_id: "Run id".into(),
        tags: "Tags".into(),
        inputs: "Inputs".into(),
        result: "Result".into(),
        files: "Files".into(),
        decisions: "Decisions".into(),
        untitled_question: "Question".into(),
        choice: "Choice".into(),
        answered: "Answered".into(),
        expired: "Not answered".into(),
        dropped: "Ended without".into(),
        steps: "Steps".into(),
        step: "Step".into(),
        error: "Error".into(),
        note: "Note".into(),
        details: "Details".into(),
        only_listed: "Only listed".into(),
        yes: "Yes".into(),
        no: "No".into(),
        nothing: "–".into(),
        made_by: "Saved with Flowdeck".into(),
        statuses,
        step_statuses: vec![("succeeded".into(), "Done".into())],
    }
}

pub fn export_words() -> ExportWords {
    let statuses = vec![StatusWord { status: RunStatus::PartlySucceeded, word: "Partly done".into() }];
    ExportWords {
        sheet: "Runs".into(),
        yes: "Yes".into(),
        no: "No".into(),
        whole: "Complete".into(),
        only_listed: "Only listed".into(),
        cut: "… (cut)".into(),
        statuses,
    }
}

pub fn headed(column: flowdeck::model::out::ExportColumn, heading: &str) -> HeadedColumn {
    HeadedColumn { column, heading: heading.into() }
}
