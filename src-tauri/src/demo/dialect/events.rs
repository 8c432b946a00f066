//! The events of a stream, as each generation sends them.

use std::collections::HashMap;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::super::Generation;
use super::super::files::now;
use super::super::wire;
use super::{early_status, fill, pick, set};

/// One run's stream in the words of a generation.
pub(in super::super) struct Dialect {
    generation: Generation,
    /// The id of the answer, in the generations that send text as a chat's message.
    message_id: String,
    /// How many nodes began, and the last of them: servers before 1.9 numbered and chained them.
    started: usize,
    last_node: Option<String>,
    /// By execution id: the number and the node before.
    places: HashMap<String, (usize, Option<String>)>,
}

impl Dialect {
    pub fn new(generation: Generation, message_id: String) -> Self {
        Self { generation, message_id, started: 0, last_node: None, places: HashMap::new() }
    }

    /// The bytes of an event; `None` if the generation has no such event.
    pub fn frame(&mut self, event: Value) -> Option<Bytes> {
        let event = self.event(event)?;
        // Raw UTF-8 was measured at 1.12; the documents' samples are escaped.
        Some(if self.generation >= Generation::Recorded {
            wire::frame(&event)
        } else {
            Bytes::from(format!("data: {}\n\n", wire::ascii_json(&event)))
        })
    }

    fn event(&mut self, event: Value) -> Option<Value> {
        use Generation::*;
        let name = event.get("event").and_then(Value::as_str).unwrap_or_default().to_owned();
        let generation = self.generation;
        if generation <= Autumn2024
            && let Some(event) = self.as_message(&name, &event)
        {
            return Some(event);
        }
        let Some(data) = event.get("data").cloned() else { return self.flat(&name, event) };
        let fields = fields(&name, generation)?;
        // Containers and what is in them came later: iterations with 0.8, loops with 1.0.
        let inside = |key: &str| data.get(key).is_some_and(|id| !id.is_null());
        if (generation == Spring2024 && inside("iteration_id")) || (generation <= Autumn2024 && inside("loop_id")) {
            return None;
        }
        let mut data = data;
        self.reshape(&name, &mut data);
        let data = if fields == ALL { data } else { pick(&data, fields) };
        let order =
            if generation >= Recorded { "event workflow_run_id task_id" } else { "event task_id workflow_run_id" };
        let mut envelope = pick(&event, order);
        set(&mut envelope, "data", data);
        Some(envelope)
    }

    /// Text as the events of a chat, which is what the documents of 2024 show.
    fn as_message(&self, name: &str, event: &Value) -> Option<Value> {
        let name = match name {
            "text_chunk" => "message",
            "text_replace" => "message_replace",
            _ => return None,
        };
        let text = &event["data"]["text"];
        Some(json!({
            "event": name, "task_id": event["task_id"], "id": self.message_id, "answer": text, "created_at": now(),
        }))
    }

    /// Events whose fields stand at the top level.
    fn flat(&self, name: &str, mut event: Value) -> Option<Value> {
        use Generation::*;
        match (name, self.generation) {
            ("tts_message" | "tts_message_end", Spring2024) => None,
            ("warning", generation) if generation < Today => None,
            ("warning", _) => Some(pick(&event, "event workflow_run_id warning")),
            ("tts_message" | "tts_message_end", generation) if generation < Recorded => {
                // The samples show a conversation's id, which no workflow has.
                for (key, value) in [
                    ("conversation_id", json!(self.message_id)),
                    ("message_id", json!(self.message_id)),
                    ("created_at", json!(now())),
                ] {
                    set(&mut event, key, value);
                }
                Some(pick(&event, "event conversation_id message_id created_at task_id audio"))
            }
            ("error", generation) if generation < Recorded => {
                // The documents' word for whatever goes wrong in a run.
                set(&mut event, "code", json!("workflow_request_error"));
                Some(pick(&event, "event task_id workflow_run_id status code message"))
            }
            ("error", _) => Some(pick(&event, "event workflow_run_id code status message")),
            _ => Some(event),
        }
    }

