//! Who an end user's id stands for.

use serde_json::Value;

use super::{Client, error::Error, wire};
use crate::model::{Millis, capability::Capability};

/// GET /end-users/{id}, since 1.13.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUser {
    pub id: String,
    /// `type`, such as `service_api`.
    pub kind: Option<String>,
    pub name: Option<String>,
    pub is_anonymous: Option<bool>,
    /// The `user` that was sent with its requests.
    pub session_id: Option<String>,
    pub external_user_id: Option<String>,
    pub app_id: Option<String>,
    pub tenant_id: Option<String>,
    pub created_at: Option<Millis>,
    pub updated_at: Option<Millis>,
}

impl Client {
    /// `None` if the server does not know the id, or has no such path.
    pub async fn end_user(&self, id: &str) -> Result<Option<EndUser>, Error> {
        let answer = self.get_json(&["end-users", id], &[], "end user").await;
        match self.observe(Capability::EndUsers, answer) {
            Ok(value) => Ok(end_user(&value)),
            Err(error) if error.is_missing_route() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn end_user(value: &Value) -> Option<EndUser> {
    let text = |key: &str| wire::text(&value[key]).filter(|text| !text.is_empty());
    Some(EndUser {
        id: text("id")?,
        kind: text("type"),
        name: text("name"),
        is_anonymous: wire::flag(&value["is_anonymous"]),
        session_id: text("session_id"),
        external_user_id: text("external_user_id"),
        app_id: text("app_id"),
        tenant_id: text("tenant_id"),
        created_at: wire::moment(&value["created_at"]),
        updated_at: wire::moment(&value["updated_at"]),
    })
}
