//! Refusals in every dress, missing paths, and redirects that would carry the key away.

use flowdeck::dify::{Error, Key, Transport};
use serde_json::Map;

use crate::{
    KEY, client_of,
    server::{Server, answer, html, json},
};

const OK_FORM: &str = r#"{"user_input_form": []}"#;

#[tokio::test]
async fn each_kind_of_refusal_is_told_apart() {
    let unauthorized = r#"{"code":"unauthorized","message":"Access token is invalid","status":401}"#;
    for (reply, status, code, message) in [
        (json("401 UNAUTHORIZED", unauthorized), 401, Some("unauthorized"), "Access token is invalid"),
        (
            answer("401 UNAUTHORIZED", "Content-Type: text/html\r\n", unauthorized),
            401,
            Some("unauthorized"),
            "Access token is invalid",
        ),
        (
            json("500 INTERNAL SERVER ERROR", r#"{"message":"Internal Server Error"}"#),
            500,
            None,
            "Internal Server Error",
        ),
        (html("502 Bad Gateway", "<html><head><title>502 Bad Gateway</title>"), 502, None, "502 Bad Gateway"),
        (html("413 Request Entity Too Large", "<html><title>413 Too Large</title>"), 413, None, "413 Too Large"),
        (answer("503 Service Unavailable", "", ""), 503, None, "Service Unavailable"),
        (answer("400 Bad Request", "", "\u{0}\u{1}"), 400, None, ""),
    ] {
        let server = Server::always(reply).await;
        let error = client_of(&server).parameters().await.expect_err("refused");
        let Error::Status { status: told_status, code: told_code, message: told, .. } = &error else {
            panic!("HTTP {status}: {error:?}")
        };
        assert_eq!((*told_status, told_code.as_deref(), told.as_str()), (status, code, message), "HTTP {status}");
        assert_eq!(error.is_unauthorized(), status == 401, "only 401 is about the key");
    }
}

#[tokio::test]
async fn a_web_page_instead_of_an_api_is_no_dify() {
    for reply in [
        html("200 OK", "<!DOCTYPE html><html><head><title>Dify</title></head>"),
        html("404 Not Found", "<html><title>Dify</title>"),
        html("405 Not Allowed", "<html><title>Dify</title>"),
    ] {
        let server = Server::always(reply).await;
        let error = client_of(&server).describe().await.expect_err("a web page");
        assert!(matches!(&error, Error::NotDify { title, .. } if title.as_deref() == Some("Dify")), "{error:?}");
    }
    let server = Server::always(json("200 OK", "{\"user_input_form\": tru")).await;
    let error = client_of(&server).parameters().await.expect_err("half an answer");
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
}

#[tokio::test]
async fn how_long_to_wait_is_kept() {
    let headers = "Content-Type: application/json\r\nRetry-After: 17\r\n";
    let server =
        Server::always(answer("429 TOO MANY REQUESTS", headers, r#"{"code":"too_many_requests","message":"m"}"#)).await;
    let error = client_of(&server).run(Map::new(), "").await.map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::Status { retry_after: Some(17), .. }) && error.is_too_many_requests(), "{error:?}");
}

#[tokio::test]
async fn an_old_server_without_info_and_site_can_be_described() {
    let server = Server::start(|request| match request.path() {
        "/v1/parameters" => json("200 OK", OK_FORM),
        _ => html("404 NOT FOUND", "<title>404 Not Found</title>"),
    })
    .await;
    let described = client_of(&server).describe().await.expect("the form is enough");
    assert_eq!(described.branding.title, "127.0.0.1", "the host stands in for a name");
    assert!(described.branding.show_workflow_steps, "nobody said that they should be hidden");
    assert_eq!((described.mode, described.version), (None, None), "unknown, and that is fine");
}

#[tokio::test]
async fn the_version_is_asked_for_where_no_header_tells_it() {
    let server = Server::start(|request| match request.path() {
        "/v1/parameters" => json("200 OK", OK_FORM),
        "/v1/" => json("200 OK", r#"{"welcome":"Dify OpenAPI","api_version":"v1","server_version":"0.15.3"}"#),
        _ => html("404 NOT FOUND", "<title>404 Not Found</title>"),
    })
    .await;
    let described = client_of(&server).describe().await.expect("the form is enough");
    assert_eq!(described.version.as_deref(), Some("0.15.3"), "from the API's root");
}

#[tokio::test]
async fn a_refused_key_is_reported_whichever_call_hears_of_it() {
    let server = Server::start(|request| match request.path() {
        "/v1/site" => json("401 UNAUTHORIZED", r#"{"code":"unauthorized","message":"m","status":401}"#),
        "/v1/info" => json("200 OK", r#"{"name":"x","mode":"chat"}"#),
        _ => html("500 Oops", ""),
    })
    .await;
    assert!(
        client_of(&server).describe().await.is_err_and(|error| error.is_unauthorized()),
        "401 comes before all else"
    );
}

#[tokio::test]
async fn an_app_of_another_kind_is_named() {
    let server = Server::start(|request| match request.path() {
        "/v1/info" => json("200 OK", r#"{"name":"x","mode":"advanced-chat"}"#),
        _ => json("400 BAD REQUEST", r#"{"code":"app_unavailable","message":"m","status":400}"#),
    })
    .await;
    let error = client_of(&server).describe().await.expect_err("not a workflow");
    assert_eq!(error, Error::NotWorkflow { mode: "advanced-chat".into() }, "better than the riddle of /parameters");
}

#[tokio::test]
async fn the_old_path_is_tried_when_the_server_does_not_know_the_new_one() {
    for missing in ["404 NOT FOUND", "405 METHOD NOT ALLOWED"] {
        let server = Server::start(move |request| match request.path() {
            "/v1/workflows/t%2F1/stop" => json("200 OK", r#"{"result":"success"}"#),
            _ => html(missing, "<title>no</title>"),
        })
        .await;
        assert_eq!(client_of(&server).stop("t/1").await, Ok(()), "{missing}: the oldest document's path");
        assert_eq!(server.requests().len(), 2, "{missing}: the newer path comes first");
    }
    let server = Server::always(json("400 BAD REQUEST", r#"{"code":"not_workflow_app","message":"m"}"#)).await;
    assert!(client_of(&server).stop("t").await.is_err(), "a refusal is a refusal");
    assert_eq!(server.requests().len(), 1, "and no reason to try another path");
}

#[tokio::test]
async fn what_a_server_lacks_is_empty_and_no_error() {
    let server = Server::always(html("404 NOT FOUND", "<title>404</title>")).await;
    let client = client_of(&server);
    assert_eq!(client.run_detail("r").await, Ok(None), "no run details");
    assert_eq!(client.logs_of_session(20).await, Ok(vec![]), "no log");
    assert_eq!(client.site().await, Ok(None), "no site");
    assert_eq!(client.tool_icons().await, Ok(Map::new()), "no icons");
}

#[tokio::test]
async fn a_redirect_to_another_origin_gets_neither_key_nor_inputs() {
    for status in ["301 MOVED", "302 FOUND", "307 TEMPORARY", "308 PERMANENT"] {
        let stranger = Server::always(json("200 OK", OK_FORM)).await;
        let to = format!("Location: {}\r\n", stranger.url("/v1/parameters"));
        let server = Server::always(answer(status, &to, "")).await;
        let client = client_of(&server);
        for error in [
            client.parameters().await.map(|_| ()).expect_err("not followed"),
            client.run(Map::new(), "").await.map(|_| ()).expect_err("not followed"),
        ] {
            assert!(matches!(error, Error::Transport { kind: Transport::Redirect, .. }), "{status}: {error:?}");
        }
        assert_eq!(stranger.requests().len(), 0, "{status}: not even a connection with a key");
    }
}

#[tokio::test]
async fn a_redirect_within_the_server_is_followed_with_the_key() {
    let server = Server::start(|request| match request.path() {
        "/v1/parameters" => answer("308 PERMANENT REDIRECT", "Location: /v1/parameters/\r\n", ""),
        _ => json("200 OK", OK_FORM),
    })
    .await;
    client_of(&server).parameters().await.expect("the server's own other path");
    let keys: Vec<_> =
        server.requests().iter().map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert_eq!(keys, vec![Some(format!("Bearer {KEY}")); 2], "it is the same server");

    let server = Server::always(answer("302 FOUND", "Location: /v1/parameters?again\r\n", "")).await;
    let error = client_of(&server).parameters().await.expect_err("for ever");
    assert!(matches!(error, Error::Transport { kind: Transport::Redirect, .. }), "{error:?}");
    assert!(server.requests().len() < 10, "a circle is left soon");
}

#[tokio::test]
async fn no_error_shows_the_key_or_an_address() {
    let key = Key::new(KEY).expect("a sound key");
    let server = Server::always(json(
        "401 UNAUTHORIZED",
        r#"{"message":"see https://docs.dify.ai/?k=app-test-key for Bearer app-test-key"}"#,
    ))
    .await;
    let client = client_of(&server);
    let refused = client.parameters().await.expect_err("refused");
    drop(server);
    for shown in [format!("{refused} {refused:?}"), format!("{client:?}"), format!("{key:?}")] {
        assert!(!shown.contains(KEY), "{shown}");
    }
}
