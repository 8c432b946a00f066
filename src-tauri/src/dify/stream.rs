//! Frames of a run's stream to the model's events: all generations of the API (api.md §3.2), nothing ever fails.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{sse::Frame, wire};
use crate::model::{
    run::{RunStatus, StepStatus},
    stream::{AgentLogEvent, Finished, NodeEvent, StreamEvent, StreamItem},
};

/// Reads one frame; `None` if it says nothing.
pub fn decode(frame: &Frame<'_>) -> Option<StreamItem> {
    let data = frame.data.trim_ascii();
    if data.is_empty() {
        // Servers write pings as an event name without data (server-1.12.1.md §8).
        return (frame.event == "ping").then(|| bare(StreamEvent::Ping));
    }
    if let Some(item) = text_chunk(data) {
        return Some(item);
    }
    if data == b"[DONE]" {
        // Gateways in the style of other APIs add it.
        return None;
    }
    match wire::json(data, "event") {
        Ok(Value::Object(object)) => Some(event(object, frame.event, data.len())),
        _ => Some(bare(StreamEvent::Unreadable { bytes: data.len() })),
    }
}

fn bare(event: StreamEvent) -> StreamItem {
    StreamItem { task_id: None, run_id: None, event }
}

/// The short way for the event that comes by the thousand: one pass, no tree. Anything unusual takes the long way.
fn text_chunk(data: &[u8]) -> Option<StreamItem> {
    #[derive(Deserialize)]
    struct Chunk {
        event: String,
        task_id: Option<String>,
        workflow_run_id: Option<String>,
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        text: String,
        #[serde(default)]
        from_variable_selector: Vec<String>,
    }
    // The event's name stands first in all recordings; other frames are not worth a try.
    memchr::memmem::find(&data[..data.len().min(200)], b"\"text_chunk\"")?;
    let chunk: Chunk = serde_json::from_slice(data).ok()?;
    (chunk.event == "text_chunk").then(|| StreamItem {
        task_id: chunk.task_id.filter(|id| !id.is_empty()),
        run_id: chunk.workflow_run_id.filter(|id| !id.is_empty()),
        event: StreamEvent::Text { source: chunk.data.from_variable_selector.join("."), text: chunk.data.text },
    })
}

fn event(mut top: Map<String, Value>, event_line: &str, bytes: usize) -> StreamItem {
    let name = take_text(&mut top, "event").unwrap_or_else(|| event_line.to_owned());
    let (mut data, wrapped) = match top.remove("data") {
        Some(Value::Object(data)) => (data, false),
        // Kept for events that are not known, and for errors, where `data` may be anything.
        Some(other) => (Map::from_iter([("data".to_owned(), other)]), true),
        None => (Map::new(), false),
    };
    let task_id = take_text(&mut top, "task_id").or_else(|| find_text(&data, "task_id"));
    let mut run_id = take_text(&mut top, "workflow_run_id").or_else(|| find_text(&data, "workflow_run_id"));
    let event = match name.as_str() {
        "workflow_started" => {
            run_id = run_id.or_else(|| find_text(&data, "id"));
            StreamEvent::WorkflowStarted { workflow_id: find_text(&data, "workflow_id") }
        }
        "workflow_finished" => {
            run_id = run_id.or_else(|| find_text(&data, "id"));
            StreamEvent::WorkflowFinished(finished(data))
        }
        "node_started" => StreamEvent::NodeStarted(node(data)),
        "node_finished" => StreamEvent::NodeFinished(node(data)),
        "node_retry" => StreamEvent::NodeRetry(node(data)),
        "iteration_started" | "loop_started" => {
            let rounds = rounds(&data);
            StreamEvent::ContainerStarted { node: container(data), rounds }
        }
        "iteration_next" | "loop_next" => StreamEvent::ContainerNext {
            node_id: find_text(&data, "node_id").or_else(|| find_text(&data, "id")).unwrap_or_default(),
            index: data.get("index").and_then(wire::count).unwrap_or_default(),
        },
        "iteration_completed" | "loop_completed" => StreamEvent::ContainerCompleted { node: container(data) },
        "text_chunk" => StreamEvent::Text {
            source: source(&data),
            text: data.get("text").and_then(wire::any_text).unwrap_or_default(),
        },
        // The documents of 2024 show chat events for workflows too (api.md §1.4).
        "message" | "agent_message" => StreamEvent::Text { source: source(&data), text: answer(&mut top, &mut data) },
        "text_replace" | "message_replace" => StreamEvent::TextReplace { text: answer(&mut top, &mut data) },
        "reasoning_chunk" => StreamEvent::Reasoning {
            node_id: either_text(&mut top, &mut data, "node_id").unwrap_or_default(),
            text: either_text(&mut top, &mut data, "reasoning").unwrap_or_default(),
        },
        "agent_log" => StreamEvent::AgentLog(agent_log(data)),
        "tts_message" => {
            let audio = either_text(&mut top, &mut data, "audio").unwrap_or_default();
            match base64_bytes(&audio) {
                Some(bytes) => StreamEvent::Audio { bytes },
                None => StreamEvent::Unreadable { bytes },
            }
        }
        "tts_message_end" => StreamEvent::AudioEnd,
        "human_input_required" => StreamEvent::HumanInputRequired { data: Value::Object(data) },
        "workflow_paused" => StreamEvent::WorkflowPaused { data: Value::Object(data) },
        "error" => error(&mut top, &mut data),
        "warning" => StreamEvent::Warning {
            message: ["warning", "message"]
                .iter()
                .find_map(|key| either_text(&mut top, &mut data, key))
                .unwrap_or_default(),
        },
        "ping" => StreamEvent::Ping,
        // An error envelope that was put into the stream as it is.
        "" if top.contains_key("code") && top.contains_key("message") => error(&mut top, &mut data),
        _ => StreamEvent::Other { name, data: other(top, data, wrapped) },
    };
    StreamItem { task_id, run_id, event }
}

