//! Details of runs that only the log knew.

use super::{
    book::{Book, Ways, line, now},
    *,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_a_line_brings_what_went_in_and_what_came_out_and_says_what_is_missing() {
    for generation in [Generation::Autumn2024, Generation::Late2025, Generation::Recorded, Generation::Today] {
        let server = demo(Options { generation, ..Options::default() }).await;
        let house = House::new().await;
        let app = house.connect(&server, "long-run").await;
        let client = house.apps.client(&app.id).await.expect("a client");
        run_elsewhere(&client, "The lease of 2026").await;
        let (logs, _) = logs_of(&house);
        logs.update_now(&app.id).await.expect("asked");
        let head = listed(&house, &app.id).await.remove(0);
        assert_eq!(head.title, "", "{generation}: the log does not say what it was about");
        let run = logs.fetch(&head.id).await.expect("fetched");
        assert_eq!(run.head.title, "The lease of 2026", "{generation}");
        let title = run.inputs.iter().find(|input| input.variable == "title").expect("what went in");
        let field = app.form.fields.iter().find(|field| field.variable == "title").expect("a field");
        assert_eq!((&title.label, &title.value), (&field.label, &json!("The lease of 2026")), "{generation}");
        assert!(run.inputs.iter().all(|input| !input.variable.starts_with("sys.")), "{generation}: the server's own");
        assert_eq!(run.outputs["title"], "The lease of 2026", "{generation}: what came out");
        assert_eq!(run.notices, [Notice::FromServer], "{generation}: its steps nobody tells");
        assert_eq!(run.head.status, RunStatus::Succeeded, "{generation}");
        drop(server);
        logs.complete(&head.id).await.expect("it needs no server");
        assert_eq!(logs.fetch(&head.id).await.expect("with no server"), run, "{generation}: it is here from now on");
        let filled = house.kept.refill(&head.id).await.expect("it can be run again");
        assert_eq!(filled.entries.get("title"), Some(&text("The lease of 2026")), "{generation}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_server_a_line_stays_a_line_and_it_is_said_why() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![line("here", now(), &app.user), line("cleaned-up", now() - 5, &app.user)];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    let runs = listed(&house, &app.id).await;
    book.pages().away = true;
    let error = logs.fetch(&runs[0].id).await.expect_err("nobody answers");
    assert!(matches!(error, Error::Dify(_)), "{error}");
    let error = logs.complete(&runs[0].id).await.expect_err("an empty form is no refilled one");
    assert!(matches!(error, Error::Dify(_)), "{error}");
    book.pages().away = false;
    book.pages().lines.truncate(1);
    let error = logs.fetch(&runs[1].id).await.expect_err("it is gone there");
    assert!(matches!(error, Error::Gone), "{error}");
    for run in &runs {
        let (_, contents) = house.store.run_origin(&run.id).await.expect("there");
        assert_eq!(contents, Contents::Head, "and can be tried again");
    }
    assert_eq!(logs.fetch(&runs[0].id).await.expect("fetched").outputs["answer"], "of here");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn details_are_fetched_in_advance_with_progress_until_all_are_here_or_it_is_stopped() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    // So many that somebody who looks is there before the last, on a busy machine, too.
    book.pages().lines = (0..150).map(|number| line(format!("run-{number}"), now() - number, &app.user)).collect();
    let (logs, told) = logs_of(&house);
    let state = logs.update_now(&app.id).await.expect("asked");
    assert_eq!((state.runs, state.heads), (150, 150));
    logs.fetch_details(&app.id).await.expect("begun");
    while house.store.log(&app.id).await.expect("read").heads > 145 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    logs.stop(&app.id);
    let state = generations::settled(&logs, &app.id).await;
    assert!(state.heads > 0, "it was stopped on its way");
    logs.fetch_details(&app.id).await.expect("begun");
    let state = generations::settled(&logs, &app.id).await;
    assert_eq!((state.heads, state.trouble), (0, None), "all of them");
    let steps = events(&told).into_iter().filter_map(|event| match event {
        AppEvent::LogChanged { state } => state.fetching.map(|fetching| (fetching.done, fetching.of)),
        _ => None,
    });
    assert!(steps.into_iter().any(|(done, of)| done > 0 && done < of), "how far it is is told");
    book.pages().away = true;
    for head in listed(&house, &app.id).await {
        let name = head.server.run_id.expect("an id");
        let run = logs.fetch(&head.id).await.expect("with no server");
        assert_eq!(run.outputs["answer"], format!("of {name}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_details_cannot_be_read_keeps_no_older_one_from_being_fetched() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines =
        ["new", "odd", "old"].into_iter().zip(0..).map(|(id, number)| line(id, now() - number, &app.user)).collect();
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    logs.fetch_details(&app.id).await.expect("begun");
    let state = generations::settled(&logs, &app.id).await;
    assert_eq!((state.heads, state.trouble), (1, None), "only that one has none");
    book.pages().lines = (0..20).map(|number| line(format!("odd-{number}"), now() + 1, &app.user)).collect();
    logs.update_now(&app.id).await.expect("asked");
    let before = book.server.requests().len();
    logs.fetch_details(&app.id).await.expect("begun");
    let state = generations::settled(&logs, &app.id).await;
    assert!(state.trouble.is_some(), "where none can be read, the server is what is wrong");
    assert!(book.server.requests().len() - before < 10, "and it is not asked for all of them");
}
