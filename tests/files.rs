//! Files before they are sent: what is refused, as real servers refused it; what their contents tell; names and places
//! of every kind. Against the built-in server, real files, and recordings.

mod house;

#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "dify_client/recording.rs"]
mod recording;
#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "dify_client/server.rs"]
mod server;

#[path = "files/found.rs"]
mod found;
#[path = "files/names.rs"]
mod names;
#[path = "files/places.rs"]
mod places;
#[path = "files/recorded.rs"]
mod recorded;
#[path = "files/shrunk.rs"]
mod shrunk;

use std::path::Path;

use flowdeck::model::{
    file::{StagedFile, StagedId},
    form::{Entries, Entry, FileEntry},
};
use house::House;

/// The files of the built-in app's field for documents.
fn documents(ids: &[&StagedId]) -> Entries {
    let files = ids.iter().map(|id| FileEntry::Staged((*id).clone())).collect();
    Entries::from([("documents".into(), Entry::Files(files))])
}

fn staged(house: &House, path: &Path) -> StagedFile {
    house.files.stage(vec![path.to_owned()]).remove(0)
}
