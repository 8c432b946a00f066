//! What the server has stored of a run.

use serde_json::{Map, Value};

use super::{Client, error::Error, stream, wire};
use crate::model::{Millis, capability::Capability, stream::Finished};

/// GET /workflows/run/{id}. It lags behind the stream, and after a stop it may say `Running` for ever
/// (server-1.12.1.md §12).
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    pub run_id: String,
    pub workflow_id: Option<String>,
    pub finished: Finished,
    /// With the server's own `sys.*` entries.
    pub inputs: Map<String, Value>,
    pub created_at: Option<Millis>,
    pub finished_at: Option<Millis>,
}

impl Client {
    /// `None` if the server does not know the run, or has no such path.
    pub async fn run_detail(&self, run_id: &str) -> Result<Option<Detail>, Error> {
        let answer = self.get_json(&["workflows", "run", run_id], &[], "run detail").await;
        match self.observe(Capability::RunDetail, answer) {
            Ok(Value::Object(object)) => Ok(detail(object)),
            Ok(_) => Err(Error::Decode { what: "run detail", reason: "not an object".into() }),
            Err(error) if error.is_missing_route() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn detail(mut object: Map<String, Value>) -> Option<Detail> {
    // Servers up to 1.12 answer 200 with nothing but nulls for a run they do not know.
    let run_id = object.get("id").and_then(wire::text).filter(|id| !id.is_empty())?;
    Some(Detail {
        run_id,
        workflow_id: object.get("workflow_id").and_then(wire::text),
        inputs: object.remove("inputs").map_or_else(Map::new, |inputs| wire::object(inputs, "inputs")),
        created_at: object.get("created_at").and_then(wire::moment),
        finished_at: object.get("finished_at").and_then(wire::moment),
        finished: stream::finished(&mut object),
    })
}
