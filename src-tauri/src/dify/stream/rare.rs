//! Events that come a few times in a run, read from a tree: they stand in `data`, at the top, or half in each.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{
    fields_left,
    node::{files, step_status},
    source,
};
use crate::{
    dify::{http::clip, human_input, wire},
    model::{
        run::RunStatus,
        stream::{AgentLogEvent, Branch, Finished, Parallel, Paused, Started, StreamEvent, StreamItem},
    },
};

/// Characters of a server's words that lists of runs carry along.
const LONGEST_MESSAGE: usize = 4000;

/// Reads the event `name` into `item`; what has no place in it goes to `extra`.
pub fn read(name: &str, mut top: Map<String, Value>, data: Option<Value>, bytes: usize, item: &mut StreamItem) {
    let (mut data, wrapped) = match data {
        Some(Value::Object(data)) => (data, false),
        // Kept for events that are not known, and for errors, where `data` may be anything.
        Some(other) => (Map::from_iter([("data".to_owned(), other)]), true),
        None => (Map::new(), false),
    };
    item.task_id = item.task_id.take().or_else(|| take_id(&mut data, "task_id"));
    item.run_id = item.run_id.take().or_else(|| take_id(&mut data, "workflow_run_id"));
    item.event = match name {
        "workflow_started" | "workflow_finished" => {
            let id = take_id(&mut data, "id");
            item.run_id = item.run_id.take().or(id);
            if name == "workflow_started" {
                StreamEvent::WorkflowStarted(Box::new(started(&mut data)))
            } else {
                StreamEvent::WorkflowFinished(Box::new(finished(&mut data)))
            }
        }
        // The documents of 2024 show chat events for workflows too (api.md §1.4).
        "message" | "agent_message" => StreamEvent::Text {
            source: take(&mut data, "from_variable_selector", |selector| Some(source(selector)))
                .unwrap_or_default()
                .into(),
            text: answer(&mut top, &mut data),
        },
        "message_end" => StreamEvent::MessageEnd,
        "text_replace" | "message_replace" => StreamEvent::TextReplace { text: answer(&mut top, &mut data) },
        "reasoning_chunk" => StreamEvent::Reasoning {
            node_id: either_text(&mut top, &mut data, "node_id").unwrap_or_default(),
            text: either_text(&mut top, &mut data, "reasoning").unwrap_or_default(),
            is_final: [&mut top, &mut data]
                .into_iter()
                .find_map(|map| take(map, "is_final", wire::flag))
                .unwrap_or_default(),
        },
        "agent_log" => StreamEvent::AgentLog(Box::new(agent_log(&mut data))),
        "parallel_branch_started" | "parallel_branch_finished" => {
            StreamEvent::ParallelBranch(Box::new(branch(name.ends_with("finished"), &mut data)))
        }
        "tts_message" => {
            let audio = either_text(&mut top, &mut data, "audio").unwrap_or_default();
            match base64_bytes(&audio) {
                Some(bytes) => StreamEvent::Audio { bytes },
                None => StreamEvent::Unreadable { bytes },
            }
        }
        "tts_message_end" => StreamEvent::AudioEnd,
        "human_input_required" => StreamEvent::HumanInputRequired(Box::new(human_input::form(&mut data))),
        "human_input_form_filled" => StreamEvent::HumanInputFilled(Box::new(human_input::answer(&mut data))),
        "human_input_form_timeout" => StreamEvent::HumanInputTimeout {
            node_id: take_text(&mut data, "node_id").unwrap_or_default(),
            node_title: take_text(&mut data, "node_title").unwrap_or_default(),
            expired_at: take(&mut data, "expiration_time", wire::moment),
        },
        "workflow_paused" => StreamEvent::WorkflowPaused(Box::new(paused(&mut data))),
        "error" => error(&mut top, &mut data),
        "warning" => StreamEvent::Warning {
            message: ["warning", "message"]
                .iter()
                .find_map(|key| either_text(&mut top, &mut data, key))
                .map(|message| clip(&message, LONGEST_MESSAGE))
                .unwrap_or_default(),
        },
        "ping" => StreamEvent::Ping,
        // An error envelope that was put into the stream as it is.
        "" if top.contains_key("code") && top.contains_key("message") => error(&mut top, &mut data),
        _ => {
            item.event = StreamEvent::Other { name: name.to_owned(), data: other(top, data, wrapped).into() };
            return;
        }
    };
    item.extra = fields_left(top).chain(fields_left(data)).collect();
}

/// The contents of an event that is not known: `data` as sent, or the event's own fields.
fn other(top: Map<String, Value>, mut data: Map<String, Value>, wrapped: bool) -> Value {
    if wrapped {
        return data.remove("data").unwrap_or_default();
    }
    Value::Object(if data.is_empty() { top } else { data })
}

fn started(data: &mut Map<String, Value>) -> Started {
    Started {
        workflow_id: take(data, "workflow_id", id),
        reason: take_text(data, "reason"),
        created_at: take(data, "created_at", wire::moment),
        inputs: data.remove("inputs").filter(|inputs| !inputs.is_null()).map(Into::into),
        sequence_number: take(data, "sequence_number", wire::int),
    }
}

