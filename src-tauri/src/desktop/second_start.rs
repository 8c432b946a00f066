//! A second start on the same data folder hands over to the first: it knocks, says which files it was to open, the first
//! comes to the front, the second ends.
//!
//! An own doorbell rather than tauri-plugin-single-instance: that one knows programs by their name only (on Windows and
//! macOS two data folders could not be open side by side) and is not there without a session bus. The lock in the folder
//! says who is first, the bell only reaches them; it is a socket in the same folder, or a pipe named after it on Windows.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use interprocess::local_socket::{
    GenericFilePath, ListenerOptions, Name, ToFsName,
    tokio::{Stream, prelude::*},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    time::timeout,
};
use url::Url;

use super::handed::MOST_FILES;

/// A program that lives answers in milliseconds; one that does not is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// No token is longer, and nobody fills our memory.
const LONGEST: u64 = 4096;
/// Of a knock with files. A path takes 4 KiB at most on the systems that we know, three times that as an address.
const LONGEST_WITH_FILES: u64 = LONGEST + MOST_FILES as u64 * 13 * 1024;

/// What came of knocking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knock {
    /// The first start is in front now.
    Shown,
    /// It is about to end.
    Leaving,
    /// Somebody is there and does not answer.
    Silent,
    Nobody,
}

/// What a second start wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// What lets a window come to the front on Wayland.
    pub token: Option<String>,
    /// What it was started with, from the root on: the first start may stand elsewhere.
    pub files: Vec<PathBuf>,
}

impl Wish {
    /// `show TOKEN`, or `open NUMBER TOKEN` and so many lines with addresses of files: paths may hold anything. A program
    /// that does not know the second says nothing to it, and so nobody takes the files for opened.
    fn said(&self) -> String {
        let token = self.token.as_deref().unwrap_or_default();
        let files: Vec<String> =
            self.files.iter().filter_map(|file| Url::from_file_path(file).ok()).map(String::from).collect();
        if files.is_empty() {
            return format!("show {token}\n");
        }
        let lines = files.iter().take(MOST_FILES).map(|file| format!("{file}\n")).collect::<String>();
        format!("open {} {token}\n{lines}", files.len().min(MOST_FILES))
    }

    /// `None`: that is nothing we know.
    async fn heard(from: impl AsyncRead + Unpin) -> io::Result<Option<Self>> {
        let mut from = BufReader::new(from.take(LONGEST_WITH_FILES));
        let mut words = String::new();
        from.read_line(&mut words).await?;
        let words = words.trim_end_matches('\n');
        let (number, token) = match words.split_once(' ').unwrap_or((words, "")) {
            ("show", token) => (0, token),
            ("open", rest) => {
                let (number, token) = rest.split_once(' ').unwrap_or((rest, ""));
                let Ok(number) = number.parse::<usize>() else { return Ok(None) };
                (number.min(MOST_FILES), token)
            }
            _ => return Ok(None),
        };
        let token = Some(token.trim().to_owned()).filter(|token| !token.is_empty());
        let mut files = Vec::new();
        for _ in 0..number {
            let mut line = String::new();
            if from.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            files.extend(Url::parse(line.trim_end()).ok().and_then(|address| address.to_file_path().ok()));
        }
        Ok(Some(Self { token, files }))
    }
}

/// Asks the program that has this folder to show itself, and to open what this one was started with.
pub async fn knock(folder: &Path, wish: &Wish) -> Knock {
    for door in doors(folder) {
        let Ok(name) = name_of(&door) else { continue };
        let answer = async {
            let stream = Stream::connect(name).await?;
            (&stream).write_all(wish.said().as_bytes()).await?;
            let mut answer = String::new();
            BufReader::new(&stream).take(LONGEST).read_line(&mut answer).await?;
            io::Result::Ok(answer)
        };
        match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) if answer.trim() == "shown" => return Knock::Shown,
            Ok(Ok(answer)) if answer.trim() == "leaving" => return Knock::Leaving,
            Ok(Ok(_)) | Err(_) => return Knock::Silent,
            Ok(Err(_)) => {}
        }
    }
    Knock::Nobody
}

