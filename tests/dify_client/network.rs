//! Ways out of an office: private authorities, proxies with and without a login, both versions of HTTP.

use std::time::Duration;

use flowdeck::dify::{
    self, CertificateError, Client, Connection, Error, Key, Limits, Proxy as ProxyOf, ProxyLogin, Route, Transport,
    connect_probe, probe_addresses, read_certificates, write_certificates,
};
use serde_json::Map;
use url::Url;

use crate::{
    KEY, USER,
    proxy::Proxy,
    server::{Server, answer, json},
    tls::{AUTHORITY, Authority, TlsServer},
};

const OK_FORM: &str = r#"{"user_input_form": []}"#;
const STREAM: &str = "event: ping\n\ndata: {\"event\": \"workflow_finished\", \"task_id\": \"t\", \
    \"workflow_run_id\": \"r\", \"data\": {\"status\": \"succeeded\", \"outputs\": {}}}\n\n";
/// 2026-11-21, and a moment after every certificate here has expired.
const NOW: i64 = 1_795_000_000_000;
const LATER: i64 = 4_000_000_000_000;

fn client(route: &Route, base_url: &str) -> Client {
    client_with(route, base_url, Limits::default())
}

fn client_with(route: &Route, base_url: &str, limits: Limits) -> Client {
    let base_url = Url::parse(base_url).expect("a sound address");
    let key = Key::new(KEY).expect("a sound key");
    Client::through(route, Connection { base_url, key, user: USER.to_owned() }, limits).expect("a client")
}

fn trusting(authority: &Authority) -> Route {
    Route { trusted: read_certificates(authority.pem().as_bytes(), NOW).expect("certificates"), ..Route::default() }
}

/// Everything but this computer goes through the proxy at this port.
fn through(scheme: &str, port: u16, login: Option<(&str, &str)>) -> ProxyOf {
    ProxyOf::Manual {
        address: Url::parse(&format!("{scheme}://127.0.0.1:{port}")).expect("a sound address"),
        login: login.map(|(user, password)| ProxyLogin { user: user.into(), password: password.into() }),
        bypass: String::new(),
    }
}

async fn failure(client: &Client) -> (Transport, Option<String>) {
    match client.parameters().await.expect_err("it cannot work") {
        Error::Transport { kind, subject, .. } => (kind, subject),
        other => panic!("not a matter of transport: {other:?}"),
    }
}

async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}

#[tokio::test]
async fn a_private_authority_is_refused_until_its_certificate_is_added() {
    let office = Authority::new();
    let server = TlsServer::http1(&office, |_| json("200 OK", OK_FORM)).await;
    let address = format!("https://localhost:{}/v1", server.port);

    let (kind, _) = failure(&client(&Route::default(), &address)).await;
    assert_eq!(kind, Transport::Tls, "the system does not know the office");
    let (kind, _) = failure(&client(&trusting(&Authority::new()), &address)).await;
    assert_eq!(kind, Transport::Tls, "another office does not vouch for it");
    client(&trusting(&office), &address).parameters().await.expect("the office vouches for its server");

    let candidates = probe_addresses(&address).expect("an address");
    let found = connect_probe(&candidates, &Route::default(), &Limits::default()).await.expect_err("unknown");
    assert!(matches!(found, Error::Transport { kind: Transport::Tls, .. }), "probing trusts no more: {found:?}");
    connect_probe(&candidates, &trusting(&office), &Limits::default()).await.expect("probing trusts no less");
}

#[tokio::test]
async fn a_server_that_signed_its_own_certificate_is_trusted_under_its_name_once_it_was_added() {
    let own = Authority::of_itself(&["localhost"]);
    let server = TlsServer::showing(&own, |_| json("200 OK", OK_FORM)).await;
    let address = format!("https://localhost:{}/v1", server.port);
    assert_eq!(failure(&client(&Route::default(), &address)).await.0, Transport::Tls, "nobody knows it");
    client(&trusting(&own), &address).parameters().await.expect("it is the one that was added");
    let twin = Authority::of_itself(&["localhost"]);
    assert_eq!(failure(&client(&trusting(&twin), &address)).await.0, Transport::Tls, "another of the same name is not");
    let by_number = format!("https://127.0.0.1:{}/v1", server.port);
    assert_eq!(failure(&client(&trusting(&own), &by_number)).await.0, Transport::Tls, "its name is part of it");
}

