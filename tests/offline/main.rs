//! Without a network: servers that go and come back, and runs that are kept ready until then.

#[path = "../house/mod.rs"]
mod house;
#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

mod reach;
mod ready;

use std::time::Duration;

use flowdeck::{
    demo::{DemoServer, Options},
    model::{
        app::App,
        file::StagedId,
        form::{Entries, Entry, FileEntry},
    },
};
use house::House;

const KEEP: flowdeck::model::app::KeepKey = flowdeck::model::app::KeepKey::Session;
const KEY: &str = "app-000000000000000000000000";

/// A server that can come back where it was, with the key it had.
async fn server_at(port: u16) -> DemoServer {
    let options = || Options { document_digest_key: Some(KEY.into()), port, ..Options::default() };
    for _ in 0..500 {
        match DemoServer::start_with(options()).await {
            Ok(server) => return server,
            // The one before may take a moment to let the port go.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("the port stays taken");
}

fn port_of(server: &DemoServer) -> u16 {
    let rest = server.base_url();
    rest.trim_end_matches("/v1").rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
}

/// A house whose server has gone.
async fn cut_off() -> (u16, House, App) {
    let server = server_at(0).await;
    let house = House::new().await;
    house.network.tells(std::sync::Arc::clone(&house.emit));
    let app = house.connect(&server, "document-digest").await;
    (port_of(&server), house, app)
}

fn documents(ids: &[StagedId]) -> Entries {
    Entries::from([("documents".into(), Entry::Files(ids.iter().cloned().map(FileEntry::Staged).collect()))])
}

fn chosen(house: &House, name: &str) -> StagedId {
    let path = house.folder.path().join(name);
    std::fs::write(&path, "The bridge opens in May. The budget is enough. A third sentence.").expect("written");
    house.files.stage(vec![path]).remove(0).id
}
