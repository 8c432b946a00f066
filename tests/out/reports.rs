//! One run as a document that others open.

use std::io::Read as _;

use flowdeck::model::{
    file::{LocalCopy, RunFile},
    history::{Contents, Remarks},
    human_input::{HumanForm, Question, QuestionState},
    out::{ReportKind, ReportParts},
    run::RunId,
};
use quick_xml::{Reader, events::Event};

use super::{Desk, report_words, run};

pub async fn written(desk: &Desk, id: &flowdeck::model::run::RunId, kind: ReportKind) -> Vec<u8> {
    desk.out.report(id, kind, ReportParts { steps: true }, &report_words()).await.expect("a report")
}

/// The parts of a Word document, each read to its end as XML.
pub fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
    let pictures = |name: &&String| name.starts_with("word/media/");
    let names: Vec<String> = zip.file_names().map(|name| name.expect("a name").into_owned()).collect();
    (0..names.len() - names.iter().filter(pictures).count())
        .map(|place| {
            let mut entry = zip.by_index(place).expect("an entry");
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("text");
            let (name, mut reader, mut open) =
                (entry.name().expect("a name").into_owned(), Reader::from_str(&text), Vec::new());
            loop {
                match reader.read_event().unwrap_or_else(|error| panic!("{name}: {error} in {text}")) {
                    Event::Start(tag) => open.push(tag.name().as_ref().to_owned()),
                    Event::End(tag) => assert_eq!(open.pop().as_deref(), Some(tag.name().as_ref()), "{name}"),
                    Event::Eof => break,
                    _ => {}
                }
            }
            assert!(open.is_empty(), "{name} is not closed");
            (name, text)
        })
        .collect()
}

#[tokio::test]
async fn a_web_page_holds_the_run_and_nothing_else() {
    let desk = Desk::new().await;
    let app = desk.app("合同 <Review>").await;
    let id = desk.full_run(&app).await;
    let page = String::from_utf8(written(&desk, &id, ReportKind::Html).await).expect("text");
    for wanted in [
        "<h1>The lease</h1>",
        "<dt>App</dt><dd>合同 &lt;Review&gt;</dd>",
        "<dd>Partly &lt;done&gt;</dd>",
        "<dd>2026-03-02 20:00:00</dd>",
        "<dd>1:05</dd>",
        "<dd>1.200042 USD</dd>",
        "ask Anna<br>about 7.2",
        "Step: Summarise<br>one step went wrong",
        "=1+1 or what?",
        "<li>合同.txt</li>",
        "<td>1</td>",
        "<strong>2</strong>",
        "let a = 1 &lt; 2;",
        "<li>digest.md</li>",
        "<td>Step a</td><td>Done</td><td>1.0 s</td><td>10</td>",
    ] {
        assert!(page.contains(wanted), "{wanted} is not in {page}");
    }
    assert!(!page.contains("streamed"), "the outputs are the result, not the text on the way there");
    assert!(!page.contains("secret"), "nothing of the server");
    let body = desk.out.report_body(&id, ReportParts { steps: false }, &report_words()).await.expect("a body");
    assert!(body.contains("<h1>The lease</h1>") && !body.contains("<style>") && !body.contains("Step a"), "{body}");
}

