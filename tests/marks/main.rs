//! What the user says of past runs, and their deletion: on a real database and a real folder.

#[path = "../house/mod.rs"]
mod house;

mod deletion;
mod remarks;

use flowdeck::{
    demo::DemoServer,
    model::{
        app::{App, AppId},
        file::StagedId,
        form::{Entries, Entry, FileEntry, Form},
        history::RemarksChange,
        run::{RunHead, RunId, RunStatus},
    },
    runs,
};
use house::House;

async fn digest() -> (DemoServer, House, App) {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    (server, house, app)
}

fn documents(ids: &[StagedId]) -> Entries {
    Entries::from([("documents".into(), Entry::Files(ids.iter().cloned().map(FileEntry::Staged).collect()))])
}

/// Runs as a program that ended in order left them.
async fn past_runs(house: &House, app: &AppId, count: usize, title: &str) -> Vec<RunId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let head = RunHead {
            title: format!("{title} {number}"),
            ..RunHead::new(
                house.store.new_run_id().await.expect("an id"),
                app.clone(),
                RunStatus::Starting,
                flowdeck::apps::now(),
            )
        };
        let run = runs::fold::new_run(head.clone(), Vec::new());
        house.store.add_run(&run, &Entries::new(), &Form::default()).await.expect("stored");
        let ended = RunHead { status: RunStatus::Succeeded, finished_at: Some(head.started_at + 1000), ..head };
        let save = flowdeck::store::RunSave { head: Some(ended.clone()), ..Default::default() };
        house.store.save_run(&ended.id, &save).await.expect("saved");
        ids.push(ended.id);
    }
    ids
}

async fn listed(house: &House, app: &AppId) -> Vec<RunId> {
    let page = house.runs.list(Some(app), None, 500).await.expect("a page");
    page.runs.into_iter().map(|head| head.id).collect()
}

fn tagged(tags: &[&str]) -> RemarksChange {
    RemarksChange { add_tags: tags.iter().map(|&tag| tag.to_owned()).collect(), ..RemarksChange::default() }
}
