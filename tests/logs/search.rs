//! Looking for words on the server: what is found there and not here, each run once, own ones alone unless wished.

use flowdeck::{
    find::Find,
    model::{
        history::{RunFilter, Search},
        log::ServerFound,
    },
};

use super::{
    book::{Book, Line, Ways, line, now},
    *,
};
use crate::server::{Server, Step, json as answer};

fn says(id: &str, at: i64, user: &str, text: &str) -> Line {
    Line { text: text.into(), ..line(id, at, user) }
}

async fn search(logs: &Logs, house: &House, text: &str, filter: RunFilter) -> ServerFound {
    let search = Search { text: text.into(), filter };
    let wanted = Find::new(house.store.clone()).wanted(&search).await.expect("understood");
    logs.search(&wanted).await.expect("what is wrong with a server is said of its app")
}

/// The server's ids of what it found, and whether that may not be all.
async fn on_server(logs: &Logs, house: &House, text: &str) -> (Vec<String>, bool) {
    let found = search(logs, house, text, RunFilter::default()).await;
    assert!(found.apps.iter().all(|asked| asked.trouble.is_none()), "{text}: {:?}", found.apps);
    (ids(&found), found.apps.iter().any(|asked| asked.more))
}

fn ids(found: &ServerFound) -> Vec<String> {
    found.runs.iter().map(|run| run.head.server.run_id.clone().expect("an id of its server")).collect()
}