#[tokio::test]
async fn what_people_were_asked_and_what_they_chose_stands_in_each_report() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let mut run = run(&app);
    let form = |title: &str, content: &str| HumanForm {
        node_title: title.into(),
        content: content.into(),
        ..HumanForm::default()
    };
    let asked = |form: HumanForm, state: QuestionState| Question { form, asked_at: super::STARTED, state };
    let answer = QuestionState::Answered {
        at: super::STARTED + 60_000,
        action: "Send <back>".into(),
        content: "The deposit is **missing**".into(),
        here: true,
    };
    run.questions = vec![
        asked(form("Approve the draft", "Fine? {{#$output.remark#}}"), answer),
        asked(form("", "Is 押金 {{#$output.remark#}} right?"), QuestionState::Expired { at: super::STARTED + 120_000 }),
        asked(form("Sign", ""), QuestionState::Dropped),
    ];
    let id = desk.keep(run).await;
    let page = String::from_utf8(written(&desk, &id, ReportKind::Html).await).expect("text");
    let text = String::from_utf8(written(&desk, &id, ReportKind::Markdown).await).expect("text");
    let word = parts(&written(&desk, &id, ReportKind::Docx).await);
    let word = &word.iter().find(|(name, _)| name == "word/document.xml").expect("the document").1;
    let at = |minute: &str| format!("2026-03-02 20:0{minute}:00");
    for (where_, report) in [("HTML", &page), ("Markdown", &text), ("Word", word)] {
        for wanted in ["Decisions", "Approve the draft", "missing", "押金", "Sign", "Ended without", &at("1"), &at("2")]
        {
            assert!(report.contains(wanted), "{wanted} is not in {where_}: {report}");
        }
        assert!(
            !report.contains("$output") && !report.contains("Fine?"),
            "{where_}: as it was answered, without slots"
        );
    }
    assert!(page.contains("<strong>missing</strong>") && page.contains("Choice: Send &lt;back&gt;"), "{page}");
    let body = desk.out.report_body(&id, ReportParts { steps: false }, &report_words()).await.expect("a body");
    assert!(body.contains("Choice: Send"), "printed, too");
    let none = desk.full_run(&app).await;
    let page = String::from_utf8(written(&desk, &none, ReportKind::Html).await).expect("text");
    assert!(!page.contains("Decisions"), "only where something was asked");
}

#[tokio::test]
async fn nothing_that_a_server_says_runs_in_a_web_page() {
    let attacks = include_str!("../xss/vectors.jsonl");
    let attacks: Vec<String> = attacks
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let text = line["text"].as_str().expect("a text");
            text.replace("CANARY", "window.__ran=1").replace("HOST", "attack.example")
        })
        .collect();
    assert!(attacks.len() > 500);
    let desk = Desk::new().await;
    let app = desk.app("<script>alert(1)</script>").await;
    for (place, text) in attacks.iter().enumerate() {
        let mut run = run(&app);
        run.head.title = text.clone();
        run.inputs[0].value = text.as_str().into();
        run.outputs.insert("answer".into(), text.as_str().into());
        run.outputs.insert(text.clone(), "x".into());
        let id = desk.keep(run).await;
        let page = String::from_utf8(written(&desk, &id, ReportKind::Html).await).expect("text");
        let page = scraper::Html::parse_document(&page);
        for element in page.tree.nodes().filter_map(|node| node.value().as_element()) {
            const KNOWN: &[&str] = &[
                "html",
                "head",
                "meta",
                "title",
                "style",
                "body",
                "main",
                "h1",
                "h2",
                "h3",
                "h4",
                "h5",
                "h6",
                "dl",
                "dt",
                "dd",
                "section",
                "p",
                "pre",
                "code",
                "ul",
                "ol",
                "li",
                "table",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "footer",
                "em",
                "strong",
                "del",
                "a",
                "br",
                "hr",
                "blockquote",
            ];
            assert!(KNOWN.contains(&element.name()), "{place}: <{}> of {text}", element.name());
            for (name, value) in element.attrs() {
                let fine = match name {
                    "href" => {
                        ["http://", "https://", "mailto:"].iter().any(|way| value.to_lowercase().starts_with(way))
                    }
                    "style" => value.starts_with("text-align: "),
                    "lang" | "charset" | "http-equiv" | "content" | "name" | "class" | "scope" | "start" => true,
                    _ => false,
                };
                assert!(fine, "{place}: {name}={value} of {text}");
            }
        }
    }
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(width, height).write_to(&mut out, image::ImageFormat::Png).expect("drawn");
    out.into_inner()
}