/// Hears knocks for as long as the program runs; only the one that has the folder's lock may. `on_knock` gets what
/// is wanted, and says whether the window came to the front (false: the program is about to end).
///
/// # Errors
/// When no door can be opened; a second start then says that the program is open already.
pub fn listen(folder: &Path, on_knock: impl Fn(Wish) -> bool + Send + Sync + 'static) -> io::Result<()> {
    let on_knock = Arc::new(on_knock);
    let mut outcome = Err(io::Error::other("no place for a socket"));
    for door in doors(folder) {
        // What lies there was left by a program that was killed: the lock is ours.
        #[cfg(unix)]
        let _ = std::fs::remove_file(&door);
        let options = private(ListenerOptions::new().name(name_of(&door)?));
        match options.create_tokio() {
            Ok(listener) => {
                tokio::spawn(async move {
                    loop {
                        match listener.accept().await {
                            Ok(visitor) => {
                                let on_knock = Arc::clone(&on_knock);
                                // Each visitor has a task: one that says nothing keeps nobody waiting.
                                tokio::spawn(async move {
                                    let _ = timeout(PATIENCE, answer(&visitor, &*on_knock)).await;
                                });
                            }
                            // Too many open files, most likely: that passes.
                            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                        }
                    }
                });
                return Ok(());
            }
            Err(error) => outcome = Err(error),
        }
    }
    outcome
}

async fn answer(visitor: &Stream, on_knock: &(dyn Fn(Wish) -> bool + Send + Sync)) -> io::Result<()> {
    let Some(wish) = Wish::heard(visitor).await? else { return Ok(()) };
    let answer: &[u8] = if on_knock(wish) { b"shown\n" } else { b"leaving\n" };
    let mut visitor = visitor;
    visitor.write_all(answer).await
}

/// Where the bell may hang, best first.
#[cfg(unix)]
fn doors(folder: &Path) -> Vec<PathBuf> {
    /// What the shortest of the systems (macOS) takes for a socket's path, with its closing zero.
    const LONGEST_PATH: usize = 103;
    // Some file systems know no sockets, and some folders lie too deep: then the user's own folder for such things.
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let runtime = runtime.or_else(|| cfg!(target_os = "macos").then(std::env::temp_dir));
    let elsewhere = runtime.map(|runtime| runtime.join(format!("flowdeck-{}.sock", mark(folder))));
    let doors = [Some(folder.join("flowdeck.sock")), elsewhere].into_iter().flatten();
    doors.filter(|door| door.as_os_str().len() <= LONGEST_PATH).collect()
}

#[cfg(windows)]
fn doors(folder: &Path) -> Vec<PathBuf> {
    vec![PathBuf::from(format!(r"\\.\pipe\flowdeck-{}", mark(folder)))]
}

/// The folder in a few letters, the same for everyone who means it.
fn mark(folder: &Path) -> String {
    use sha2::{Digest, Sha256};
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn name_of(door: &Path) -> io::Result<Name<'_>> {
    door.to_fs_name::<GenericFilePath>()
}

