//! Every way in which documents come in, with mouse and with keyboard alone: the dialog, drops of files, folders, many,
//! wrong ones and links, and the clipboard.

use std::fs;
use std::path::{Path, PathBuf};

use flowdeck::demo::DemoServer;
use thirtyfour::prelude::*;

use crate::clipboard::Copied;
use crate::controls::connect_controls;
use crate::flowdeck::{Flowdeck, document, root};
use crate::hands::{focus as focus_window, xdotool};
use crate::page::{Page, hook, wait_for};

const APP: &str = "app-item-Document digest";
const DOCUMENT: &str = "footbridge-minutes.pdf";
const DROPZONE: &str = "[data-drop=\"documents\"] .drop";

/// A folder as people have them: documents, one of another kind, and what systems leave behind.
fn contracts(place: &Path) -> PathBuf {
    let folder = place.join("Contracts 合同");
    fs::create_dir_all(folder.join("annexes")).expect("made");
    for name in ["offer.txt", "annexes/annex 2.txt", "annexes/annex 10.txt"] {
        fs::write(folder.join(name), "Terms of the offer.").expect("written");
    }
    for name in ["drafts.zip", ".DS_Store", "~$offer.docx", "annexes/Thumbs.db"] {
        fs::write(folder.join(name), "PK").expect("written");
    }
    folder
}

async fn digest(test: &str) -> (Flowdeck, Page) {
    let flowdeck = Flowdeck::start(test).await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(APP).await;
    page.see("field-documents").await;
    (flowdeck, page)
}

/// What a screen reader is told of what was added.
async fn hears(page: &Page, words: &str) {
    page.says("files-spoken", words).await;
}

async fn rows(page: &Page) -> usize {
    page.0.find_all(By::Css(hook("file-row"))).await.map_or(0, |rows| rows.len())
}

/// A key for whatever has the keyboard, pressed as a person does.
async fn press(flowdeck: &Flowdeck, key: &str) {
    let window = flowdeck.window().await;
    wait_for("the window to have the keyboard", async || focus_window(&window).then_some(())).await;
    xdotool(&["key", key]);
}

