//! Files up and down: whole, with their names, without the key where it does not belong.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use flowdeck::{
    dify::{Client, Connection, Error, Key, Limits, Transport, Upload, sent_name},
    model::capability::ServerFacts,
};

use crate::{
    KEY, USER, client_of, client_with,
    server::{Request, Server, Step, answer, html, json},
};

const UPLOADED: &str = r#"{"id":"u1","name":"a","size":3,"extension":"txt","mime_type":"text/plain"}"#;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x20-rest-";

fn upload_of(path: &Path, name: &str) -> Upload {
    Upload { path: path.to_owned(), name: name.to_owned(), mime: "text/plain".into() }
}

/// The parts of a multipart body as (headers, bytes).
fn parts(request: &Request) -> Vec<(String, Vec<u8>)> {
    let content_type = request.header("content-type").expect("a content type");
    let boundary = format!("--{}", content_type.split("boundary=").nth(1).expect("a boundary").trim_matches('"'));
    let mut parts = Vec::new();
    let mut rest = request.body.as_slice();
    while let Some(at) = rest.windows(boundary.len()).position(|window| window == boundary.as_bytes()) {
        if let Some(part) = rest[..at].strip_suffix(b"\r\n")
            && let Some(split) = part.windows(4).position(|window| window == b"\r\n\r\n")
        {
            parts.push((String::from_utf8_lossy(&part[..split]).trim().to_owned(), part[split + 4..].to_vec()));
        }
        rest = &rest[at + boundary.len()..];
    }
    parts
}

#[tokio::test]
async fn an_upload_arrives_intact_with_its_name_and_length() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("source");
    // More than two pieces, not a multiple of their size.
    let bytes: Vec<u8> = (0..700_001_u32).map(|n| n.to_le_bytes()[1] ^ n.to_le_bytes()[0]).collect();
    fs::write(&path, &bytes).expect("a file");
    let server = Server::always(json("201 CREATED", UPLOADED)).await;
    let told = Arc::new(AtomicU64::new(0));
    let seen = told.clone();
    let uploaded = client_of(&server)
        .upload(upload_of(&path, "文档 \"final\" 🎉: a/b.TXT"), move |sent| {
            assert!(seen.swap(sent, Ordering::SeqCst) < sent, "progress only grows");
        })
        .await
        .expect("the server took it");
    assert_eq!(uploaded.id, "u1", "the id that inputs name");
    assert_eq!(told.load(Ordering::SeqCst), bytes.len() as u64, "progress ends at the whole");

    let request = &server.requests()[0];
    assert_eq!(
        request.header("content-length"),
        Some(request.body.len().to_string().as_str()),
        "proxies want a length"
    );
    assert_eq!(request.header("transfer-encoding"), None, "and no chunks");
    let parts = parts(request);
    assert_eq!(parts.len(), 2, "the user and the file");
    assert_eq!(
        parts[0],
        ("Content-Disposition: form-data; name=\"user\"".into(), USER.as_bytes().to_vec()),
        "whose file it is"
    );
    assert_eq!(
        parts[1].0,
        "Content-Disposition: form-data; name=\"file\"; filename=\"文档 _final_ 🎉_ a_b.TXT\"\r\nContent-Type: text/plain",
        "raw UTF-8 as browsers send it, without what servers refuse, and with a type"
    );
    assert!(parts[1].1 == bytes, "every byte in its place");
}

#[tokio::test]
async fn a_part_always_has_a_type_and_an_empty_file_is_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("empty");
    fs::write(&path, "").expect("a file");
    for mime in ["", "nonsense", "text/plain\r\nX: y", "not / a type at all"] {
        let server = Server::always(json("201 CREATED", UPLOADED)).await;
        let upload = Upload { mime: mime.into(), ..upload_of(&path, "") };
        client_of(&server).upload(upload, |_| {}).await.unwrap_or_else(|error| panic!("{mime:?}: {error}"));
        let parts = parts(&server.requests()[0]);
        assert!(
            parts[1].0.ends_with("filename=\"file\"\r\nContent-Type: application/octet-stream"),
            "{mime:?}: a missing type is refused with 415, a missing name with 400: {}",
            parts[1].0
        );
    }
}

