//! Whose runs are shown.

use super::{
    book::{Book, Line, Ways, line, now},
    *,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_others_come_when_wished_and_go_again_but_for_those_the_user_said_something_of() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![
        line("mine", now() - 10, &app.user),
        line("theirs", now() - 20, "somebody else"),
        Line { from: "web-app", ..line("of-the-web", now() - 30, "visitor") },
        line("starred", now() - 40, "somebody else"),
    ];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(counted(&house, &app.id).await, once(["mine".to_owned()]), "nobody else's, unasked");

    logs.set_scope(&app.id, LogScope::All).await.expect("kept");
    generations::settled(&logs, &app.id).await;
    let mut origins = BTreeMap::new();
    for head in listed(&house, &app.id).await {
        let (origin, contents) = house.store.run_origin(&head.id).await.expect("there");
        assert_eq!(contents, Contents::Head);
        assert_eq!(house.store.run(&head.id).await.expect("readable").notices, [Notice::OnlyHead], "it says so");
        origins.insert(head.server.run_id.expect("an id"), origin.as_str());
    }
    let expected = [("mine", "server"), ("of-the-web", "web_app"), ("starred", "other"), ("theirs", "other")];
    assert_eq!(origins.iter().map(|(id, origin)| (id.as_str(), *origin)).collect::<Vec<_>>(), expected);

    let mut database = database(&house).await;
    sqlx::query("UPDATE run SET starred = 1 WHERE server_run_id = 'starred'")
        .execute(&mut database)
        .await
        .expect("set");
    let state = logs.set_scope(&app.id, LogScope::Own).await.expect("kept");
    assert_eq!((state.scope, state.others), (LogScope::Own, 1));
    assert_eq!(counted(&house, &app.id).await, once(["mine".to_owned(), "starred".to_owned()]));
    // And once more: what went was not deleted by the user.
    logs.set_scope(&app.id, LogScope::All).await.expect("kept");
    generations::settled(&logs, &app.id).await;
    assert_eq!(counted(&house, &app.id).await, once(book.ids(None)), "all are there again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_runs_stay_own_where_the_server_names_another_user_in_its_lines() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways { names: Some("Admin 管理员"), ..Ways::default() }).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![line("mine", now() - 10, &app.user), line("theirs", now() - 20, "somebody else")];
    let (logs, _) = logs_of(&house);
    logs.set_scope(&app.id, LogScope::All).await.expect("kept");
    let state = generations::settled(&logs, &app.id).await;
    assert_eq!((state.runs, state.others), (2, 1), "the filter knows better than the lines (server-1.12.1.md §15)");
    logs.set_scope(&app.id, LogScope::Own).await.expect("kept");
    assert_eq!(counted(&house, &app.id).await, once(["mine".to_owned()]), "what is own stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_user_of_the_connection_has_other_runs() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![line("mine", now() - 10, &app.user), line("of-eva", now() - 20, "eva")];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    house.apps.set_user(&app.id, "eva").await.expect("changed");
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(counted(&house, &app.id).await, once(book.ids(None)), "her log is read from its top to its end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_of_others_goes_with_its_files_and_words_and_what_a_kill_left_goes_with_the_next_update() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![line("mine", now() - 10, &app.user), line("theirs", now() - 20, "somebody else")];
    let (logs, _) = logs_of(&house);
    logs.set_scope(&app.id, LogScope::All).await.expect("kept");
    generations::settled(&logs, &app.id).await;
    let others = house.store.others(&app.id).await.expect("read");
    assert_eq!(others.len(), 1, "one of them is somebody else's");
    logs.fetch(&others[0].0).await.expect("fetched");
    let folder = house.folder.path().join("runs").join(&others[0].0.0);
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("report.md"), "theirs").expect("written");
    // The program was killed as soon as the user had chosen.
    house.store.set_log_scope(&app.id, LogScope::Own).await.expect("set");
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(counted(&house, &app.id).await, once(["mine".to_owned()]));
    assert!(!folder.exists(), "their files are gone, too");
    let cleared = async {
        while house.store.trace().await.expect("read").is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), cleared).await.expect("and their words leave the index");
    logs.set_scope(&app.id, LogScope::All).await.expect("kept");
    generations::settled(&logs, &app.id).await;
    assert_eq!(counted(&house, &app.id).await, once(book.ids(None)), "all are there again");
}
