//! Answering the questions a run puts to people: the form behind a token, and its submission (api.md §3.5).

use serde_json::{Map, Value, json};

use super::{Client, error::Error, human_input};
use crate::model::{capability::Capability, human_input::HumanForm};

impl Client {
    /// GET /form/human_input/{token}, from 1.14 on. Refused with 412 where it was answered before, or its time is
    /// over, with 404 where there is no such form, or, on older servers, [no such path](Error::is_unknown_path).
    pub async fn human_form(&self, token: &str) -> Result<HumanForm, Error> {
        let query = [("user", self.user())];
        let answer = self.get_json(&["form", "human_input", token], &query, "human input").await;
        match self.observe(Capability::HumanInput, answer)? {
            // The answer does not repeat the token.
            Value::Object(mut object) => {
                Ok(HumanForm { token: Some(token.to_owned()), ..human_input::form(&mut object) })
            }
            _ => Err(Error::Decode { what: "human input", reason: "not an object".into() }),
        }
    }

    /// Answers a form with one of its actions; refused like [`Client::human_form`], and with 400
    /// `invalid_form_data` where the inputs do not fit. The run goes on by itself: its events have to be taken up
    /// again.
    pub async fn submit_human_form(&self, token: &str, inputs: Map<String, Value>, action: &str) -> Result<(), Error> {
        let body = json!({ "inputs": inputs, "action": action, "user": self.user() });
        let answer = self.post_json(&["form", "human_input", token], &body, "answer to a form").await;
        match self.observe(Capability::HumanInput, answer) {
            // Taken, in whatever words.
            Ok(_) | Err(Error::Decode { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