/// How a run ended, from `workflow_finished`, a run detail, or a blocking answer's `data`.
pub fn finished(data: &mut Map<String, Value>) -> Finished {
    Finished {
        status: take(data, "status", |status| status.as_str().map(run_status)).unwrap_or(RunStatus::Unknown),
        outputs: data.remove("outputs").map_or_else(Map::new, |outputs| wire::object(outputs, "output")),
        error: take_text(data, "error").map(|error| clip(&error, LONGEST_MESSAGE)),
        elapsed: take(data, "elapsed_time", wire::float),
        total_tokens: take(data, "total_tokens", wire::int),
        total_steps: take(data, "total_steps", wire::int),
        exceptions_count: take(data, "exceptions_count", wire::int),
        created_at: take(data, "created_at", wire::moment),
        finished_at: take(data, "finished_at", wire::moment),
        files: files(data.remove("files")),
    }
}

/// The server's word for a run's status; one it has learnt since is `Unknown`.
pub fn run_status(word: &str) -> RunStatus {
    match word {
        "running" | "scheduled" => RunStatus::Running,
        "succeeded" => RunStatus::Succeeded,
        "partial-succeeded" | "partial_succeeded" => RunStatus::PartlySucceeded,
        "failed" => RunStatus::Failed,
        "stopped" => RunStatus::Stopped,
        "paused" => RunStatus::Paused,
        _ => RunStatus::Unknown,
    }
}

/// What a paused run waits for, from `workflow_paused` or a blocking answer's `data`.
pub fn paused(data: &mut Map<String, Value>) -> Paused {
    let list = |value: &Value| value.as_array().cloned();
    Paused {
        nodes: take(data, "paused_nodes", |nodes| Some(nodes.as_array()?.iter().filter_map(wire::text).collect()))
            .unwrap_or_default(),
        reasons: take(data, "reasons", list).unwrap_or_default(),
        outputs: data.remove("outputs").map_or_else(Map::new, |outputs| wire::object(outputs, "output")),
        created_at: take(data, "created_at", wire::moment),
        elapsed: take(data, "elapsed_time", wire::float),
        total_tokens: take(data, "total_tokens", wire::int),
        total_steps: take(data, "total_steps", wire::int),
    }
}

fn agent_log(data: &mut Map<String, Value>) -> AgentLogEvent {
    AgentLogEvent {
        id: ["id", "message_id"].iter().find_map(|key| take(data, key, id)).unwrap_or_default(),
        parent: take(data, "parent_id", id),
        step_id: take(data, "node_execution_id", id),
        node_id: take(data, "node_id", id),
        label: take(data, "label", id).unwrap_or_default(),
        status: take(data, "status", id).unwrap_or_default(),
        error: take_text(data, "error"),
        data: data.remove("data").filter(|data| !data.is_null()),
        metadata: data.remove("metadata").filter(|metadata| !metadata.is_null()),
    }
}

fn branch(finished: bool, data: &mut Map<String, Value>) -> Branch {
    Branch {
        finished,
        parallel: Parallel {
            id: take(data, "parallel_id", id),
            start_node_id: take(data, "parallel_start_node_id", id),
            parent_id: take(data, "parent_parallel_id", id),
            parent_start_node_id: take(data, "parent_parallel_start_node_id", id),
            run_id: take(data, "parallel_run_id", id),
        },
        branch_id: take(data, "parallel_branch_id", id),
        container: take(data, "iteration_id", id).or_else(|| take(data, "loop_id", id)),
        created_at: take(data, "created_at", wire::moment),
        status: take(data, "status", step_status),
        error: take_text(data, "error"),
    }
}

fn error(top: &mut Map<String, Value>, data: &mut Map<String, Value>) -> StreamEvent {
    let status = top.remove("status").or_else(|| data.remove("status"));
    StreamEvent::Error {
        code: either_text(top, data, "code"),
        status: status.as_ref().and_then(wire::int).and_then(|status| u16::try_from(status).ok()),
        message: ["message", "error", "data"]
            .iter()
            .find_map(|key| either_text(top, data, key))
            .map(|message| clip(&message, LONGEST_MESSAGE))
            .unwrap_or_default(),
    }
}

fn answer(top: &mut Map<String, Value>, data: &mut Map<String, Value>) -> String {
    ["answer", "text"].iter().find_map(|key| either_text(top, data, key)).unwrap_or_default()
}

fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().or_else(|| {
        // Some write it in lines, in the alphabet for URLs, or without its padding.
        let plain: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '=')
            .map(|c| match c {
                '-' => '+',
                '_' => '/',
                other => other,
            })
            .collect();
        base64::engine::general_purpose::STANDARD_NO_PAD.decode(plain).ok()
    })
}

/// A text that is not empty; not a list or an object.
fn id(value: &Value) -> Option<String> {
    wire::text(value).filter(|text| !text.is_empty())
}

fn take_id(object: &mut Map<String, Value>, key: &str) -> Option<std::sync::Arc<str>> {
    take(object, key, id).map(Into::into)
}

/// Takes what `read` can read; anything else stays where it is.
fn take<T>(object: &mut Map<String, Value>, key: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    let value = object.get_mut(key)?;
    let found = read(value)?;
    *value = Value::Null;
    Some(found)
}

/// The text at the top, else in `data`; lists and objects become JSON text.
fn either_text(top: &mut Map<String, Value>, data: &mut Map<String, Value>, key: &str) -> Option<String> {
    [top, data].into_iter().find_map(|object| take_text(object, key))
}

/// A text that is not empty; lists and objects become JSON text.
fn take_text(object: &mut Map<String, Value>, key: &str) -> Option<String> {
    match object.get_mut(key).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        Some(other) => wire::any_text(&other),
        None => None,
    }
    .filter(|text| !text.is_empty())
}
