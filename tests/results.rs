//! Result files: from the links that servers really hand out to files in the run's folder, with names for people, and
//! with an honest word about each that could not be had.

mod house;
#[path = "dify_client/server.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod server;

use std::time::Duration;

use flowdeck::{
    apps,
    demo::{DemoServer, Options},
    model::{
        app::{App, KeepKey},
        file::LocalCopy,
        form::{Entries, Entry},
        run::{Run, RunId, RunStatus, TextPart},
    },
    store::RunSave,
};
use house::House;
use serde_json::{Value, json};
use server::{Request, Server, answer, html, json as json_reply};

const A: &str = "28da2d65-37bc-43c4-bc6a-c2e280413c05";
const B: &str = "38da2d65-37bc-43c4-bc6a-c2e280413c05";
const SIGNED: &str = "timestamp=1&nonce=2&sign=3";

async fn demo_run(server: &DemoServer, house: &mut House, scene: &str) -> (App, RunId, Run) {
    let app = house.connect(server, "every-control").await;
    let mut entries = Entries::from([("events".into(), Entry::Text(scene.into()))]);
    for field in app.form.fields.iter().filter(|field| field.required) {
        entries.entry(field.variable.clone()).or_insert(Entry::Text("Anna".into()));
    }
    entries.insert("department".into(), Entry::Text("Legal".into()));
    entries.insert("pace".into(), Entry::Text("0".into()));
    let id = house.start(&app, entries).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "{:?}", run.head.error);
    (app, id, run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_every_kind_are_kept_under_names_for_people() {
    let server = DemoServer::start().await.expect("a free port");
    let mut house = House::new().await;
    let (_, id, run) = demo_run(&server, &mut house, "results").await;
    assert!(run.files.iter().all(|file| file.local == LocalCopy::Stored), "{:?}", run.files);
    let names: Vec<_> = run.files.iter().map(|file| file.name.as_str()).collect();
    assert!(names.contains(&"Office plan - 平面图.png"), "as the server calls it: {names:?}");
    assert!(names.contains(&"photo.png"), "a random name gives way to that of its output: {names:?}");
    assert_eq!(names.len(), 10, "the report leads to a picture that is an output, too: it is kept once: {names:?}");

    let (kept, missing) = house.runs.kept_files(&id).await.expect("listed");
    assert_eq!((kept.len(), missing), (10, 0));
    assert!(kept.iter().all(|(path, _)| path.is_file()), "each lies in the run's folder");

    house.left(&id).await;
    drop(server);
    let later = House::on(house.leave().await).await;
    let run = later.runs.open(&id).await.expect("opened");
    assert!(run.files.iter().all(|file| file.link.is_some()), "links in the text are known again years later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_died_is_said_to_be_dead() {
    let options = Options { link_life: Duration::ZERO, ..Options::default() };
    let server = DemoServer::start_with(options).await.expect("a free port");
    let mut house = House::new().await;
    let (_, _, run) = demo_run(&server, &mut house, "results").await;
    assert!(run.files.iter().all(|file| file.local == LocalCopy::Expired), "403 is the word for it: {:?}", run.files);
}

/// A run that ended a moment ago with these outputs, of which nothing was fetched yet; fetched now.
async fn fetched(server: &Server, outputs: Value, streamed: Option<&str>) -> (House, Run) {
    let mut house = House::new().await;
    let app =
        house.apps.connect(server.url("/v1").as_str(), "app-key", KeepKey::Session, None).await.expect("connected");
    let id = house.leave_behind(&app, RunStatus::Running).await;
    let mut head = house.store.run_head(&id).await.expect("stored");
    (head.status, head.finished_at) = (RunStatus::Succeeded, Some(apps::now()));
    let texts = streamed.map(|text| TextPart { source: String::new(), text: text.to_owned() });
    let save = RunSave {
        head: Some(head),
        outputs: outputs.as_object().cloned(),
        texts: texts.into_iter().collect(),
        ..RunSave::default()
    };
    house.store.save_run(&id, &save).await.expect("saved");
    house.runs.fetch_files(&id).await.expect("asked for");
    house.left(&id).await;
    let run = house.runs.open(&id).await.expect("opened");
    house.seen.clear();
    (house, run)
}

fn api(reply: impl Fn(&Request) -> Option<server::Reply> + Send + Sync + 'static) -> impl Future<Output = Server> {
    Server::start(move |request| match request.path() {
        "/v1/parameters" => json_reply("200 OK", r#"{"user_input_form": []}"#),
        _ => reply(request)
            .unwrap_or_else(|| json_reply("404 NOT FOUND", r#"{"code": "not_found", "message": "nothing"}"#)),
    })
}

fn file(name: &str, extension: &str, url: &str, size: i64) -> Value {
    json!({"dify_model_identity": "__dify__file__", "id": null, "related_id": name, "filename": name,
        "extension": extension, "size": size, "url": url})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_lead_home_whatever_host_they_name_and_never_with_the_key() {
    let server = api(|request| {
        let bytes = match request.path() {
            path if path == format!("/files/tools/{A}.txt") => "one",
            path if path == format!("/files/{B}/file-preview") => "two",
            _ => return None,
        };
        Some(answer("200 OK", "Content-Type: text/plain\r\n", bytes))
    })
    .await;
    let outputs = json!({
        "one": file("one.txt", ".txt", &format!("/files/tools/{A}.txt?{SIGNED}"), 3),
        // A name of the server's own network, which nobody else knows.
        "text": format!("See [the second](http://api.flowdeck.invalid:5001/files/{B}/file-preview?{SIGNED})."),
    });
    let (house, run) = fetched(&server, outputs, None).await;
    let names: Vec<_> = run.files.iter().map(|file| (file.name.as_str(), file.local)).collect();
    assert_eq!(names[0], ("one.txt", LocalCopy::Stored), "relative links are the rule where nothing was set up");
    assert_eq!(names[1].1, LocalCopy::Stored, "internal hosts are asked for at home: {names:?}");
    let (path, _) = house.runs.file(&run.head.id, 1).await.expect("kept");
    assert_eq!(std::fs::read_to_string(path).expect("there"), "two");
    let asked = server.requests();
    let of_files: Vec<_> = asked.iter().filter(|request| request.path().starts_with("/files/")).collect();
    assert_eq!(of_files.len(), 2, "each once");
    assert!(of_files.iter().all(|request| request.header("authorization").is_none()), "file hosts get no key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_makes_nobody_ask_a_stranger() {
    let stranger = Server::always(answer("200 OK", "Content-Type: image/png\r\n", "x")).await;
    let server = api(|_| None).await;
    let link = stranger.url(&format!("/files/tools/{A}.png?{SIGNED}&what=secret"));
    let (_house, run) =
        fetched(&server, json!({"text": format!("![]({link}) {}", stranger.url("/a.png"))}), None).await;
    assert_eq!(run.files.len(), 1, "only what looks like a server's own file");
    assert_eq!(run.files[0].local, LocalCopy::Expired, "and that is not at home");
    assert_eq!(stranger.requests().len(), 0, "a model may write any address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failure_the_files_of_the_text_are_kept() {
    let server = api(|_| Some(answer("200 OK", "Content-Type: application/pdf\r\n", "%PDF-"))).await;
    let streamed = format!("[report.pdf](http://localhost:1/files/tools/{A}.pdf?{SIGNED})");
    let (_house, run) = fetched(&server, json!({}), Some(&streamed)).await;
    let found: Vec<_> = run.files.iter().map(|file| (file.name.as_str(), file.local)).collect();
    assert_eq!(found, [("report.pdf", LocalCopy::Stored)], "the streamed text is the only copy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_says_nothing_gives_way_to_the_one_that_comes_with_the_bytes() {
    let server = api(|request| {
        let name = match request.path() {
            "/files/3" => b"inline".to_vec(),
            "/files/1" => "attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A.txt".as_bytes().to_vec(),
            // As raw bytes of a Chinese system.
            "/files/2" => {
                [&b"attachment; filename=\""[..], &[0xb1, 0xa8, 0xb8, 0xe6, 0xce, 0xc4, 0xbc, 0xfe], b".txt\""].concat()
            }
            _ => return None,
        };
        let head = [
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1\r\nContent-Disposition: ",
            &*name,
            b"\r\n\r\nx",
        ];
        Some(vec![server::Step::Write(head.concat())])
    })
    .await;
    let random = |n: u32| format!("{n:032x}.txt");
    let outputs = json!({
        "a": file(&random(1), ".txt", "/files/1", 1),
        "b": file(&random(2), ".txt", "/files/2", 1),
        // UTF-8 that somebody took for Latin letters.
        "c": {"dify_model_identity": "__dify__file__", "filename": "æ\u{8a}¥å\u{91}\u{8a}.txt", "extension": ".txt", "url": "/files/3"},
    });
    let (house, run) = fetched(&server, outputs, None).await;
    let names: Vec<_> = run.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["报告.txt", "报告文件.txt", "报告.txt"], "{:?}", run.files);
    let stored: Vec<_> = house
        .store
        .run_files(&run.head.id)
        .await
        .expect("read")
        .into_iter()
        .filter_map(|file| file.stored_as)
        .collect();
    assert_eq!(stored.len(), 3);
    assert!(
        stored.iter().all(|name| house.folder.path().join("runs").join(&run.head.id.0).join(name).is_file()),
        "{stored:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_asks_to_sign_in_is_no_result_file() {
    let server = api(|_| Some(html("200 OK", "<title>Sign in</title>"))).await;
    let outputs =
        json!({"pdf": file("a.pdf", ".pdf", "/files/1", 5000), "page": file("a.html", ".html", "/files/2", 22)});
    let (house, run) = fetched(&server, outputs, None).await;
    assert_eq!(run.files[0].local, LocalCopy::Failed, "some proxies say 200 to everything");
    assert_eq!(run.files[1].local, LocalCopy::Stored, "a page that is a result is kept");
    let folder = house.folder.path().join("runs").join(&run.head.id.0);
    assert_eq!(std::fs::read_dir(folder).expect("made").count(), 1, "and nothing of the other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_fetched_is_fetched_again_while_its_link_lives() {
    let open = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let gate = open.clone();
    let server = api(move |_| {
        let is_open = gate.load(std::sync::atomic::Ordering::SeqCst);
        Some(if is_open { answer("200 OK", "", "x") } else { html("418 TEAPOT", "<title>not now</title>") })
    })
    .await;
    let (house, run) =
        fetched(&server, json!({"f": file("a.txt", ".txt", &format!("/files/tools/{A}.txt?{SIGNED}"), 1)}), None).await;
    assert_eq!(run.files[0].local, LocalCopy::Failed);
    let until = run.files[0].link.clone().expect("a link").until.expect("a signed link dies");
    assert!((200_000..=300_000).contains(&(until - apps::now())), "the page says so, and offers it that long");
    open.store(true, std::sync::atomic::Ordering::SeqCst);
    house.runs.fetch_files(&run.head.id).await.expect("asked for");
    house.left(&run.head.id).await;
    assert_eq!(house.store.run(&run.head.id).await.expect("read").files[0].local, LocalCopy::Stored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_takes_no_name_of_a_folder_of_the_run_s_own() {
    let server = api(|request| {
        let named = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"speech\"\r\n";
        Some(answer("200 OK", if request.path() == "/files/3" { named } else { "" }, "x"))
    })
    .await;
    let outputs = json!({
        "a": file("sent", "", "/files/1", 1),
        "b": file("Speech", "", "/files/2", 1),
        // Its name says nothing: the one that comes with the bytes counts.
        "c": file(&format!("{:032x}", 7), "", "/files/3", 1),
    });
    let (house, run) = fetched(&server, outputs, None).await;
    assert!(run.files.iter().all(|file| file.local == LocalCopy::Stored), "{:?}", run.files);
    let stored = house.store.run_files(&run.head.id).await.expect("read");
    let stored: Vec<_> = stored.into_iter().filter_map(|file| file.stored_as).collect();
    let own = |name: &String| matches!(name.to_lowercase().as_str(), "sent" | "speech");
    assert!(
        stored.len() == 3 && !stored.iter().any(own),
        "copies and sounds lie in folders of these names: {stored:?}"
    );
    assert_eq!(run.files[0].name, "sent", "it is called what it was called");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_download_left_goes_when_its_run_is_taken_up() {
    let server = api(|_| Some(answer("200 OK", "", "x"))).await;
    let (house, run) = fetched(&server, json!({ "f": file("a.txt", ".txt", "/files/1", 1) }), None).await;
    let folder = house.folder.path().join("runs").join(&run.head.id.0);
    let left = format!(".{}.part", uuid::Uuid::new_v4());
    let others =
        [".notes.part".to_owned(), format!("{}.part", uuid::Uuid::new_v4()), format!(".{}", uuid::Uuid::new_v4())];
    for name in others.iter().chain([&left]) {
        std::fs::write(folder.join(name), "half").expect("written");
    }
    house.runs.fetch_files(&run.head.id).await.expect("asked for");
    house.left(&run.head.id).await;
    assert!(!folder.join(left).exists(), "its bytes are given back");
    assert!(others.iter().all(|name| folder.join(name).exists()), "and nothing else goes");
    assert!(folder.join("a.txt").exists(), "least of all what is whole");

    // Killed while it was on its way, and now its app is gone: nobody fetches it any more.
    let mut file = house.store.run_files(&run.head.id).await.expect("read").remove(0);
    file.file.local = LocalCopy::Fetching;
    house.store.save_run_file(&run.head.id, &file).await.expect("saved");
    let left = folder.join(format!(".{}.part", uuid::Uuid::new_v4()));
    std::fs::write(&left, "half").expect("written");
    let app = house.store.run_head(&run.head.id).await.expect("read").app_id;
    house.apps.remove(&app).await.expect("removed");
    house.runs.take_up().await.expect("taken up");
    house.left(&run.head.id).await;
    assert!(!left.exists(), "it is given up, and so are its bytes");
}