/// Nobody else on this computer rings here. (A pipe's own rules on Windows say the same.)
fn private(options: ListenerOptions<'_>) -> ListenerOptions<'_> {
    #[cfg(unix)]
    let options = interprocess::os::unix::local_socket::ListenerOptionsExt::mode(options, 0o600);
    options
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_knock_reaches_the_one_who_has_the_folder_with_its_token() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(knock(folder.path(), &Wish::default()).await, Knock::Nobody, "nobody listens yet");
        let (heard, hears) = mpsc::channel();
        listen(folder.path(), move |wish| heard.send(wish).is_ok()).expect("it listens");
        let wish = Wish { token: Some("token-1".into()), files: Vec::new() };
        assert_eq!(knock(folder.path(), &wish).await, Knock::Shown);
        assert_eq!(knock(folder.path(), &Wish::default()).await, Knock::Shown);
        assert_eq!(hears.recv().expect("heard"), wish);
        assert_eq!(hears.recv().expect("heard").token, None, "no token is no token, not an empty one");
    }

    #[tokio::test]
    async fn files_reach_it_whatever_their_names_hold() {
        use std::os::unix::ffi::OsStringExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (heard, hears) = mpsc::channel();
        listen(folder.path(), move |wish| heard.send(wish).is_ok()).expect("it listens");
        let odd = std::ffi::OsString::from_vec(b"/tmp/a\xff \n%20#?.flowdeck-run".to_vec());
        let files = vec![PathBuf::from("/tmp/\u{5408}\u{540c}.flowdeck-run"), PathBuf::from(odd)];
        for token in [None, Some("token-1".to_owned())] {
            let wish = Wish { token, files: files.clone() };
            assert_eq!(knock(folder.path(), &wish).await, Knock::Shown);
            assert_eq!(hears.recv().expect("heard"), wish);
        }
        let many = Wish { token: None, files: vec![PathBuf::from("/tmp/x".to_owned() + &"y".repeat(4000)); 500] };
        assert_eq!(knock(folder.path(), &many).await, Knock::Shown, "as many as are taken");
        assert_eq!(hears.recv().expect("heard").files.len(), MOST_FILES);
    }

    #[tokio::test]
    async fn what_is_no_knock_is_not_answered() {
        for words in ["", "open x\n", "open 3\nfile:///a\n", "opens 1\n", "showing\n"] {
            assert_eq!(Wish::heard(words.as_bytes()).await.expect("read"), None, "{words:?}");
        }
        let elsewhere = Wish::heard(&b"open 3 t\nhttps://a.example/b\n../c\nfile:///d\n"[..]).await.expect("read");
        assert_eq!(elsewhere.map(|wish| wish.files), Some(vec![PathBuf::from("/d")]), "only files, from the root on");
    }

    #[tokio::test]
    async fn one_that_leaves_says_so_and_one_that_hangs_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        listen(folder.path(), |_| false).expect("it listens");
        assert_eq!(knock(folder.path(), &Wish::default()).await, Knock::Leaving);

        let hanging = tempfile::tempdir().expect("a folder");
        let _listener = std::os::unix::net::UnixListener::bind(hanging.path().join("flowdeck.sock")).expect("bound");
        let begin = std::time::Instant::now();
        assert_eq!(knock(hanging.path(), &Wish::default()).await, Knock::Silent, "it takes the call and says nothing");
        assert!(begin.elapsed() < PATIENCE * 2, "a start that hangs would be worse than a second window");
    }

    #[tokio::test]
    async fn other_folders_are_other_doors_and_a_dead_programs_socket_is_in_nobodys_way() {
        let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        drop(std::os::unix::net::UnixListener::bind(one.path().join("flowdeck.sock")).expect("bound"));
        assert_eq!(
            knock(one.path(), &Wish::default()).await,
            Knock::Nobody,
            "the socket of a killed program answers nobody"
        );
        listen(one.path(), |_| true).expect("it listens in its place");
        assert_eq!(knock(one.path(), &Wish::default()).await, Knock::Shown);
        assert_eq!(knock(other.path(), &Wish::default()).await, Knock::Nobody, "the other folder is another program's");
    }

    #[test]
    fn a_folder_that_lies_too_deep_for_a_socket_has_its_door_elsewhere() {
        let deep = Path::new("/tmp").join("d".repeat(120));
        assert!(doors(&deep).iter().all(|door| !door.starts_with(&deep)), "{:?}", doors(&deep));
        assert_ne!(mark(&deep), mark(Path::new("/tmp")), "and it is its own");
    }
}
