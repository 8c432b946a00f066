//! Finding out what a server can do, without starting anything there.

use flowdeck::{
    dify::{Client, LogQuery, Resume, RunOptions},
    model::capability::{Capability, FoundBy, KnownBy, ServerFacts, Support, TABLE},
};
use serde_json::Map;

use crate::{
    client_of,
    server::{Reply, Request, Server, answer, html, json},
};

const ROUTES_OF_1_12: &[(&str, &str)] = &[
    ("GET", "/v1/info"),
    ("GET", "/v1/site"),
    ("GET", "/v1/meta"),
    ("GET", "/v1/workflows/logs"),
    ("GET", "/v1/workflows/run/"),
    ("POST", "/v1/workflows/00000000-0000-4000-8000-000000000000/run"),
    ("POST", "/v1/files/upload"),
    ("POST", "/v1/text-to-audio"),
    ("POST", "/v1/audio-to-text"),
];

/// A server with these routes that answers as Dify's router does.
fn router(
    routes: &'static [(&str, &str)],
    version: &'static str,
) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    let version = if version.is_empty() { String::new() } else { format!("X-Version: {version}\r\n") };
    move |request| {
        let here: Vec<_> = routes.iter().filter(|(_, path)| request.path().starts_with(path)).collect();
        let reply =
            |status: &str, kind: &str, body: &str| answer(status, &format!("{version}Content-Type: {kind}\r\n"), body);
        if here.is_empty() {
            reply("404 NOT FOUND", "text/html", "<!doctype html>\n<title>404 Not Found</title>")
        } else if here.iter().any(|(method, _)| *method == request.method) {
            reply("200 OK", "application/json", r#"{"data": []}"#)
        } else {
            reply(
                "405 METHOD NOT ALLOWED",
                "application/json",
                r#"{"code":"method_not_allowed","message":"m","status":405}"#,
            )
        }
    }
}

fn supports(client: &Client, capability: Capability) -> (Support, KnownBy) {
    let ability = client.ability(capability);
    (ability.support, ability.known_by)
}

#[tokio::test]
async fn exploring_proves_every_path_and_starts_nothing() {
    let server = Server::start(router(ROUTES_OF_1_12, "1.12.1")).await;
    let client = client_of(&server);
    client.explore().await;
    for row in TABLE {
        let newer = [Capability::ResumeStream, Capability::HumanInput, Capability::EndUsers];
        let expected = match row.found_by {
            FoundBy::Version => (Support::Yes, KnownBy::Version),
            FoundBy::Path(_) if newer.contains(&row.capability) => (Support::No, KnownBy::Answer),
            FoundBy::Path(_) => (Support::Yes, KnownBy::Answer),
        };
        assert_eq!(supports(&client, row.capability), expected, "{:?} of a 1.12.1 server", row.capability);
    }
    assert!(server.requests().iter().all(|request| request.method == "GET"), "a question changes nothing");
    let asked = server.requests().len();
    client.explore().await;
    assert_eq!(
        server.requests().len(),
        asked + 3,
        "what is missing may have been mended; what is there is not asked again"
    );
}

#[tokio::test]
async fn a_server_of_2024_is_known_by_what_it_lacks() {
    let server = Server::start(router(&[("POST", "/v1/files/upload"), ("GET", "/v1/parameters")], "")).await;
    let client = client_of(&server);
    client.explore().await;
    assert_eq!(supports(&client, Capability::Upload), (Support::Yes, KnownBy::Answer), "it has files");
    assert_eq!(supports(&client, Capability::ServerLog), (Support::No, KnownBy::Answer), "and no log");
    assert_eq!(supports(&client, Capability::SteadyRuns), (Support::NotKnown, KnownBy::Nothing), "it gives no version");
}

#[tokio::test]
async fn a_missing_thing_proves_the_path_that_a_newer_server_has() {
    let server = Server::always(json(
        "404 NOT FOUND",
        r#"{"code":"not_found","message":"Workflow run not found","status":404}"#,
    ))
    .await;
    let client = client_of(&server);
    client.explore().await;
    assert_eq!(supports(&client, Capability::ResumeStream), (Support::Yes, KnownBy::Answer), "it looked for the run");
}

