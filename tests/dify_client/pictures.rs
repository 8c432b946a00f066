//! Pictures of the web that a result names: only pictures, and nobody learns who asks.

use flowdeck::dify::{Error, Limits, Route, web_picture};
use url::Url;

use crate::server::{Server, answer};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x02\x08\x06\0\0\0";

fn here() -> Url {
    Url::parse("http://127.0.0.1/v1").expect("an address")
}

async fn fetch(link: &str, near: &Url) -> Result<(&'static str, usize), Error> {
    let picture = web_picture(&Route::default(), near, link, &Limits::default()).await?;
    Ok((picture.mime, picture.bytes.len()))
}

#[tokio::test]
async fn a_picture_is_fetched_without_a_word_about_who_asks() {
    let server = Server::always(answer("200 OK", "Content-Type: image/png\r\nSet-Cookie: a=1\r\n", PNG)).await;
    let with_login = server.url("/a.png").as_str().replace("http://", "http://anna:secret@");
    for _ in 0..2 {
        assert_eq!(fetch(&with_login, &here()).await.expect("a picture"), ("image/png", PNG.len()));
    }
    for request in server.requests() {
        for header in ["authorization", "cookie", "referer", "origin"] {
            assert_eq!(request.header(header), None, "{header} would tell who asks");
        }
        assert_eq!(request.method, "GET");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_whatever_it_says_it_is() {
    let huge = [&PNG[..16], &[0, 1, 0, 0, 0, 1, 0, 0], &PNG[24..]].concat();
    for body in [b"<svg onload=alert(1)></svg>".as_slice(), b"<html>", b"", b"\xff\xd8\xff", &huge] {
        let server = Server::always(answer("200 OK", "Content-Type: image/png\r\n", body)).await;
        let refused = fetch(server.url("/a.png").as_str(), &here()).await;
        assert!(matches!(refused, Err(Error::Decode { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_picture_that_is_too_large_is_not_read_to_its_end() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n".as_bytes().to_vec();
    let server = Server::always(vec![crate::server::Step::Write(head), crate::server::Step::Silence]).await;
    let refused = fetch(server.url("/a.png").as_str(), &here()).await;
    assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
}

#[tokio::test]
async fn this_computer_is_not_asked_for_a_server_elsewhere() {
    let inside = Server::always(answer("200 OK", "", PNG)).await;
    let elsewhere = Url::parse("https://dify.example/v1").expect("an address");
    let port = inside.url("/").port().expect("a port");
    for link in [
        inside.url("/a.png").to_string(),
        format!("http://localhost:{port}/a.png"),
        format!("http://a.localhost:{port}/a.png"),
        format!("http://[::ffff:127.0.0.1]:{port}/a.png"),
        format!("http://0.0.0.0:{port}/a.png"),
        format!("http://2130706433:{port}/a.png"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
        "data:image/png;base64,iVBORw0KGgo=".to_owned(),
        "/files/a.png".to_owned(),
    ] {
        let refused = fetch(&link, &elsewhere).await;
        assert!(matches!(refused, Err(Error::Address)), "{link}: {refused:?}");
    }
    assert!(inside.requests().is_empty(), "nothing was asked");
}

#[tokio::test]
async fn redirects_are_followed_a_few_times_and_judged_like_the_link_itself() {
    let target = Server::always(answer("200 OK", "", PNG)).await;
    let to = target.url("/real.png");
    let first = Server::always(answer("302 Found", &format!("Location: {to}\r\n"), "")).await;
    assert!(fetch(first.url("/a.png").as_str(), &here()).await.is_ok());
    let circle = Server::start(|request| answer("302 Found", &format!("Location: {}x\r\n", request.target), "")).await;
    assert!(matches!(fetch(circle.url("/a.png").as_str(), &here()).await, Err(Error::Transport { .. })));
    assert!(circle.requests().len() < 12, "it does not go round for ever");
    let outwards = Server::always(answer("302 Found", "Location: http://169.254.169.254/\r\n", "")).await;
    assert!(matches!(fetch(outwards.url("/a.png").as_str(), &here()).await, Err(Error::Address)));
}
