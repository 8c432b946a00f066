//! Finding the API behind an address, and saying what is the matter where there is none.

use std::time::Duration;

use flowdeck::dify::{Client, Connection, Error, Key, Limits, Route, Transport, connect_probe, probe_addresses};
use tokio::io::AsyncWriteExt;
use url::Url;

use crate::server::{Server, Step, answer, html, json};

const UNAUTHORIZED: &str =
    r#"{"code":"unauthorized","message":"Authorization header must be provided and start with 'Bearer'","status":401}"#;

async fn probe(typed: &Url) -> Result<flowdeck::dify::Found, Error> {
    connect_probe(&probe_addresses(typed.as_str()).expect("an address"), &Route::default(), &Limits::default()).await
}

/// A server with the API at /v1 and web pages everywhere else.
async fn dify() -> Server {
    Server::start(|request| {
        if request.path() == "/v1/parameters" {
            answer("401 UNAUTHORIZED", "Content-Type: application/json\r\nX-Version: 1.12.1\r\n", UNAUTHORIZED)
        } else {
            html("200 OK", "<!DOCTYPE html><title>Dify</title>")
        }
    })
    .await
}

#[tokio::test]
async fn the_api_is_found_from_any_page_of_the_server_without_a_key() {
    for typed in ["", "/", "/v1", "/v1/", "/v1/workflows/run", "/workflow/AbC", "/app/0b1c/develop", "/some/page"] {
        let server = dify().await;
        let found = probe(&server.url(typed)).await.unwrap_or_else(|error| panic!("{typed:?}: {error}"));
        assert_eq!(found.base_url, server.url("/v1"), "{typed:?}");
        assert_eq!((found.elsewhere, found.version.as_deref()), (false, Some("1.12.1")), "{typed:?}");
        assert!(
            server.requests().iter().all(|request| request.header("authorization").is_none()),
            "{typed:?}: no key yet"
        );
    }
}

#[tokio::test]
async fn an_installation_below_a_path_is_found() {
    let server = Server::start(|request| match request.path() {
        "/dify/v1/parameters" => json("401 UNAUTHORIZED", UNAUTHORIZED),
        _ => html("404 Not Found", "<title>404</title>"),
    })
    .await;
    let found = probe(&server.url("/dify/app/x")).await.expect("below /dify");
    assert_eq!(found.base_url, server.url("/dify/v1"), "where it is");
}

#[tokio::test]
async fn a_server_that_moved_is_found_at_its_new_place_and_marked() {
    let new = dify().await;
    let to = format!("Location: {}\r\n", new.url("/v1/parameters?user=probe"));
    let old = Server::always(answer("301 MOVED", &to, "")).await;
    let found = probe(&old.url("/v1")).await.expect("along the redirect");
    assert_eq!((found.base_url, found.elsewhere), (new.url("/v1"), true), "to be suggested, not just used");
}

#[tokio::test]
async fn what_is_not_dify_is_told_from_what_is_not_there() {
    let page = Server::always(html("200 OK", "<title>Welcome to nginx!</title>")).await;
    let error = probe(&page.url("/")).await.expect_err("a web page");
    assert!(
        matches!(&error, Error::NotDify { title, .. } if title.as_deref() == Some("Welcome to nginx!")),
        "{error:?}"
    );

    let other = Server::always(json("401 UNAUTHORIZED", r#"{"error":"unauthorized"}"#)).await;
    let error = probe(&other.url("/v1")).await.expect_err("another API");
    assert!(matches!(error, Error::NotDify { status: 401, .. }), "{error:?}");

    let down = Server::always(html("502 Bad Gateway", "<title>502 Bad Gateway</title>")).await;
    let error = probe(&down.url("/v1")).await.expect_err("a gateway alone");
    assert!(matches!(error, Error::Status { status: 502, .. }), "{error:?}: the address may be right");

    let silent = Server::always(vec![Step::Silence]).await;
    let limits = Limits { answer: Duration::from_millis(200), ..Limits::default() };
    let error = connect_probe(&[silent.url("/v1")], &Route::default(), &limits).await.expect_err("silence");
    assert!(matches!(error, Error::Transport { kind: Transport::Timeout, .. }), "{error:?}");
}

#[tokio::test]
async fn the_transport_says_what_it_failed_at() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("a bound socket").port()
    };
    let closed = Url::parse(&format!("http://127.0.0.1:{port}/v1")).expect("a sound address");
    let error = probe(&closed).await.expect_err("nobody listens");
    assert!(matches!(error, Error::Transport { kind: Transport::Refused, .. }), "{error:?}");
    assert!(!error.to_string().contains("http://"), "{error}: no address in a text that may be logged");

    // No part of a name may have 64 characters, so that no resolver has to be asked.
    let unknown = Url::parse(&format!("http://{}.invalid/v1", "x".repeat(64))).expect("a sound address");
    let error = probe(&unknown).await.expect_err("no such name");
    assert!(matches!(error, Error::Transport { kind: Transport::Dns, .. }), "{error:?}");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("a bound socket").port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            // What a plain HTTP server says to a TLS handshake.
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let https = Url::parse(&format!("https://127.0.0.1:{port}/v1")).expect("a sound address");
    let error = probe(&https).await.expect_err("no TLS there");
    assert!(matches!(error, Error::Transport { kind: Transport::Tls, .. }), "{error:?}");
}

#[test]
fn only_web_addresses_make_a_client() {
    for address in ["ftp://host/v1", "file:///tmp", "mailto:a@b"] {
        let connection = Connection {
            base_url: Url::parse(address).expect("some address"),
            key: Key::new("app-1").expect("a sound key"),
            user: "u".into(),
        };
        assert_eq!(Client::new(connection).map(|_| ()), Err(Error::Address), "{address}");
    }
}
