//! The server's log of an app's runs, everyone's who has the key (api.md §1.6, server-1.12.1.md §15).

use serde_json::Value;
use time::OffsetDateTime;

use super::{Client, error::Error, stream, wire};
use crate::model::{Millis, capability::Capability, run::RunStatus};

/// Which rows of the log are wanted. Servers ignore filters they do not know yet and list more than was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// Looked for in inputs, outputs and session ids; servers use its first 30 characters.
    pub keyword: Option<String>,
    pub status: Option<LogStatus>,
    /// From 1 to 99,999.
    pub page: u32,
    /// Rows of a page, from 1 to 100.
    pub limit: u32,
    /// The `user` of the runs.
    pub session_id: Option<String>,
    /// The e-mail address of an account; servers refuse one they do not know with `invalid_param`.
    pub account: Option<String>,
    pub before: Option<Millis>,
    pub after: Option<Millis>,
}

impl Default for LogQuery {
    fn default() -> Self {
        Self {
            keyword: None,
            status: None,
            page: 1,
            limit: 20,
            session_id: None,
            account: None,
            before: None,
            after: None,
        }
    }
}

/// The statuses servers filter by; every other word is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStatus {
    Succeeded,
    Failed,
    Stopped,
}

/// GET /workflows/logs, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogPage {
    pub page: u32,
    pub limit: u32,
    pub total: u64,
    pub has_more: bool,
    pub rows: Vec<LogRow>,
}

/// A line of the log. It holds no inputs and no outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    pub id: String,
    pub run_id: String,
    /// Of the workflow: when it was published, mostly.
    pub version: Option<String>,
    pub status: RunStatus,
    /// Such as `app-run`.
    pub triggered_from: Option<String>,
    pub error: Option<String>,
    /// Seconds.
    pub elapsed: Option<f64>,
    pub total_tokens: Option<i64>,
    pub total_steps: Option<i64>,
    pub exceptions: Option<i64>,
    /// The run's own, else the row's.
    pub created_at: Option<Millis>,
    pub finished_at: Option<Millis>,
    /// Null on all servers seen.
    pub details: Option<Value>,
    /// Such as `service-api` or `web-app`.
    pub created_from: Option<String>,
    /// `end_user` or `account`.
    pub created_by_role: Option<String>,
    pub account: Option<LogAccount>,
    pub end_user: Option<LogEndUser>,
    /// When the row was written.
    pub logged_at: Option<Millis>,
}

/// `created_by_account`: an object today, a plain text in the documents, which is kept as the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogAccount {
    pub id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// `created_by_end_user`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogEndUser {
    pub id: Option<String>,
    /// `type`, such as `service_api`.
    pub kind: Option<String>,
    pub is_anonymous: Option<bool>,
    /// The `user` that was sent with the run.
    pub session_id: Option<String>,
}

impl LogRow {
    /// Whose run it is, where the server says.
    pub fn session_id(&self) -> Option<&str> {
        self.end_user.as_ref()?.session_id.as_deref()
    }
}

