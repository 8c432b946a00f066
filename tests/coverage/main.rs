//! Each endpoint, field, event and error of the five API documents, and what this program makes of it.
//!
//! The rows stand in the data files beside this one. Whether a field is decoded, or sent, is asked of the real client;
//! where it is used and shown is looked up in the sources. The table is `docs/api-coverage.md`;
//! `FLOWDECK_WRITE_GOLDEN=1 cargo test --test coverage` writes it anew.

mod probe;
mod rows;
#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

use std::{collections::BTreeMap, env, fmt::Write as _, fs};

use probe::Probe;
use rows::{CHAPTERS, DOCUMENTS, Group, Row, groups, root};

const ABOUT: &str = "# What of the API is covered\n\n\
Five generations of the API's document are served: spring 2024, November 2024 (two texts), a list of changes of 2025, \
and the newest. Each endpoint, field, event and error of each stands here with the shape the document gives; \
“–” is not documented there, “not shown” is left out by the list of changes.\n\n\
*Decoded* (of requests: *sent*) is asked of the program itself: a field counts when what comes out of the client differs \
with it and without it, in every shape. *Used* and *shown* name a file and a word in it, or a reason. \
This page is written by `FLOWDECK_WRITE_GOLDEN=1 cargo test --test coverage` and checked by the same test.\n";

/// What the third column from the right says.
async fn decoded(probe: &Probe, group: &Group, row: &Row) -> bool {
    let call = row.call.as_deref().unwrap_or(&group.call);
    if let Some(sent) = &row.sent {
        return probe.is_sent(call, sent).await;
    }
    if let Some(asked) = &row.asked {
        return probe.is_asked(call, asked).await;
    }
    if let Some(place) = &row.place {
        return is_found(place);
    }
    if let Some(refusal) = &row.error {
        return probe.is_told(call, refusal).await;
    }
    probe.is_decoded(group, row).await
}

/// Whether the needle stands in the file.
fn is_found(place: &str) -> bool {
    let (file, needle) = place.split_once(" › ").expect("a place");
    fs::read_to_string(root().join(file)).is_ok_and(|text| text.contains(needle))
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn heading(group: &Group, verb: &str) -> String {
    let columns = ["", "spring 2024", "Nov 2024 (a)", "Nov 2024 (b)", "2025", "newest", verb, "used", "shown"];
    let title = if group.part == "endpoints" {
        String::new()
    } else {
        format!(
            "\n### {} {}\n",
            group.endpoint,
            match group.endpoint.as_str() {
                "stream" => format!("`{}`", group.part),
                _ => format!("— {}", group.part),
            }
        )
    };
    format!("{title}\n{}{}", line(columns.map(str::to_owned)), line(columns.map(|_| "---".to_owned())))
}

#[tokio::test]
async fn the_table_says_of_every_row_what_is_true() {
    let probe = Probe::start().await;
    let mut table = ABOUT.to_owned();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut body = String::new();
    for chapter in CHAPTERS {
        let verb = if chapter == "requests" { "sent" } else { "decoded" };
        let mut title = chapter.to_owned();
        title[..1].make_ascii_uppercase();
        let _ = write!(body, "\n## {title}\n");
        for group in groups(chapter) {
            body.push_str(&heading(&group, verb));
            for row in &group.rows {
                let decoded = decoded(&probe, &group, row).await;
                // A field that is passed over is passed over for a reason.
                assert!(decoded || row.used.starts_with("no: "), "{} {} is not {verb}", group.endpoint, row.field);
                let count = counts.entry(chapter).or_default();
                *count = (count.0 + 1, count.1 + usize::from(decoded));
                let mut cells = vec![row.field.clone()];
                cells.extend(
                    DOCUMENTS.map(|document| row.documents.get(document).map_or("–", String::as_str).to_owned()),
                );
                cells.extend([if decoded { "yes" } else { "no" }.to_owned(), row.used.clone(), row.shown.clone()]);
                body.push_str(&line(cells));
            }
        }
    }
    table.push_str("\n| | rows | decoded or sent |\n| --- | --- | --- |\n");
    for chapter in CHAPTERS {
        let (rows, decoded) = counts[chapter];
        let _ = writeln!(table, "| {chapter} | {rows} | {decoded} |");
    }
    table.push_str(&body);

    let path = root().join("docs/api-coverage.md");
    if env::var_os("FLOWDECK_WRITE_GOLDEN").is_some() {
        fs::write(&path, &table).expect("a writable table");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differing = written.lines().zip(table.lines()).find(|(written, now)| written != now);
    assert_eq!(differing, None, "docs/api-coverage.md says on the left what is on the right now");
    assert_eq!(written.lines().count(), table.lines().count(), "docs/api-coverage.md has more or fewer rows");
}

#[test]
fn no_row_is_empty_and_every_place_that_is_named_exists() {
    let mut rows = 0;
    for chapter in CHAPTERS {
        for group in groups(chapter) {
            for row in &group.rows {
                rows += 1;
                let about = format!("{} {}: {}", group.endpoint, group.part, row.field);
                assert!(!row.documents.is_empty(), "{about} stands in no document");
                for (document, shape) in &row.documents {
                    assert!(DOCUMENTS.contains(&document.as_str()), "{about}: there is no document {document}");
                    assert!(!shape.is_empty(), "{about} has no shape in {document}");
                }
                for place in [&row.used, &row.shown] {
                    assert!(
                        !place.is_empty() && place != "no",
                        "{about} has an empty cell, or a no without its reason"
                    );
                    assert!(!place.contains(" › ") || is_found(place), "{about}: {place} is not there");
                }
            }
        }
    }
    assert!(rows > 250, "only {rows} rows: the documents have more");
}