#[tokio::test]
async fn both_versions_of_http_carry_runs() {
    let office = Authority::new();
    let kind_of = |path: &str| if path == "/v1/workflows/run" { "text/event-stream" } else { "application/json" };
    let body_of = |path: &str| if path == "/v1/workflows/run" { STREAM } else { OK_FORM };
    let second = TlsServer::http2(&office, move |path| (kind_of(path), body_of(path))).await;
    let first = TlsServer::http1(&office, move |request| {
        let kind = kind_of(request.path());
        answer("200 OK", &format!("Content-Type: {kind}\r\n"), body_of(request.path()))
    })
    .await;
    for server in [&first, &second] {
        let client = client(&trusting(&office), &format!("https://localhost:{}/v1", server.port));
        client.parameters().await.expect("a small answer");
        let mut stream = client.run(Map::new(), "").await.expect("a stream");
        let mut events = 0;
        while let Some(event) = stream.next().await {
            event.expect("a sound event");
            events += 1;
        }
        assert!(events >= 1, "the end of the run is heard on port {}", server.port);
    }
}

#[test]
fn certificates_are_read_in_every_form_people_have_them() {
    let (one, two) = (Authority::new(), Authority::new());
    for (what, file, count) in [
        ("PEM", one.pem().into_bytes(), 1),
        ("DER", one.der(), 1),
        ("several, with words between them", format!("# office\r\n{}\nold:\n{}", one.pem(), two.pem()).into_bytes(), 2),
        ("twice the same", format!("{}{}", one.pem(), one.pem()).into_bytes(), 1),
        ("beside a key", format!("{}{}", one.key_pem(), one.pem()).into_bytes(), 1),
        ("beside an expired one", format!("{}{}", Authority::until(2020).pem(), one.pem()).into_bytes(), 1),
    ] {
        let found = read_certificates(&file, NOW).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(found.len(), count, "{what}");
        assert!(found.iter().all(|certificate| certificate.name == AUTHORITY), "{what}: {found:?}");
        assert!(found.iter().all(|certificate| certificate.expires_at == 3_976_214_400_000), "2096 begins: {found:?}");
    }
    let key = format!("{}{}", one.key_pem(), one.pem());
    let kept = write_certificates(&read_certificates(key.as_bytes(), NOW).expect("certificates"));
    assert!(!kept.contains("PRIVATE KEY"), "a key is never kept");
    assert_eq!(read_certificates(kept.as_bytes(), NOW).expect("certificates").len(), 1, "what was kept is read again");
}

#[test]
fn files_without_a_usable_certificate_are_told_apart() {
    let authority = Authority::new();
    let key_der = rcgen::KeyPair::generate().expect("a key pair").serialize_der();
    for (what, file, why) in [
        ("nothing", Vec::new(), CertificateError::None),
        ("a text", b"hello".to_vec(), CertificateError::None),
        ("noise", vec![0x30, 0x82, 0xFF, 0xFF, 0x30], CertificateError::None),
        ("half a certificate", authority.der()[..200].to_vec(), CertificateError::None),
        (
            "broken PEM",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
            CertificateError::None,
        ),
        ("a private key", authority.key_pem().into_bytes(), CertificateError::PrivateKey),
        ("a private key in DER", key_der, CertificateError::PrivateKey),
        ("an expired one", Authority::until(2020).der(), CertificateError::Expired(1_577_836_800_000)),
    ] {
        assert_eq!(read_certificates(&file, NOW).map(|_| ()), Err(why), "{what}");
    }
    let later = read_certificates(authority.pem().as_bytes(), LATER);
    assert!(matches!(later, Err(CertificateError::Expired(_))), "what was added once may expire: {later:?}");
}

