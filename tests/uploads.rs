//! Files on their way to a server that is busy, away, cut off or in the mood to refuse: each arrives once, or it is
//! said why not.

#[path = "house/mod.rs"]
mod house;
#[path = "dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

#[path = "uploads/again.rs"]
mod again;
#[path = "uploads/refused.rs"]
mod refused;
#[path = "uploads/same.rs"]
mod same;
#[path = "uploads/turns.rs"]
mod turns;

use std::{sync::Arc, time::Duration};

use flowdeck::{
    dify::{Client, Connection, Key},
    files::{self, Files},
    model::{
        event::Emit,
        file::{StagedFile, StagedId, StagedState},
    },
};
use house::House;
use server::{Reply, Server, json};
use tokio::task::JoinHandle;

fn client(base_url: &url::Url, user: &str) -> Client {
    let key = Key::new("app-key").expect("a sound key");
    Client::new(Connection { base_url: base_url.clone(), key, user: user.to_owned() }).expect("a client")
}

fn client_of(server: &Server) -> Client {
    client(&server.url("/v1"), "desk")
}

/// The server has it under the number of its request.
fn taken(number: usize) -> Reply {
    json("201 CREATED", &format!(r#"{{"id":"upload-{number}","name":"a","size":3}}"#))
}

/// Writes a file and chooses it.
fn chosen(house: &House, name: &str, content: &[u8]) -> StagedId {
    let path = house.folder.path().join(name);
    std::fs::write(&path, content).expect("written");
    house.files.stage(vec![path]).remove(0).id
}

type Sending = JoinHandle<Result<StagedFile, files::Error>>;

fn send(house: &House, client: &Client, id: &StagedId) -> Sending {
    let (files, client, id) = (Arc::clone(&house.files), client.clone(), id.clone());
    tokio::spawn(async move { files.upload(&client, &id).await })
}

async fn sent(sending: Sending) -> String {
    match ended(sending).await.expect("sent").state {
        StagedState::Uploaded { upload_file_id } => upload_file_id,
        other => panic!("it is there: {other:?}"),
    }
}

async fn ended(sending: Sending) -> Result<StagedFile, files::Error> {
    tokio::time::timeout(Duration::from_secs(30), sending).await.expect("it ends").expect("no panic")
}

fn state(house: &House, id: &StagedId) -> StagedState {
    house.files.get(id).expect("it is chosen").state
}

async fn until(wish: &str, mut happened: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("waited in vain until {wish}");
}

/// Files that wait as long as they do at users'.
fn unhurried(house: &House) -> Arc<Files> {
    let emit: Emit = Arc::new(|_| {});
    Arc::new(Files::new(house.store.clone(), emit))
}
