//! Connecting: what is refused, why, and that nothing is left of a refused app.

mod house;
#[path = "dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use flowdeck::{
    apps,
    demo::{Condition, DemoServer, Options, StandIn},
    dify,
    model::{
        app::{Icon, KeepKey},
        form::Control,
    },
};
use house::House;
use server::{Server, Step, html, json};

async fn refused(house: &House, address: &str, key: &str) -> apps::Error {
    let error = house.apps.connect(address, key, KeepKey::Session, None).await.expect_err("it is refused");
    assert!(house.apps.list().await.expect("listed").is_empty(), "nothing is left of a refused app");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apps_that_cannot_be_run_are_refused_each_for_its_own_reason() {
    let stand_in = |key: &str, condition| StandIn { key: key.into(), condition };
    let options = Options {
        stand_ins: vec![
            stand_in("app-chat", Condition::Chat),
            stand_in("app-unpublished", Condition::Unpublished),
            stand_in("app-disabled", Condition::ApiDisabled),
        ],
        ..Options::default()
    };
    let server = DemoServer::start_with(options).await.expect("the demo starts");
    let house = House::new().await;
    let address = server.base_url();

    let chat = refused(&house, &address, "app-chat").await;
    assert!(matches!(&chat, apps::Error::Dify(dify::Error::NotWorkflow { mode }) if mode.contains("chat")), "{chat:?}");
    let unpublished = refused(&house, &address, "app-unpublished").await;
    assert!(matches!(&unpublished, apps::Error::Dify(error) if error.is_not_published()), "{unpublished:?}");
    let disabled = refused(&house, &address, "app-disabled").await;
    assert!(matches!(&disabled, apps::Error::Dify(error) if error.is_forbidden()), "{disabled:?}");
    let empty = refused(&house, &address, "  ").await;
    assert!(matches!(&empty, apps::Error::Dify(dify::Error::Key(dify::KeyError::Empty))), "{empty:?}");
    let nonsense = refused(&house, "not an address at all", "app-x").await;
    assert!(matches!(&nonsense, apps::Error::Address), "{nonsense:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_that_are_no_dify_are_refused() {
    let house = House::new().await;
    let page = Server::always(html("200 OK", "<html><title>Intranet</title></html>")).await;
    let error = refused(&house, page.url("/v1").as_str(), "app-x").await;
    assert!(matches!(&error, apps::Error::Dify(dify::Error::NotDify { .. })), "{error:?}");
    assert!(
        page.requests().iter().all(|request| request.header("authorization").is_none()),
        "a stranger never sees the key"
    );
    let gone = page.url("/v1");
    drop(page);
    let error = refused(&house, gone.as_str(), "app-x").await;
    assert!(matches!(&error, apps::Error::Dify(error) if error.is_not_reached()), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_keeps_its_name_when_the_server_gives_none() {
    let named = Arc::new(AtomicU8::new(1));
    let names = Arc::clone(&named);
    let server = Server::start(move |request| match request.path() {
        _ if request.header("authorization").is_none() => {
            json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#)
        }
        "/v1/parameters" => json("200 OK", r#"{"user_input_form": [], "file_upload": {}, "system_parameters": {}}"#),
        "/v1/info" => match names.load(Ordering::SeqCst) {
            1 => json("200 OK", r#"{"name": "Contract review", "description": "", "tags": [], "mode": "workflow"}"#),
            2 => json("200 OK", r#"{"name": "", "description": "new", "tags": [], "mode": "workflow"}"#),
            3 => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
            _ => json("200 OK", r#"{"name": "Lease review", "description": "", "tags": [], "mode": "workflow"}"#),
        },
        _ => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    })
    .await;
    let house = House::new().await;
    let url = server.url("/v1");
    let app = house.apps.connect(url.as_str(), "app-x", KeepKey::Session, Some(url.as_str())).await.expect("connected");
    assert_eq!(app.branding.title, "Contract review");
    for (answer, expected) in [(2, "Contract review"), (3, "Contract review"), (4, "Lease review")] {
        named.store(answer, Ordering::SeqCst);
        let app = house.apps.refresh(&app.id).await.expect("read anew");
        assert_eq!(app.branding.title, expected, "answer {answer}");
    }
    named.store(2, Ordering::SeqCst);
    let app = house.apps.replace_key(&app.id, "app-y", KeepKey::Session, None).await.expect("another key");
    assert_eq!((app.branding.title.as_str(), app.branding.description.as_str()), ("Lease review", "new"));
}

/// A server whose /parameters answers with this body.
async fn with_parameters(body: &'static str) -> Server {
    Server::start(move |request| match request.path() {
        _ if request.header("authorization").is_none() => {
            json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#)
        }
        "/v1/parameters" => json("200 OK", body),
        _ => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_that_cannot_be_read_are_said_to_be_so() {
    for body in ["[1, 2", "\"text\"", "null"] {
        let server = with_parameters(body).await;
        let house = House::new().await;
        let error = refused(&house, server.url("/v1").as_str(), "app-x").await;
        assert!(matches!(&error, apps::Error::Dify(dify::Error::Decode { .. })), "{body}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_parameters_still_give_a_form() {
    let server = with_parameters(
        r#"{"user_input_form": [{"text-input": {"variable": "a", "label": 5, "required": "yes", "max_length": "10"}},
            {"hologram": {"variable": "b"}}, "nonsense", {"select": {"variable": "c", "options": [1, null, "x"]}}]}"#,
    )
    .await;
    let house = House::new().await;
    let app = house.apps.connect(server.url("/v1").as_str(), "app-x", KeepKey::Session, None).await.expect("connected");
    let fields: Vec<&str> = app.form.fields.iter().map(|field| field.variable.as_str()).collect();
    assert_eq!(fields, ["a", "b", "c"], "what can be read is shown, in its order");
    assert!(matches!(&app.form.fields[1].control, Control::Unknown { type_name, .. } if type_name == "hologram"));
    assert!(!app.branding.title.is_empty(), "an old server without /info and /site still has a name");
    assert_eq!(app.branding.icon, Icon::Initial);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connect_that_is_broken_off_leaves_nothing() {
    let silent = Server::always(vec![Step::Silence]).await;
    let house = House::new().await;
    let address = silent.url("/v1");
    let connecting = house.apps.connect(address.as_str(), "app-x", KeepKey::Session, None);
    let cancelling = async {
        while silent.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        house.apps.cancel_connect();
    };
    let (error, ()) = tokio::join!(connecting, cancelling);
    assert!(matches!(error, Err(apps::Error::Cancelled)), "{error:?}");
    assert!(house.apps.list().await.expect("listed").is_empty());
}