#[tokio::test]
async fn a_tunnel_leads_to_the_server_and_a_login_opens_it() {
    let office = Authority::new();
    let server = TlsServer::http1(&office, |_| json("200 OK", OK_FORM)).await;
    let open = Proxy::tunnels(server.port, |_| Ok(())).await;
    let route = |proxy| Route { proxy, ..trusting(&office) };
    let address = "https://dify.test/v1";

    client(&route(through("http", open.port, None)), address).parameters().await.expect("through the tunnel");
    let asked = &open.requests()[0];
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("CONNECT", "dify.test:443"),
        "the proxy finds the name"
    );
    assert!(asked.header("authorization").is_none(), "the key is for the server alone");

    let closed = Proxy::tunnels(server.port, |request| {
        // anna:s3cret p@ss
        match request.header("proxy-authorization") {
            Some("Basic YW5uYTpzM2NyZXQgcEBzcw==") => Ok(()),
            _ => Err("407 Proxy Authentication Required"),
        }
    })
    .await;
    let name = Some(format!("127.0.0.1:{}", closed.port));
    let told = failure(&client(&route(through("http", closed.port, None)), address)).await;
    assert_eq!(told, (Transport::ProxyLoginNeeded, name.clone()));
    let wrong = Some(("anna", "wrong"));
    let told = failure(&client(&route(through("http", closed.port, wrong)), address)).await;
    assert_eq!(told, (Transport::ProxyLoginRefused, name));
    let right = Some(("anna", "s3cret p@ss"));
    client(&route(through("http", closed.port, right)), address).parameters().await.expect("with the login");
}

#[tokio::test]
async fn over_plain_http_the_proxy_hears_the_login_and_says_what_it_wants() {
    let proxy = Server::start(|request| match request.header("proxy-authorization") {
        Some("Basic YW5uYTpzM2NyZXQ=") => json("200 OK", OK_FORM),
        _ => answer("407 Proxy Authentication Required", "Proxy-Authenticate: Basic\r\n", ""),
    })
    .await;
    let port = proxy.url("/").port().expect("a port");
    let route = |login| Route { proxy: through("http", port, login), ..Route::default() };
    let address = "http://dify.test/v1";
    assert_eq!(failure(&client(&route(None), address)).await.0, Transport::ProxyLoginNeeded);
    assert_eq!(failure(&client(&route(Some(("anna", "x"))), address)).await.0, Transport::ProxyLoginRefused);
    client(&route(Some(("anna", "s3cret"))), address).parameters().await.expect("with the login");
    assert!(proxy.requests().iter().all(|request| request.target.starts_with("http://dify.test/")));

    let origin = Server::always(answer("407 Proxy Authentication Required", "", "")).await;
    let error = client(&route(None), origin.url("/v1").as_str()).parameters().await.expect_err("no such status");
    assert_eq!(
        error.status(),
        Some(407),
        "no proxy stands before this computer, so it is the server's word: {error:?}"
    );
}

