//! One run of a workflow: the same type live, recovered, and opened years later.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Millis,
    app::AppId,
    failure::{FailureCode, NetworkTrouble, Reason},
    file::RunFile,
    human_input::Question,
};

/// Our own id of a run (UUIDv7 text, so that ids sort by start). Servers never see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunId(pub String);

/// How far a run is. `is_over` runs never change again by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum RunStatus {
    /// Saved here; nothing was sent yet.
    Preparing,
    /// Its files are on their way; the run itself was not asked for yet.
    Uploading,
    /// It was asked for; the server has not said a word yet.
    Starting,
    Running,
    /// The user asked to stop; the server has not confirmed.
    Stopping,
    /// The stream broke; the server is asked how the run ended.
    OutOfContact,
    /// The workflow waits for a person: what it asks stands in [`Run::questions`].
    Waiting,
    /// The workflow waits for something that is not known here.
    Paused,
    Succeeded,
    /// A step failed and the workflow went on.
    PartlySucceeded,
    Failed,
    Stopped,
    /// It began, and nobody can say how it ended.
    Unknown,
}

impl RunStatus {
    /// In the order of a run's life.
    pub const ALL: [Self; 13] = [
        Self::Preparing,
        Self::Uploading,
        Self::Starting,
        Self::Running,
        Self::Stopping,
        Self::OutOfContact,
        Self::Waiting,
        Self::Paused,
        Self::Succeeded,
        Self::PartlySucceeded,
        Self::Failed,
        Self::Stopped,
        Self::Unknown,
    ];

    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::PartlySucceeded | Self::Failed | Self::Stopped | Self::Unknown)
    }

    /// The word in SQL and IPC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Uploading => "uploading",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::OutOfContact => "out_of_contact",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::PartlySucceeded => "partly_succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`Self::as_str`] back; a word of a newer program reads as `Unknown`.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.as_str() == word).unwrap_or(Self::Unknown)
    }
}

/// What lists show of a run, and the head of the run page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunHead {
    pub id: RunId,
    pub app_id: AppId,
    /// The first text or file name among the inputs; empty if there is none.
    pub title: String,
    pub status: RunStatus,
    pub started_at: Millis,
    pub finished_at: Option<Millis>,
    /// Seconds, as the server measured; `None` until it says.
    pub elapsed: Option<f64>,
    pub total_tokens: Option<i64>,
    pub total_steps: Option<i64>,
    /// Why it failed, or what is the matter, where there is something to say.
    pub error: Option<RunError>,
    /// How the server is asked about it while the stream does not tell; never stored.
    #[serde(default)]
    pub contact: Option<Contact>,
    /// Ids for support; shown folded.
    pub server: ServerIds,
}

impl RunHead {
    /// Of a run that nothing else is known of.
    pub fn new(id: RunId, app_id: AppId, status: RunStatus, started_at: Millis) -> Self {
        Self {
            id,
            app_id,
            title: String::new(),
            status,
            started_at,
            finished_at: None,
            elapsed: None,
            total_tokens: None,
            total_steps: None,
            error: None,
            contact: None,
            server: ServerIds::default(),
        }
    }
}

/// Why a run did not succeed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunError {
    pub cause: RunErrorCause,
    /// The server's own words, or the transport's; never a key or an input.
    pub message: String,
    /// Title of the step it happened in.
    pub step: Option<String>,
    /// What the words are about, where that is known; runs of earlier versions have none.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// How the way to the server failed, where that was it.
    #[serde(default)]
    pub network: Option<NetworkTrouble>,
}

/// What the page has an own sentence for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum RunErrorCause {
    /// The workflow itself failed; `message` is the server's.
    Workflow,
    /// The server refused to start it.
    Refused,
    /// The server was never reached; nothing ran.
    NotReached,
    /// Contact was lost on the way and the end could not be learnt.
    Lost,
    /// The program ended while it ran.
    Interrupted,
    /// It was never sent: the program ended, or the user stopped it, before that. Nothing ran.
    NotSent,
    /// The answer was not one of a Dify server.
    NotUnderstood,
}

/// A run that is out of contact, or that waits: what is known, and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Contact {
    /// When something was last heard of the run.
    pub heard_at: Millis,
    /// When the server is asked next; `None` while it is being asked.
    pub next_try_at: Option<Millis>,
    /// How often it was asked in vain.
    pub tries: u32,
    /// When asking ends and the run counts as [`RunStatus::Unknown`].
    pub until: Option<Millis>,
    /// The server was reached, and says that the run goes on: only its steps cannot be seen.
    pub goes_on: bool,
    /// What is in the way, where that is known.
    pub trouble: Option<NetworkTrouble>,
}

/// What the server calls this run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ServerIds {
    pub run_id: Option<String>,
    pub task_id: Option<String>,
    pub workflow_id: Option<String>,
    pub trace_id: Option<String>,
    /// For whom it was asked: only this user may stop it or take it up. Runs of earlier versions that are over have
    /// none.
    #[serde(skip)]
    #[cfg_attr(test, ts(skip))]
    pub user: Option<String>,
}

