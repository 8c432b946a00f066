//! Servers that are not to be trusted, and what the user does not want back.

use super::{
    book::{Book, Ways, line, now},
    *,
};
use crate::server::{Server, json as answer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_lines_are_bounded_and_hide_no_others() {
    let long = "长".repeat(3_500_000);
    let rows = json!([
        null, 7, "row", [], {}, {"workflow_run": "none"}, {"workflow_run": {"id": {"a": 1}}},
        {"workflow_run": {"id": "plain", "status": "succeeded", "created_at": now() - 5}, "created_at": now() - 5},
        {"workflow_run": {"id": "plain", "status": "failed", "created_at": now() - 5}, "created_at": now() - 5},
        {"workflow_run": {"id": "early", "status": "succeeded", "created_at": 0, "finished_at": 1}, "created_at": -7},
        {"workflow_run": {"id": "late", "status": "succeeded", "created_at": 253_402_300_799_i64}, "created_at": "9999-12-31"},
        {"workflow_run": {"id": "wrong", "status": 5, "elapsed_time": "x", "total_tokens": [], "created_at": "soon"},
            "created_at": {"x": 1}, "created_by_end_user": 5, "created_by_account": [1]},
        {"workflow_run": {"id": "large", "status": "failed", "error": long, "version": long, "created_at": now() - 6},
            "created_at": now() - 6},
        {"workflow_run": {"id": long, "status": "failed"}},
        {"workflow_run": {"id": "nul\u{0}byte", "status": "failed"}},
    ]);
    let body = json!({"page": "x", "limit": null, "total": -3, "has_more": true, "data": rows}).to_string();
    let server = Server::start(move |request| match request.path() {
        "/v1/parameters" => answer("200 OK", r#"{"user_input_form": []}"#),
        // It goes on for ever, with the same.
        "/v1/workflows/logs" if request.target.contains("nobody") => answer("200 OK", r#"{"data": []}"#),
        "/v1/workflows/logs" => answer("200 OK", &body),
        _ => answer("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    })
    .await;
    let house = House::new().await;
    let app =
        house.apps.connect(server.url("/v1").as_str(), "app-key", KeepKey::Session, None).await.expect("connected");
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    let asked = server.requests().len();
    assert!(asked < 30, "a server that repeats itself is left: {asked} requests");
    let expected = ["early", "large", "late", "plain", "wrong"].map(ToOwned::to_owned);
    assert_eq!(counted(&house, &app.id).await, once(expected), "each that has an id, once");
    let at = flowdeck::apps::now();
    for head in listed(&house, &app.id).await {
        assert!((at - 600_000..=at).contains(&head.started_at), "it stands beside its neighbours: {head:?}");
        let size = serde_json::to_string(&head).expect("JSON").len();
        assert!(size < 20_000, "{size} bytes of one line are kept");
        let id = uuid::Uuid::parse_str(&head.id.0).expect("an id");
        let (seconds, nanos) = id.get_timestamp().expect("of a time").to_unix();
        let millis = i64::try_from(seconds * 1000 + u64::from(nanos) / 1_000_000).expect("a time");
        assert_eq!(millis, head.started_at, "ids sort by start");
    }
    let next = house.store.new_run_id().await.expect("an id");
    let newest = listed(&house, &app.id).await.remove(0).id;
    assert!(next > newest, "what begins now stands above all of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_user_deleted_does_not_come_back() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = (0..5).map(|number| line(format!("run-{number}"), now() - number, &app.user)).collect();
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    let runs = listed(&house, &app.id).await;
    let (hidden, gone) = (runs[1].clone(), runs[3].clone());
    delete(&house, &gone.id).await;
    let mut database = database(&house).await;
    house.store.delete_runs(&[hidden.id], 1).await.expect("hidden");
    logs.update_now(&app.id).await.expect("asked");
    logs.set_scope(&app.id, LogScope::All).await.expect("kept");
    generations::settled(&logs, &app.id).await;
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM run WHERE deleted_at IS NULL")
        .fetch_one(&mut database)
        .await
        .expect("read");
    assert_eq!(there, 3, "neither the one that can still be had back, nor the one that is gone");
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM run").fetch_one(&mut database).await.expect("read");
    assert_eq!(rows, 4, "and none of them anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_refused_or_missing_is_told_and_asked_for_nothing() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    house.apps.remove_key(&app.id).await.expect("removed");
    let (logs, _) = logs_of(&house);
    let before = book.pages().asked;
    logs.update(None, true).await.expect("asked");
    let state = logs.update_now(&app.id).await.expect("asked");
    assert_eq!(state.trouble, Some(LogTrouble::KeyMissing));
    assert_eq!(book.pages().asked, before, "without a key nobody is asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_no_page_is_not_the_end_of_a_log() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways { odd_each: 3, ..Ways::default() }).await;
    let app = book.connect(&house).await;
    book.pages().lines = (0..1200).map(|number| line(format!("r{number}"), now() - number * 60, &app.user)).collect();
    let (logs, _) = logs_of(&house);
    let state = logs.update_now(&app.id).await.expect("asked");
    assert_eq!((state.trouble, state.complete), (None, true), "it was asked again each time");
    assert_eq!(counted(&house, &app.id).await.len(), 1200);
}