/// The contents of an event that is not known: `data` as sent, or the event's own fields.
fn other(mut top: Map<String, Value>, mut data: Map<String, Value>, wrapped: bool) -> Value {
    if wrapped {
        return data.remove("data").unwrap_or_default();
    }
    if !data.is_empty() {
        return Value::Object(data);
    }
    top.retain(|key, _| !matches!(key.as_str(), "event" | "task_id" | "workflow_run_id"));
    Value::Object(top)
}

fn node(mut data: Map<String, Value>) -> NodeEvent {
    let metadata = match data.remove("execution_metadata") {
        Some(value) => wire::object(value, ""),
        None => Map::new(),
    };
    let place = |key: &str| find_text(&data, key).or_else(|| find_text(&metadata, key));
    let (container, round) = match (place("iteration_id"), place("loop_id")) {
        (Some(iteration), _) => (Some(iteration), metadata.get("iteration_index")),
        (None, Some(looped)) => (Some(looped), metadata.get("loop_index")),
        (None, None) => (None, None),
    };
    let round = round.and_then(wire::count);
    NodeEvent {
        id: find_text(&data, "id").unwrap_or_default(),
        node_id: find_text(&data, "node_id").unwrap_or_default(),
        node_type: find_text(&data, "node_type").unwrap_or_default(),
        title: find_text(&data, "title").unwrap_or_default(),
        index: data.get("index").and_then(wire::count),
        status: data.get("status").and_then(Value::as_str).and_then(step_status),
        error: data.get("error").and_then(wire::any_text).filter(|error| !error.is_empty()),
        elapsed: data.get("elapsed_time").and_then(wire::float),
        tokens: metadata.get("total_tokens").or_else(|| data.get("total_tokens")).and_then(wire::int),
        price: metadata.get("total_price").and_then(wire::text).filter(|price| !price.is_empty()),
        currency: metadata.get("currency").and_then(wire::text).filter(|currency| !currency.is_empty()),
        container,
        round,
        retry_index: data.get("retry_index").or_else(|| metadata.get("retry_index")).and_then(wire::count),
        inputs: take_value(&mut data, "inputs"),
        process_data: take_value(&mut data, "process_data"),
        outputs: take_value(&mut data, "outputs"),
    }
}

