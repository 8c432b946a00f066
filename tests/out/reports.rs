//! One run as a document that others open.

use std::io::Read as _;

use flowdeck::model::{
    file::{LocalCopy, RunFile},
    history::{Contents, Remarks},
    out::{ReportKind, ReportParts},
    run::TextPart,
};
use quick_xml::{Reader, events::Event};

use super::{Desk, report_words, run};

async fn written(desk: &Desk, id: &flowdeck::model::run::RunId, kind: ReportKind) -> Vec<u8> {
    desk.out.report(id, kind, ReportParts { steps: true }, &report_words()).await.expect("a report")
}

/// The parts of a Word document, each read to its end as XML.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
    (0..zip.len())
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

#[tokio::test]
async fn pictures_stand_in_the_page_and_drawings_do_not() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let mut run = run(&app);
    let home = desk.path("runs").join(&run.head.id.0);
    std::fs::create_dir_all(&home).expect("a folder");
    let png = b"\x89PNG\r\n\x1a\n-picture-".to_vec();
    let files = [("chart.png", png.clone()), ("evil.png", b"<svg onload=alert(1)>".to_vec()), ("a\"b.png", png)];
    for (index, (name, bytes)) in (0..).zip(&files) {
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
    let page = String::from_utf8(written(&desk, &id, ReportKind::Html).await).expect("text");
    assert_eq!(page.matches("<img src=\"data:image/png;base64,").count(), 2, "by what they are: {page}");
    assert!(page.contains("alt=\"a&quot;b.png\""));
}

#[tokio::test]
async fn a_word_document_is_well_formed_whatever_stands_in_it() {
    let desk = Desk::new().await;
    let app = desk.app("合同 & <Review>").await;
    let id = desk.full_run(&app).await;
    let found = parts(&written(&desk, &id, ReportKind::Docx).await);
    let of = |name: &str| &found.iter().find(|(found, _)| found == name).expect(name).1;
    let document = of("word/document.xml");
    for wanted in [
        "<w:pStyle w:val=\"Title\"/>",
        "The lease",
        "合同 &amp; &lt;Review&gt;",
        "<w:pStyle w:val=\"Heading3\"/></w:pPr><w:r><w:t xml:space=\"preserve\">摘要",
        "<w:b/></w:rPr><w:t xml:space=\"preserve\">2<",
        "<w:numPr><w:ilvl w:val=\"0\"/>",
        "<w:numPr><w:ilvl w:val=\"1\"/>",
        "let a = 1 &lt; 2;",
        "0.75",
    ] {
        assert!(document.contains(wanted), "{wanted} is not in {document}");
    }
    assert!(of("word/styles.xml").contains("w:eastAsia=\"Microsoft YaHei\""), "Chinese has a Chinese font");
    let mut odd = run(&app);
    odd.outputs.clear();
    let all = include_str!("../xss/vectors.jsonl");
    let controls: String = (0..40_u8).map(char::from).collect();
    odd.texts = vec![TextPart {
        source: String::new(),
        text: format!("{controls}\u{fffe}\n\n{all}\n> - 1. x\n>   > y\n\n|a|\n|-|\n|`b`|"),
    }];
    let id = desk.keep(odd).await;
    parts(&written(&desk, &id, ReportKind::Docx).await);
}

#[tokio::test]
async fn lists_with_numbers_begin_anew() {
    let desk = Desk::new().await;
    let mut lists = run(&desk.app("Review").await);
    lists.outputs.clear();
    lists.texts[0].text = "3. three\n4. four\n\ntext\n\n1. one\n".into();
    let id = desk.keep(lists).await;
    let found = parts(&written(&desk, &id, ReportKind::Docx).await);
    let numbering = &found.iter().find(|(name, _)| name == "word/numbering.xml").expect("it").1;
    assert!(numbering.contains("<w:startOverride w:val=\"3\"/>"), "{numbering}");
    let document = &found.iter().find(|(name, _)| name == "word/document.xml").expect("it").1;
    let numbers: Vec<&str> =
        document.split("<w:numId w:val=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(numbers[numbers.len() - 3..], ["2", "2", "3"], "one list, then another: {numbers:?}");
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
