//! An app's face: its name, its picture and its colour, from servers that change their minds, fail, or mean harm; and the
//! name that the user gives it.

mod house;
#[path = "dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

use std::sync::{Arc, Mutex, PoisonError};

use flowdeck::{
    demo::DemoServer,
    model::app::{App, Icon, KeepKey},
};
use house::House;
use serde_json::{Value, json};
use server::{Reply, Server, answer, json as json_answer};

/// What the server says at the moment.
#[derive(Clone)]
struct Says {
    /// `None`: it fails.
    site: Option<Value>,
    name: &'static str,
    picture: Reply,
}

struct Host {
    server: Server,
    says: Arc<Mutex<Says>>,
}

/// Eight by eight, and no more of it than what says so.
fn png(width: u32) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &8_u32.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
}

fn picture(id: &str) -> Value {
    json!({"title": "Contracts", "icon_type": "image", "icon": id, "icon_url": format!("/files/{id}/preview?sign={}", uuid::Uuid::new_v4())})
}

impl Host {
    async fn start(says: Says) -> Self {
        let says = Arc::new(Mutex::new(says));
        let now = Arc::clone(&says);
        let server = Server::start(move |request| {
            let says = now.lock().unwrap_or_else(PoisonError::into_inner).clone();
            match request.path() {
                path if path.ends_with("/preview") => says.picture,
                _ if request.header("authorization").is_none() => {
                    json_answer("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#)
                }
                "/v1/parameters" => json_answer("200 OK", r#"{"user_input_form": []}"#),
                "/v1/info" => json_answer("200 OK", &json!({"name": says.name, "mode": "workflow"}).to_string()),
                "/v1/site" => match says.site {
                    Some(site) => json_answer("200 OK", &site.to_string()),
                    None => {
                        json_answer("500 INTERNAL SERVER ERROR", r#"{"code": "internal_server_error", "status": 500}"#)
                    }
                },
                _ => json_answer("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
            }
        })
        .await;
        Self { server, says }
    }

    fn say(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap_or_else(PoisonError::into_inner));
    }

    async fn connect(&self, house: &House) -> App {
        let url = self.server.url("/v1");
        house.apps.connect(url.as_str(), "app-x", KeepKey::Session, Some(url.as_str())).await.expect("connected")
    }

    fn fetches(&self) -> usize {
        self.server.requests().iter().filter(|request| request.path().ends_with("/preview")).count()
    }
}

fn says(site: Value) -> Says {
    Says { site: Some(site), name: "contracts-flow", picture: answer("200 OK", "Content-Type: image/png\r\n", png(8)) }
}

fn is_picture(app: &App) -> bool {
    matches!(&app.branding.icon, Icon::Image(data) if data.starts_with("data:image/png;base64,"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_fetched_once_and_kept_until_the_server_names_another_one() {
    let host = Host::start(says(picture("one"))).await;
    let house = House::new().await;
    let app = host.connect(&house).await;
    assert!(is_picture(&app));
    assert_eq!(host.fetches(), 1);
    assert!(
        host.server
            .requests()
            .iter()
            .filter(|request| request.path().ends_with("/preview"))
            .all(|request| request.header("authorization").is_none()),
        "links to files never get the key"
    );

    host.say(|says| says.site = Some(picture("one")));
    assert!(is_picture(&house.apps.refresh(&app.id).await.expect("read anew")));
    assert_eq!(host.fetches(), 1, "the link is a new one, the picture is not");

    host.say(|says| {
        says.site = Some(picture("two"));
        says.picture = answer("403 FORBIDDEN", "", b"expired".as_slice());
    });
    let kept = house.apps.refresh(&app.id).await.expect("read anew");
    assert_eq!(kept.branding.icon, app.branding.icon, "one that cannot be had leaves the one before");

    host.say(|says| says.picture = answer("200 OK", "", png(9)));
    let fresh = house.apps.refresh(&app.id).await.expect("read anew");
    assert!(is_picture(&fresh) && fresh.branding.icon != app.branding.icon, "and is asked for again");

    host.say(|says| says.site = Some(json!({"title": "Contracts", "icon_type": "emoji", "icon": "🦜"})));
    let emoji = house.apps.refresh(&app.id).await.expect("read anew");
    assert_eq!(emoji.branding.icon, Icon::Emoji("🦜".into()));

    let offline = House::on(house.leave().await).await;
    drop(host);
    let listed = offline.apps.list().await.expect("listed");
    assert_eq!(listed[0].branding, emoji.branding, "the store tells it without a network");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_picture_to_be_shown_is_an_initial_in_a_colour_of_its_own() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice();
    let large = [png(8), vec![0; 600 * 1024]].concat();
    for (what, reply) in [
        ("a program", answer("200 OK", "Content-Type: image/svg+xml\r\n", svg)),
        ("a page that calls itself a picture", answer("200 OK", "Content-Type: image/png\r\n", b"<html>".as_slice())),
        ("too large a file", answer("200 OK", "Content-Type: image/png\r\n", large)),
        ("too many pixels", answer("200 OK", "Content-Type: image/png\r\n", png(60_000))),
        ("gone", answer("404 NOT FOUND", "", b"".as_slice())),
    ] {
        let host = Host::start(Says { picture: reply, ..says(picture("one")) }).await;
        let house = House::new().await;
        let app = host.connect(&house).await;
        assert_eq!(app.branding.icon, Icon::Initial, "{what}");
        let colour = app.branding.icon_background.clone().expect("a colour of its own");
        assert_eq!(
            house.apps.list().await.expect("listed")[0].branding.icon_background,
            Some(colour),
            "{what}: it stays"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_fails_once_takes_nothing_away_and_one_that_changes_shows() {
    let full = json!({"title": "Contracts", "icon_type": "emoji", "icon": "🦜", "icon_background": "rgb(213, 245, 246)",
        "copyright": "© Northwind", "custom_disclaimer": "Check it.", "privacy_policy": "https://example.com/privacy",
        "default_language": "zh-Hans", "show_workflow_steps": false});
    let host = Host::start(says(full)).await;
    let house = House::new().await;
    let app = host.connect(&house).await;
    assert_eq!(app.branding.icon_background.as_deref(), Some("#d5f5f6"));
    assert!(!app.branding.show_workflow_steps);

    host.say(|says| says.site = None);
    let after = house.apps.refresh(&app.id).await.expect("the form is read all the same");
    assert_eq!(after.branding, app.branding, "neither name nor face nor notices are gone");

    host.say(|says| {
        says.site = Some(json!({"title": "Leases", "show_workflow_steps": true, "icon_background": "url(https://x)"}))
    });
    let changed = house.apps.refresh(&app.id).await.expect("read anew").branding;
    assert_eq!((changed.title.as_str(), changed.show_workflow_steps), ("Leases", true));
    assert_eq!(
        (changed.copyright, changed.custom_disclaimer, changed.privacy_policy),
        (None, None, None),
        "taken back"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_the_user_gives_wins_lasts_and_can_be_taken_back() {
    let host = Host::start(Says { name: "", ..says(json!({})) }).await;
    let house = House::new().await;
    let app = host.connect(&house).await;
    assert!(app.branding.untitled, "the page asks how it shall be called");
    assert_eq!((app.branding.title.as_str(), app.given_name.as_deref()), ("127.0.0.1", None));

    let named = house.apps.rename(&app.id, "  Our\ncontracts\u{202e} ").await.expect("renamed");
    assert_eq!(named.branding.title, "Our contracts");
    host.say(|says| says.name = "contracts-flow");
    let refreshed = house.apps.refresh(&app.id).await.expect("read anew");
    assert_eq!(
        (refreshed.branding.title.as_str(), refreshed.server_title.as_str()),
        ("Our contracts", "contracts-flow"),
        "an own name wins over the server's, which is known all the same"
    );

    let house = House::on(house.leave().await).await;
    assert_eq!(house.apps.list().await.expect("listed")[0].branding.title, "Our contracts", "at the next start, too");
    let back = house.apps.rename(&app.id, "").await.expect("taken back");
    assert_eq!((back.branding.title.as_str(), back.given_name), ("contracts-flow", None));
    let same = house.apps.rename(&app.id, "contracts-flow").await.expect("no name of its own");
    assert_eq!(same.given_name, None, "so that the server's next name shows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_keeps_the_name_it_was_given_when_it_is_added_again() {
    let house = House::new().await;
    let demo = house.apps.connect_demo().await.expect("the demo");
    house.apps.rename(&demo[0].id, "Practice").await.expect("renamed");
    house.apps.remove(&demo[0].id).await.expect("removed");
    let again = house.apps.connect_demo().await.expect("the demo again");
    assert_eq!(again[0].branding.title, "Practice");
    assert_eq!(again[0].server_title, demo[0].branding.title);
    // It is a server like any other: nothing of it was left running.
    drop(DemoServer::start().await.expect("another one"));
}