/// Iterations and loops are known by their node id: what they call `id` is not an execution id.
fn container(data: Map<String, Value>) -> NodeEvent {
    let mut node = node(data);
    if node.node_id.is_empty() {
        node.node_id.clone_from(&node.id);
    }
    node.id.clone_from(&node.node_id);
    node
}

fn rounds(data: &Map<String, Value>) -> Option<u32> {
    let metadata = data.get("metadata").and_then(Value::as_object);
    metadata
        .and_then(|metadata| {
            ["iteration_length", "iterator_length", "loop_length"].iter().find_map(|key| metadata.get(*key))
        })
        .and_then(wire::count)
        .or_else(|| {
            let list = data.get("inputs")?.get("iterator_selector")?.as_array()?;
            u32::try_from(list.len()).ok()
        })
}

fn agent_log(mut data: Map<String, Value>) -> AgentLogEvent {
    AgentLogEvent {
        id: ["id", "message_id"].iter().find_map(|key| find_text(&data, key)).unwrap_or_default(),
        parent: find_text(&data, "parent_id"),
        step_id: find_text(&data, "node_execution_id"),
        node_id: find_text(&data, "node_id"),
        label: find_text(&data, "label").unwrap_or_default(),
        status: find_text(&data, "status").unwrap_or_default(),
        error: data.get("error").and_then(wire::any_text).filter(|error| !error.is_empty()),
        data: take_value(&mut data, "data"),
    }
}

/// How a run ended, from `workflow_finished`, a run detail, or a blocking answer's `data`.
pub fn finished(mut data: Map<String, Value>) -> Finished {
    Finished {
        status: data.get("status").and_then(Value::as_str).map_or(RunStatus::Unknown, run_status),
        outputs: data.remove("outputs").map_or_else(Map::new, |outputs| wire::object(outputs, "output")),
        error: data.get("error").and_then(wire::any_text).filter(|error| !error.is_empty()),
        elapsed: data.get("elapsed_time").and_then(wire::float),
        total_tokens: data.get("total_tokens").and_then(wire::int),
        total_steps: data.get("total_steps").and_then(wire::int),
        files: match data.remove("files") {
            Some(Value::Array(files)) => files.into_iter().filter(|file| !file.is_null()).collect(),
            Some(file @ Value::Object(_)) => vec![file],
            _ => Vec::new(),
        },
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

fn step_status(word: &str) -> Option<StepStatus> {
    Some(match word {
        "running" | "pending" => StepStatus::Running,
        "succeeded" | "success" => StepStatus::Succeeded,
        "failed" | "error" => StepStatus::Failed,
        "exception" | "partial-succeeded" => StepStatus::Exception,
        "stopped" => StepStatus::Stopped,
        "paused" => StepStatus::Paused,
        // `retry` among them: the step goes on.
        _ => return None,
    })
}

fn error(top: &mut Map<String, Value>, data: &mut Map<String, Value>) -> StreamEvent {
    let status = top.remove("status").or_else(|| data.remove("status"));
    StreamEvent::Error {
        code: either_text(top, data, "code"),
        status: status.as_ref().and_then(wire::int).and_then(|status| u16::try_from(status).ok()),
        message: ["message", "error", "data"].iter().find_map(|key| either_text(top, data, key)).unwrap_or_default(),
    }
}

fn source(data: &Map<String, Value>) -> String {
    match data.get("from_variable_selector") {
        Some(Value::Array(parts)) => parts.iter().filter_map(wire::text).collect::<Vec<_>>().join("."),
        Some(other) => wire::text(other).unwrap_or_default(),
        None => String::new(),
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

fn find_text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(wire::text).filter(|text| !text.is_empty())
}

/// The text at the top, else in `data`; lists and objects become JSON text.
fn either_text(top: &mut Map<String, Value>, data: &mut Map<String, Value>, key: &str) -> Option<String> {
    [top, data].into_iter().find_map(|object| take_text(object, key))
}

fn take_text(object: &mut Map<String, Value>, key: &str) -> Option<String> {
    match object.get_mut(key).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        Some(other) => wire::any_text(&other),
        None => None,
    }
    .filter(|text| !text.is_empty())
}

fn take_value(object: &mut Map<String, Value>, key: &str) -> Option<Value> {
    object.get_mut(key).map(Value::take).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests;
