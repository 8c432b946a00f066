//! What is refused, and what is learnt from it.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// A gateway that answers as soon as it has read how large the file is, as nginx does, and counts who comes.
/// Afterwards it takes the rest and throws it away, or just closes.
async fn gateway(drains: bool) -> (url::Url, Arc<std::sync::atomic::AtomicUsize>, JoinHandle<()>) {
    const PAGE: &str = "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n</html>\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}/v1", listener.local_addr().expect("a bound socket")).parse().expect("an address");
    let came = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&came);
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                    if matches!(socket.read_buf(&mut head).await, Ok(0) | Err(_)) {
                        return;
                    }
                }
                let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
                let length: usize = length.trim().parse().expect("a number");
                let small = length < 1_000_000;
                let answer = match small {
                    true => "HTTP/1.1 201 CREATED\r\nContent-Type: application/json\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{\"id\":\"few\"}".to_owned(),
                    false => format!("HTTP/1.1 413 Request Entity Too Large\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{PAGE}", PAGE.len()),
                };
                let mut rest = vec![0; 65536];
                if small {
                    let begun = text.find("\r\n\r\n").expect("the end of the head") + 4;
                    let mut left = length - (head.len() - begun);
                    while left > 0 {
                        left -= socket.read(&mut rest).await.expect("the rest").min(left);
                    }
                }
                let _ = socket.write_all(answer.as_bytes()).await;
                if drains {
                    while matches!(socket.read(&mut rest).await, Ok(1..)) {}
                }
            });
        }
    });
    (base, came, task)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateways_limit_is_understood_and_said_before_the_next_large_file_is_sent() {
    for drains in [true, false] {
        let (base, came, _task) = gateway(drains).await;
        let (house, client) = (House::new().await, client(&base, "desk"));
        let large = |name: &str, size: u64| {
            let id = chosen(&house, name, b"");
            let file = std::fs::File::options().write(true).open(house.folder.path().join(name)).expect("there");
            file.set_len(size).expect("it is as large as it says");
            id
        };
        const MANY: u64 = 40_000_000;
        let first = large("first.pdf", MANY);
        let error = ended(send(&house, &client, &first)).await.expect_err("refused");
        assert!(
            matches!(&error, files::Error::TooLargeOnTheWay { size: MANY, .. }),
            "drains: {drains}: the page in front of the server is heard though nobody took the file: {error:?}"
        );
        let before = came.load(std::sync::atomic::Ordering::SeqCst);
        let error = ended(send(&house, &client, &large("second.docx", MANY + 1))).await.expect_err("as large");
        assert!(matches!(error, files::Error::TooLargeOnTheWay { size: MANY, .. }), "{error:?}");
        assert_eq!(came.load(std::sync::atomic::Ordering::SeqCst), before, "it is known: not a byte is sent");
        assert_eq!(sent(send(&house, &client, &large("third.pdf", 900_000))).await, "few", "a smaller one passes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_extension_is_said_of_the_next_file_without_asking() {
    let server = Server::always(json(
        "400 BAD REQUEST",
        r#"{"code":"file_extension_blocked","message":"The file extension is blocked for security reasons.","status":400}"#,
    ))
    .await;
    let (house, client) = (House::new().await, client_of(&server));
    for name in ["setup.exe", "Other.EXE"] {
        is_blocked(&house, &client, &chosen(&house, name, b"MZ")).await;
    }
    assert_eq!(server.requests().len(), 1, "the second was not sent");
}

async fn is_blocked(house: &House, client: &Client, id: &StagedId) {
    let error = ended(send(house, client, id)).await.expect_err("refused");
    let blocked = Some(flowdeck::model::failure::Reason::FileBlocked);
    assert!(matches!(&error, files::Error::Dify(error) if error.reason() == blocked), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_tries_a_refused_file_again_has_the_server_asked_again() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_| match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 | 1 => json("400 BAD REQUEST", r#"{"code":"file_extension_blocked","message":"Blocked.","status":400}"#),
        number => taken(number),
    })
    .await;
    let (house, client) = (House::new().await, client_of(&server));
    let [first, second] = ["first.exe", "second.exe"].map(|name| chosen(&house, name, b"MZ"));
    is_blocked(&house, &client, &first).await;
    is_blocked(&house, &client, &second).await;
    assert_eq!(server.requests().len(), 1, "of the second it is said without asking");
    is_blocked(&house, &client, &second).await;
    assert_eq!(server.requests().len(), 2, "who says so again is not believed less than the memory");
    assert_eq!(sent(send(&house, &client, &second)).await, "upload-2", "the administrator has unblocked it");
    assert_eq!(sent(send(&house, &client, &first)).await, "upload-3", "and that is remembered, too");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipe_in_the_place_of_a_file_keeps_nobody_waiting() {
    let server = Server::always(taken(1)).await;
    let house = House::new().await;
    let id = chosen(&house, "report.txt", b"text");
    let path = house.folder.path().join("report.txt");
    std::fs::remove_file(&path).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success(), "a pipe is there instead");
    let error = ended(send(&house, &client_of(&server), &id)).await.expect_err("nothing to send");
    assert!(matches!(error, files::Error::Unreadable), "{error:?}");
    assert!(server.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_empty_by_the_time_it_is_opened_is_not_sent() {
    let server = Server::start(|_| taken(1)).await;
    let (house, client) = (House::new().await, client_of(&server));
    let id = chosen(&house, "minutes.txt", b"text");
    let path = house.folder.path().join("minutes.txt");
    std::fs::write(&path, "").expect("emptied");
    let refused = ended(send(&house, &client, &id)).await;
    assert!(matches!(refused, Err(files::Error::Unreadable)), "{refused:?}");
    assert_eq!(state(&house, &id), StagedState::Empty, "its row says why");
    assert_eq!(server.requests().len(), 0);

    std::fs::write(&path, "text again").expect("written");
    sent(send(&house, &client, &id)).await;
}
