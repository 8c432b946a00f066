//! The network settings behind the window: kept, used by the next request, and asked about before a key goes out.

mod house;
#[path = "dify_client/proxy.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod proxy;
#[path = "dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;
#[path = "dify_client/tls.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod tls;

use flowdeck::{
    apps,
    dify::{self, CertificateError, Transport},
    model::{
        app::{ConnectionOptions, KeepKey, KeyState, Origin, ResponseMode},
        network::{ManualProxy, NetworkSettings, ProxyChoice},
    },
    network,
};
use house::House;
use server::{Reply, Request, Server, answer, json};
use tls::{AUTHORITY, Authority, TlsServer};

const NOW: i64 = 1_795_000_000_000;
const LATER: i64 = 4_000_000_000_000;

/// A Dify app without a name of its own.
fn dify(request: &Request) -> Reply {
    match (request.header("authorization"), request.path().rsplit('/').next()) {
        (None, _) => json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#),
        (_, Some("parameters")) => json("200 OK", r#"{"user_input_form": []}"#),
        _ => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    }
}

async fn use_proxy(house: &House, port: u16) -> NetworkSettings {
    let manual = ManualProxy { address: format!("127.0.0.1:{port}"), ..ManualProxy::default() };
    house.network.set_proxy(ProxyChoice::Manual, manual, NOW).await.expect("set")
}

#[tokio::test]
async fn an_added_certificate_makes_the_offices_server_reachable_until_it_is_removed() {
    let office = Authority::new();
    let server = TlsServer::http1(&office, dify).await;
    let address = format!("https://localhost:{}", server.port);
    let house = House::new().await;
    let connect = || house.apps.connect(&address, "app-x", KeepKey::Session, None);

    let stranger = connect().await.expect_err("nobody vouches for it");
    assert!(
        matches!(&stranger, apps::Error::Dify(dify::Error::Transport { kind: Transport::Tls, .. })),
        "{stranger:?}"
    );
    let settings =
        house.network.add_certificates("office.pem", office.pem().as_bytes(), NOW).await.expect("a certificate");
    let added = settings.certificates.expect("shown");
    assert_eq!((added.file_name.as_str(), added.certificates.len()), ("office.pem", 1));
    assert_eq!((added.certificates[0].name.as_str(), added.certificates[0].expired), (AUTHORITY, false));
    let app = connect().await.expect("the next request knows it");

    let folder = house.leave().await;
    let house = House::on(folder).await;
    let kept = house.network.settings(NOW).await.expect("read").certificates.expect("its copy outlives the program");
    assert_eq!(kept, added);
    let late = house.network.settings(LATER).await.expect("read").certificates.expect("still shown");
    assert!(late.certificates[0].expired, "what has expired is said to have");
    assert!(house.network.route(LATER).await.expect("a route").trusted.is_empty(), "and vouches for nothing");

    let removed = house.network.remove_certificates(NOW).await.expect("removed");
    assert_eq!(removed.certificates, None);
    let again = house.apps.replace_key(&app.id, "app-y", KeepKey::Session, None).await.expect_err("unknown again");
    assert!(matches!(&again, apps::Error::Dify(dify::Error::Transport { kind: Transport::Tls, .. })), "{again:?}");
}

#[tokio::test]
async fn a_file_that_does_not_help_changes_nothing() {
    let house = House::new().await;
    let office = Authority::new();
    house.network.add_certificates("office.pem", office.pem().as_bytes(), NOW).await.expect("a certificate");
    for (file, why) in [
        (b"hello".to_vec(), CertificateError::None),
        (office.key_pem().into_bytes(), CertificateError::PrivateKey),
        (Authority::until(2020).der(), CertificateError::Expired(1_577_836_800_000)),
    ] {
        let refused = house.network.add_certificates("other.pem", &file, NOW).await;
        assert!(matches!(&refused, Err(network::Error::Certificates(error)) if *error == why), "{refused:?}");
    }
    let kept = house.network.settings(NOW).await.expect("read").certificates.expect("kept");
    assert_eq!(kept.file_name, "office.pem", "the good one stays");
}

#[tokio::test]
async fn no_key_goes_out_unencrypted_before_the_user_agreed_to_that_address() {
    let proxy = Server::start(dify).await;
    let house = House::new().await;
    use_proxy(&house, proxy.url("/").port().expect("a port")).await;
    let connect = |accepted| house.apps.connect("http://dify.test", "app-x", KeepKey::Session, accepted);

    for accepted in [None, Some("http://other.test/v1"), Some("https://dify.test/v1")] {
        let asked = connect(accepted).await.expect_err("a question");
        assert!(matches!(&asked, apps::Error::PlainHttp(address) if address == "http://dify.test/v1"), "{asked:?}");
    }
    let seen = proxy.requests();
    assert!(seen.iter().all(|request| request.header("authorization").is_none()), "only the probe went out");
    let app = connect(Some("http://dify.test/v1")).await.expect("agreed");
    assert!(proxy.requests().iter().any(|request| request.header("authorization") == Some("Bearer app-x")));

    house.apps.replace_key(&app.id, "app-y", KeepKey::Session, None).await.expect("it is not asked twice");
}

#[tokio::test]
async fn falling_from_https_to_http_is_asked_about_as_well() {
    // A host inside the network, its scheme not typed: no tunnel to it opens, plain http is answered.
    let proxy = Server::start(|request| match request.method.as_str() {
        "CONNECT" => answer("502 Bad Gateway", "", ""),
        _ => dify(request),
    })
    .await;
    let house = House::new().await;
    use_proxy(&house, proxy.url("/").port().expect("a port")).await;
    let asked = house.apps.connect("dify.internal", "app-x", KeepKey::Session, None).await.expect_err("a question");
    assert!(matches!(&asked, apps::Error::PlainHttp(address) if address == "http://dify.internal/v1"), "{asked:?}");
    assert!(proxy.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn a_proxy_holds_for_the_next_request_and_never_for_this_computer() {
    let house = House::new().await;
    let gone = Server::always(json("200 OK", "{}")).await;
    let port = gone.url("/").port().expect("a port");
    drop(gone);
    let settings = use_proxy(&house, port).await;
    assert_eq!(settings.manual.address, format!("http://127.0.0.1:{port}"), "as it will be used");
    let failed = house.apps.connect("https://dify.test", "app-x", KeepKey::Session, None).await.expect_err("no proxy");
    assert!(
        matches!(&failed, apps::Error::Dify(dify::Error::Transport { kind: Transport::ProxyUnreachable, .. })),
        "{failed:?}"
    );
    let demo = house.apps.connect_demo().await.expect("the built-in server needs no proxy");
    house.apps.refresh(&demo[0].id).await.expect("nor does its app");
    let here = Server::start(dify).await;
    house.apps.connect(here.url("/v1").as_str(), "app-x", KeepKey::Session, None).await.expect("nor any local one");

    let off = house.network.set_proxy(ProxyChoice::Off, settings.manual.clone(), NOW).await.expect("set");
    assert_eq!((off.proxy, off.manual), (ProxyChoice::Off, settings.manual), "what was entered is kept for later");
    assert!(matches!(house.network.route(NOW).await.expect("a route").proxy, dify::Proxy::Off));
}

#[tokio::test]
async fn a_password_is_used_and_never_stored() {
    let proxy = Server::start(|request| match request.header("proxy-authorization") {
        // anna:s3cret
        Some("Basic YW5uYTpzM2NyZXQ=") => dify(request),
        _ => answer("407 Proxy Authentication Required", "Proxy-Authenticate: Basic\r\n", ""),
    })
    .await;
    let port = proxy.url("/").port().expect("a port");
    let house = House::new().await;
    use_proxy(&house, port).await;
    let accepted = Some("http://dify.test/v1");
    let connect = || house.apps.connect("http://dify.test/v1", "app-x", KeepKey::Session, accepted);
    let kind_of = |error: apps::Error| match error {
        apps::Error::Dify(dify::Error::Transport { kind, .. }) => kind,
        other => panic!("not a matter of transport: {other:?}"),
    };
    assert_eq!(kind_of(connect().await.expect_err("no login")), Transport::ProxyLoginNeeded);

    let with_login = ManualProxy { address: format!("http://anna:s3cret@127.0.0.1:{port}/"), ..ManualProxy::default() };
    let settings = house.network.set_proxy(ProxyChoice::Manual, with_login, NOW).await.expect("set");
    assert_eq!((settings.manual.user.as_str(), settings.password != KeyState::Missing), ("anna", true));
    assert_eq!(settings.manual.address, format!("http://127.0.0.1:{port}"), "the login is taken out of the address");
    connect().await.expect("the login opens the proxy");

    let wrong = house.network.set_password("wrong", NOW).await.expect("replaced");
    assert_ne!(wrong.password, KeyState::Missing);
    let refreshed = house.apps.list().await.expect("listed")[0].id.clone();
    assert_eq!(kind_of(house.apps.refresh(&refreshed).await.expect_err("wrong")), Transport::ProxyLoginRefused);
    house.network.set_password("s3cret", NOW).await.expect("kept");
    let removed = house.network.set_password("", NOW).await.expect("forgotten");
    assert_eq!(removed.password, KeyState::Missing);

    house.network.set_password("s3cret", NOW).await.expect("kept");
    let elsewhere = ManualProxy { address: "127.0.0.1:9".into(), user: "anna".into(), ..ManualProxy::default() };
    let settings = house.network.set_proxy(ProxyChoice::Manual, elsewhere, NOW).await.expect("set");
    assert_eq!(settings.password, KeyState::Missing, "another proxy does not get the first one's password");

    let folder = house.leave().await;
    for entry in std::fs::read_dir(folder.path()).expect("the data folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("readable");
            assert!(!bytes.windows(6).any(|window| window == b"s3cret"), "{} holds the password", path.display());
        }
    }
}

#[tokio::test]
async fn what_is_no_proxy_is_refused_and_an_empty_address_means_the_system() {
    let house = House::new().await;
    let manual = |address: &str| ManualProxy { address: address.into(), ..ManualProxy::default() };
    let refused = house.network.set_proxy(ProxyChoice::Manual, manual("http://a/proxy.pac"), NOW).await;
    assert!(matches!(refused, Err(network::Error::ProxyAddress)), "{refused:?}");
    assert_eq!(house.network.settings(NOW).await.expect("read").proxy, ProxyChoice::System, "nothing changed");
    house.network.set_proxy(ProxyChoice::Manual, manual("  "), NOW).await.expect("not entered yet");
    assert!(matches!(house.network.route(NOW).await.expect("a route").proxy, dify::Proxy::System));
}

#[tokio::test]
async fn the_user_of_a_connection_can_be_changed_but_not_of_the_demo() {
    let server = Server::start(dify).await;
    let house = House::new().await;
    let app = house.apps.connect(server.url("/v1").as_str(), "app-x", KeepKey::Session, None).await.expect("connected");
    assert!(app.user.starts_with("flowdeck-"), "made for this connection: {}", app.user);
    let changed = house.apps.set_user(&app.id, "  desk 7 合同 ").await.expect("changed");
    assert_eq!(changed.user, "desk 7 合同");
    let client = house.apps.client(&app.id).await.expect("a client");
    assert_eq!(client.user(), "desk 7 合同", "the next request carries it");
    for user in ["", "  ", "a\nb", &"x".repeat(256)] {
        let refused = house.apps.set_user(&app.id, user).await;
        assert!(matches!(refused, Err(apps::Error::User)), "{user:?}: {refused:?}");
    }
    let demo = house.apps.connect_demo().await.expect("the demo");
    assert_eq!(demo[0].origin, Origin::Demo);
    assert!(house.apps.set_user(&demo[0].id, "me").await.is_err(), "the demo knows one user");
}

#[tokio::test]
async fn how_runs_are_asked_for_is_kept_with_the_app() {
    let server = Server::start(dify).await;
    let house = House::new().await;
    let app = house.apps.connect(server.url("/v1").as_str(), "app-x", KeepKey::Session, None).await.expect("connected");
    assert_eq!(app.options, ConnectionOptions::default(), "the latest version, as a stream");
    let id = "0f9b3f62-2a50-4f43-9c51-2d0c5b7a8e11";
    let wanted = |id: &str| ConnectionOptions { workflow_id: Some(id.into()), response_mode: ResponseMode::Blocking };
    house.apps.set_options(&app.id, wanted(&format!(" {} ", id.to_uppercase()))).await.expect("kept");
    let refused = house.apps.set_options(&app.id, wanted("latest")).await;
    assert!(matches!(refused, Err(apps::Error::WorkflowId)), "{refused:?}");

    let house = House::on(house.leave().await).await;
    assert_eq!(house.apps.options(&app.id).await.expect("read"), wanted(id), "the good one stays, over a restart");
    let usual = ConnectionOptions { workflow_id: Some("  ".into()), ..ConnectionOptions::default() };
    let app = house.apps.set_options(&app.id, usual).await.expect("taken back");
    assert_eq!(app.options, ConnectionOptions::default());
}
