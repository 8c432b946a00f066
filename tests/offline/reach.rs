//! Which servers are out of reach, and since when there is no network at all.

use std::{sync::Arc, time::Duration};

use flowdeck::model::{
    app::{App, KeepKey},
    event::AppEvent,
    network::{ManualProxy, ProxyChoice},
    offline::{Away, Offline},
};

use super::{
    House, cut_off,
    server::{Reply, Request, Server, json},
    server_at,
};

const NOW: i64 = 1_795_000_000_000;

/// What the page is told next of servers.
async fn told(house: &mut House) -> (Option<Offline>, Vec<Away>) {
    let waiting = async {
        loop {
            if let AppEvent::OfflineChanged { offline, away } = house.events.recv().await.expect("the house stands") {
                return (offline, away);
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it is told")
}

/// A Dify app without a name of its own.
fn dify(request: &Request) -> Reply {
    match (request.header("authorization"), request.path().rsplit('/').next()) {
        (None, _) => json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#),
        (_, Some("parameters")) => json("200 OK", r#"{"user_input_form": []}"#),
        _ => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    }
}

/// All that is far is reached through this place: what happens to it happens to the network.
async fn through(house: &House, port: u16) {
    let manual = ManualProxy { address: format!("127.0.0.1:{port}"), ..ManualProxy::default() };
    house.network.set_proxy(ProxyChoice::Manual, manual, NOW).await.expect("set");
}

async fn connected(house: &House, name: &str) -> App {
    let address = format!("http://{name}/v1");
    house.apps.connect(&address, "app-x", KeepKey::Session, Some(&address)).await.expect("connected")
}

#[tokio::test]
async fn a_server_that_stops_is_away_until_it_comes_back_and_the_network_is_not_gone() {
    let (port, mut house, app) = cut_off().await;
    house.apps.refresh(&app.id).await.expect_err("nobody is there");
    let (offline, away) = told(&mut house).await;
    assert_eq!(offline, None, "this computer is no network, and somebody said that nobody is there");
    let since = away[0].since;
    assert_eq!(away, [Away { app_id: app.id.clone(), since }]);
    assert!((since - flowdeck::apps::now()).abs() < 60_000, "since the first request that failed");
    house.apps.refresh(&app.id).await.expect_err("still nobody");
    assert_eq!(house.network.away()[0].since, since, "also after a second one");

    let _server = server_at(port).await;
    assert_eq!(house.network.away().len(), 1, "nobody asks unasked");
    house.apps.refresh(&app.id).await.expect("it is back");
    assert_eq!(told(&mut house).await, (None, Vec::new()), "which the next request tells");
}

#[tokio::test]
async fn where_no_server_is_reached_there_is_no_network() {
    let house = House::new().await;
    let network = Server::start(dify).await;
    let port = network.url("/").port().expect("a port");
    through(&house, port).await;
    let (one, other) = (connected(&house, "one.test").await, connected(&house, "other.test").await);
    let mut house = house;
    house.network.tells(Arc::clone(&house.emit));
    house.apps.refresh(&one.id).await.expect("reached");
    assert_eq!(house.network.offline(), None);

    drop(network);
    house.apps.refresh(&one.id).await.expect_err("the way is gone");
    let waiting = async {
        loop {
            if let (Some(offline), away) = told(&mut house).await {
                return (offline, away);
            }
        }
    };
    let (offline, away) = waiting.await;
    assert_eq!(away.len(), 2, "the other server was asked, too, before it is said: {away:?}");
    assert_eq!(offline.since, away.iter().map(|away| away.since).min().expect("one"), "since the first of them");
    assert_eq!(house.network.offline(), Some(offline));
    let _ = other;
}

#[tokio::test]
async fn a_check_finds_the_network_again() {
    let house = House::new().await;
    let network = Server::start(dify).await;
    through(&house, network.url("/").port().expect("a port")).await;
    let app = connected(&house, "one.test").await;
    // What is here, and takes no connection.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nowhere = taken.local_addr().expect("an address").port();
    drop(taken);
    through(&house, nowhere).await;
    let mut house = house;
    house.network.tells(Arc::clone(&house.emit));
    house.apps.refresh(&app.id).await.expect_err("the proxy is not there");
    while told(&mut house).await.0.is_none() {}
    through(&house, network.url("/").port().expect("a port")).await;
    let before = network.requests().len();
    house.network.check().await.expect("asked");
    assert_eq!(told(&mut house).await, (None, Vec::new()), "everything is there again");
    let asked = &network.requests()[before..];
    assert_eq!(asked.len(), 1, "one question");
    assert!(asked[0].header("authorization").is_none(), "without a key");
}

/// A port that a server has just given back, or is about to.
async fn taken(port: u16) -> std::net::TcpListener {
    let taking = async {
        loop {
            if let Ok(door) = tokio::net::TcpListener::bind(("127.0.0.1", port)).await {
                return door.into_std().expect("a listener");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // Whoever looks whether somebody came there does not wait: it stays as tokio made it.
    tokio::time::timeout(Duration::from_secs(30), taking).await.expect("the port is free")
}

#[tokio::test]
async fn without_a_network_every_app_is_there_as_it_was() {
    let (port, house, app) = cut_off().await;
    let house = House::on(house.leave().await).await;
    // Where its server was: whoever asks for it is noticed.
    let door = taken(port).await;
    let apps = house.apps.list().await.expect("from the store");
    let asked = door.accept().map(drop).map_err(|error| error.kind());
    assert_eq!(asked, Err(std::io::ErrorKind::WouldBlock), "nobody asks the network");
    drop(door);
    assert_eq!(apps.len(), 1);
    assert_eq!((&apps[0].branding, &apps[0].form), (&app.branding, &app.form), "face and form");
    house.network.look_around().await.expect("looked");
    assert_eq!(house.network.offline(), None, "its server is this computer's own");
}