#[tokio::test]
async fn socks_proxies_work_with_their_login() {
    let office = Authority::new();
    let server = TlsServer::http1(&office, |_| json("200 OK", OK_FORM)).await;
    let socks = Proxy::socks(server.port, "anna", "s3cret").await;
    let route = |login| Route { proxy: through("socks5h", socks.port, login), ..trusting(&office) };
    let address = "https://dify.test/v1";
    client(&route(Some(("anna", "s3cret"))), address).parameters().await.expect("through the proxy");
    assert_eq!(failure(&client(&route(Some(("anna", "x"))), address)).await.0, Transport::ProxyLoginRefused);
    assert_eq!(failure(&client(&route(None), address)).await.0, Transport::ProxyLoginNeeded);
    let nobody = Route { proxy: through("socks5h", closed_port().await, None), ..Route::default() };
    assert_eq!(failure(&client(&nobody, address)).await.0, Transport::ProxyUnreachable);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_from_a_server_that_is_not() {
    let port = closed_port().await;
    let absent = Route { proxy: through("http", port, None), ..Route::default() };
    for address in ["https://dify.test/v1", "http://dify.test/v1"] {
        let told = failure(&client(&absent, address)).await;
        assert_eq!(told, (Transport::ProxyUnreachable, Some(format!("127.0.0.1:{port}"))), "{address}");
    }
    for verdict in ["403 Forbidden", "503 Service Unavailable"] {
        let strict = Proxy::tunnels(0, move |_| Err(verdict)).await;
        let route = Route { proxy: through("http", strict.port, None), ..Route::default() };
        let (kind, _) = failure(&client(&route, "https://dify.test/v1")).await;
        assert_eq!(kind, Transport::ProxyRefused, "{verdict}: it is there, and opens no way");
    }
    let silent = Proxy::silent().await;
    let route = Route { proxy: through("http", silent.port, None), ..Route::default() };
    let limits = Limits { connect: Duration::from_millis(200), ..Limits::default() };
    let (kind, _) = failure(&client_with(&route, "https://dify.test/v1", limits)).await;
    assert_eq!(kind, Transport::ConnectTimeout, "it took the connection: what is behind it does not answer");
}

#[tokio::test]
async fn what_is_listed_and_this_computer_need_no_proxy() {
    let server = Server::always(json("200 OK", OK_FORM)).await;
    let absent = through("http", closed_port().await, None);
    let route = Route { proxy: absent, ..Route::default() };
    client(&route, server.url("/v1").as_str()).parameters().await.expect("this computer is asked directly");
    let address = format!("http://localhost:{}/v1", server.url("/").port().expect("a port"));
    client(&route, &address).parameters().await.expect("by name as well");
}

#[tokio::test]
async fn waiting_in_vain_is_said_with_its_place_and_its_seconds() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = server.local_addr().expect("a bound socket");
    let limits =
        Limits { connect: Duration::from_millis(300), answer: Duration::from_millis(1200), ..Limits::default() };
    // The system takes the connection, and nobody speaks.
    let told = failure(&client_with(&Route::default(), &format!("http://{address}/v1"), limits.clone())).await;
    assert_eq!(told, (Transport::Timeout, Some("1".into())), "it stood, and no answer came");
    let told = failure(&client_with(&Route::default(), &format!("https://{address}/v1"), limits)).await;
    assert_eq!(told, (Transport::ConnectTimeout, Some("1".into())), "without TLS there is no connection yet");
}

#[tokio::test]
async fn a_server_that_sends_on_is_named_and_gets_no_key() {
    let stranger = Server::always(json("200 OK", OK_FORM)).await;
    for status in ["301 MOVED", "302 FOUND", "303 SEE OTHER", "307 TEMPORARY", "308 PERMANENT"] {
        let to = format!("Location: {}\r\n", stranger.url("/v1/parameters?user=x"));
        let server = Server::always(answer(status, &to, "")).await;
        let told = failure(&client(&Route::default(), server.url("/v1").as_str())).await;
        let origin = stranger.url("/").origin().ascii_serialization();
        assert_eq!(told, (Transport::Redirect, Some(origin)), "{status}: another port is another place");
    }
    assert!(stranger.requests().is_empty(), "nothing was sent there");
}

