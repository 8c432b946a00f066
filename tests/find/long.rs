//! Runs of so much text that not all of it is indexed.

use flowdeck::model::history::RunFilter;

use crate::desk::{Desk, Given};

/// Words that occur nowhere else, up to so many bytes.
fn words(of: &str, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 20);
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&format!("{of}{number} "));
    }
    text
}

async fn found(desk: &Desk, text: &str) -> String {
    desk.all(text, &RunFilter::default(), 50).await.join(" ")
}

#[tokio::test]
async fn a_run_with_a_long_document_is_found_by_everything_beside_it() {
    let desk = Desk::new().await;
    let long = Given {
        id: "long".into(),
        app: "a".into(),
        at: 1,
        input: format!("preamble {}", words("x", 3 << 20)),
        text: format!("chapter {}", words("y", 3 << 20)),
        output: format!("summary {}", words("z", 2 << 20)),
        step: "gatehouse".into(),
        ..Given::default()
    };
    let short = Given { id: "short".into(), app: "a".into(), at: 2, input: "preamble".into(), ..Given::default() };
    desk.add_all(&[long, short]).await;
    desk.sql(
        "INSERT INTO run_note VALUES ('long', 'ask the landlord'); INSERT INTO run_tag VALUES ('long', 'Hamburg'); \
         INSERT INTO run_file (run_id, position, variable, name, extension, mime_type, local) \
         VALUES ('long', 0, 'files', 'zeppelin.pdf', '.pdf', 'application/pdf', 'none');",
    )
    .await;
    desk.store.index_all().await.expect("indexed");
    for (text, expected) in [
        ("preamble", "short long"),
        ("chapter", "long"),
        ("summary", "long"),
        ("landlord", "long"),
        ("ask the land", "long"),
        ("hamburg", "long"),
        ("zeppelin", "long"),
        ("gatehouse", "long"),
        ("in:note landlord", "long"),
        ("in:step gatehouse", "long"),
        ("file:zeppelin*", "long"),
        ("preamble -landlord", "short"),
        ("preamble -hamburg", "short"),
        ("preamble -gatehouse", "short"),
        ("preamble -\"ask the\"", "short"),
        ("preamble -file:*.pdf", "short"),
    ] {
        assert_eq!(found(&desk, text).await, expected, "{text:?}");
    }
    let page = desk.page("landlord", &RunFilter::default(), None, 5).await;
    assert!(page.runs[0].snippet.is_some(), "it says where");
}

#[tokio::test]
async fn a_document_that_is_handed_on_counts_once() {
    let desk = Desk::new().await;
    let document = format!("{} colophon", words("x", 900 << 10));
    let all = Given {
        id: "all".into(),
        app: "a".into(),
        at: 1,
        input: document.clone(),
        text: document.clone(),
        output: document.clone(),
        step: document.clone(),
        ..Given::default()
    };
    desk.add(&all).await;
    let step = |id: &str, output: &str| {
        format!(
            r#"{{"id": "{id}", "title": "", "inputs": {{"given": "{document}"}}, "outputs": {{"verdict": "{output}"}}}}"#
        )
    };
    for (position, output) in [(1, "sound"), (2, "gatehouse")] {
        let step = step(&format!("s{position}"), output);
        desk.sql(&format!("INSERT INTO step (run_id, position, step) VALUES ('all', {position}, '{step}')")).await;
    }
    desk.store.index_all().await.expect("indexed");
    for text in ["colophon", "x60000", "gatehouse", "sound gatehouse", "in:step gatehouse", "in:step colophon"] {
        assert_eq!(found(&desk, text).await, "all", "{text:?}");
    }
    assert_eq!(found(&desk, "colophon -gatehouse").await, "", "what is found is left out, too");
}