    /// Values, before the fields are chosen.
    fn reshape(&mut self, name: &str, data: &mut Value) {
        use Generation::*;
        let generation = self.generation;
        if matches!(name, "node_started" | "node_finished" | "node_retry") {
            if generation <= Mid2025 {
                self.number(name, data);
            }
            match generation {
                Spring2024 | Autumn2024 => {
                    let inputs = match data.get("inputs") {
                        None | Some(Value::Null) => json!([]),
                        Some(inputs) => json!([inputs]),
                    };
                    set(data, "inputs", inputs);
                    early_metadata(data);
                }
                Mid2025 | Late2025 => fill(data, "inputs", json!({})),
                Recorded | Today => {}
            }
        }
        if name.starts_with("iteration_")
            && generation < Recorded
            && let Some(length) = data.pointer("/metadata/iteration_length").cloned()
        {
            set(data, "metadata", json!({"iterator_length": length}));
        }
        if generation <= Autumn2024 {
            early_status(data);
        }
        if name == "workflow_finished" && generation < Recorded {
            let steps = data.get("total_steps").map(ToString::to_string);
            set(data, "total_steps", json!(steps));
            if generation <= Autumn2024 && data.get("error").is_some_and(|error| !error.is_null()) {
                set(data, "outputs", Value::Null);
            }
        }
    }

    /// Numbers from 0, and the node that began before.
    fn number(&mut self, name: &str, data: &mut Value) {
        let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, node_id) = (text("id"), text("node_id"));
        if name == "node_started" {
            self.places.insert(id.clone(), (self.started, self.last_node.replace(node_id)));
            self.started += 1;
        }
        if let Some((index, predecessor)) = self.places.get(&id) {
            set(data, "index", json!(index));
            set(data, "predecessor_node_id", json!(predecessor));
        }
    }
}

/// Never null, and the price a number.
fn early_metadata(data: &mut Value) {
    fill(data, "execution_metadata", json!({}));
    if let Some(metadata) = data.get_mut("execution_metadata") {
        fill(metadata, "total_tokens", json!(0));
        fill(metadata, "currency", json!("USD"));
        let price = metadata.get("total_price").and_then(Value::as_str).and_then(|price| price.parse::<f64>().ok());
        set(metadata, "total_price", json!(price.unwrap_or(0.0)));
    }
}

/// All fields as they were made.
const ALL: &str = "*";

