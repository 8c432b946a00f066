//! Iterations and loops: containers whose rounds have nodes of their own.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::engine::{Flow, Place, object};
use super::files::now;
use super::runs::round6;

impl Flow {
    pub fn iteration(&self, id: &'static str, title: &'static str, items: Value) -> Container {
        let inputs = json!({"iterator_selector": items});
        let length = inputs["iterator_selector"].as_array().map_or(0, Vec::len);
        self.container(Shape::Iteration, id, title, json!({"iteration_length": length}), inputs)
    }

    pub fn loop_(&self, id: &'static str, title: &'static str, length: usize, inputs: Value) -> Container {
        self.container(Shape::Loop, id, title, json!({"loop_length": length}), inputs)
    }

    fn container(
        &self,
        shape: Shape,
        id: &'static str,
        title: &'static str,
        metadata: Value,
        inputs: Value,
    ) -> Container {
        if self.place == Place::Top {
            self.run.count_step();
        }
        let container = Container {
            flow: self.clone(),
            shape,
            id,
            title,
            inputs,
            started: Instant::now(),
            round_started: Instant::now(),
            durations: Map::new(),
        };
        let mut data = container.head();
        data.extend(object(json!({
            "created_at": now(), "extras": {}, "metadata": metadata, "inputs": container.inputs, "inputs_truncated": false,
        })));
        self.run.emit(shape.event("started"), Value::Object(data));
        container
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Iteration,
    Loop,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Iteration => "iteration",
            Self::Loop => "loop",
        }
    }

    fn event(self, phase: &str) -> &'static str {
        match (self, phase) {
            (Self::Iteration, "started") => "iteration_started",
            (Self::Iteration, "next") => "iteration_next",
            (Self::Iteration, _) => "iteration_completed",
            (Self::Loop, "started") => "loop_started",
            (Self::Loop, "next") => "loop_next",
            (Self::Loop, _) => "loop_completed",
        }
    }
}

/// An iteration or a loop; it sends no node events of its own.
pub(super) struct Container {
    flow: Flow,
    shape: Shape,
    id: &'static str,
    title: &'static str,
    inputs: Value,
    started: Instant,
    round_started: Instant,
    durations: Map<String, Value>,
}

impl Container {
    fn head(&self) -> Map<String, Value> {
        let mut head =
            object(json!({"id": self.id, "node_id": self.id, "node_type": self.shape.name(), "title": self.title}));
        head.extend(self.flow.place_fields());
        head
    }

    /// Begins a round and gives the place of its nodes. A loop announces no round 0.
    pub fn round(&mut self, round: usize) -> Flow {
        self.round_started = Instant::now();
        let mut data = self.head();
        match self.shape {
            Shape::Iteration => {
                data.extend(object(json!({"index": round, "created_at": now(), "extras": {}})));
                self.flow.run.emit("iteration_next", Value::Object(data));
                self.flow.inside(Place::Iteration { id: self.id, round })
            }
            Shape::Loop => {
                if round > 0 {
                    data.extend(object(
                        json!({"index": round, "created_at": now(), "pre_loop_output": {}, "extras": {}}),
                    ));
                    self.flow.run.emit("loop_next", Value::Object(data));
                }
                self.flow.inside(Place::Loop { id: self.id, round })
            }
        }
    }

    pub fn round_ended(&mut self, round: usize) {
        self.durations.insert(round.to_string(), json!(round6(self.round_started.elapsed().as_secs_f64())));
    }

    pub fn complete(self, outputs: Value, steps: usize, extra: Value) {
        let mut metadata = object(json!({"total_tokens": 0, "total_price": "0.0", "currency": "USD"}));
        let mut extra = object(extra);
        // The order that was recorded: the reason, the durations, the variables.
        let variables = extra.shift_remove("loop_variable_map");
        metadata.extend(extra);
        metadata.insert(format!("{}_duration_map", self.shape.name()), Value::Object(self.durations.clone()));
        metadata.extend(variables.map(|variables| ("loop_variable_map".to_owned(), variables)));
        let mut data = self.head();
        data.extend(object(json!({
            "outputs": outputs, "outputs_truncated": false, "created_at": now(), "extras": {}, "inputs": self.inputs,
            "inputs_truncated": false, "status": "succeeded", "error": null,
            "elapsed_time": round6(self.started.elapsed().as_secs_f64()), "total_tokens": 0, "execution_metadata": metadata,
            "finished_at": now(), "steps": steps,
        })));
        self.flow.run.emit(self.shape.event("completed"), Value::Object(data));
    }
}