#[tokio::test]
async fn a_run_that_is_sent_on_inside_its_origin_is_not_turned_into_a_question() {
    for (status, follows) in
        [("301 MOVED", false), ("302 FOUND", false), ("303 SEE OTHER", false), ("308 PERMANENT", true)]
    {
        let server = Server::start(move |request| match request.path() {
            "/v1/workflows/run" => answer(status, "Location: /v2/workflows/run\r\n", ""),
            _ => json("200 OK", r#"{"workflow_run_id": "r", "data": {"id": "r", "status": "succeeded"}}"#),
        })
        .await;
        let run = client(&Route::default(), server.url("/v1").as_str()).run(Map::new(), "").await;
        assert_eq!(run.is_ok(), follows, "{status}");
        let methods: Vec<String> = server.requests().into_iter().map(|request| request.method).collect();
        let expected = if follows { vec!["POST", "POST"] } else { vec!["POST"] };
        assert_eq!(methods, expected, "{status}: a GET would start nothing and look like an answer");
    }
}

#[tokio::test]
async fn the_same_host_with_encryption_is_taken_while_no_key_is_under_way() {
    let office = Authority::new();
    let unauthorized = r#"{"code":"unauthorized","message":"m","status":401}"#;
    let secure = TlsServer::http1(&office, move |_| json("401 UNAUTHORIZED", unauthorized)).await;
    let tunnel = Proxy::tunnels(secure.port, |request| {
        if request.method == "CONNECT" {
            return Ok(());
        }
        Err("301 Moved\r\nLocation: https://dify.test/v1/parameters?user=probe")
    })
    .await;
    let route = Route { proxy: through("http", tunnel.port, None), ..trusting(&office) };
    let candidates = probe_addresses("http://dify.test").expect("an address");
    let found = connect_probe(&candidates, &route, &Limits::default()).await.expect("along the redirect");
    assert_eq!((found.base_url.as_str(), found.elsewhere), ("https://dify.test/v1", false), "no question is needed");

    let told = failure(&client(&route, "http://dify.test/v1")).await;
    assert_eq!(told, (Transport::Redirect, Some("https://dify.test".into())), "the key does not follow by itself");
    let tunnels = tunnel.requests().iter().filter(|request| request.method == "CONNECT").count();
    assert_eq!(tunnels, 1, "only the probe went there");
    assert!(dify::is_plain_http(&Url::parse("http://dify.test/v1").expect("a sound address")));
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let server = Server::always(answer(
        "200 OK",
        "Content-Type: application/json\r\nSet-Cookie: session=app-test-key; Path=/\r\n",
        OK_FORM,
    ))
    .await;
    let client = client(&Route::default(), server.url("/v1").as_str());
    for _ in 0..2 {
        client.parameters().await.expect("answered");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.header("cookie").is_none()), "servers put the key into a cookie");
}

/// The environment belongs to the whole process, so this test starts itself once more with another one.
#[tokio::test]
async fn the_environments_proxy_is_taken_by_itself_also_on_a_system_without_certificates() {
    const AGAIN: &str = "FLOWDECK_TEST_IN_ANOTHER_ENVIRONMENT";
    let name = "network::the_environments_proxy_is_taken_by_itself_also_on_a_system_without_certificates";
    if let Ok(local) = std::env::var(AGAIN) {
        client(&Route::default(), "http://dify.test/v1").parameters().await.expect("through the environment's proxy");
        client(&Route::default(), &local).parameters().await.expect("and this computer without it");
        let off = Route { proxy: ProxyOf::Off, ..Route::default() };
        let (kind, _) = failure(&client(&off, &format!("http://{}.invalid/v1", "x".repeat(64)))).await;
        assert_eq!(kind, Transport::Dns, "without a proxy the name is asked for here");
        return;
    }
    let proxy = Server::start(|request| match request.header("proxy-authorization") {
        Some("Basic YW5uYTpzM2NyZXQ=") => json("200 OK", OK_FORM),
        _ => answer("407 Proxy Authentication Required", "", ""),
    })
    .await;
    let local = Server::always(json("200 OK", OK_FORM)).await;
    let mut again = std::process::Command::new(std::env::current_exe().expect("this test's file"));
    again
        .args([name, "--exact"])
        .env(AGAIN, local.url("/v1").as_str())
        .env("HTTP_PROXY", format!("http://anna:s3cret@127.0.0.1:{}", proxy.url("/").port().expect("a port")))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("SSL_CERT_FILE", "/dev/null")
        .env("SSL_CERT_DIR", "/nonexistent");
    let output = tokio::task::spawn_blocking(move || again.output()).await.expect("it ran").expect("it started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(proxy.requests().len(), 1, "the one request to another computer");
    assert_eq!(local.requests().len(), 1, "the one to this computer");
}
