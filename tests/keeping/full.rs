//! A disk that is full while a backup is written on it.

use std::{fs, io::Write as _};

use flowdeck::{
    files,
    keeping::Error,
    model::{preferences::Preferences, run::RunStatus},
};

use crate::{Home, disk::Disk};

#[tokio::test]
async fn a_backup_that_finds_no_room_leaves_the_one_before_and_nothing_half() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let run = home.add_run(&app, RunStatus::Succeeded, 1).await;
    home.add_files(&run, "c").await;
    let noise: String = (0..40_000).map(|_| uuid::Uuid::new_v4().simple().to_string()).collect();
    fs::write(home.run_folder(&run).join("report.md"), noise).expect("written");
    let Some(place) = Disk::of("4m") else { return };
    let target = place.path().join("mine.flowdeck-backup");
    let mut filler = fs::File::create(place.path().join("filler")).expect("a file");
    fs::write(&target, "the older one").expect("written");
    // Room for its beginning, and then for nothing.
    filler.write_all(&vec![0; 3_500_000]).expect("filled");
    let mut outcomes = vec![home.keeping.make_backup(&target, Preferences::default()).await.map(drop)];
    while filler.write_all(&[0; 4096]).is_ok() {}
    outcomes.push(home.keeping.make_backup(&target, Preferences::default()).await.map(drop));
    let left = place.names();
    let older = fs::read_to_string(&target);
    drop(filler);
    for outcome in outcomes {
        assert!(matches!(outcome, Err(Error::Files(files::Error::DiskFull))), "{outcome:?}");
    }
    assert_eq!(left, ["filler", "mine.flowdeck-backup"], "the older one and what fills the disk");
    assert_eq!(older.expect("the older one"), "the older one");
    home.keeping
        .make_backup(&home.house.folder.path().join("elsewhere"), Preferences::default())
        .await
        .expect("made where there is room");
}