#[tokio::test]
async fn ordinary_calls_teach_the_same() {
    let server = Server::start(router(ROUTES_OF_1_12, "1.12.1")).await;
    let client = client_of(&server);
    client.logs(&LogQuery::default()).await.expect("a page");
    client.site().await.expect("a site");
    client.resume("r", &Resume::default()).await.map(|_| ()).expect_err("too old");
    client.human_form("t").await.map(|_| ()).expect_err("too old");
    client.end_user("e").await.expect("nobody");
    let version = RunOptions { version: Some("w".into()), ..RunOptions::default() };
    client.run_with(Map::new(), &version).await.map(|_| ()).expect_err("no such path for this id");
    for (capability, support) in [
        (Capability::ServerLog, Support::Yes),
        (Capability::Site, Support::Yes),
        (Capability::ResumeStream, Support::No),
        (Capability::HumanInput, Support::No),
        (Capability::EndUsers, Support::No),
        (Capability::RunVersion, Support::No),
    ] {
        assert_eq!(supports(&client, capability), (support, KnownBy::Answer), "{capability:?}");
    }
}

#[tokio::test]
async fn what_is_no_clear_answer_proves_nothing() {
    for (what, reply) in [
        ("a wrong key", json("401 UNAUTHORIZED", r#"{"code":"unauthorized","message":"m","status":401}"#)),
        ("a gateway alone", html("502 Bad Gateway", "<title>502</title>")),
        ("a login page", html("302 FOUND", "")),
        ("a limit", json("429 TOO MANY", r#"{"code":"too_many_requests","message":"m","status":429}"#)),
        ("a closed connection", vec![]),
    ] {
        let server = Server::always(if reply.is_empty() { vec![crate::server::Step::Close] } else { reply }).await;
        let client = client_of(&server);
        client.explore().await;
        assert_eq!(client.facts().paths.len(), 0, "{what}");
    }
    // Once it is known that Dify answers with its version, a page without one is a gateway's.
    let server = Server::always(html("404 Not Found", "<title>nginx</title>")).await;
    let client = client_of(&server);
    client.remember(ServerFacts { version: Some("1.14.0".into()), ..ServerFacts::default() });
    client.explore().await;
    assert_eq!(
        supports(&client, Capability::ResumeStream),
        (Support::Yes, KnownBy::Version),
        "not the server's own word"
    );
}

#[tokio::test]
async fn a_new_version_is_asked_anew() {
    let server = Server::start(router(ROUTES_OF_1_12, "1.12.1")).await;
    let client = client_of(&server);
    let mut earlier = ServerFacts { version: Some("1.3.1".into()), ..ServerFacts::default() };
    earlier.learn(Capability::Site, false);
    client.remember(earlier);
    assert_eq!(supports(&client, Capability::Site).0, Support::No, "as it was left");
    client.info().await.expect("an info");
    assert_eq!(supports(&client, Capability::Site), (Support::Yes, KnownBy::Version), "it was brought up to date");
    client.explore().await;
    assert_eq!(supports(&client, Capability::Site), (Support::Yes, KnownBy::Answer), "and now it is sure");
}

#[tokio::test]
async fn a_server_without_the_header_says_its_version_at_the_root() {
    let server = Server::start(|request| match request.path() {
        "/v1/" => json("200 OK", r#"{"welcome":"Dify OpenAPI","api_version":"v1","server_version":"0.15.3"}"#),
        "/v1/parameters" => json("200 OK", r#"{"user_input_form":[]}"#),
        _ => html("404 NOT FOUND", "<title>404 Not Found</title>"),
    })
    .await;
    let client = client_of(&server);
    assert_eq!(
        client.describe().await.expect("an app").version.as_deref(),
        Some("0.15.3"),
        "a gateway took the header"
    );
    assert_eq!(supports(&client, Capability::SteadyRuns), (Support::No, KnownBy::Version), "what it hints at");
}