#[tokio::test]
async fn uploads_fail_in_ways_that_can_be_told_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.txt");
    fs::write(&path, vec![b'x'; 3_000_000]).expect("a file");
    let server = Server::always(json("413 TOO LARGE", r#"{"code":"file_too_large","message":"","status":413}"#)).await;
    let client = client_of(&server);

    let gone = client.upload(upload_of(&folder.path().join("gone"), "a.txt"), |_| {}).await;
    assert_eq!(gone, Err(Error::File(std::io::ErrorKind::NotFound)), "moved since it was chosen");
    let folder_itself = client.upload(upload_of(folder.path(), "a.txt"), |_| {}).await;
    assert_eq!(folder_itself, Err(Error::File(std::io::ErrorKind::IsADirectory)), "a folder is no file");
    assert!(server.requests().is_empty(), "neither reached the server");
    let refused = client.upload(upload_of(&path, "a.txt"), |_| {}).await.expect_err("too large");
    assert_eq!(refused.status(), Some(413), "{refused}");

    let server = Server::always(html("200 OK", "<title>Login</title>")).await;
    let page = client_of(&server).upload(upload_of(&path, "a.txt"), |_| {}).await.expect_err("a login page");
    assert!(matches!(page, Error::NotDify { .. }), "{page:?}");
    let server = Server::always(json("201 CREATED", "{}")).await;
    let nameless = client_of(&server).upload(upload_of(&path, "a.txt"), |_| {}).await.expect_err("no id");
    assert!(matches!(nameless, Error::Decode { .. }), "{nameless:?}");

    let server = Server::always(vec![Step::Silence]).await;
    let limits = Limits { idle: Duration::from_secs(1), ..Limits::default() };
    let silent = client_with(&server, limits.clone()).upload(upload_of(&path, "a.txt"), |_| {}).await;
    let silent = silent.expect_err("everything was taken, nothing answered");
    assert!(matches!(silent, Error::Transport { kind: Transport::Timeout, .. }), "{silent:?}");

    // More than any socket's buffers hold, for a server that reads none of it.
    fs::File::create(&path).and_then(|file| file.set_len(256 * 1024 * 1024)).expect("a large file");
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base_url = format!("http://{}/v1", deaf.local_addr().expect("a bound socket")).parse().expect("an address");
    let key = Key::new(KEY).expect("a sound key");
    let client = Client::with_limits(Connection { base_url, key, user: USER.to_owned() }, limits).expect("a client");
    let stalled = client.upload(upload_of(&path, "a.txt"), |_| {}).await.expect_err("nothing is taken");
    assert!(matches!(stalled, Error::Transport { kind: Transport::Stalled, .. }), "{stalled:?}");
    drop(deaf);
}

#[test]
fn names_are_made_acceptable_to_every_server() {
    let long = format!("{}.pdf", "长".repeat(300));
    for (name, sent) in [
        ("报告 final.pdf", "报告 final.pdf"),
        ("a/b\\c:d*e?f\"g<h>i|j;k.txt", "a_b_c_d_e_f_g_h_i_j_k.txt"),
        ("line\nbreak\t.txt", "line_break_.txt"),
        ("  .hidden ", ".hidden"),
        ("no extension", "no extension"),
        ("family 👨‍👩‍👧.png", "family 👨‍👩‍👧.png"),
        ("exe.\u{202e}fdp.exe", "exe.fdp.exe"),
        ("", "file"),
        (" ", "file"),
        (long.as_str(), &format!("{}.pdf", "长".repeat(176))),
    ] {
        assert_eq!(sent_name(name), sent, "{name:?}");
    }
}

#[tokio::test]
async fn a_name_is_sent_as_its_server_takes_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("source");
    fs::write(&path, "text").expect("a file");
    let name = "Q3: who? <a|b> *final* \"x\";/.pdf";
    for (version, sent) in [
        (None, "Q3_ who_ _a_b_ _final_ _x___.pdf"),
        (Some("1.12.1"), "Q3_ who_ _a_b_ _final_ _x___.pdf"),
        (Some("1.13.0"), "Q3: who? <a|b> *final* _x___.pdf"),
    ] {
        let server = Server::always(json("201 CREATED", UPLOADED)).await;
        let client = client_of(&server);
        let facts = ServerFacts { version: version.map(str::to_owned), ..ServerFacts::default() };
        client.remember(facts);
        client.upload(upload_of(&path, name), |_| {}).await.expect("taken");
        let head = &parts(&server.requests()[0])[1].0;
        assert!(head.contains(&format!("filename=\"{sent}\"")), "{version:?}: {head}");
    }
}

