//! Pictures made smaller: files of their own, found again after a restart, gone once nobody names them.

use std::fs;

use flowdeck::{
    demo::DemoServer,
    files::{self, SHRUNK},
    model::{
        changes::FormChanges,
        file::{FileFinding, StagedState},
        kept::Draft,
    },
};
use image::{Rgb, RgbImage};

use super::{House, documents, staged};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_smaller_picture_takes_the_place_of_a_large_one_for_as_long_as_it_is_named() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("照片.png");
    let mut state = 7_u32;
    let noise = RgbImage::from_fn(300, 200, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        Rgb([a, b, c])
    });
    noise.save(&path).expect("written");
    let before = fs::read(&path).expect("read");
    let large = staged(&house, &path);
    let made = house.folder.path().join(SHRUNK);
    let limit = large.size / 2;
    let small = house.files.shrink(&large.id, limit, made.clone()).await.expect("made smaller");
    assert_eq!(small.name, large.name, "it is the same document to people");
    assert!(small.size <= limit && small.state == StagedState::Ready, "{small:?}");
    assert_eq!(small.found.and_then(|found| found.shrunk_from), Some(large.size), "the row can say what it was");
    assert_eq!(fs::read(&path).expect("read"), before, "the original is not touched");
    house.runs.check(&app.id, &documents(&[&small.id])).await.expect("checked");
    let found = house.files.get(&small.id).and_then(|file| file.found);
    let expected = FileFinding { shrunk_from: Some(large.size), ..FileFinding::default() };
    assert_eq!(found, Some(expected), "looking into it takes nothing back");

    let draft = Draft {
        entries: documents(&[&small.id]),
        form: app.form.clone(),
        changes: FormChanges::default(),
        revision: 1,
    };
    house.kept.save_draft(&app.id, &draft).await.expect("saved");
    let house = House::on(house.leave().await).await;
    let again = house.kept.draft(&app.id).await.expect("read").expect("there").files.remove(0);
    assert_eq!((again.size, &again.state), (small.size, &StagedState::Ready), "found again");
    house.kept.clear().await.expect("cleared");
    let later = || flowdeck::store::now() + 60_000;
    house.files.clear_shrunk(&made, later()).await.expect("cleared");
    assert_eq!(fs::read_dir(&made).expect("there").count(), 1, "the draft names it");

    let draft = Draft { entries: documents(&[]), revision: 2, ..draft };
    house.kept.save_draft(&app.id, &draft).await.expect("saved");
    // Nothing of this start is cleared: it could still be undone.
    let house = House::on(house.leave().await).await;
    house.kept.clear().await.expect("cleared");
    house.files.clear_shrunk(&made, 0).await.expect("cleared");
    assert_eq!(fs::read_dir(&made).expect("there").count(), 1, "what was made since the start may still be wanted");
    house.files.clear_shrunk(&made, later()).await.expect("cleared");
    assert_eq!(fs::read_dir(&made).expect("there").count(), 0, "nobody names it");
    assert!(path.exists(), "the original is the user's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_cannot_be_made_smaller_leaves_nothing_behind() {
    let house = House::new().await;
    let path = house.folder.path().join("photo.jpg");
    fs::write(&path, "no picture at all").expect("written");
    let made = house.folder.path().join(SHRUNK);
    let file = staged(&house, &path);
    let refused = house.files.shrink(&file.id, 5, made.clone()).await;
    assert!(matches!(refused, Err(files::Error::Unreadable)), "{refused:?}");
    assert!(!made.exists(), "no folder without a picture");
}