async fn found_here(house: &House, text: &str) -> usize {
    let search = Search { text: text.into(), ..Search::default() };
    Find::new(house.store.clone()).find(&search, None, 50).await.expect("a search").runs.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_the_server_are_found_by_words_that_are_not_here_until_their_details_are() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![
        says("new", now() - 10, &app.user, "The notice period of the lease"),
        says("half", now() - 20, &app.user, "a notice without the other word"),
        says("theirs", now() - 30, "somebody else", "notice period, of another person"),
        says("old", now() - 40, &app.user, "A PERIOD without NOTICE"),
        says("chinese", now() - 50, &app.user, "房屋租赁合同，通知期为六十天"),
    ];
    let (logs, told) = logs_of(&house);
    assert_eq!(on_server(&logs, &house, "notice period").await, (vec!["new".to_owned(), "old".to_owned()], false));
    assert_eq!(counted(&house, &app.id).await, once(["new".to_owned(), "old".to_owned()]), "no more than that comes");
    assert!(events(&told).iter().any(|event| matches!(event, AppEvent::HistoryChanged)), "lists hear of them");
    assert_eq!(found_here(&house, "notice").await, 0, "their texts are not here");

    // Again, and after the whole log was read: each run once.
    assert_eq!(on_server(&logs, &house, "period \"notice\"").await.0, ["new", "old"]);
    let state = logs.state(&app.id).await.expect("a state");
    assert_eq!((state.since, state.complete), (None, false), "a search is no reading: nothing is skipped later");
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(counted(&house, &app.id).await, once(book.ids(Some(&app.user))), "each once, and none left out");
    assert_eq!(on_server(&logs, &house, "租赁合同 通知").await.0, ["chinese"], "as the server keeps it");

    // One whose details came is found here, and not beside that.
    let new = listed(&house, &app.id).await.into_iter().find(|head| head.server.run_id.as_deref() == Some("new"));
    logs.fetch(&new.expect("listed").id).await.expect("fetched");
    assert_eq!(found_here(&house, "notice period").await, 1);
    assert_eq!(on_server(&logs, &house, "notice period").await.0, ["old"], "without what is found here");

    // What the user deleted does not come back by a search either.
    let old = listed(&house, &app.id).await.into_iter().find(|head| head.server.run_id.as_deref() == Some("old"));
    delete(&house, &old.expect("listed").id).await;
    assert_eq!(on_server(&logs, &house, "notice period").await.0, [""; 0]);

    // Everybody's only on the wish that there is.
    logs.set_scope(&app.id, LogScope::All).await.expect("kept");
    generations::settled(&logs, &app.id).await;
    assert_eq!(on_server(&logs, &house, "notice period").await.0, ["theirs"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_knows_no_filter_by_user_shows_nobody_else_s() {
    let house = House::new().await;
    let book =
        Book::new(Vec::new(), Ways { knows_user: false, knows_time: false, keeps_ascii: false, ..Ways::default() })
            .await;
    let app = book.connect(&house).await;
    book.pages().lines =
        vec![says("mine", now() - 10, &app.user, "通知期"), says("theirs", now() - 20, "somebody else", "通知期")];
    let (logs, _) = logs_of(&house);
    assert_eq!(on_server(&logs, &house, "通知期").await.0, ["mine"], "and Chinese is found as it is, too");
    assert_eq!(counted(&house, &app.id).await, once(["mine".to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_narrow_what_the_server_lists_and_few_pages_are_read() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    let (user, now) = (&app.user, now());
    let mut lines = vec![
        Line { status: "failed", ..says("failed", now - 10, user, "rare word") },
        says("fine", now - 20, user, "rare word"),
        Line { status: "partial-succeeded", ..says("partly", now - 30, user, "rare word") },
    ];
    lines.extend((0..1000).map(|n| says(&format!("c{n:04}"), now - 100 - n, user, "common")));
    book.pages().lines = lines;
    let (logs, _) = logs_of(&house);
    for (text, expected) in [
        ("rare status:failed", "failed"),
        ("rare status:partly", "partly"),
        ("rare is:starred", ""),
        ("rare app:nothing", ""),
    ] {
        let found = search(&logs, &house, text, RunFilter::default()).await;
        assert_eq!(ids(&found).join(" "), expected, "{text}");
    }
    let before = RunFilter { before: Some((now - 15) * 1000), ..RunFilter::default() };
    assert_eq!(ids(&search(&logs, &house, "rare", before).await), ["fine", "partly"]);

    let asked = book.pages().asked;
    let (found, more) = on_server(&logs, &house, "common").await;
    assert!(more, "it says that this is not all");
    assert!((201..=300).contains(&found.len()), "three pages, one line of each may repeat: {}", found.len());
    assert!(book.pages().asked - asked <= 3, "no more are asked for");
    let asked = book.pages().asked;
    let found = search(&logs, &house, "", RunFilter::default()).await;
    assert_eq!(found, ServerFound { nothing_to_ask: true, ..ServerFound::default() }, "nothing to look for");
    assert_eq!(book.pages().asked, asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_s_server_is_searched_in_every_generation() {
    for generation in Generation::ALL {
        let server = demo(Options { generation, ..Options::default() }).await;
        let house = House::new().await;
        let app = house.connect(&server, "long-run").await;
        let own = house.apps.client(&app.id).await.expect("a client");
        for title in ["Notice of termination", "预算 2027", "Something else"] {
            run_elsewhere(&own, title).await;
        }
        run_elsewhere(&own.as_user("somebody else"), "Notice of another").await;
        let (logs, _) = logs_of(&house);
        let found = search(&logs, &house, "notice", RunFilter::default()).await;
        if generation == Generation::Spring2024 {
            assert_eq!(found.apps[0].trouble, Some(LogTrouble::NoLog), "{generation}: and it says so");
            assert!(found.runs.is_empty());
            continue;
        }
        assert_eq!((found.runs.len(), found.apps[0].trouble), (1, None), "{generation}");
        assert_eq!(found.runs[0].origin, RunOrigin::Server, "{generation}");
        assert_eq!(found.runs[0].contents, Contents::Head, "{generation}");
        assert_eq!(on_server(&logs, &house, "预算").await.0.len(), 1, "{generation}: in the spelling it keeps");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_is_said_of_the_app_and_what_is_found_elsewhere_stays() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![says("mine", now() - 10, &app.user, "a lease")];
    let refusing = Server::start(|request| match request.path() {
        "/v1/parameters" => answer("200 OK", r#"{"user_input_form": []}"#),
        _ => answer("403 FORBIDDEN", r#"{"code": "forbidden", "message": "no", "status": 403}"#),
    })
    .await;
    let url = refusing.url("/v1");
    let other = house.apps.connect(url.as_str(), "app-other", KeepKey::Session, None).await.expect("connected");
    let (logs, _) = logs_of(&house);
    let found = search(&logs, &house, "lease", RunFilter::default()).await;
    assert_eq!(ids(&found), ["mine"]);
    let trouble = |app: &AppId| found.apps.iter().find(|asked| asked.app_id == *app).and_then(|asked| asked.trouble);
    assert_eq!((trouble(&app.id), trouble(&other.id)), (None, Some(LogTrouble::Refused)));

    book.pages().away = true;
    let filter = RunFilter { apps: vec![app.id.clone()], ..RunFilter::default() };
    let found = search(&logs, &house, "lease", filter).await;
    assert_eq!(found.apps.len(), 1, "the other one was not wanted");
    assert_eq!(found.apps[0].trouble, Some(LogTrouble::NotReached));
    let state = logs.state(&app.id).await.expect("a state");
    assert_eq!(state.trouble, None, "of how far the log is read it says nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_is_stopped_and_gives_what_it_has() {
    let house = House::new().await;
    let asked = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&asked);
    let server = Server::start(move |request| match request.path() {
        "/v1/parameters" => answer("200 OK", r#"{"user_input_form": []}"#),
        "/v1/workflows/logs" => {
            told.notify_one();
            vec![Step::Silence]
        }
        _ => answer("404 NOT FOUND", "{}"),
    })
    .await;
    let url = server.url("/v1");
    house.apps.connect(url.as_str(), "app-key", KeepKey::Session, None).await.expect("connected");
    let (logs, _) = logs_of(&house);
    let stopping = async {
        asked.notified().await;
        logs.stop_search();
    };
    let both = async { tokio::join!(search(&logs, &house, "lease", RunFilter::default()), stopping).0 };
    let found = tokio::time::timeout(Duration::from_secs(30), both).await.expect("it ends at once");
    assert!(found.stopped && found.runs.is_empty(), "{found:?}");
    assert!(found.apps[0].more && found.apps[0].trouble.is_none(), "that it was not all is known: {found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_is_stopped_asks_nothing_more_and_gives_the_pages_it_has() {
    let house = House::new().await;
    let (stop, later) = (Arc::new(tokio::sync::Notify::new()), Arc::new(Mutex::new(Vec::new())));
    let user = Arc::new(Mutex::new(String::new()));
    let (told, more, own) = (Arc::clone(&stop), Arc::clone(&later), Arc::clone(&user));
    let pages = Mutex::new(0);
    let server = Server::start(move |request| match request.path() {
        "/v1/parameters" => answer("200 OK", r#"{"user_input_form": []}"#),
        "/v1/workflows/logs" => {
            let own = own.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever connects looks at it, too.
            if own.is_empty() {
                return answer("404 NOT FOUND", "{}");
            }
            let mut page = pages.lock().unwrap_or_else(PoisonError::into_inner);
            *page += 1;
            match *page {
                // Lines of others: whether the server knows the filter by user would have to be asked.
                1 => {
                    let of = |n: i64| if n % 2 == 0 { own.as_str() } else { "somebody else" };
                    let lines = (0..100).map(|n| line(format!("l{n:03}"), now() - n, of(n)).row(None));
                    let page = json!({"page": 1, "limit": 100, "total": 500, "has_more": true, "data": lines.collect::<Value>()});
                    answer("200 OK", &page.to_string())
                }
                2 => {
                    told.notify_one();
                    vec![Step::Silence]
                }
                _ => {
                    more.lock().unwrap_or_else(PoisonError::into_inner).push(request.target.clone());
                    vec![Step::Silence]
                }
            }
        }
        _ => answer("404 NOT FOUND", "{}"),
    })
    .await;
    let app =
        house.apps.connect(server.url("/v1").as_str(), "app-key", KeepKey::Session, None).await.expect("connected");
    *user.lock().unwrap_or_else(PoisonError::into_inner) = app.user.clone();
    let (logs, _) = logs_of(&house);
    let stopping = async {
        stop.notified().await;
        logs.stop_search();
    };
    let both = async { tokio::join!(search(&logs, &house, "lease", RunFilter::default()), stopping).0 };
    let found = tokio::time::timeout(Duration::from_secs(20), both).await.expect("it ends at once");
    assert!(found.stopped && found.apps[0].more && found.apps[0].trouble.is_none(), "{:?}", found.apps);
    assert_eq!(found.runs.len(), 50, "the own ones of the page that came");
    let later = later.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(later.is_empty(), "asked after the stop: {later:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_that_is_typed_again_takes_no_other_s_place() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![
        says("all", now() - 10, &app.user, "notice period of a lease"),
        says("half", now() - 20, &app.user, "the period alone"),
    ];
    let (logs, _) = logs_of(&house);
    let found = search(&logs, &house, "period notice PERIOD lease period", RunFilter::default()).await;
    assert_eq!(ids(&found), ["all"]);
    assert_eq!(book.pages().keywords, ["period", "notice", "lease"], "each is asked for once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_have_what_is_wanted_is_not_asked() {
    let house = House::new().await;
    let (asked, left_out) =
        (Book::new(Vec::new(), Ways::default()).await, Book::new(Vec::new(), Ways::default()).await);
    let (app, other) = (asked.connect(&house).await, left_out.connect(&house).await);
    asked.pages().lines = vec![says("mine", now() - 10, &app.user, "a salary")];
    let (logs, _) = logs_of(&house);
    let found = search(&logs, &house, &format!("salary -app:{}", other.id.0), RunFilter::default()).await;
    assert_eq!(ids(&found), ["mine"]);
    assert_eq!(found.apps.len(), 1, "{:?}", found.apps);
    assert_eq!(left_out.pages().keywords, [""; 0], "what is looked for goes to no server that was left out");

    let already = asked.pages().keywords.len();
    for text in [
        format!("salary app:{0} -app:{0}", app.id.0),
        "salary origin:here".to_owned(),
        "salary origin:file".to_owned(),
        "salary -origin:server".to_owned(),
        "salary origin:other".to_owned(),
        "salary is:starred -is:starred".to_owned(),
        "salary after:2025-01-02 before:2025-01-01".to_owned(),
    ] {
        let found = search(&logs, &house, &text, RunFilter::default()).await;
        assert!(found.runs.is_empty() && found.apps.is_empty(), "{text}: {found:?}");
        assert!(found.nothing_to_ask, "apps are connected, and that is not what is in the way: {text}");
        let keywords = [&asked.pages().keywords[already..], &left_out.pages().keywords[..]].concat();
        assert_eq!(keywords, [""; 0], "{text}");
    }
    let starred = RunFilter { starred: Some(true), ..RunFilter::default() };
    let found = search(&logs, &house, "salary -is:starred", starred).await;
    assert!(found.nothing_to_ask && found.apps.is_empty(), "what was chosen and what was typed: {found:?}");
    // A log that tells of others is asked for theirs.
    logs.set_scope(&app.id, LogScope::All).await.expect("kept");
    generations::settled(&logs, &app.id).await;
    let found =
        search(&logs, &house, &format!("salary origin:other app:{0} app:{0}", app.id.0), RunFilter::default()).await;
    assert_eq!((found.apps.len(), found.nothing_to_ask), (1, false), "and once");

    let empty = House::new().await;
    let (logs, _) = logs_of(&empty);
    let found = search(&logs, &empty, "salary origin:here", RunFilter::default()).await;
    assert!(found.apps.is_empty() && !found.nothing_to_ask, "no app is there at all: {found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_said_where_servers_could_not_be_asked_for_all_that_was_typed() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![says("mine", now() - 10, &app.user, "the notice period of one lease: 房屋租赁")];
    let (logs, _) = logs_of(&house);
    for (text, inexact) in [
        ("notice period lease", false),
        ("notice period lease NOTICE", false),
        ("房屋租赁", false),
        ("notice period lease one", true),
        ("\"the notice period of one lease\"", false),
        ("\"the notice period of one lease:\"", true),
        // Longer than a server reads, as it keeps it.
        ("房屋租赁合同", true),
        ("lease -draft", true),
        ("lease in:title", true),
    ] {
        let found = search(&logs, &house, text, RunFilter::default()).await;
        assert_eq!(found.inexact, inexact, "{text}");
    }
}
