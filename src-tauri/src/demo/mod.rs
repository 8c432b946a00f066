//! A workflow server on this computer's loopback: the demo that needs no account, and the tests' counterpart.
//!
//! It speaks the Workflow App API as a real server was recorded to speak it, byte for byte where a client could notice,
//! and really runs small apps. It knows nothing of the program it is embedded in.
//!
//! For tests and trials it also speaks older generations of the API, and behaves as badly as networks and servers do.

mod approval;
mod apps;
mod containers;
mod dialect;
mod digest;
mod document_digest;
mod engine;
mod every_control;
mod fault;
mod files;
mod forms;
mod generation;
mod http;
mod inputs;
mod ledger;
mod long_run;
mod results;
mod runs;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::fault::{Chance, Fault, Kind as FaultKind, RandomFaults, Target as FaultTarget, WORDS as FAULT_WORDS};
pub use self::generation::Generation;
pub use self::ledger::{Asked, Became, KnownRun};

/// The server, for as long as this value lives.
pub struct DemoServer {
    address: SocketAddr,
    apps: Vec<DemoApp>,
    shared: Arc<Shared>,
    outage: fault::Outage,
    /// Dropping it closes the socket and stops the runs; the temporary files go with the last of them.
    _running: DropGuard,
}

/// What a client needs in order to connect to one of the apps.
#[derive(Clone, Debug)]
pub struct DemoApp {
    pub slug: &'static str,
    pub key: String,
    pub name: String,
}

/// What a test may want to be different; the demo itself uses the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    /// Fixed keys instead of random ones.
    pub document_digest_key: Option<String>,
    pub every_control_key: Option<String>,
    /// Another key of the document digest: an app may have several.
    pub document_digest_other_key: Option<String>,
    /// Keys of apps that exist only to be refused.
    pub stand_ins: Vec<StandIn>,
    pub ping_interval: Duration,
    /// How long signed links of files work.
    pub link_life: Duration,
    /// Runs of one server at the same time; one more is refused.
    pub max_active_runs: usize,
    /// How many runs are remembered.
    pub most_runs: usize,
    /// Which servers it is like.
    pub generation: Generation,
    /// What goes wrong, in this order.
    pub faults: Vec<Fault>,
    /// What goes wrong besides, as chance will have it. What is asked for is written down then.
    pub random_faults: Option<RandomFaults>,
    /// Adds what the window does not show yet: the app that asks a person, the one that runs for as long as it is told,
    /// files beside the form, dictation.
    pub for_trials: bool,
    /// How long a person may take to answer.
    pub form_life: Duration,
    /// 0 is any free one.
    pub port: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            document_digest_key: None,
            every_control_key: None,
            document_digest_other_key: None,
            stand_ins: Vec::new(),
            ping_interval: Duration::from_secs(10),
            link_life: Duration::from_secs(300),
            max_active_runs: 32,
            most_runs: 200,
            generation: Generation::default(),
            faults: Vec::new(),
            random_faults: None,
            for_trials: false,
            form_life: Duration::from_secs(3 * 24 * 3600),
            port: 0,
        }
    }
}

/// An app that answers in one of the ways in which apps refuse.
#[derive(Clone, Debug)]
pub struct StandIn {
    pub key: String,
    pub condition: Condition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is a chat app.
    Chat,
    /// Its workflow was never published.
    Unpublished,
    /// Its owner switched the API off.
    ApiDisabled,
}

/// What every request and every run can reach.
struct Shared {
    options: Options,
    apps: Vec<Arc<apps::App>>,
    files: files::FileStore,
    runs: runs::RunStore,
    forms: forms::Forms,
    faults: fault::Script,
    ledger: ledger::Ledger,
    shutdown: CancellationToken,
}

impl DemoServer {
    /// Listens on a free port of 127.0.0.1, with new keys and a new signing secret.
    ///
    /// # Errors
    /// If no port or no temporary folder can be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// # Errors
    /// If no port or no temporary folder can be had.
    pub async fn start_with(options: Options) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let shutdown = CancellationToken::new();
        let started = http::dates::stamp(files::now());
        let apps: Vec<_> = apps::all(&options, &started).into_iter().map(Arc::new).collect();
        let shared = Arc::new(Shared {
            files: files::FileStore::new(format!("http://{address}"), options.link_life)?,
            runs: runs::RunStore::new(options.most_runs),
            forms: forms::Forms::default(),
            faults: fault::Script::new(options.faults.clone(), options.random_faults, options.ping_interval),
            ledger: ledger::Ledger::new(options.random_faults.is_some()),
            shutdown: shutdown.clone(),
            apps: apps.clone(),
            options,
        });
        let outage = fault::Outage::default();
        let lines = fault::Lines { listener, outage: outage.clone() };
        let service = http::router(shared.clone()).into_make_service_with_connect_info::<fault::Line>();
        let stopped = shutdown.clone();
        tokio::spawn(async move {
            // Not a graceful end: an open stream would hold the port for as long as its client likes.
            tokio::select! {
                () = stopped.cancelled() => {}
                _ = axum::serve(lines, service) => {}
            }
        });
        let apps = apps
            .iter()
            .filter(|app| app.condition.is_none())
            .map(|app| DemoApp { slug: app.slug, key: app.key.clone(), name: app.name.to_owned() })
            .collect();
        Ok(Self { address, apps, shared, outage, _running: shutdown.drop_guard() })
    }

    /// What a client is told to connect to.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Tokens of the forms that went out by mail alone, newest last: what the links in those mails would hold.
    pub fn mailed_forms(&self) -> Vec<String> {
        self.shared.forms.mailed()
    }

    /// The document digest first, then the app with every control, then what is added for trials.
    pub fn apps(&self) -> &[DemoApp] {
        &self.apps
    }

    /// From now on, and for so long, every connection to it is reset. Its runs go on.
    pub fn cut_off(&self, time: Duration) {
        self.outage.begin(time);
    }

    /// How often each random fault has happened.
    pub fn drawn_faults(&self) -> BTreeMap<String, usize> {
        self.shared.faults.drawn()
    }

    /// How many runs it remembers, and how many of them are over.
    pub fn count_runs(&self) -> (usize, usize) {
        let runs = self.shared.runs.all();
        (runs.len(), runs.iter().filter(|run| run.is_over()).count())
    }

    /// Every request for a run, in order; kept only where faults are random.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.ledger.asked()
    }

    /// Every run it remembers, oldest first: what it would tell about it, and what is true.
    pub fn known_runs(&self) -> Vec<KnownRun> {
        let has_detail = self.shared.options.generation.has(generation::Part::RunDetail);
        self.shared.runs.all().iter().map(|run| run.known(has_detail)).collect()
    }
}

/// Documents to try the digest with: file name and content. They were written for this purpose.
pub fn sample_documents() -> &'static [(&'static str, &'static [u8])] {
    &[
        ("Office move - progress report.pdf", include_bytes!("samples/office-move.pdf")),
        ("办公设备采购与维护服务协议.docx", include_bytes!("samples/service-agreement-zh.docx")),
        ("Expenses October 2026.xlsx", include_bytes!("samples/expenses.xlsx")),
        ("Complaint about an invoice.eml", include_bytes!("samples/complaint.eml")),
    ]
}
