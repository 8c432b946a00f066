//! What a run's event stream says, in our words: made by `dify`, folded by `runs`. Never crosses to the page.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    Millis,
    human_input::{HumanAnswer, HumanForm},
    json::RawJson,
    run::{RunStatus, StepStatus},
};

/// One event of the stream with the ids it carried.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamItem {
    /// Shared, because every event of a run repeats them.
    pub task_id: Option<Arc<str>>,
    pub run_id: Option<Arc<str>>,
    pub event: StreamEvent,
    /// Fields that have no place in `event`, as sent.
    pub extra: Vec<(String, RawJson)>,
}

/// The events of all generations (api.md §3.2). What is not known is kept as `Other`. Small, because pieces of text
/// come by the thousand and are handed on a few times.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    WorkflowStarted(Box<Started>),
    NodeStarted(Box<NodeEvent>),
    NodeFinished(Box<NodeEvent>),
    NodeRetry(Box<NodeEvent>),
    /// iteration_started, loop_started: `node.id` is the container's node id.
    ContainerStarted {
        node: Box<NodeEvent>,
        rounds: Option<u32>,
    },
    /// iteration_next (from 0), loop_next (from 1).
    ContainerNext(Box<Round>),
    ContainerCompleted {
        node: Box<NodeEvent>,
    },
    /// parallel_branch_started and _finished of the years before 1.9.
    ParallelBranch(Box<Branch>),
    Text {
        /// `node_id.variable`; shared, because one source sends many pieces.
        source: Arc<str>,
        text: String,
    },
    TextReplace {
        text: String,
    },
    Reasoning {
        node_id: String,
        text: String,
        is_final: bool,
    },
    AgentLog(Box<AgentLogEvent>),
    /// message_end of the documents of 2024; what it carries is in `extra`.
    MessageEnd,
    /// Decoded bytes of an MP3 piece.
    Audio {
        bytes: Vec<u8>,
    },
    AudioEnd,
    HumanInputRequired(Box<HumanForm>),
    HumanInputFilled(Box<HumanAnswer>),
    /// Nobody answered in time.
    HumanInputTimeout {
        node_id: String,
        node_title: String,
        expired_at: Option<Millis>,
    },
    WorkflowPaused(Box<Paused>),
    WorkflowFinished(Box<Finished>),
    /// Terminal for the client (api.md §3.4).
    Error {
        code: Option<String>,
        status: Option<u16>,
        message: String,
    },
    Warning {
        message: String,
    },
    Ping,
    /// An event this program does not know, kept as sent.
    Other {
        name: String,
        data: RawJson,
    },
    /// A frame that is not JSON, or not an object; the stream goes on.
    Unreadable {
        bytes: usize,
    },
}

/// `workflow_started`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Started {
    pub workflow_id: Option<String>,
    /// `initial` or `resumption`, from 1.13 on.
    pub reason: Option<String>,
    pub created_at: Option<Millis>,
    /// With the server's own `sys.*` entries.
    pub inputs: Option<RawJson>,
    /// The run's number in its app, before 1.4.
    pub sequence_number: Option<i64>,
}

/// What node and container events carry. Everything but the ids may be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeEvent {
    /// Execution id; for containers the node id.
    pub id: String,
    pub node_id: String,
    pub node_type: String,
    pub title: String,
    pub index: Option<u32>,
    pub predecessor: Option<String>,
    /// A tool's icon: an address, or an emoji with its background.
    pub icon: Option<RawJson>,
    pub agent_strategy: Option<RawJson>,
    pub status: Option<StepStatus>,
    pub inputs: Option<RawJson>,
    pub process_data: Option<RawJson>,
    pub outputs: Option<RawJson>,
    pub truncated: Truncated,
    /// Files among the outputs, in any shape.
    pub files: Vec<Value>,
    pub error: Option<String>,
    /// How a failure was handled, such as `fail-branch`.
    pub error_strategy: Option<String>,
    /// Why a loop ended: `loop_break`, `loop_completed`.
    pub completed_reason: Option<String>,
    /// By the server's clock; whole seconds on most servers.
    pub created_at: Option<Millis>,
    pub finished_at: Option<Millis>,
    /// Seconds.
    pub elapsed: Option<f64>,
    pub tokens: Option<i64>,
    pub price: Option<String>,
    pub currency: Option<String>,
    /// Steps inside; containers only.
    pub steps: Option<i64>,
    /// Node id of the innermost iteration or loop around it.
    pub container: Option<String>,
    /// Its round there, from 0; known at the end only.
    pub round: Option<u32>,
    /// From 1; `node_retry` only.
    pub retry_index: Option<u32>,
    /// Where it runs among parallel branches; servers before 1.9.
    pub parallel: Option<Box<Parallel>>,
    /// `execution_metadata` as a whole: durations by round, tool_info, agent_log, loop variables and more.
    pub metadata: Option<RawJson>,
}

/// Which of a node's values the server has cut short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Truncated {
    pub inputs: bool,
    pub process_data: bool,
    pub outputs: bool,
}

/// A place among parallel branches (api.md §3.3, 5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parallel {
    pub id: Option<String>,
    pub start_node_id: Option<String>,
    pub parent_id: Option<String>,
    pub parent_start_node_id: Option<String>,
    /// The round of a parallel iteration.
    pub run_id: Option<String>,
}

/// A parallel branch that begins or ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Branch {
    pub finished: bool,
    pub parallel: Parallel,
    /// The branch itself, named by its first node.
    pub branch_id: Option<String>,
    /// Node id of the innermost iteration or loop around it.
    pub container: Option<String>,
    pub created_at: Option<Millis>,
    pub status: Option<StepStatus>,
    pub error: Option<String>,
}

/// A round of an iteration or loop begins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Round {
    pub node_id: String,
    pub index: u32,
    pub created_at: Option<Millis>,
    /// Seconds the round before took; older servers.
    pub elapsed: Option<f64>,
    /// What the round before put out.
    pub outputs_before: Option<RawJson>,
}

/// `agent_log`; the same id is updated.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentLogEvent {
    pub id: String,
    pub parent: Option<String>,
    /// Execution id of the node it belongs to; older servers give only `node_id`.
    pub step_id: Option<String>,
    pub node_id: Option<String>,
    pub label: String,
    pub status: String,
    pub error: Option<String>,
    pub data: Option<Value>,
    /// Durations, tokens and icons, in the server's shape.
    pub metadata: Option<Value>,
}

/// `workflow_paused`: it waits, and the stream ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Paused {
    pub nodes: Vec<String>,
    /// Why, in the server's shape; forms are in `human_input_required`.
    pub reasons: Vec<Value>,
    pub outputs: Map<String, Value>,
    pub created_at: Option<Millis>,
    pub elapsed: Option<f64>,
    pub total_tokens: Option<i64>,
    pub total_steps: Option<i64>,
}

/// How a run ended: `workflow_finished`, run detail, or a blocking answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// `Running` where a server's detail still says so.
    pub status: RunStatus,
    pub outputs: Map<String, Value>,
    pub error: Option<String>,
    pub elapsed: Option<f64>,
    pub total_tokens: Option<i64>,
    pub total_steps: Option<i64>,
    /// Failed tries and failures that were handled.
    pub exceptions_count: Option<i64>,
    pub created_at: Option<Millis>,
    pub finished_at: Option<Millis>,
    /// Files listed beside the outputs, with `__dify__file__` marks, in any shape.
    pub files: Vec<Value>,
}
