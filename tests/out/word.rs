//! Word documents: well formed whatever stands in them, with lists, tables, links and code as they were.

use flowdeck::model::{out::ReportKind, run::TextPart};

use super::{
    Desk,
    reports::{parts, written},
    run,
};

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
async fn tables_and_links_of_a_word_document_are_whole() {
    let desk = Desk::new().await;
    let mut linked = run(&desk.app("Review").await);
    linked.outputs.clear();
    linked.texts[0].text = format!(
        "| a | b |\n|:-:|--:|\n| [x](https://a.example/\u{6cd5}?b=1&c=\"2\") | 2 |\n\n[mail](mailto:a@b.example) \
         [script](javascript:1) [**bold** `code`](<https://b.example/a b>) [long](https://c.example/{})",
        "x".repeat(3000)
    );
    let id = desk.keep(linked).await;
    let found = parts(&written(&desk, &id, ReportKind::Docx).await);
    let of = |name: &str| &found.iter().find(|(found, _)| found == name).expect(name).1;
    let document = of("word/document.xml");
    let ids: Vec<&str> =
        document.split("<w:hyperlink r:id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids, ["rIdLink1", "rIdLink2"], "those that lead to the web, and are no longer than Word takes");
    let relations = of("word/_rels/document.xml.rels");
    assert!(relations.contains("Target=\"https://a.example/%E6%B3%95?b=1&amp;c=%222%22\" TargetMode=\"External\""));
    assert!(relations.contains("Target=\"mailto:a@b.example\""), "{relations}");
    assert_eq!(document.matches("<w:tblHeader/>").count(), 2, "of the result, and of the steps");
    for wanted in ["<w:jc w:val=\"center\"/>", "<w:jc w:val=\"right\"/>", "<w:gridCol w:w=\"4819\"/>"] {
        assert!(document.contains(wanted), "{wanted} is not in {document}");
    }
    // Word reads what belongs to a style in one order only.
    let grid = of("word/styles.xml").split("w:styleId=\"Grid\"").nth(1).expect("the style of tables");
    assert!(grid.find("<w:pPr>") < grid.find("<w:tblPr>"), "{grid}");
    assert!(of("word/settings.xml").contains("compatibilityMode"));
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

/// The paragraphs of a document: style, whether it is an item, and its text with its lines.
fn paragraphs(document: &str) -> Vec<(String, bool, String)> {
    let paragraph = |text: &str| {
        let style = text.split("<w:pStyle w:val=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let lines = text.split("</w:p>").next().expect("its end").replace("<w:br/>", "\n");
        let text = lines.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text);
        (style.to_owned(), lines.contains("<w:numId "), text.collect())
    };
    document.split("<w:p>").skip(1).map(paragraph).collect()
}

#[tokio::test]
async fn code_keeps_its_lines_and_items_their_numbers_wherever_they_stand() {
    let desk = Desk::new().await;
    let mut listed = run(&desk.app("Review").await);
    listed.outputs.clear();
    listed.texts[0].text =
        "1. first\n2. ~~~\n   let a;\n\n   let b;\n   ~~~\n\n   behind it\n3.\n4. # Headed\n5. - inner\n\n\
        > ~~~\n> one\n> two\n> ~~~\n\n    three\n    four\n"
            .into();
    let id = desk.keep(listed).await;
    let found = parts(&written(&desk, &id, ReportKind::Docx).await);
    let document = &found.iter().find(|(name, _)| name == "word/document.xml").expect("it").1;
    let found = paragraphs(document);
    let from = found.iter().position(|(_, _, text)| text == "first").expect("the list");
    let wanted = [
        ("", true, "first"),
        ("Code", true, "let a;\n\nlet b;"),
        ("", false, "behind it"),
        ("", true, ""),
        ("Heading3", true, "Headed"),
        ("", true, ""),
        ("", true, "inner"),
        ("Code", false, "one\ntwo"),
        ("Code", false, "three\nfour"),
    ];
    let found: Vec<_> =
        found[from..][..wanted.len()].iter().map(|(style, item, text)| (&style[..], *item, &text[..])).collect();
    assert_eq!(found, wanted);
}
