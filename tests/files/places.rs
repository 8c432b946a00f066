//! What is no file, or none that can be read: said at once, never waited for.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use flowdeck::{
    demo::DemoServer,
    model::{file::StagedState, form::Issue},
};

use super::{House, documents, staged};

/// Opening some of them would never come back.
const AT_ONCE: Duration = Duration::from_secs(5);
const GIB: u64 = 1 << 30;

async fn told(house: &House, path: &Path) -> (StagedState, Vec<Issue>) {
    let look = async {
        let server = DemoServer::start().await.expect("the demo starts");
        let app = house.connect(&server, "document-digest").await;
        let (files, path) = (house.files.clone(), path.to_owned());
        let file = tokio::task::spawn_blocking(move || files.stage(vec![path]).remove(0)).await.expect("looked at");
        let problems = house.runs.check(&app.id, &documents(&[&file.id])).await.expect("checked");
        (file.state, problems.into_iter().map(|problem| problem.issue).collect())
    };
    tokio::time::timeout(AT_ONCE, look).await.unwrap_or_else(|_| panic!("{}: waited for", path.display()))
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_looks_like_a_file_is_never_opened() {
    use std::os::unix::{fs::symlink, net::UnixListener};

    let house = House::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    let made = Command::new("mkfifo").arg(at("pipe.txt")).status().expect("mkfifo runs");
    assert!(made.success(), "a pipe is there");
    let _socket = UnixListener::bind(at("socket.txt")).expect("a socket");
    fs::create_dir(at("folder.txt")).expect("a folder");
    symlink(at("ring-b.txt"), at("ring-a.txt")).expect("a link");
    symlink(at("ring-a.txt"), at("ring-b.txt")).expect("a link");
    symlink("/dev/zero", at("endless.txt")).expect("a link");
    symlink(at("pipe.txt"), at("to-pipe.txt")).expect("a link");
    for name in ["pipe.txt", "socket.txt", "folder.txt", "ring-a.txt", "endless.txt", "to-pipe.txt"] {
        let (state, issues) = told(&house, &at(name)).await;
        assert_eq!((state, issues), (StagedState::Unreadable, vec![Issue::FileUnreadable]), "{name}");
    }
    symlink(at("nowhere.txt"), at("dangling.txt")).expect("a link");
    let (_, issues) = told(&house, &at("dangling.txt")).await;
    assert_eq!(issues, [Issue::FileMissing], "what the link leads to is gone");
    fs::write(at("real.txt"), "One sentence.").expect("written");
    symlink(at("real.txt"), at("link.txt")).expect("a link");
    assert_eq!(told(&house, &at("link.txt")).await, (StagedState::Ready, vec![Issue::FileNotUploaded]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_five_gigabytes_is_refused_without_being_read() {
    let house = House::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("backup.txt");
    // Sparse: it takes no room, and minutes to read.
    fs::File::create(&path).and_then(|file| file.set_len(5 * GIB)).expect("made");
    let twin = folder.path().join("backup copy.txt");
    fs::File::create(&twin).and_then(|file| file.set_len(5 * GIB)).expect("made");
    staged(&house, &twin);
    let (state, issues) = told(&house, &path).await;
    assert_eq!(state, StagedState::Ready);
    let refused =
        |issue: &Issue| matches!(issue, Issue::FileTooLarge { size, can_shrink: false, .. } if *size == 5 * GIB);
    assert!(issues.iter().all(refused) && issues.len() == 1, "{issues:?}");
}

/// Nothing is closed to the superuser, so as such the test is run again as somebody else.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_not_be_read_is_told_apart_from_one_that_is_gone() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    const NAME: &str = "places::a_file_that_may_not_be_read_is_told_apart_from_one_that_is_gone";
    let folder = tempfile::tempdir().expect("a folder");
    if folder.path().metadata().expect("there").uid() == 0 {
        let program = std::env::current_exe().expect("this test");
        let copy = folder.path().join("test");
        fs::copy(&program, &copy).expect("copied to where everybody may go");
        for path in [folder.path(), &copy] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("opened");
        }
        let run = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
            .arg(&copy)
            .args(["--exact", NAME])
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .output()
            .expect("setpriv runs");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&run.stderr));
        return;
    }
    let path = folder.path().join("payroll.txt");
    fs::write(&path, "Closed.").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("closed");
    let inner = folder.path().join("closed folder");
    fs::create_dir(&inner).expect("made");
    fs::write(inner.join("inside.txt"), "Closed.").expect("written");
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o000)).expect("closed");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let house = House::new().await;
        for path in [&path, &inner.join("inside.txt")] {
            let (state, issues) = told(&house, path).await;
            assert_eq!((state, issues), (StagedState::Unreadable, vec![Issue::FileUnreadable]), "{}", path.display());
        }
    });
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).expect("opened, to be removed");
}
