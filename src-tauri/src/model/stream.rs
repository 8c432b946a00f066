//! What a run's event stream says, in our words: made by `dify`, folded by `runs`. Never crosses to the page.

use serde_json::{Map, Value};

use super::run::{RunStatus, StepStatus};

/// One event of the stream with the ids it carried.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamItem {
    pub task_id: Option<String>,
    pub run_id: Option<String>,
    pub event: StreamEvent,
}

/// The events of all generations (api.md §3.2). What is not known is kept as `Other`.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    WorkflowStarted {
        workflow_id: Option<String>,
    },
    NodeStarted(NodeEvent),
    NodeFinished(NodeEvent),
    NodeRetry(NodeEvent),
    /// iteration_started, loop_started: `node.id` is the container's node id.
    ContainerStarted {
        node: NodeEvent,
        rounds: Option<u32>,
    },
    /// iteration_next (from 0), loop_next (from 1).
    ContainerNext {
        node_id: String,
        index: u32,
    },
    ContainerCompleted {
        node: NodeEvent,
    },
    Text {
        source: String,
        text: String,
    },
    TextReplace {
        text: String,
    },
    Reasoning {
        node_id: String,
        text: String,
    },
    AgentLog(AgentLogEvent),
    /// Decoded bytes of an MP3 piece.
    Audio {
        bytes: Vec<u8>,
    },
    AudioEnd,
    HumanInputRequired {
        data: Value,
    },
    WorkflowPaused {
        data: Value,
    },
    WorkflowFinished(Finished),
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
        data: Value,
    },
    /// A frame that is not JSON, or not an object; the stream goes on.
    Unreadable {
        bytes: usize,
    },
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
    pub status: Option<StepStatus>,
    pub inputs: Option<Value>,
    pub process_data: Option<Value>,
    pub outputs: Option<Value>,
    pub error: Option<String>,
    /// Seconds.
    pub elapsed: Option<f64>,
    pub tokens: Option<i64>,
    pub price: Option<String>,
    pub currency: Option<String>,
    /// Node id of the innermost iteration or loop around it.
    pub container: Option<String>,
    /// Its round there, from 0; known at the end only.
    pub round: Option<u32>,
    /// From 1; `node_retry` only.
    pub retry_index: Option<u32>,
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
    /// Files listed beside the outputs, with `__dify__file__` marks, in any shape.
    pub files: Vec<Value>,
}
