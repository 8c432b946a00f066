//! Every recorded answer of a Dify 1.12.1 server, played back over a real socket, against what it is known to mean.
//!
//! Beside each `NAME.raw` lies its golden: `NAME.fold.json` for a stream, the run that the fold makes of it;
//! `NAME.decoded.txt` for any other answer, what the client made of it. They were read and approved by people:
//! `FLOWDECK_WRITE_GOLDEN=1 cargo test --test golden` writes them anew, and the difference is to be read.

mod answers;
mod golden;
#[path = "../dify_client/recording.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod recording;
#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;
mod streams;

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flowdeck::dify::{Client, Connection, Key, Limits};
use recording::{Recording, folder, names};
use server::{Reply, Server};

/// One server that answers whatever it is asked with the reply set last, and one client of it: a client takes
/// longer to make than most answers to read.
struct Player {
    client: Client,
    server: Server,
    reply: Arc<Mutex<Reply>>,
}

impl Player {
    async fn start() -> Self {
        let reply = Arc::new(Mutex::new(Reply::new()));
        let current = reply.clone();
        let server = Server::start(move |_| current.lock().unwrap_or_else(PoisonError::into_inner).clone()).await;
        let connection = Connection {
            base_url: server.url("/v1"),
            key: Key::new("app-k").expect("a sound key"),
            user: "desk-1".into(),
        };
        let limits = Limits { idle: Duration::from_secs(20), ..Limits::default() };
        Self { client: Client::with_limits(connection, limits).expect("a sound connection"), server, reply }
    }

    fn answers_with(&self, reply: Reply) {
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }
}

#[test]
fn every_recording_has_its_golden_and_every_golden_its_recording() {
    let recorded: BTreeSet<String> = names(&[""]).into_iter().collect();
    assert!(recorded.len() > 400, "only {} recordings: some are missing", recorded.len());
    let goldens: BTreeSet<String> = fs::read_dir(folder())
        .expect("the recordings are there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|file| {
            let name = file.strip_suffix(".fold.json").or_else(|| file.strip_suffix(".decoded.txt"))?;
            Some(name.to_owned())
        })
        .collect();
    assert_eq!(goldens, recorded, "no recording may go unread, and no golden stand for nothing");
    for name in &recorded {
        let extension = if Recording::load(name).is_stream() { "fold.json" } else { "decoded.txt" };
        assert!(folder().join(format!("{name}.{extension}")).is_file(), "{name} is of the other kind");
    }
    let asked: BTreeSet<String> = answers::requests().into_keys().collect();
    assert_eq!(asked, recorded, "requests.tsv says which question each recording answers");
}
