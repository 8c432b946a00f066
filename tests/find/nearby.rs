//! "Did you mean": what is proposed where nothing was found, and that each proposal finds something.

use flowdeck::model::{
    history::{RunFilter, Search},
    run::{RunId, RunStatus},
};
use proptest::prelude::*;

use crate::desk::{Desk, Given};

fn given(id: &str, at: i64, input: &str) -> Given {
    Given { id: id.into(), app: "a".into(), at, input: input.into(), ..Given::default() }
}

async fn desk() -> Desk {
    let desk = Desk::new().await;
    let mut all: Vec<Given> = (0..9).map(|n| given(&format!("n{n}"), n, "the notice period is sixty days")).collect();
    all.push(given("typo", 20, "a notise on the door"));
    all.push(given("novice", 21, "novice mistake in the agreement"));
    all.push(given("cafe", 22, "Café Müller, naïve Straße, 租赁合同"));
    all.push(given("cyrillic", 23, "срок уведомления по договору"));
    all.push(Given { status: Some(RunStatus::Failed), app: "b".into(), ..given("failed", 24, "umbrella stand") });
    desk.add_all(&all).await;
    desk.sql("INSERT INTO run_tag VALUES ('n1', 'Hamburg office')").await;
    desk.store.index_all().await.expect("indexed");
    desk
}

async fn near(desk: &Desk, text: &str, filter: &RunFilter) -> Vec<String> {
    let search = Search { text: text.into(), filter: filter.clone() };
    desk.find.nearby(&search).await.expect("never an error")
}

async fn first(desk: &Desk, text: &str) -> String {
    near(desk, text, &RunFilter::default()).await.first().cloned().unwrap_or_default()
}

#[tokio::test]
async fn what_was_meant_is_proposed_with_all_else_as_it_was_typed() {
    let desk = desk().await;
    for (typed, meant) in [
        ("agreemnt", "agreement"),
        ("AGREEMNET", "agreement"),
        ("perido", "period"),
        ("umbrela", "umbrella"),
        ("mbrella", "umbrella"),
        ("ubmrela", "umbrella"),
        ("  sixti   perod  -draft", "  sixty   period  -draft"),
        ("status:failed umbrelle", "status:failed umbrella"),
        ("\"notice perriod\"", "\"notice period\""),
        ("租赁 Mullar", "租赁 muller"),
        ("👍 договoру", ""),
        ("уведомлени договрру", "уведомлени договору"),
        // It occurs, but never beside the other word; its like does.
        ("notise sixty", "notice sixty"),
        // Fields and their values.
        ("status:fialed", "status:failed"),
        ("staus:failed", "status:failed"),
        ("staus:fialed umbrelle", "status:failed umbrella"),
        ("app:Invoise", "app:\"Invoice intake\""),
        ("app:\"Contrct review\" notice", "app:\"Contract review\" notice"),
        ("tag:Hambrug", "tag:\"Hamburg office\""),
        ("is:revewed", ""),
        ("has:tga", "has:tag"),
    ] {
        assert_eq!(first(&desk, typed).await, meant, "{typed:?}");
    }
}

#[tokio::test]
async fn nothing_is_proposed_where_nothing_is_near_or_it_would_find_nothing_either() {
    let desk = desk().await;
    for typed in ["", "   ", "xyzzyqwv", "租借", "12345", "notice2026", "no", "-umbrela", "http://exampel.test", "12:30:11"] {
        assert_eq!(first(&desk, typed).await, "", "{typed:?}");
    }
    let succeeded = RunFilter { statuses: vec![RunStatus::Succeeded], ..RunFilter::default() };
    assert_eq!(near(&desk, "umbrela", &succeeded).await, [""; 0], "the filter leaves the only run with it out");
    assert_eq!(first(&desk, "umbrela").await, "umbrella");
    assert_eq!(first(&desk, "umbrela notice").await, "", "both occur, and in no run together");
    desk.store.delete_run(&RunId("failed".into())).await.expect("deleted");
    assert_eq!(first(&desk, "umbrela").await, "", "of what was deleted nothing is told");
}

#[tokio::test]
async fn the_database_keeps_nothing_of_it() {
    let desk = desk().await;
    assert_eq!(first(&desk, "umbrela").await, "umbrella");
    let file = desk.folder.path().join("flowdeck.db");
    let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect(&format!("sqlite:{}", file.display()))
        .await
        .expect("connected");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%vocab%'")
        .fetch_one(&mut other)
        .await
        .expect("counted");
    assert_eq!(left, 0, "the vocabulary is looked at by one connection alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_typed_is_no_error_and_each_proposal_finds_something() {
    let desk = desk().await;
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 150, ..ProptestConfig::default() });
    let words = prop::sample::select(vec![
        "notise", "perod", "umbrela", "status:", "staus:fialed", "app:", "tag:Hambrug", "-", "\"", "合同", "合同x", "*", "(", "^",
        "AND", "NEAR", "novise", "ß", "İ", "👍🏽", "a\u{301}greemnt", "\u{200b}", "file:x", "in:inptu", "after:yesteday",
    ]);
    let typed = prop_oneof![prop::collection::vec(words, 0..6).prop_map(|words| words.join(" ")), any::<String>()];
    runner
        .run(&typed, |typed| {
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    for proposal in near(&desk, &typed, &RunFilter::default()).await {
                        let page = desk.page(&proposal, &RunFilter::default(), None, 1).await;
                        prop_assert!(!page.runs.is_empty(), "{:?} for {:?} finds nothing", proposal, typed);
                    }
                    Ok(())
                })
            })
        })
        .expect("holds");
}