async fn focus(page: &Page, selector: &str) {
    let script = "document.querySelector(arguments[0]).focus()";
    page.0.execute(script, vec![selector.into()]).await.expect("it can have the keyboard");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn files_are_chosen_with_the_keyboard_alone_and_the_dialog_remembers_where() {
    let (mut flowdeck, page) = digest("ways-dialog").await;
    let place = tempfile::tempdir().expect("a folder");
    for name in ["first.txt", "second.txt"] {
        fs::write(place.path().join(name), "Some words.").expect("written");
    }
    focus(&page, "[data-testid=\"choose-documents\"]").await;
    press(&flowdeck, "Return").await;
    flowdeck.choose_in_dialog(&place.path().join("first.txt")).await;
    page.file("first.txt").await;
    hears(&page, "1 file added to “Documents”").await;

    // The program ends in between: where files were chosen last is on the disk.
    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click(APP).await;
    page.see("choose-documents").await;
    focus(&page, "[data-testid=\"choose-documents\"]").await;
    press(&flowdeck, "Return").await;
    flowdeck.dialog().await;
    flowdeck.picture("dialog").await;
    // A name without a folder is one in the folder that the dialog shows.
    flowdeck.name_in_dialog("second.txt").await;
    page.file("second.txt").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_dropped_folder_says_what_is_in_it_before_its_files_are_added() {
    let (mut flowdeck, page) = digest("ways-folder").await;
    let place = tempfile::tempdir().expect("a folder");
    let folder = contracts(place.path());
    let beside = page.see("nav-all-runs").await;
    let drag = flowdeck.drag_over(&beside, &[&folder]).await;
    let veil = page.text_that("dropveil", "tell of the folder", |text| text.contains("look into the folder")).await;
    assert!(veil.contains("Documents"), "the veil names the field: {veil}");
    flowdeck.picture("over").await;
    drag.drop().await;

    page.text_that("folder-contents", "count all but hidden ones", |text| text.starts_with("4 files")).await;
    let verdict = ["3 files", "1 ZIP file is not accepted here"];
    page.text_that("arrival-verdict", "be there", |text| verdict.iter().all(|part| text.contains(part))).await;
    let left_out = |text: &str| text.contains("3 hidden or temporary files");
    page.text_at("dialog[open]", "say what is left out", left_out).await;
    flowdeck.picture("question").await;
    assert_eq!(rows(&page).await, 0, "nothing was added before it was said to");
    // The safe answer has the keyboard.
    page.has_keyboard("arrival-leave").await;

    press(&flowdeck, "Tab").await;
    press(&flowdeck, "Return").await;
    for name in ["offer.txt", "annex 2.txt", "annex 10.txt"] {
        page.file(name).await;
    }
    hears(&page, "3 files added").await;
    assert_eq!(rows(&page).await, 3, "the other kind stayed away");
    flowdeck.picture("added").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_folder_is_chosen_by_keyboard_and_can_be_left() {
    let (flowdeck, page) = digest("ways-folder-keyboard").await;
    let place = tempfile::tempdir().expect("a folder");
    // Without folders of its own: the dialog would complete the name to one of them.
    let folder = contracts(place.path()).join("annexes");
    focus(&page, "[data-testid=\"ways-documents\"]").await;
    press(&flowdeck, "Return").await;
    page.has_keyboard("folder-documents").await;
    press(&flowdeck, "Return").await;
    flowdeck.choose_in_dialog(&folder).await;
    page.text_that("arrival-verdict", "be there", |text| text.contains("2 files")).await;
    press(&flowdeck, "Escape").await;
    page.gone("dialog[open]").await;
    assert_eq!(rows(&page).await, 0, "Escape adds nothing");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_thousand_dropped_files_are_listed_at_once() {
    let (mut flowdeck, page) = digest("ways-many").await;
    let place = tempfile::tempdir().expect("a folder");
    let files: Vec<PathBuf> = (0..1000).map(|number| place.path().join(format!("{number:04}.txt"))).collect();
    for file in &files {
        fs::write(file, "x").expect("written");
    }
    let zone = page.find(DROPZONE).await;
    let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let drag = flowdeck.drag_over(&zone, &paths).await;
    let counted = |text: &str| text.contains("1,000 files") && text.contains("990 files too many");
    page.text_at(DROPZONE, "count before they are let go", counted).await;
    flowdeck.picture("over").await;
    drag.drop().await;
    page.file("0000.txt").await;
    page.text_at("[data-drop=\"documents\"] .cnt", "count all of them", |text| text.contains("1,000")).await;
    assert!(rows(&page).await <= 50, "rows are drawn as they are asked for");
    // What is wrong with them comes a moment later, and takes some of the list's room.
    page.text_that("file-problems", "count those too many", |text| text.contains("990 files too many")).await;
    flowdeck.picture("listed").await;

    page.click("more-files-documents").await;
    wait_for("more rows", async || (rows(&page).await > 50).then_some(())).await;
    page.click("remove-all-documents").await;
    wait_for("an empty list", async || (rows(&page).await == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_wrong_kind_is_refused_while_it_hovers_and_a_mixed_drop_is_counted() {
    let (mut flowdeck, page) = digest("ways-wrong").await;
    let place = tempfile::tempdir().expect("a folder");
    let archive = place.path().join("drafts.zip");
    fs::write(&archive, "PK").expect("written");
    let beside = page.see("nav-all-runs").await;
    let drag = flowdeck.drag_over(&beside, &[&archive]).await;
    // Said before it is let go.
    page.find(&format!("{}[data-accepts=\"false\"]", hook("dropveil"))).await;
    flowdeck.picture("refused").await;
    drag.drop().await;
    page.gone(&hook("dropveil")).await;
    assert_eq!(rows(&page).await, 0, "what is refused is not taken");

    let drag = flowdeck.drag_over(&beside, &[&archive, &document(DOCUMENT)]).await;
    let veil = page.text_that("dropveil", "count", |text| text.contains("1 ZIP")).await;
    assert!(veil.contains("1 file will not be accepted") && veil.contains("9 more fit"), "{veil}");
    flowdeck.picture("mixed").await;
    drag.drop().await;
    page.file(DOCUMENT).await;
    page.find("[data-testid=\"file-row\"][data-name=\"drafts.zip\"][data-state=\"error\"]").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn where_several_fields_take_a_file_it_is_asked_and_the_keyboard_answers() {
    let server = DemoServer::start().await.expect("a server");
    let mut flowdeck = Flowdeck::start("ways-where").await;
    let page = flowdeck.page();
    connect_controls(&page, &server).await;
    let beside = page.see("nav-all-runs").await;
    let drag = flowdeck.drag_over(&beside, &[&document(DOCUMENT)]).await;
    let veil = page.text_that("dropveil", "name both", |text| text.contains("One file")).await;
    assert!(veil.contains("Several files"), "{veil}");
    drag.drop().await;
    page.text_that("arrival-verdict", "name the first", |text| text.contains("One file")).await;
    // The choice has the keyboard.
    page.has_keyboard("where-attachment").await;
    press(&flowdeck, "Down").await;
    page.text_that("arrival-verdict", "name the second", |text| text.contains("Several files")).await;
    flowdeck.picture("where").await;
    press(&flowdeck, "Return").await;
    page.find("[data-drop=\"attachments\"] [data-testid=\"file-row\"]").await;
    hears(&page, "“Several files”").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_dropped_link_stays_as_it_was_signed() {
    const LINK: &str = "https://files.example/report%2F2026.pdf?sign=a%2Bb%3D";
    let server = DemoServer::start().await.expect("a server");
    let mut flowdeck = Flowdeck::start("ways-link").await;
    let page = flowdeck.page();
    connect_controls(&page, &server).await;
    let zone = page.find("[data-drop=\"attachment\"] .drop").await;
    let drag = flowdeck.drag_over(&zone, &[Path::new(LINK)]).await;
    page.text_at("[data-drop=\"attachment\"] .drop", "name the link", |text| text.contains("1 link")).await;
    drag.drop().await;
    page.file(LINK).await;
    page.see("fetch-here").await;
    flowdeck.picture("link").await;
    assert!(page.0.current_url().await.expect("an address").as_str().starts_with("tauri:"), "the page stays");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn what_was_copied_is_pasted_as_the_file_it_is_or_makes() {
    let (mut flowdeck, page) = digest("ways-paste").await;
    let place = tempfile::tempdir().expect("a folder");
    let folder = contracts(place.path());
    focus(&page, "[data-testid=\"choose-documents\"]").await;

    let file = folder.join("offer.txt");
    let copied = Copied::by(&["files", &file.to_string_lossy()]).await;
    press(&flowdeck, "ctrl+v").await;
    page.file("offer.txt").await;
    drop(copied);

    let copied = Copied::by(&["table"]).await;
    press(&flowdeck, "ctrl+v").await;
    page.find("[data-testid=\"file-row\"][data-name^=\"Table \"][data-name$=\".csv\"][data-state=\"done\"]").await;
    flowdeck.picture("table").await;

    // In a text field a table is the text it is.
    focus(&page, "textarea[data-testid=\"field-text\"]").await;
    press(&flowdeck, "ctrl+v").await;
    let typed = async || Some(page.value("field-text").await).filter(|text| text.contains("Berta\t4"));
    wait_for("the table as text", typed).await;
    assert_eq!(rows(&page).await, 2, "and no file is made of it");
    drop(copied);

    // A file that was copied is meant as a file, wherever the keyboard is.
    let file = folder.join("annexes/annex 2.txt");
    let copied = Copied::by(&["files", &file.to_string_lossy()]).await;
    press(&flowdeck, "ctrl+v").await;
    page.file("annex 2.txt").await;
    assert!(!page.value("field-text").await.contains("annex"), "its path is not typed");
    drop(copied);

    let copied = Copied::by(&["files", &folder.to_string_lossy()]).await;
    focus(&page, "[data-testid=\"ways-documents\"]").await;
    press(&flowdeck, "Return").await;
    page.click("paste-documents").await;
    page.text_that("folder-contents", "count", |text| text.starts_with("4 files")).await;
    flowdeck.picture("folder").await;
    press(&flowdeck, "Escape").await;
    drop(copied);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_copied_picture_becomes_a_file_with_a_name() {
    let server = DemoServer::start().await.expect("a server");
    let mut flowdeck = Flowdeck::start("ways-picture").await;
    let page = flowdeck.page();
    connect_controls(&page, &server).await;
    let copied = Copied::by(&["picture", &root().join("icons/32x32.png").to_string_lossy()]).await;
    focus(&page, "[data-testid=\"choose-attachment\"]").await;
    press(&flowdeck, "ctrl+v").await;
    page.find("[data-testid=\"file-row\"][data-name^=\"Picture \"][data-name$=\".png\"][data-state=\"done\"]").await;
    flowdeck.picture("picture").await;
    drop(copied);
}
