//! The data of node, iteration and loop events, of all generations, in one pass.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::envelope::{Key, keep};
use crate::{
    dify::{loose::Loose, wire},
    model::{
        json::{self, RawJson},
        run::StepStatus,
        stream::{NodeEvent, Parallel},
    },
};

/// What such an event says, and the fields that have no place in it.
#[derive(Debug, Default)]
pub struct Node {
    pub event: Box<NodeEvent>,
    /// Iterations and loops announce it at their start.
    pub rounds: Option<u32>,
    pub extra: Vec<(String, RawJson)>,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a node's data")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut node = Node::default();
        let mut around = Around::default();
        let event = &mut node.event;
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "id" => event.id = text(&mut map)?.unwrap_or_default(),
                "node_id" => event.node_id = text(&mut map)?.unwrap_or_default(),
                "node_type" => event.node_type = text(&mut map)?.unwrap_or_default(),
                "title" => event.title = text(&mut map)?.unwrap_or_default(),
                "index" => event.index = read(&mut map, wire::count)?,
                "predecessor_node_id" => event.predecessor = text(&mut map)?,
                "inputs" => event.inputs = raw(&mut map)?,
                "process_data" => event.process_data = raw(&mut map)?,
                "outputs" => event.outputs = raw(&mut map)?,
                "inputs_truncated" => event.truncated.inputs = flag(&mut map)?,
                "process_data_truncated" => event.truncated.process_data = flag(&mut map)?,
                "outputs_truncated" => event.truncated.outputs = flag(&mut map)?,
                "status" => event.status = map.next_value::<Loose>()?.read(step_status),
                "error" => event.error = map.next_value::<Loose>()?.any_text(),
                "elapsed_time" => event.elapsed = read(&mut map, wire::float)?,
                "execution_metadata" => event.metadata = raw(&mut map)?,
                "created_at" => event.created_at = read(&mut map, wire::moment)?,
                "finished_at" => event.finished_at = read(&mut map, wire::moment)?,
                "files" => event.files = raw_files(map.next_value()?),
                "extras" => extras(map.next_value()?, &mut node.extra, &mut event.icon),
                "agent_strategy" => event.agent_strategy = raw(&mut map)?,
                "iteration_id" => around.iteration_id = text(&mut map)?,
                "loop_id" => around.loop_id = text(&mut map)?,
                "retry_index" => event.retry_index = read(&mut map, wire::count)?,
                "total_tokens" => event.tokens = read(&mut map, wire::int)?,
                "steps" => event.steps = read(&mut map, wire::int)?,
                "metadata" => {
                    let value = map.next_value()?;
                    node.rounds = rounds(value);
                    keep(&mut node.extra, key, value);
                }
                "parallel_id" => around.parallel.id = text(&mut map)?,
                "parallel_start_node_id" => around.parallel.start_node_id = text(&mut map)?,
                "parent_parallel_id" => around.parallel.parent_id = text(&mut map)?,
                "parent_parallel_start_node_id" => around.parallel.parent_start_node_id = text(&mut map)?,
                "parallel_run_id" => around.parallel.run_id = text(&mut map)?,
                _ => keep(&mut node.extra, key, map.next_value()?),
            }
        }
        if node.rounds.is_none() {
            node.rounds = event.inputs.as_ref().and_then(listed_rounds);
        }
        around.complete(event);
        Ok(node)
    }
}

/// Where a node runs, which is told in its data, in its metadata, or in both.
#[derive(Default)]
struct Around {
    iteration_id: Option<String>,
    loop_id: Option<String>,
    parallel: Parallel,
}

/// What is needed of `execution_metadata`.
#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    total_tokens: Loose<'a>,
    #[serde(borrow, default)]
    total_price: Loose<'a>,
    #[serde(borrow, default)]
    currency: Loose<'a>,
    #[serde(borrow, default)]
    iteration_id: Loose<'a>,
    #[serde(borrow, default)]
    iteration_index: Loose<'a>,
    #[serde(borrow, default)]
    loop_id: Loose<'a>,
    #[serde(borrow, default)]
    loop_index: Loose<'a>,
    #[serde(borrow, default)]
    retry_index: Loose<'a>,
    #[serde(borrow, default)]
    error_strategy: Loose<'a>,
    #[serde(borrow, default)]
    completed_reason: Loose<'a>,
    #[serde(borrow, default)]
    parallel_id: Loose<'a>,
    #[serde(borrow, default)]
    parallel_start_node_id: Loose<'a>,
    #[serde(borrow, default)]
    parent_parallel_id: Loose<'a>,
    #[serde(borrow, default)]
    parent_parallel_start_node_id: Loose<'a>,
    #[serde(borrow, default)]
    parallel_mode_run_id: Loose<'a>,
}