/// A run with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Run {
    pub head: RunHead,
    pub inputs: Vec<InputShown>,
    /// Steps in order of their start.
    pub steps: Vec<Step>,
    /// Streamed text, one part per source, in order of arrival.
    pub texts: Vec<TextPart>,
    /// The end's outputs by variable; empty until a run succeeds.
    pub outputs: Map<String, Value>,
    pub files: Vec<RunFile>,
    pub notices: Vec<Notice>,
    /// What it asked people, in order of asking.
    pub questions: Vec<Question>,
    /// Events that this program does not know, for the details view; the first hundred.
    pub unknown_events: Vec<UnknownEvent>,
}

/// An input as it was sent, for reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct InputShown {
    pub variable: String,
    pub label: String,
    /// Text, number, flag or JSON as sent; for files a list of names.
    pub value: Value,
    pub is_files: bool,
    /// The form did not show it.
    #[serde(default)]
    pub hidden: bool,
}

/// Something worth knowing that is no failure, such as the server's `warning` event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Notice {
    /// In the server's words.
    ServerWarning { message: String },
    /// `count` pieces of the stream could not be read and were passed over.
    UnreadableEvents { count: u32 },
    /// This computer could not keep the run (disk full or read-only): it is shown from memory only.
    NotSaved { reason: FailureCode },
    /// Something on the way, a proxy mostly, kept the steps back and let them go together (api.md §4).
    HeldBack,
    /// Steps in this time were not seen; `closed`: because Flowdeck was not running.
    Gap {
        from: Millis,
        to: Millis,
        #[serde(default)]
        closed: bool,
    },
    /// The user asked to stop, and the server went on to the end all the same.
    NotStopped,
    /// The user asked to stop, and the server could not be told.
    StopNotHeard,
    /// Something that was kept of this run cannot be read any more; the rest is shown.
    NotReadable,
    /// Only what the server's log says of it is here; the rest can be asked for.
    OnlyHead,
    /// It was not made here: the server tells what went in and what came out, and not its steps.
    FromServer,
}

/// An event of the stream that this program does not know: a newer server's, mostly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct UnknownEvent {
    /// The server's name of it.
    pub name: String,
    pub at: Millis,
    /// As sent; `None` if it was too large to keep.
    pub data: Option<Value>,
}

/// Streamed text of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct TextPart {
    /// `node_id.variable` as the server says; empty where it does not.
    pub source: String,
    pub text: String,
}

/// One step: a node's execution, or a whole iteration or loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Step {
    /// Unique in the run: the node execution id, or the node id of an iteration or loop.
    pub id: String,
    pub node_id: String,
    /// As the server says, such as `llm` or `iteration`.
    pub node_type: String,
    /// May be empty: the page then names the type.
    pub title: String,
    pub status: StepStatus,
    /// Arrival order, counted from 0.
    pub order: u32,
    /// Step id of the iteration or loop it runs in, and the round (from 0) where known.
    pub parent: Option<String>,
    pub round: Option<u32>,
    /// Node id of the step it came after, where the server says so: none does since 1.9.
    #[serde(default)]
    pub predecessor: Option<String>,
    /// Rounds begun so far, and all rounds where known; iterations and loops only.
    pub rounds_begun: Option<u32>,
    pub rounds_total: Option<u32>,
    /// By this computer's clock at arrival: server times are whole seconds.
    pub started_at: Millis,
    pub finished_at: Option<Millis>,
    /// Seconds, as the server measured.
    pub elapsed: Option<f64>,
    pub tokens: Option<i64>,
    /// Decimal text as the server gives it, such as `0.0000420`.
    pub price: Option<String>,
    pub currency: Option<String>,
    pub tries: Vec<Try>,
    pub inputs: Option<Value>,
    pub process_data: Option<Value>,
    pub outputs: Option<Value>,
    /// What of these the server has cut short.
    #[serde(default)]
    pub truncated: Vec<StepPart>,
    pub error: Option<String>,
    /// How the workflow went on after the error, as the server says: `default-value`, `fail-branch`.
    #[serde(default)]
    pub error_strategy: Option<String>,
    /// Why a loop ended, as the server says: `loop_break`, `loop_completed`.
    #[serde(default)]
    pub completed_reason: Option<String>,
    /// What an agent noted on its way.
    pub agent_log: Vec<AgentNote>,
    /// The model's thinking, where the server sends it apart.
    pub reasoning: String,
    /// When it thought, by this computer's clock; where it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub thinking: Option<Thinking>,
}

/// From the first to the last word of a step's thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Thinking {
    pub from: Millis,
    pub to: Millis,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum StepStatus {
    Running,
    Succeeded,
    Failed,
    /// It failed, and the workflow went on by its error strategy.
    Exception,
    /// The run ended before it did.
    Stopped,
    Paused,
}

/// A value of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum StepPart {
    Inputs,
    ProcessData,
    Outputs,
}

/// An earlier, failed try of a step (`node_retry`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Try {
    /// Counted from 1.
    pub number: u32,
    pub error: Option<String>,
    pub elapsed: Option<f64>,
    pub at: Millis,
}

/// One entry of an agent's log; a tree by `parent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct AgentNote {
    pub id: String,
    pub parent: Option<String>,
    pub label: String,
    pub status: String,
    pub error: Option<String>,
    pub data: Option<Value>,
    /// Seconds, and tokens, where the agent says.
    #[serde(default)]
    pub elapsed: Option<f64>,
    #[serde(default)]
    pub tokens: Option<i64>,
}

/// A page of the list of past runs, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunPage {
    pub runs: Vec<RunHead>,
    /// Pass it as `before` for the next page; `None` at the end.
    pub next: Option<RunId>,
}
