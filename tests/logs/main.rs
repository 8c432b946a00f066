//! Runs known from the servers' logs: every one once, whatever becomes of the log, the way and the program meanwhile.

#[path = "../house/mod.rs"]
mod house;
#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

mod book;
mod details;
mod generations;
mod hostile;
mod merged;
mod of_here;
mod scope;
mod search;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flowdeck::{
    demo::{DemoServer, Generation, Options},
    dify::Client,
    logs::{Error, Logs, Pace},
    model::{
        app::{App, AppId, KeepKey},
        event::{AppEvent, Emit},
        form::{Entries, Entry, Form},
        history::{Contents, RunOrigin},
        log::{LogScope, LogState, LogTrouble},
        run::{Notice, RunHead, RunId, RunStatus},
    },
    store::RunSave,
};
use house::House;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

/// What was told to the page.
type Told = Arc<Mutex<Vec<AppEvent>>>;

/// The room that is tried, without the pauses that are for people's servers.
fn logs_of(house: &House) -> (Logs, Told) {
    let told = Told::default();
    let heard = Arc::clone(&told);
    let emit: Emit = Arc::new(move |event| heard.lock().unwrap_or_else(PoisonError::into_inner).push(event));
    let pace = Pace {
        again: Duration::from_secs(3600),
        pauses: vec![Duration::from_millis(5); 2],
        between: Duration::from_millis(1),
        tell: Duration::ZERO,
        pages: 2000,
    };
    let (store, apps, runs) = (house.store.clone(), Arc::clone(&house.apps), house.runs.clone());
    (Logs::with_pace(store, apps, runs, emit, house.folder.path().join("runs"), pace), told)
}

fn events(told: &Told) -> Vec<AppEvent> {
    told.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// All runs of an app that are listed, newest first.
async fn listed(house: &House, app: &AppId) -> Vec<RunHead> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = house.store.run_page(Some(app), before.as_ref(), 500).await.expect("a page");
        all.extend(page.runs);
        before = page.next;
        if before.is_none() {
            return all;
        }
    }
}

/// How often each run of the server is listed.
async fn counted(house: &House, app: &AppId) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for head in listed(house, app).await {
        *counted.entry(head.server.run_id.unwrap_or_else(|| format!("nameless {}", head.id.0))).or_default() += 1;
    }
    counted
}

fn once(ids: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    ids.into_iter().map(|id| (id, 1)).collect()
}

/// The database, as somebody else sees it.
async fn database(house: &House) -> SqliteConnection {
    let file = house.folder.path().join("flowdeck.db");
    SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("opened")
}

/// Deletes a run for good, as the user does.
async fn delete(house: &House, id: &RunId) {
    let ids = [id.clone()];
    house.store.delete_runs(&ids, 1).await.expect("hidden");
    house.store.purge(&ids, 1).await.expect("gone");
}

fn text(value: &str) -> Entry {
    Entry::Text(value.into())
}

/// The demo with the app whose runs are as short as wished.
async fn demo(options: Options) -> DemoServer {
    let options = Options { for_trials: true, max_active_runs: 1000, most_runs: 10_000, ..options };
    DemoServer::start_with(options).await.expect("a free port")
}

/// Inputs of a run that ends at once.
fn short(title: &str) -> Value {
    json!({"title": title, "seconds": 0, "way": "text"})
}

/// A run that somebody else, or this user in another program, lets run to its end.
async fn run_elsewhere(client: &Client, title: &str) {
    let inputs = short(title).as_object().cloned().unwrap_or_default();
    let mut stream = client.run(inputs, "elsewhere").await.expect("started");
    while let Some(item) = stream.next().await {
        item.expect("an event");
    }
}

/// The server's ids of all runs, and of those of one user.
fn ledger(server: &DemoServer, user: Option<&str>) -> BTreeSet<String> {
    let runs = server.known_runs().into_iter().filter(|run| run.slug == "long-run");
    let of = |row: &Value| row["created_by_end_user"]["session_id"].as_str().map(ToOwned::to_owned);
    runs.filter(|run| user.is_none() || run.log_row.as_ref().and_then(of).as_deref() == user)
        .map(|run| run.id)
        .collect()
}