/// A run with these result files.
pub async fn with_files(desk: &Desk, files: &[(&str, Vec<u8>)]) -> RunId {
    let mut run = run(&desk.app("Review").await);
    let home = desk.path("runs").join(&run.head.id.0);
    std::fs::create_dir_all(&home).expect("a folder");
    for (index, (name, bytes)) in (0..).zip(files) {
        std::fs::write(home.join(format!("{index}")), bytes).expect("written");
        run.files.push(RunFile {
            index,
            variable: "file".into(),
            name: (*name).into(),
            extension: "png".into(),
            mime_type: Some("image/png".into()),
            size: None,
            local: LocalCopy::Stored,
            link: None,
        });
    }
    let files = run
        .files
        .iter()
        .map(|file| flowdeck::store::StoredFile { file: file.clone(), stored_as: Some(file.index.to_string()) });
    let id = run.head.id.clone();
    let brought = flowdeck::store::BroughtRun {
        files: files.collect(),
        run,
        contents: Contents::Whole,
        entries: Default::default(),
        form: Default::default(),
        remarks: Remarks::default(),
        sent: Vec::new(),
        sounds: Vec::new(),
    };
    desk.store.add_brought(&brought).await.expect("kept");
    id
}

#[tokio::test]
async fn pictures_stand_in_the_page_and_drawings_do_not() {
    let desk = Desk::new().await;
    let picture = b"\x89PNG\r\n\x1a\n-picture-".to_vec();
    let drawing = b"<svg onload=alert(1)>".to_vec();
    let id = with_files(&desk, &[("chart.png", picture.clone()), ("evil.png", drawing), ("a\"b.png", picture)]).await;
    let page = String::from_utf8(written(&desk, &id, ReportKind::Html).await).expect("text");
    assert_eq!(page.matches("<img src=\"data:image/png;base64,").count(), 2, "by what they are: {page}");
    assert!(page.contains("alt=\"a&quot;b.png\""));
}

#[tokio::test]
async fn pictures_stand_in_a_word_document_no_wider_than_its_page() {
    let desk = Desk::new().await;
    let broken = b"\x89PNG\r\n\x1a\n-picture-".to_vec();
    let files = [("<wide> & \"odd\".png", png(4000, 2000)), ("broken.png", broken), ("small.png", png(100, 50))];
    let id = with_files(&desk, &files).await;
    let bytes = written(&desk, &id, ReportKind::Docx).await;
    let found = parts(&bytes);
    let of = |name: &str| &found.iter().find(|(found, _)| found == name).expect(name).1;
    let document = of("word/document.xml");
    assert_eq!(document.matches("<w:drawing>").count(), 2, "what cannot be opened is only named: {document}");
    assert!(document.contains("broken.png") && document.contains("&lt;wide&gt; &amp; &quot;odd&quot;.png"));
    assert!(document.contains("<wp:extent cx=\"6120130\" cy=\"3060065\"/>"), "as wide as the page: {document}");
    assert!(document.contains("<wp:extent cx=\"952500\" cy=\"476250\"/>"), "and a small one as it is");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).expect("a zip");
    for (number, wanted) in [(1, png(4000, 2000)), (2, png(100, 50))] {
        let name = format!("media/image{number}.png");
        assert!(of("word/_rels/document.xml.rels").contains(&format!("Target=\"{name}\"")), "{name}");
        let mut held = Vec::new();
        zip.by_name(&format!("word/{name}")).expect("a part").read_to_end(&mut held).expect("read");
        assert_eq!(held, wanted, "{name} is what was kept");
    }
    assert!(of("[Content_Types].xml").contains("Extension=\"png\""));
}