impl Client {
    /// A page of the log; `None` if the server keeps none.
    pub async fn logs(&self, query: &LogQuery) -> Result<Option<LogPage>, Error> {
        let pairs = query.pairs();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = self.get_json(&["workflows", "logs"], &pairs, "log").await;
        match self.observe(Capability::ServerLog, answer) {
            // Without its list it is no page: taken for one, it would be the log's end.
            Ok(value) if matches!(value.get("data"), Some(Value::Array(_) | Value::Null)) => {
                Ok(Some(page(&value, query)))
            }
            Ok(_) => Err(Error::Decode { what: "log", reason: "no list of runs".into() }),
            Err(error) if error.is_missing_route() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// This user's latest runs, newest first; empty if the server keeps no log.
    pub async fn logs_of_session(&self, limit: u32) -> Result<Vec<LogRow>, Error> {
        let query = LogQuery { limit, session_id: Some(self.user().to_owned()), ..LogQuery::default() };
        Ok(self.logs(&query).await?.map_or_else(Vec::new, |page| page.rows))
    }
}

impl LogQuery {
    /// The query as servers take it: what they would refuse with 400 is brought into their limits or left out.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let filled =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let status = self.status.map(|status| match status {
            LogStatus::Succeeded => "succeeded".to_owned(),
            LogStatus::Failed => "failed".to_owned(),
            LogStatus::Stopped => "stopped".to_owned(),
        });
        [
            ("page", Some(self.page.clamp(1, 99_999).to_string())),
            ("limit", Some(self.limit.clamp(1, 100).to_string())),
            ("keyword", filled(&self.keyword).map(|keyword| keyword.chars().take(30).collect())),
            ("status", status),
            ("created_by_end_user_session_id", filled(&self.session_id)),
            ("created_by_account", filled(&self.account)),
            ("created_at__before", self.before.and_then(iso_8601)),
            ("created_at__after", self.after.and_then(iso_8601)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

/// With seconds and `Z`: numbers are refused, and what has no zone is taken for UTC anyway.
fn iso_8601(at: Millis) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp(at.div_euclid(1000)).ok()?;
    let (date, (hour, minute, second)) = (at.date(), at.to_hms());
    // Python knows no year before 1.
    (1..=9999).contains(&date.year()).then(|| {
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    })
}

fn page(value: &Value, query: &LogQuery) -> LogPage {
    let rows: Vec<LogRow> = value["data"].as_array().into_iter().flatten().filter_map(log_row).collect();
    LogPage {
        page: wire::count(&value["page"]).unwrap_or(query.page),
        limit: wire::count(&value["limit"]).unwrap_or(query.limit),
        total: wire::int(&value["total"]).and_then(|total| u64::try_from(total).ok()).unwrap_or(rows.len() as u64),
        has_more: wire::flag(&value["has_more"]).unwrap_or(false),
        rows,
    }
}

fn log_row(row: &Value) -> Option<LogRow> {
    let run = &row["workflow_run"];
    let logged_at = wire::moment(&row["created_at"]);
    Some(LogRow {
        id: filled(&row["id"]).unwrap_or_default(),
        run_id: filled(&run["id"])?,
        version: filled(&run["version"]),
        status: run["status"].as_str().map_or(RunStatus::Unknown, stream::run_status),
        triggered_from: filled(&run["triggered_from"]),
        error: wire::any_text(&run["error"]).filter(|error| !error.is_empty()),
        elapsed: wire::float(&run["elapsed_time"]),
        total_tokens: wire::int(&run["total_tokens"]),
        total_steps: wire::int(&run["total_steps"]),
        exceptions: wire::int(&run["exceptions_count"]),
        created_at: wire::moment(&run["created_at"]).or(logged_at),
        finished_at: wire::moment(&run["finished_at"]),
        details: Some(row["details"].clone()).filter(|details| !details.is_null()),
        created_from: filled(&row["created_from"]),
        created_by_role: filled(&row["created_by_role"]),
        account: account(&row["created_by_account"]),
        end_user: end_user(&row["created_by_end_user"]),
        logged_at,
    })
}

fn account(value: &Value) -> Option<LogAccount> {
    match value {
        Value::Object(_) => {
            Some(LogAccount { id: filled(&value["id"]), name: filled(&value["name"]), email: filled(&value["email"]) })
        }
        other => filled(other).map(|name| LogAccount { name: Some(name), ..LogAccount::default() }),
    }
}

fn end_user(value: &Value) -> Option<LogEndUser> {
    value.as_object()?;
    Some(LogEndUser {
        id: filled(&value["id"]),
        kind: filled(&value["type"]),
        is_anonymous: wire::flag(&value["is_anonymous"]),
        session_id: filled(&value["session_id"]),
    })
}

fn filled(value: &Value) -> Option<String> {
    wire::text(value).filter(|text| !text.is_empty())
}
