//! What passes by itself is waited out.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use flowdeck::model::failure::FailureCode;
use tokio::net::{TcpListener, TcpSocket};

use super::*;
use server::{Step, answer, html};

/// What the server answers first, and takes the file after that.
async fn at_first(times: usize, reply: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        number if number < times => reply(),
        number => taken(number),
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_answer_was_lost_is_sent_again() {
    for (what, reply) in [
        ("cut", vec![Step::Close]),
        (
            "half an answer",
            vec![Step::Write(b"HTTP/1.1 201 CREATED\r\nContent-Length: 90\r\n\r\n{".to_vec()), Step::Close],
        ),
        ("a gateway without its server", html("502 Bad Gateway", "<title>502 Bad Gateway</title>")),
        (
            "an error of the server",
            json("500 ERROR", r#"{"code":"unknown","message":"Internal Server Error","status":500}"#),
        ),
        ("later", answer("429 TOO MANY", "Retry-After: 20\r\n", "")),
    ] {
        let server = at_first(2, move || reply.clone()).await;
        let house = House::new().await;
        let id = chosen(&house, "note.txt", b"A note.");
        let id = sent(send(&house, &client_of(&server), &id)).await;
        assert_eq!((id.as_str(), server.requests().len()), ("upload-2", 3), "{what}: the third one was taken");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_on_failing_is_asked_five_times_in_all() {
    let server = Server::always(html("503 Unavailable", "<title>503</title>")).await;
    let house = House::new().await;
    let id = chosen(&house, "note.txt", b"A note.");
    let error = ended(send(&house, &client_of(&server), &id)).await.expect_err("it is given up");
    assert!(matches!(&error, files::Error::Dify(error) if error.status() == Some(503)), "{error:?}");
    assert_eq!((server.requests().len(), state(&house, &id)), (5, StagedState::Ready), "it can be tried by hand");
}

/// Listens at an address that somebody just left.
fn listen_at(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option");
    socket.bind(address).expect("the port is free again");
    socket.listen(8).expect("it listens")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_server_is_waited_for_and_said() {
    let first = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = first.local_addr().expect("a bound socket");
    let house = House::new().await;
    let base = url::Url::parse(&format!("http://{address}/v1")).expect("an address");
    let id = chosen(&house, "note.txt", &vec![b'x'; 200_000]);
    let sending = send(&house, &client(&base, "desk"), &id);
    // It goes down in the middle of the file.
    drop(first.accept().await.expect("the upload comes"));
    drop(first);
    let away = |code: FailureCode| code == FailureCode::Unreachable;
    until(
        "its row says that the server is away",
        || matches!(state(&house, &id), StagedState::Interrupted { code, .. } if away(code)),
    )
    .await;
    let listener = listen_at(address);
    let seen = std::sync::Mutex::new(Vec::new());
    let serving = async {
        loop {
            let (socket, _) = listener.accept().await.expect("somebody comes");
            server::serve(socket, &|_: &server::Request| taken(7), &seen).await;
        }
    };
    let arrived = tokio::select! {
        () = serving => unreachable!("it serves for ever"),
        arrived = sent(sending) => arrived,
    };
    assert_eq!(arrived, "upload-7", "nobody had to do anything");
    let whole = seen.lock().expect("whole").iter().filter(|request| request.body.len() > 200_000).count();
    assert_eq!(whole, 1, "and it came once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_another_try_can_have_it_now() {
    let server = at_first(1, || answer("429 TOO MANY", "Retry-After: 300\r\n", "")).await;
    let house = House::new().await;
    let files = unhurried(&house);
    let path = house.folder.path().join("note.txt");
    std::fs::write(&path, "A note.").expect("written");
    let id = files.stage(vec![path]).remove(0).id;
    let (sender, client, name) = (Arc::clone(&files), client_of(&server), id.clone());
    let sending = tokio::spawn(async move { sender.upload(&client, &name).await });
    let waits = |id: &StagedId| match files.get(id).expect("it is chosen").state {
        StagedState::Interrupted { wait, code: FailureCode::TooManyRequests, .. } => Some(wait),
        _ => None,
    };
    until("its row counts down", || waits(&id).is_some_and(|wait| (200..300).contains(&wait))).await;
    files.send_now(&id);
    assert_eq!(sent(sending).await, "upload-1", "five minutes were not waited for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_does_not_hold_a_turn_and_a_server_that_answers_another_is_tried_at_once() {
    let house = House::new().await;
    let files = unhurried(&house);
    let stage = |name: &str| {
        let path = house.folder.path().join(name);
        std::fs::write(&path, name).expect("written");
        files.stage(vec![path]).remove(0).id
    };
    // Four come at a bad moment, more than there are turns.
    let server = at_first(4, || answer("429 TOO MANY", "Retry-After: 300\r\n", "")).await;
    let client = client_of(&server);
    let send = |id: &StagedId| {
        let (files, client, id) = (Arc::clone(&files), client.clone(), id.clone());
        tokio::spawn(async move { files.upload(&client, &id).await })
    };
    let early: Vec<StagedId> = ["a.txt", "b.txt", "c.txt", "d.txt"].map(stage).to_vec();
    let all: Vec<Sending> = early.iter().map(send).collect();
    let waits = |id: &StagedId| matches!(files.get(id).map(|file| file.state), Some(StagedState::Interrupted { .. }));
    until("all four wait", || early.iter().all(waits)).await;
    sent(send(&stage("late.txt"))).await;
    for sending in all {
        sent(sending).await;
    }
}