impl Around {
    fn complete(self, event: &mut NodeEvent) {
        let Self { iteration_id, loop_id, mut parallel } = self;
        // Some send it as a text of JSON; and what is odd in it may cost no more than itself.
        let mended;
        let metadata = match &event.metadata {
            Some(raw) => match serde_json::from_str(raw.as_str()) {
                Ok(metadata) => metadata,
                Err(_) => {
                    mended = Value::Object(wire::object(raw.value(), ""));
                    Metadata::deserialize(&mended).unwrap_or_default()
                }
            },
            None => Metadata::default(),
        };
        let round = match (iteration_id.or(metadata.iteration_id.text()), loop_id.or(metadata.loop_id.text())) {
            (Some(iteration), _) => Some((iteration, metadata.iteration_index)),
            (None, Some(looped)) => Some((looped, metadata.loop_index)),
            (None, None) => None,
        };
        if let Some((container, index)) = round {
            event.container = Some(container);
            event.round = index.read(wire::count);
        }
        event.tokens = metadata.total_tokens.read(wire::int).or(event.tokens);
        event.price = metadata.total_price.text();
        event.currency = metadata.currency.text();
        event.retry_index = event.retry_index.or(metadata.retry_index.read(wire::count));
        event.error_strategy = metadata.error_strategy.text();
        event.completed_reason = metadata.completed_reason.text();
        for (known, other) in [
            (&mut parallel.id, metadata.parallel_id),
            (&mut parallel.start_node_id, metadata.parallel_start_node_id),
            (&mut parallel.parent_id, metadata.parent_parallel_id),
            (&mut parallel.parent_start_node_id, metadata.parent_parallel_start_node_id),
            (&mut parallel.run_id, metadata.parallel_mode_run_id),
        ] {
            if known.is_none() {
                *known = other.text();
            }
        }
        event.parallel = (parallel != Parallel::default()).then(|| Box::new(parallel));
    }
}

/// The server's word for a step's status.
pub fn step_status(word: &Value) -> Option<StepStatus> {
    Some(match word.as_str()? {
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

/// Files in any shape: a list of them, or one.
pub fn files(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(files)) => files.into_iter().filter(|file| !file.is_null()).collect(),
        Some(file @ Value::Object(_)) => vec![file],
        _ => Vec::new(),
    }
}

fn raw_files(value: &RawValue) -> Vec<Value> {
    // Nearly always.
    if value.get() == "[]" { Vec::new() } else { files(Some(json::value_of(value.get()))) }
}

fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    Ok(map.next_value::<Loose>()?.text())
}

fn read<'de, A: MapAccess<'de>, T>(map: &mut A, read: fn(&Value) -> Option<T>) -> Result<Option<T>, A::Error> {
    Ok(map.next_value::<Loose>()?.read(read))
}

fn flag<'de, A: MapAccess<'de>>(map: &mut A) -> Result<bool, A::Error> {
    Ok(read(map, wire::flag)?.unwrap_or_default())
}

fn raw<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<RawJson>, A::Error> {
    Ok(map.next_value::<Option<&RawValue>>()?.map(RawJson::from))
}

fn extras(value: &RawValue, extra: &mut Vec<(String, RawJson)>, icon: &mut Option<RawJson>) {
    if matches!(value.get(), "{}" | "null") {
        return;
    }
    match json::value_of(value.get()) {
        Value::Object(mut extras) => {
            *icon = extras.remove("icon").filter(|icon| !icon.is_null()).map(RawJson::from);
            extra.extend(extras.into_iter().map(|(key, value)| (key, value.into())));
        }
        odd => extra.push(("extras".to_owned(), odd.into())),
    }
}

fn rounds(metadata: &RawValue) -> Option<u32> {
    let metadata = json::value_of(metadata.get());
    ["iteration_length", "iterator_length", "loop_length"]
        .iter()
        .find_map(|key| metadata.get(*key))
        .and_then(wire::count)
}

/// Where the number of rounds is not told, the list that an iteration goes through tells it.
fn listed_rounds(inputs: &RawJson) -> Option<u32> {
    if !inputs.as_str().contains("\"iterator_selector\"") {
        return None;
    }
    let inputs = inputs.value();
    u32::try_from(inputs.get("iterator_selector")?.as_array()?.len()).ok()
}
