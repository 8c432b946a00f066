//! How documents come in: folders, the clipboard, links fetched here; and how little is asked of the disk before a list
//! stands.

#[path = "house/mod.rs"]
mod house;
#[path = "dify_client/server.rs"]
#[allow(dead_code, reason = "shared with the client's tests")]
mod scripted;

use std::{borrow::Cow, fs, path::Path, sync::Arc, time::Duration};

use arboard::ImageData;
use flowdeck::{
    apps::Apps,
    files::{Copied, Files, walk},
    keys::Keys,
    model::{
        app::AppId,
        event::{AppEvent, Emit},
        file::{Since, StagedState},
        ways::{Fetched, PastedAs, PastedNames, WhyNotFetched},
    },
    network::Network,
    store::Store,
};
use house::House;
use scripted::{Reply, Request, Server, Step, answer, html};

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, bytes).expect("written");
}

fn names_in(files: &[(std::path::PathBuf, u64)], folder: &Path) -> Vec<String> {
    let inside = |path: &Path| path.strip_prefix(folder).expect("inside").to_string_lossy().into_owned();
    files.iter().map(|(path, _)| inside(path)).collect()
}

#[test]
fn a_folder_is_walked_with_what_nobody_means_left_out_and_said() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("Contracts");
    for name in ["b/Annex 10.pdf", "b/Annex 2.pdf", "Zoll.txt", "a 合同 🦊.docx"] {
        put(&folder, name, b"12345");
    }
    for name in [".DS_Store", "Thumbs.db", "~$offer.docx", ".git/config", "b/desktop.ini", "__MACOSX/b/x", "old.txt~"] {
        put(&folder, name, b"junk");
    }
    let walked = walk(&folder, |_, _| true);
    let expected = ["a 合同 🦊.docx", "Zoll.txt", "b/Annex 2.pdf", "b/Annex 10.pdf"];
    assert_eq!(names_in(&walked.files, &folder), expected, "a list, then its folders; numbers as people count");
    assert!(walked.files.iter().all(|(_, size)| *size == 5), "the sizes are known before anything is taken");
    assert_eq!((walked.hidden, walked.links, walked.unreadable, walked.cut), (7, 0, 0, false));

    let hidden = place.path().join(".drafts");
    put(&hidden, "note.txt", b"x");
    assert_eq!(walk(&hidden, |_, _| true).files.len(), 1, "the folder that was pointed at is meant, whatever its name");
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_and_things_that_are_no_files_end_no_walk() {
    use std::os::unix::{fs::symlink, net::UnixListener};
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("odd");
    put(&folder, "real.txt", b"real");
    put(place.path(), "elsewhere.txt", b"else");
    symlink(&folder, folder.join("loop")).expect("a link");
    symlink(folder.join("self"), folder.join("self")).expect("a link to itself");
    symlink(place.path().join("elsewhere.txt"), folder.join("shortcut.txt")).expect("a link");
    symlink(place.path().join("nothing"), folder.join("dangling.txt")).expect("a link");
    let pipe = folder.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success(), "a pipe");
    let _socket = UnixListener::bind(folder.join("socket")).expect("a socket");

    let walked = walk(&folder, |_, _| true);
    assert_eq!(names_in(&walked.files, &folder), ["real.txt", "shortcut.txt"], "a link to a file is that file");
    assert_eq!(walked.links, 1, "the folder within itself is not followed");
    assert_eq!(walked.unreadable, 4, "pipe, socket, a link to nothing, a link to itself: none is opened");
}

#[test]
fn a_walk_ends_when_it_is_told_to() {
    let place = tempfile::tempdir().expect("a folder");
    for number in 0..50 {
        put(place.path(), &format!("{number}.txt"), b"x");
    }
    let walked = walk(place.path(), |found, _| found < 10);
    assert_eq!(walked.files.len(), 10, "nothing is read after that");
}

#[tokio::test]
async fn a_thousand_files_are_listed_without_a_look_at_any() {
    let house = House::new().await;
    let place = tempfile::tempdir().expect("a folder");
    put(place.path(), "1.pdf", b"%PDF-1.4");
    put(place.path(), "2.pdf", b"");
    let paths = (0..1000).map(|number| place.path().join(format!("{number}.pdf"))).collect();
    let listed = house.files.take(paths);
    assert!(listed.iter().all(|file| file.state == StagedState::Ready && file.size == 0), "nobody has looked");
    assert_eq!((listed[7].name.as_str(), listed[7].extension.as_str()), ("7.pdf", "pdf"), "the name is all there is");

    let ids = listed[..4].iter().map(|file| file.id.clone()).collect();
    let looked = house.files.look(ids).await;
    let states: Vec<_> = looked.iter().map(|file| file.state.clone()).collect();
    use StagedState::{Empty, Ready, Unreadable};
    assert_eq!(states, [Unreadable, Ready, Empty, Unreadable], "each says what it is once it was looked at");
    assert_eq!(looked[1].size, 8);

    // What was found is what a restart compares with: an unseen size of 0 would read as a change.
    let kept = house.store.staged_files(std::slice::from_ref(&looked[1].id)).await.expect("read");
    assert_eq!((kept[0].size, kept[0].modified_at.is_some()), (8, true));
}