/// The fields of an event's `data`; `None` where the generation has no such event. The documents' lists, and from
/// November 2024 on the ids by which steps nest, which the documents leave out and servers sent (api.md §3.2).
fn fields(event: &str, generation: Generation) -> Option<&'static str> {
    use Generation::*;
    Some(match (event, generation) {
        ("workflow_started", Spring2024 | Autumn2024) => "id workflow_id sequence_number created_at",
        ("workflow_started", Mid2025 | Late2025) => "id workflow_id created_at",
        ("workflow_started", Recorded) => "id workflow_id inputs created_at",
        ("workflow_started", Today) => "id workflow_id inputs created_at reason",

        ("node_started", Spring2024) => "id node_id node_type title index predecessor_node_id inputs created_at",
        ("node_started", Autumn2024) => {
            "id node_id node_type title index predecessor_node_id inputs created_at extras parallel_id parallel_start_node_id \
             parent_parallel_id parent_parallel_start_node_id iteration_id"
        }
        ("node_started", Mid2025) => {
            "id node_id node_type title index predecessor_node_id inputs created_at extras parallel_id parallel_start_node_id \
             parent_parallel_id parent_parallel_start_node_id iteration_id loop_id parallel_run_id agent_strategy"
        }
        ("node_started", Late2025) => {
            "id node_id node_type title index predecessor_node_id inputs created_at extras iteration_id loop_id agent_strategy"
        }
        ("node_started", Recorded | Today) => {
            "id node_id node_type title index predecessor_node_id inputs inputs_truncated created_at extras iteration_id loop_id \
             agent_strategy"
        }

        // The oldest document and one of November 2024 name neither type nor title here.
        ("node_finished", Spring2024) => {
            "id node_id index predecessor_node_id inputs process_data outputs status error elapsed_time execution_metadata created_at"
        }
        ("node_finished", Autumn2024) => {
            "id node_id node_type title index predecessor_node_id inputs process_data outputs status error elapsed_time \
             execution_metadata created_at finished_at files parallel_id parallel_start_node_id parent_parallel_id \
             parent_parallel_start_node_id iteration_id"
        }
        ("node_finished", Mid2025) => {
            "id node_id node_type title index predecessor_node_id inputs process_data outputs status error elapsed_time \
             execution_metadata created_at finished_at files parallel_id parallel_start_node_id parent_parallel_id \
             parent_parallel_start_node_id iteration_id loop_id"
        }
        ("node_finished", Late2025) => {
            "id node_id node_type title index predecessor_node_id inputs process_data outputs status error elapsed_time \
             execution_metadata created_at finished_at files iteration_id loop_id"
        }
        ("node_finished", Recorded | Today) => {
            "id node_id node_type title index predecessor_node_id inputs inputs_truncated process_data process_data_truncated \
             outputs outputs_truncated status error elapsed_time execution_metadata created_at finished_at files iteration_id loop_id"
        }
        ("node_retry", Mid2025) => {
            "id node_id node_type title index predecessor_node_id inputs process_data outputs status error elapsed_time \
             execution_metadata created_at finished_at files parallel_id parallel_start_node_id parent_parallel_id \
             parent_parallel_start_node_id iteration_id loop_id retry_index"
        }
        ("node_retry", Late2025) => {
            "id node_id node_type title index predecessor_node_id inputs process_data outputs status error elapsed_time \
             execution_metadata created_at finished_at files iteration_id loop_id retry_index"
        }
        ("node_retry", Recorded | Today) => {
            "id node_id node_type title index predecessor_node_id inputs inputs_truncated process_data process_data_truncated \
             outputs outputs_truncated status error elapsed_time execution_metadata created_at finished_at files iteration_id loop_id \
             retry_index"
        }

        ("iteration_started" | "loop_started", Autumn2024 | Mid2025) => {
            "id node_id node_type title created_at extras metadata inputs parallel_id parallel_start_node_id"
        }
        ("iteration_started" | "loop_started", Late2025) => {
            "id node_id node_type title created_at extras metadata inputs"
        }
        ("iteration_started" | "loop_started", Recorded | Today) => {
            "id node_id node_type title created_at extras metadata inputs inputs_truncated"
        }
        ("iteration_next", Autumn2024 | Mid2025) => {
            "id node_id node_type title index created_at pre_iteration_output extras parallel_id parallel_start_node_id duration"
        }
        ("loop_next", Mid2025) => {
            "id node_id node_type title index created_at pre_loop_output extras parallel_id parallel_start_node_id duration"
        }
        ("iteration_next", Late2025 | Recorded | Today) => "id node_id node_type title index created_at extras",
        ("loop_next", Late2025 | Recorded | Today) => {
            "id node_id node_type title index created_at pre_loop_output extras"
        }
        ("iteration_completed" | "loop_completed", Autumn2024 | Mid2025) => {
            "id node_id node_type title outputs created_at extras inputs status error elapsed_time total_tokens execution_metadata \
             finished_at steps parallel_id parallel_start_node_id"
        }
        ("iteration_completed" | "loop_completed", Late2025) => {
            "id node_id node_type title outputs created_at extras inputs status error elapsed_time total_tokens execution_metadata \
             finished_at steps"
        }
        ("iteration_completed" | "loop_completed", Recorded | Today) => {
            "id node_id node_type title outputs outputs_truncated created_at extras inputs inputs_truncated status error elapsed_time \
             total_tokens execution_metadata finished_at steps"
        }
        ("parallel_branch_started", Autumn2024 | Mid2025) => {
            "parallel_id parallel_branch_id parent_parallel_id parent_parallel_start_node_id iteration_id loop_id created_at"
        }
        ("parallel_branch_finished", Autumn2024 | Mid2025) => {
            "parallel_id parallel_branch_id parent_parallel_id parent_parallel_start_node_id iteration_id loop_id status error created_at"
        }

        ("workflow_finished", Spring2024 | Autumn2024 | Mid2025 | Late2025) => {
            "id workflow_id status outputs error elapsed_time total_tokens total_steps created_at finished_at"
        }
        ("workflow_finished", _) => {
            "id workflow_id status outputs error elapsed_time total_tokens total_steps created_by created_at finished_at \
             exceptions_count files"
        }
        ("text_chunk" | "text_replace" | "agent_log", Mid2025 | Late2025 | Recorded) => ALL,
        ("parallel_branch_started" | "parallel_branch_finished", _) => return None,
        // Thoughts, people, and whatever comes next.
        (_, Today) => ALL,
        _ => return None,
    })
}