#[tokio::test]
async fn a_download_comes_whole_without_the_key_and_knows_its_name() {
    let headers = "Content-Type: audio/mpeg\r\nContent-Disposition: attachment; filename=\"x.bin\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A%2Fa.mp3\r\n";
    let server = Server::always(answer("200 OK", headers, vec![7_u8; 300_000])).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = folder.path().join("out.mp3");
    let link = server.url("/files/tools/a.mp3?timestamp=1&nonce=2&sign=3");
    let done = client_of(&server).download(link.as_str(), &to, 1_000_000).await.expect("a file");
    assert_eq!((done.bytes, done.mime.as_deref()), (300_000, Some("audio/mpeg")), "as announced");
    assert_eq!(done.filename.as_deref(), Some("a.mp3"), "the extended name wins, and never leaves its folder");
    assert_eq!(fs::read(&to).expect("the file"), vec![7_u8; 300_000], "every byte");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing else is left");
    assert_eq!(server.requests()[0].header("authorization"), None, "file hosts get no key");
}

#[tokio::test]
async fn relative_and_unreachable_links_lead_to_the_server_itself() {
    let server = Server::start(|request| match request.target.as_str() {
        "/files/a.png?sign=1" => answer("200 OK", "Content-Type: image/png\r\n", PNG),
        _ => html("404 NOT FOUND", "<title>404</title>"),
    })
    .await;
    let client = client_of(&server);
    for link in [
        "/files/a.png?sign=1",
        // A port where nobody listens: port 1 is never given to a program.
        "http://127.0.0.1:1/files/a.png?sign=1",
        &format!("http://{}.invalid:5001/files/a.png?sign=1", "x".repeat(64)),
        "http://169.254.169.254/files/a.png?sign=1",
    ] {
        let picture = client.picture(link).await.unwrap_or_else(|error| panic!("{link}: {error}"));
        assert_eq!((picture.mime, picture.bytes.as_slice()), ("image/png", PNG), "{link}");
    }
    for link in ["file:///etc/passwd", "data:text/html,x", "javascript:alert(1)"] {
        assert_eq!(client.picture(link).await, Err(Error::Address), "{link} is not fetched");
    }
}

#[tokio::test]
async fn a_download_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = folder.path().join("out.bin");
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this".to_vec();
    let endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".iter().copied().chain([b'x'; 5000]).collect();
    for (reply, expected) in [
        (vec![Step::Write(short.clone()), Step::Close], "cut"),
        (vec![Step::Write(short), Step::Silence], "silence"),
        (vec![Step::Write(endless), Step::Close], "larger than"),
        (answer("200 OK", "", [b'x'; 5000]), "larger than"),
        (json("403 FORBIDDEN", r#"{"code":"forbidden","message":"Invalid request."}"#), "403"),
    ] {
        let server = Server::always(reply).await;
        // Little only where it is waited out: a busy machine must not look like a silent server.
        let idle = if expected == "silence" { Duration::from_secs(1) } else { Duration::from_secs(30) };
        let limits = Limits { idle, ..Limits::default() };
        let error = client_with(&server, limits).download("/files/a", &to, 2000).await.expect_err(expected);
        assert!(error.to_string().contains(expected), "{error} should speak of {expected}");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "{expected}: no half file");
    }
}

#[tokio::test]
async fn a_redirect_of_a_file_is_followed_without_the_key() {
    let store = Server::always(answer("200 OK", "Content-Type: image/png\r\n", PNG)).await;
    let to = format!("Location: {}\r\n", store.url("/bucket/a.png"));
    let server = Server::always(answer("302 FOUND", &to, "")).await;
    client_of(&server).picture("/files/a.png").await.expect("object stores are reached by redirects");
    assert_eq!(store.requests()[0].header("authorization"), None, "without the key");

    let server = Server::always(answer("302 FOUND", "Location: http://169.254.169.254/latest\r\n", "")).await;
    let error = client_of(&server).picture("/files/a.png").await.expect_err("not there");
    assert!(matches!(error, Error::Transport { kind: Transport::Redirect, .. }), "{error:?}");
}

#[tokio::test]
async fn a_picture_is_what_its_first_bytes_say() {
    for (bytes, mime) in [
        (PNG, Some("image/png")),
        (b"\xff\xd8\xff\xc0\0\x11\x08\0\x07\0\x08", Some("image/jpeg")),
        (b"GIF89a\x03\0\x04\0", Some("image/gif")),
        (b"RIFF\x10\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x04\0\0\x05\0\0", Some("image/webp")),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<!doctype html>", None),
        (b"", None),
    ] {
        let server = Server::always(answer("200 OK", "Content-Type: image/png\r\n", bytes)).await;
        let picture = client_of(&server).picture("/a").await;
        assert_eq!(picture.ok().map(|picture| picture.mime), mime, "{}", String::from_utf8_lossy(bytes));
    }
    let server = Server::always(answer("200 OK", "", vec![0_u8; 600 * 1024])).await;
    let error = client_of(&server).picture("/a").await.expect_err("too large");
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
}