#[tokio::test]
async fn a_file_that_was_written_down_before_the_look_at_it_is_not_taken_for_a_changed_one() {
    let house = House::new().await;
    let server = flowdeck::demo::DemoServer::start().await.expect("a server");
    let app = house.connect(&server, "document-digest").await;
    put(house.folder.path(), "1.pdf", b"%PDF-1.4");
    let listed = house.files.take(vec![house.folder.path().join("1.pdf")]);
    let ids = vec![listed[0].id.clone()];
    // As a draft does that is saved at that moment; then the program ends.
    house.files.keep(&ids).await;
    let emit: Emit = Arc::new(|_| ());
    let next = Arc::new(Files::new(house.store.clone(), emit));
    let found = next.restore(&app, &ids).await.expect("restored").remove(0);
    assert_eq!((found.size, found.state, found.since), (8, StagedState::Ready, Since::Same));
}

#[tokio::test]
async fn a_folder_tells_its_files_and_one_that_is_forgotten_tells_nothing() {
    let house = House::new().await;
    let place = tempfile::tempdir().expect("a folder");
    put(place.path(), "in/1.pdf", b"%PDF");
    put(place.path(), "in/.hidden", b"x");
    let folders = house.files.take_folders(vec![place.path().join("in"), place.path().join("in")]);
    assert_eq!(folders[0].name, "in");
    let found = house.files.read_folder(&folders[0].id).await.expect("read");
    assert_eq!((found.files.len(), found.size, found.hidden), (1, 4, 1));
    assert_eq!(house.files.get(&found.files[0].id).map(|file| file.name), Some("1.pdf".into()), "it can be sent");

    house.files.forget_folder(&folders[1].id);
    assert!(house.files.read_folder(&folders[1].id).await.is_err(), "nobody asks for it any more");
}

fn names() -> PastedNames {
    PastedNames { picture: "Picture 1".into(), table: "Table 1".into(), text: "Text 1".into() }
}

/// Files with a folder of their own, as the program has it.
async fn with_own_folder() -> (Arc<Files>, Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("a store");
    let emit: Emit = Arc::new(|_| ());
    let files = Files::new(store.clone(), emit).with_own_folder(folder.path().join("added"));
    (Arc::new(files), store, folder)
}

#[tokio::test]
async fn what_is_copied_becomes_the_file_that_tells_most() {
    let (files, store, _folder) = with_own_folder().await;
    let text = |text: &str| Some(text.to_owned());
    let pasted = async |copied: Copied| {
        let pasted = files.take_copied(copied, names()).await.expect("pasted");
        let ids: Vec<_> = pasted.files.iter().map(|file| file.id.clone()).collect();
        let kept = store.staged_files(&ids).await.expect("read");
        (pasted, kept.first().map(|row| row.path.clone()).unwrap_or_default())
    };

    let (table, path) = pasted(Copied { text: text("Name\tSum\nAnna\t3\n"), ..Copied::default() }).await;
    assert_eq!((table.what, table.files[0].name.as_str()), (PastedAs::Table, "Table 1.csv"));
    assert_eq!(fs::read_to_string(path).expect("kept"), "Name,Sum\nAnna,3\n");

    let picture = ImageData { width: 2, height: 1, bytes: Cow::Owned(vec![255, 0, 0, 255, 0, 0, 255, 128]) };
    let (picture, path) = pasted(Copied {
        html: text("<img src=\"https://a.example/x.png\">"),
        picture: Some(picture),
        ..Copied::default()
    })
    .await;
    assert_eq!((picture.what, picture.files[0].name.as_str()), (PastedAs::Picture, "Picture 1.png"));
    let image = image::open(path).expect("a PNG").to_rgba8();
    assert_eq!(image.get_pixel(1, 0).0, [0, 0, 255, 128], "with its colours, and with what shines through");

    let (note, path) = pasted(Copied { text: text("Dear all,\n\tplease read.\n"), ..Copied::default() }).await;
    assert_eq!((note.what, note.files[0].name.as_str()), (PastedAs::Text, "Text 1.txt"));
    assert_eq!(fs::read_to_string(path).expect("kept"), "Dear all,\n\tplease read.\n", "not a letter is changed");

    let (links, _) =
        pasted(Copied { text: text("https://a.example/1\nhttps://a.example/2"), ..Copied::default() }).await;
    assert_eq!((links.what, links.links.len(), links.files.len()), (PastedAs::Links, 2, 0));

    let place = tempfile::tempdir().expect("a folder");
    put(place.path(), "in/a.pdf", b"%PDF");
    let paths = vec![place.path().join("in/a.pdf"), place.path().join("in")];
    let (copied, path) = pasted(Copied { paths, text: text("/tmp/in/a.pdf"), ..Copied::default() }).await;
    assert_eq!((copied.what, copied.files.len(), copied.folders.len()), (PastedAs::Files, 1, 1));
    assert_eq!(path, Path::new(""), "a file of the user's is not copied, and written down only once it was looked at");

    let (nothing, _) = pasted(Copied { text: text("  \n"), ..Copied::default() }).await;
    assert_eq!(nothing.what, PastedAs::Nothing);
}

