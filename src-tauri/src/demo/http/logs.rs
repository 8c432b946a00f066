//! The run logs: who ran what, newest first.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};

use super::super::generation::Part;
use super::super::wire::{self, ApiError, Problem};
use super::super::{Generation, Shared};
use super::{app_of, dates};

pub(super) async fn logs(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let app = app_of(&shared, &headers)?;
    let text = |key: &str| query.get(key).map(String::as_str);
    let filled = |key: &str| text(key).filter(|value| !value.is_empty());

    let mut problems = Vec::new();
    if let Some(status) = text("status")
        && !matches!(status, "succeeded" | "failed" | "stopped")
    {
        let message = "Input should be 'succeeded', 'failed' or 'stopped'";
        problems.push(Problem::new("status", message, "literal_error", &json!(status)));
    }
    let generation = shared.options.generation;
    let page = whole_number("page", text("page"), 1, 99_999, &mut problems);
    let limit = match text("limit").and_then(|limit| limit.parse::<usize>().ok()) {
        // Then, the documents say, the system's own limit counts.
        Some(101..) if generation < Generation::Late2025 => 100,
        _ => whole_number("limit", text("limit"), 20, 100, &mut problems),
    };
    if !problems.is_empty() {
        return Err(ApiError::validation("WorkflowLogQuery", &problems));
    }
    // What a generation does not know it does not look at.
    let since = |part, key| filled(key).filter(|_| generation.has(part));
    let before = since(Part::LogsByDate, "created_at__before").map(dates::parse).transpose()?;
    let after = since(Part::LogsByDate, "created_at__after").map(dates::parse).transpose()?;
    let session = since(Part::LogsByCreator, "created_by_end_user_session_id");
    if let Some(account) = since(Part::LogsByCreator, "created_by_account") {
        // Nobody has an account here.
        return Err(ApiError::invalid_param(format!("Account not found: {account}")));
    }

    let mut runs = shared.runs.of_app(&app);
    runs.retain(|run| {
        text("status").is_none_or(|status| run.stored_status() == status)
            && before.is_none_or(|before| run.created_at as f64 <= before)
            && after.is_none_or(|after| run.created_at as f64 >= after)
            && session.is_none_or(|session| run.user == session)
            && filled("keyword").is_none_or(|keyword| run.id == keyword || run.mentions(keyword))
    });
    let rows: Vec<Value> = runs.iter().filter_map(|run| run.log_row()).collect();
    let total = rows.len();
    let first = page.saturating_sub(1).saturating_mul(limit).min(total);
    let data: Vec<Value> = rows.into_iter().skip(first).take(limit).collect();
    let has_more = total > first + data.len();
    let answer = json!({"page": page, "limit": limit, "total": total, "has_more": has_more, "data": data});
    Ok(wire::json_answer(StatusCode::OK, &answer))
}

fn whole_number(
    field: &'static str,
    text: Option<&str>,
    default: usize,
    most: usize,
    problems: &mut Vec<Problem>,
) -> usize {
    let Some(text) = text else { return default };
    let value = json!(text);
    let Ok(number) = text.trim().parse::<i64>() else {
        let message = "Input should be a valid integer, unable to parse string as an integer";
        problems.push(Problem::new(field, message, "int_parsing", &value));
        return default;
    };
    match usize::try_from(number) {
        Ok(number) if (1..=most).contains(&number) => number,
        Ok(number) if number > most => {
            let message = format!("Input should be less than or equal to {most}");
            problems.push(Problem::new(field, message, "less_than_equal", &value));
            default
        }
        _ => {
            problems.push(Problem::new(
                field,
                "Input should be greater than or equal to 1",
                "greater_than_equal",
                &value,
            ));
            default
        }
    }
}