#[tokio::test]
async fn pictures_of_markdown_lie_beside_it_and_nothing_there_is_written_over() {
    let desk = Desk::new().await;
    let files = [
        ("chart (1).png", png(3, 2)),
        ("page.html", png(5, 5)),
        ("chart (1).png", png(4, 4)),
        ("plan.svg", b"<svg onload=alert(1)>".to_vec()),
    ];
    let id = with_files(&desk, &files).await;
    let out = tempfile::tempdir().expect("a folder");
    let target = out.path().join("\u{62a5} \u{544a}.md");
    let folder = out.path().join("\u{62a5} \u{544a}-files");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("chart (1).png"), "mine").expect("written");
    let parts = ReportParts { steps: false };
    for time in ["first", "second"] {
        desk.out.save_report(&id, ReportKind::Markdown, parts, &report_words(), &target).await.expect("saved");
        let text = std::fs::read_to_string(&target).expect("text");
        for wanted in [
            "![chart (1).png](\u{62a5}%20\u{544a}-files/chart%20%281%29%20%282%29.png)",
            "![page.html](\u{62a5}%20\u{544a}-files/page.html.png)",
            "![chart (1).png](\u{62a5}%20\u{544a}-files/chart%20%281%29%20%283%29.png)",
        ] {
            assert!(text.contains(wanted), "{time}: {wanted} is not in {text}");
        }
        let read = |name: &str| std::fs::read(folder.join(name)).expect(name);
        assert_eq!(read("chart (1).png"), b"mine", "{time}: what was there stays");
        assert_eq!(read("chart (1) (2).png"), png(3, 2), "{time}");
        assert_eq!(read("page.html.png"), png(5, 5), "{time}: no browser takes it for a page");
        assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 4, "{time}: and nothing twice");
    }

    // Without pictures there is no folder.
    let plain = desk.full_run(&desk.app("Plain").await).await;
    let target = out.path().join("plain.md");
    desk.out.save_report(&plain, ReportKind::Markdown, parts, &report_words(), &target).await.expect("saved");
    assert!(target.exists() && !out.path().join("plain-files").exists());
    // Where the report cannot be written nothing stays beside it.
    let taken = out.path().join("taken.md");
    std::fs::create_dir_all(taken.join("full")).expect("a folder");
    let failed = desk.out.save_report(&id, ReportKind::Markdown, parts, &report_words(), &taken).await;
    assert!(failed.is_err() && !out.path().join("taken-files").exists(), "{failed:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_lies_where_a_picture_goes_is_read_only_where_it_may_be_the_same() {
    let desk = Desk::new().await;
    let id = with_files(&desk, &[("chart.png", png(3, 2))]).await;
    let out = tempfile::tempdir().expect("a folder");
    let pipe = out.path().join("report-files/chart.png");
    std::fs::create_dir(out.path().join("report-files")).expect("a folder");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "a pipe");
    let target = out.path().join("report.md");
    let (parts, words) = (ReportParts { steps: false }, report_words());
    let saving = desk.out.save_report(&id, ReportKind::Markdown, parts, &words, &target);
    let saved = tokio::time::timeout(std::time::Duration::from_secs(20), saving).await;
    // Whoever waits in it would keep the test from ending.
    let _writer = std::fs::File::options().read(true).write(true).open(&pipe);
    assert!(matches!(saved, Ok(Ok(_))), "a pipe of that name is another file: {saved:?}");
    let text = std::fs::read_to_string(&target).expect("text");
    assert!(text.contains("(report-files/chart%20%282%29.png)"), "{text}");
}

#[tokio::test]
async fn a_report_of_a_run_that_is_only_listed_says_so() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let mut listed = run(&app);
    (listed.inputs, listed.outputs, listed.steps, listed.texts) = Default::default();
    let id = desk.keep_as(listed, Contents::Head).await;
    let page = String::from_utf8(written(&desk, &id, ReportKind::Html).await).expect("text");
    assert!(page.contains("<dt>Details</dt><dd>Only listed</dd>"), "{page}");
    let text = String::from_utf8(written(&desk, &id, ReportKind::Markdown).await).expect("text");
    assert!(text.contains("- **Details:** Only listed\n"), "{text}");
    let found = parts(&written(&desk, &id, ReportKind::Docx).await);
    assert!(found.iter().any(|(_, text)| text.contains("Only listed")), "in Word, too");
    let printed = desk.out.report_body(&id, ReportParts::default(), &report_words()).await.expect("a body");
    assert!(printed.contains("Only listed"), "and on paper");
    let whole = desk.full_run(&desk.app("Whole").await).await;
    let page = String::from_utf8(written(&desk, &whole, ReportKind::Html).await).expect("text");
    assert!(!page.contains("Only listed") && !page.contains("Details"), "{page}");
}

#[tokio::test]
async fn markdown_stays_markdown() {
    let desk = Desk::new().await;
    let id = desk.full_run(&desk.app("A_B").await).await;
    let text = String::from_utf8(written(&desk, &id, ReportKind::Markdown).await).expect("text");
    for wanted in [
        "# The lease\n",
        "- **App:** A\\_B\n",
        "### 摘要\n",
        "| 1 | **2** |",
        "=1+1 or what?",
        "| Step a | Done | 1.0 s | 10 |",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
}