#[tokio::test]
async fn files_of_our_own_go_when_nothing_names_them_any_more() {
    let (files, store, folder) = with_own_folder().await;
    let copied = || Copied { text: Some("a text".into()), ..Copied::default() };
    let named = files.take_copied(copied(), names()).await.expect("pasted");
    let forgotten = files.take_copied(copied(), names()).await.expect("pasted");
    let kept = async || fs::read_dir(folder.path().join("added")).expect("the folder").count();
    assert_eq!(kept().await, 2);
    let row = store.staged_files(&[forgotten.files[0].id.clone()]).await.expect("read").remove(0);
    assert!(row.path.exists() && named.files[0].id != row.id);

    files.clear_own(0).await.expect("cleared");
    assert_eq!(kept().await, 2, "what was made since the start may still be wanted");

    // Nothing names the second one any more: the store forgets it, and with it goes its file.
    let later = flowdeck::store::now() + 60_000;
    store.clear_kept(later).await.expect("cleared");
    store.save_staged(&row).await.expect("one is named again");
    files.clear_own(later).await.expect("cleared");
    assert_eq!(kept().await, 1);
    assert!(row.path.exists(), "the one that is named stays");
}

#[tokio::test]
async fn each_app_remembers_where_its_files_were_chosen() {
    let house = House::new().await;
    let server = flowdeck::demo::DemoServer::start().await.expect("a server");
    let digest = house.connect(&server, "document-digest").await;
    let controls = house.connect(&server, "every-control").await;
    assert_eq!(house.files.last_folder(&digest.id).await, None, "nothing was chosen yet");
    house.files.remember_folder(&digest.id, Path::new("/data/合同")).await;
    house.files.remember_folder(&controls.id, Path::new("/data/pictures")).await;
    house.files.remember_folder(&digest.id, Path::new("/data/minutes")).await;
    assert_eq!(house.files.last_folder(&digest.id).await.as_deref(), Some(Path::new("/data/minutes")));
    assert_eq!(house.files.last_folder(&controls.id).await.as_deref(), Some(Path::new("/data/pictures")));
    house.files.remember_folder(&AppId("of no app".into()), Path::new("/data")).await;
}

struct Fetching {
    apps: Apps,
    files: Arc<Files>,
    folder: tempfile::TempDir,
}

impl Fetching {
    async fn new() -> Self {
        let (files, store, folder) = with_own_folder().await;
        let keys = Arc::new(Keys::new("flowdeck-test"));
        let network = Arc::new(Network::new(store.clone(), Arc::clone(&keys)));
        let emit: Emit = Arc::new(|_| ());
        Self { apps: Apps::new(store, keys, network, emit), files, folder }
    }

    async fn fetch(&self, link: &str) -> Fetched {
        self.fetch_at_most(link, 1024 * 1024).await
    }

    async fn fetch_at_most(&self, link: &str, limit: u64) -> Fetched {
        let fetched = self.files.fetch(link, |to| async move { self.apps.web_file(link, &to, limit).await }).await;
        fetched.expect("an answer")
    }

    /// Folders below that of our own, each of one file.
    fn kept(&self) -> usize {
        fs::read_dir(self.folder.path().join("added")).map_or(0, Iterator::count)
    }
}

