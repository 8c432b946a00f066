//! The server's log: every filter of every document, every field of a row, and the recorded pages.

use flowdeck::{
    dify::{Error, LogPage, LogQuery, LogRow, LogStatus},
    model::run::RunStatus,
};
use serde_json::{Value, json};

use crate::{
    client_of,
    recording::{Recording, names},
    server::{Server, html, json as json_answer},
};

async fn page_of(body: &Value) -> LogPage {
    let server = Server::always(json_answer("200 OK", &body.to_string())).await;
    client_of(&server).logs(&LogQuery::default()).await.expect("a page").expect("a server with a log")
}

async fn row_of(row: Value) -> LogRow {
    page_of(&json!({ "data": [row] })).await.rows.into_iter().next().expect("a row")
}

/// The query as decoded pairs.
async fn asked(query: LogQuery) -> Vec<(String, String)> {
    let server = Server::always(json_answer("200 OK", r#"{"data": []}"#)).await;
    client_of(&server).logs(&query).await.expect("a page");
    let target = server.requests()[0].target.clone();
    assert!(target.starts_with("/v1/workflows/logs?"), "{target}");
    server.url(&target).query_pairs().into_owned().collect()
}

#[tokio::test]
async fn every_filter_of_every_document_is_sent_as_servers_take_it() {
    let query = LogQuery {
        keyword: Some(" 合同 & more ".into()),
        status: Some(LogStatus::Stopped),
        page: 3,
        limit: 50,
        session_id: Some("abc-123".into()),
        account: Some("lizb@test.com".into()),
        before: Some(1_729_162_458_999),
        after: Some(0),
    };
    let expected = [
        ("page", "3"),
        ("limit", "50"),
        ("keyword", "合同 & more"),
        ("status", "stopped"),
        ("created_by_end_user_session_id", "abc-123"),
        ("created_by_account", "lizb@test.com"),
        ("created_at__before", "2024-10-17T10:54:18Z"),
        ("created_at__after", "1970-01-01T00:00:00Z"),
    ];
    assert_eq!(asked(query).await, expected.map(|(name, value)| (name.to_owned(), value.to_owned())), "all of them");
}

#[tokio::test]
async fn what_servers_would_refuse_is_never_sent() {
    for (page, limit, sent) in [(0, 0, ["1", "1"]), (100_000, 101, ["99999", "100"]), (u32::MAX, 7, ["99999", "7"])] {
        let pairs = asked(LogQuery { page, limit, ..LogQuery::default() }).await;
        assert_eq!([pairs[0].1.as_str(), pairs[1].1.as_str()], sent, "page {page}, limit {limit}");
    }
    let empty = LogQuery {
        keyword: Some("  ".into()),
        session_id: Some(String::new()),
        account: Some(String::new()),
        before: Some(i64::MAX),
        after: Some(i64::MIN),
        ..LogQuery::default()
    };
    assert_eq!(asked(empty).await.len(), 2, "empty filters, and moments no calendar has, are left out");
    let long = asked(LogQuery { keyword: Some("长".repeat(200)), ..LogQuery::default() }).await;
    assert_eq!(long[2].1.chars().count(), 30, "servers look at no more of it");
}

#[tokio::test]
async fn every_recorded_page_is_read_whole_or_refused() {
    for name in names(&["logs_"]) {
        let recording = Recording::load(&name);
        let server = Server::always(recording.reply(1000)).await;
        let result = client_of(&server).logs(&LogQuery::default()).await;
        if recording.status() != 200 {
            assert_eq!(
                result.expect_err(&name).status(),
                Some(recording.status()),
                "{name}: a refusal, not an empty log"
            );
            continue;
        }
        let page = result.expect(&name).expect("a log");
        let body = recording.json();
        let rows = body["data"].as_array().expect("rows");
        assert_eq!(
            json!([page.page, page.limit, page.total, page.has_more, page.rows.len()]),
            json!([body["page"], body["limit"], body["total"], body["has_more"], rows.len()]),
            "{name}"
        );
        for (read, row) in page.rows.iter().zip(rows) {
            let run = &row["workflow_run"];
            assert_eq!(
                json!({
                    "id": read.id, "run": read.run_id, "version": read.version, "from": read.triggered_from,
                    "error": read.error, "elapsed": read.elapsed, "tokens": read.total_tokens,
                    "steps": read.total_steps, "exceptions": read.exceptions, "created": read.created_at,
                    "finished": read.finished_at, "details": read.details, "by": [read.created_from, read.created_by_role],
                    "session": read.session_id(), "logged": read.logged_at,
                }),
                json!({
                    "id": row["id"], "run": run["id"], "version": run["version"], "from": run["triggered_from"],
                    "error": run["error"], "elapsed": run["elapsed_time"], "tokens": run["total_tokens"],
                    "steps": run["total_steps"], "exceptions": run["exceptions_count"],
                    "created": run["created_at"].as_i64().map(|at| at * 1000),
                    "finished": run["finished_at"].as_i64().map(|at| at * 1000), "details": row["details"],
                    "by": [row["created_from"], row["created_by_role"]],
                    "session": row["created_by_end_user"]["session_id"],
                    "logged": row["created_at"].as_i64().map(|at| at * 1000),
                }),
                "{name}: a plain second reading agrees"
            );
            assert_ne!(read.status, RunStatus::Unknown, "{name}: {}", run["status"]);
        }
    }
}

#[tokio::test]
async fn a_row_is_read_in_all_its_shapes() {
    let documented = row_of(json!({
        "id": "e41b93f1", "workflow_run": {"id": "c0640fc8", "version": "2024-08-01 12:17:09.771832", "status": "succeeded",
            "error": null, "elapsed_time": 1.3588523610014818, "total_tokens": 0, "total_steps": 3,
            "created_at": 1726139643, "finished_at": 1726139644},
        "created_from": "service-api", "created_by_role": "end_user", "created_by_account": "lizb@test.com",
        "created_by_end_user": {"id": "7f7d9117", "type": "service_api", "is_anonymous": false, "session_id": "abc-123"},
        "created_at": 1726139644}))
    .await;
    let end_user = documented.end_user.as_ref().expect("an end user");
    assert_eq!((end_user.id.as_deref(), end_user.kind.as_deref()), (Some("7f7d9117"), Some("service_api")), "who");
    assert_eq!((end_user.is_anonymous, documented.session_id()), (Some(false), Some("abc-123")), "and as whom");
    assert_eq!(
        documented.account.as_ref().and_then(|account| account.name.as_deref()),
        Some("lizb@test.com"),
        "an account is a plain text in the documents"
    );

    let odd = row_of(json!({
        "workflow_run": {"id": "r", "status": "partial-succeeded", "error": {"why": "x"}, "elapsed_time": "0.5",
            "total_tokens": "12", "total_steps": "1", "exceptions_count": 2.0, "created_at": "Thu, 17 Oct 2024 10:54:18 -0000",
            "finished_at": "2024-10-17T10:54:19Z", "triggered_from": "app-run"},
        "details": {"a": 1}, "created_by_account": {"id": "1", "name": "Li", "email": "li@example.com"},
        "created_by_end_user": null, "created_at": null}))
    .await;
    assert_eq!(odd.status, RunStatus::PartlySucceeded, "a status of later servers");
    assert_eq!(
        (odd.error.as_deref(), odd.elapsed, odd.total_tokens, odd.total_steps, odd.exceptions),
        (Some(r#"{"why":"x"}"#), Some(0.5), Some(12), Some(1), Some(2)),
        "texts and floats for numbers, an object for a text"
    );
    assert_eq!((odd.created_at, odd.finished_at), (Some(1_729_162_458_000), Some(1_729_162_459_000)), "dates as text");
    let account = odd.account.expect("an account");
    assert_eq!(
        [account.id, account.name, account.email].map(Option::unwrap_or_default),
        ["1", "Li", "li@example.com"],
        "an object on today's servers"
    );
    assert_eq!((odd.details, odd.end_user), (Some(json!({"a": 1})), None), "kept as they come");
}

#[tokio::test]
async fn one_odd_row_costs_no_other_and_a_page_may_say_little() {
    let page = page_of(&json!({"data": [null, 5, {}, {"workflow_run": null}, {"workflow_run": {"id": "r"}}]})).await;
    assert_eq!(page.rows.iter().map(|row| row.run_id.as_str()).collect::<Vec<_>>(), ["r"], "the one that names a run");
    assert_eq!((page.page, page.limit, page.total, page.has_more), (1, 20, 1, false), "what was asked for, else");
    let page = page_of(&json!({"page": "2", "limit": 5.0, "total": "70", "has_more": "true", "data": null})).await;
    assert_eq!((page.page, page.limit, page.total, page.has_more), (2, 5, 70, true), "numbers and flags as texts");
}

#[tokio::test]
async fn a_server_without_a_log_has_none_and_an_odd_answer_is_an_error() {
    let server = Server::always(html("404 NOT FOUND", "<title>404</title>")).await;
    assert_eq!(client_of(&server).logs(&LogQuery::default()).await, Ok(None), "older than the log");
    for (body, what) in [("[]", "a list"), ("null", "nothing"), ("7", "a number")] {
        let server = Server::always(json_answer("200 OK", body)).await;
        let error = client_of(&server).logs(&LogQuery::default()).await.expect_err(what);
        assert!(matches!(error, Error::Decode { what: "log", .. }), "{what}: {error:?}");
    }
}