fn pdf(request: &Request) -> Reply {
    match request.path() {
        "/get" => answer(
            "200 OK",
            "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf\r\n",
            b"%PDF-1.7",
        ),
        "/Offer%202026.pdf" => {
            answer("200 OK", "Content-Type: application/pdf\r\nSet-Cookie: who=you\r\n", b"%PDF-1.7")
        }
        "/moved.pdf" => answer("302 Found", "Location: /Offer%202026.pdf\r\n", ""),
        "/signin.pdf" => html("200 OK", "<title>Sign in</title>"),
        "/secret.pdf" => answer("403 Forbidden", "", ""),
        "/gone.pdf" => answer("404 Not Found", "", ""),
        "/busy.pdf" => answer("503 Service Unavailable", "", ""),
        "/empty.pdf" => answer("200 OK", "Content-Type: application/pdf\r\n", ""),
        "/endless.pdf" => vec![
            Step::Write(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nConnection: close\r\n\r\n".to_vec()),
            Step::Write(vec![b'x'; 4096]),
            Step::Close,
        ],
        "/slow.pdf" => {
            let begun = [&b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"[..], &[b'x'; 5000]].concat();
            vec![Step::Write(begun), Step::Silence]
        }
        "/cut.pdf" => vec![Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n%PDF".to_vec()), Step::Close],
        "/inside" => answer("302 Found", "Location: http://169.254.169.254/latest\r\n", ""),
        "/ftp" => answer("302 Found", "Location: ftp://files.example/x\r\n", ""),
        _ => vec![Step::Silence],
    }
}

#[tokio::test]
async fn a_link_that_is_fetched_tells_how_much_is_here() {
    let server = Server::start(pdf).await;
    let link = server.url("/slow.pdf").to_string();
    let Fetching { apps, folder, .. } = Fetching::new().await;
    let (told, mut news) = tokio::sync::mpsc::unbounded_channel();
    let emit: Emit = Arc::new(move |event| {
        let _ = told.send(event);
    });
    let store = Store::open(&folder.path().join("another")).await.expect("a store");
    let files = Arc::new(Files::new(store, emit).with_own_folder(folder.path().join("added")));
    let fetch = files.fetch(&link, |to| {
        let (apps, link) = (&apps, &link);
        async move { apps.web_file(link, &to, 1024 * 1024).await }
    });
    let heard = async {
        while let Some(event) = news.recv().await {
            if let AppEvent::LinkChanged { link, bytes } = event {
                files.cancel_fetch(&link);
                return bytes;
            }
        }
        0
    };
    let (fetched, bytes) = tokio::join!(fetch, heard);
    assert_eq!(bytes, 5000, "what the server has sent so far");
    assert_eq!(fetched.expect("an answer"), Fetched::Not { why: WhyNotFetched::Cancelled });
}

#[tokio::test]
async fn a_link_is_fetched_without_a_word_about_who_asks() {
    let server = Server::start(pdf).await;
    let at = Fetching::new().await;
    for (path, name) in
        [("get?id=1", "合同.pdf"), ("Offer%202026.pdf", "Offer 2026.pdf"), ("moved.pdf", "Offer 2026.pdf")]
    {
        let Fetched::File { file } = at.fetch(server.url(&format!("/{path}")).as_str()).await else {
            panic!("{path} is fetched")
        };
        assert_eq!((file.name.as_str(), file.size, file.state), (name, 8, StagedState::Ready), "{path}");
    }
    assert_eq!(at.kept(), 3);
    let secrets = ["authorization", "cookie", "referer", "origin"];
    for request in server.requests() {
        assert!(secrets.iter().all(|name| request.header(name).is_none()), "{:?}", request.headers);
    }
}

#[tokio::test]
async fn a_link_that_gives_no_file_says_why_and_leaves_nothing_behind() {
    let server = Server::start(pdf).await;
    let at = Fetching::new().await;
    for (path, expected) in [
        ("signin.pdf", WhyNotFetched::SignIn),
        ("secret.pdf", WhyNotFetched::SignIn),
        ("gone.pdf", WhyNotFetched::Gone),
        ("busy.pdf", WhyNotFetched::Refused { status: 503 }),
        ("empty.pdf", WhyNotFetched::Empty),
        ("cut.pdf", WhyNotFetched::NotReached),
        ("inside", WhyNotFetched::Address),
        ("ftp", WhyNotFetched::Address),
    ] {
        assert_eq!(at.fetch(server.url(&format!("/{path}")).as_str()).await, Fetched::Not { why: expected }, "{path}");
    }
    let large = at.fetch_at_most(server.url("/endless.pdf").as_str(), 1000).await;
    assert_eq!(large, Fetched::Not { why: WhyNotFetched::TooLarge { limit: 1000 } }, "whatever it announced");
    assert_eq!(at.fetch("file:///etc/passwd").await, Fetched::Not { why: WhyNotFetched::Address });
    assert_eq!(at.kept(), 0, "no half file, no empty folder");
}

#[tokio::test]
async fn a_fetch_can_be_broken_off() {
    let server = Server::start(pdf).await;
    let at = Fetching::new().await;
    let link = server.url("/silent.pdf").to_string();
    let fetching = at.fetch(&link);
    let stop = async {
        while server.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        at.files.cancel_fetch(&link);
    };
    let (fetched, ()) = tokio::join!(fetching, stop);
    assert_eq!(fetched, Fetched::Not { why: WhyNotFetched::Cancelled });
    assert_eq!(at.kept(), 0);
}
