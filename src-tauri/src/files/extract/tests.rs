use std::io::{Cursor, Write};

use super::*;
use crate::model::sent::MailField;

/// An archive of these parts.
fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("begun");
        archive.write_all(content.as_bytes()).expect("written");
    }
    archive.finish().expect("finished").into_inner()
}

fn blocks(extract: &Extract) -> Vec<SourceBlock> {
    extract.parts.iter().flat_map(|part| part.blocks.clone()).collect()
}

fn paragraph(text: &str) -> SourceBlock {
    SourceBlock::Paragraph { text: text.into() }
}

fn row(cells: &[&str]) -> SourceBlock {
    SourceBlock::Row { cells: cells.iter().map(ToString::to_string).collect() }
}

#[test]
fn a_word_document_is_read_as_it_is_built() {
    // Word in German calls the style "berschrift1", and its name "heading 1" all the same.
    let styles = r#"<w:styles><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>"#;
    let body = r#"<w:document><w:body>
        <w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>Miet</w:t></w:r><w:r><w:t>vertrag</w:t></w:r></w:p>
        <w:p><w:r><w:t>A &amp; B</w:t><w:br/><w:t xml:space="preserve"> next line</w:t><w:delText>gone</w:delText></w:r></w:p>
        <w:p><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr><w:r><w:t>point</w:t></w:r></w:p>
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Item</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Sum</w:t></w:r></w:p></w:tc></w:tr>
        <w:tr><w:tc><w:p/></w:tc><w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>
        <mc:AlternateContent><mc:Choice><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Choice><mc:Fallback><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>
        </w:body></w:document>"#;
    let notes = r#"<w:footnotes><w:footnote><w:p><w:r><w:t>See clause 4.</w:t></w:r></w:p></w:footnote></w:footnotes>"#;
    let parts = [("word/document.xml", body), ("word/styles.xml", styles), ("word/footnotes.xml", notes)];
    let extract = read(Format::Word, &packed(&parts), None).expect("read");
    assert_eq!(
        blocks(&extract),
        [
            SourceBlock::Heading { level: 1, text: "Mietvertrag".into() },
            paragraph("A & B\n next line"),
            SourceBlock::Item { level: 1, text: "point".into() },
            row(&["Item", "Sum"]),
            row(&["", "a | b"]),
            paragraph("box"),
            paragraph("See clause 4."),
        ]
    );
    assert_eq!(extract.parts[1].of, PartOf::Footnotes);
}

#[test]
fn slides_come_in_the_order_they_are_shown_with_what_the_speaker_noted() {
    let slide = |title: &str| {
        format!(
            r#"<p:sld><p:sp><p:nvPr><p:ph type="title"/></p:nvPr><a:p><a:r><a:t>{title}</a:t></a:r></a:p></p:sp>
            <p:sp><p:nvPr><p:ph type="sldNum"/></p:nvPr><a:p><a:r><a:t>7</a:t></a:r></a:p></p:sp></p:sld>"#
        )
    };
    let (first, second) = (slide("Begin"), slide("End"));
    let parts = [
        (
            "ppt/presentation.xml",
            r#"<p:p><p:sldIdLst><p:sldId id="256" r:id="r2"/><p:sldId id="257" r:id="r1"/></p:sldIdLst></p:p>"#,
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            r#"<R><Relationship Id="r1" Target="slides/slide1.xml"/><Relationship Id="r2" Target="/ppt/slides/slide2.xml"/></R>"#,
        ),
        ("ppt/slides/slide1.xml", second.as_str()),
        ("ppt/slides/slide2.xml", first.as_str()),
        (
            "ppt/slides/_rels/slide1.xml.rels",
            r#"<R><Relationship Id="a" Target="../notesSlides/notesSlide9.xml"/></R>"#,
        ),
        ("ppt/notesSlides/notesSlide9.xml", r#"<p:n><p:sp><a:p><a:r><a:t>Thank them.</a:t></a:r></a:p></p:sp></p:n>"#),
    ];
    let extract = read(Format::Slides, &packed(&parts), None).expect("read");
    let of: Vec<_> = extract.parts.iter().map(|part| part.of).collect();
    assert_eq!(of, [PartOf::Slide { number: 1 }, PartOf::Slide { number: 2 }, PartOf::Notes { number: 2 }]);
    let heading = |text: &str| SourceBlock::Heading { level: 2, text: text.into() };
    assert_eq!(blocks(&extract), [heading("Begin"), heading("End"), paragraph("Thank them.")]);
}

/// A workbook of one sheet with this data.
fn workbook(cells: &str) -> Vec<u8> {
    packed(&[
        ("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Budget" sheetId="1" r:id="r1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        (
            "xl/worksheets/sheet1.xml",
            &format!(
                r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>"#
            ),
        ),
    ])
}

#[test]
fn a_sheet_that_says_it_is_a_million_rows_high_costs_what_it_holds() {
    let cells = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Item</t></is></c><c r="C1"><v>0.30000000000000004</v></c></row>
        <row r="1048576"><c r="A1048576"><v>1200</v></c><c r="XFD1048576"><v>9</v></c></row>"#;
    let extract = read(Format::Workbook, &workbook(cells), None).expect("read");
    assert_eq!(blocks(&extract), [row(&["Item", "", "0.3"]), row(&["1200"])]);
    assert!(extract.parts[0].cut, "the column at the far edge is not shown, and that is said");
    assert_eq!(extract.parts[0].title.as_deref(), Some("Budget"));

    let rows: String =
        (1..=6000).map(|row| format!(r#"<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>"#)).collect();
    let extract = read(Format::Workbook, &workbook(&rows), None).expect("read");
    assert_eq!((extract.parts[0].blocks.len(), extract.parts[0].cut), (5000, true), "enough to read, and it is said");
}

/// Row, column, figure.
type Cell = (u16, u16, f64);

/// A record of a workbook of before 2007.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("short");
    [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

/// What such sheets say of their size (to which row and column), and their figures.
fn old_workbook(sheets: &[(u32, u16, &[Cell])]) -> Vec<u8> {
    let sheets = sheets.iter().map(|(rows, columns, cells)| {
        let size = [&[0; 4], &rows.to_le_bytes()[..], &[0; 2], &columns.to_le_bytes(), &[0; 2]].concat();
        let cells = cells.iter().flat_map(|(row, column, figure)| {
            let at = [row.to_le_bytes(), column.to_le_bytes(), [0; 2]].concat();
            record(0x0203, &[&at[..], &figure.to_le_bytes()].concat())
        });
        record(0x0200, &size).into_iter().chain(cells).collect()
    });
    old_workbook_of(&[], sheets.collect())
}

/// Of these records before its sheets, and in them.
fn old_workbook_of(before: &[u8], sheets: Vec<Vec<u8>>) -> Vec<u8> {
    let begin = |of: u16| record(0x0809, &[&0x0600_u16.to_le_bytes()[..], &of.to_le_bytes(), &[0; 12]].concat());
    let end = record(0x000A, &[]);
    let written: Vec<Vec<u8>> = sheets.into_iter().map(|sheet| [begin(0x0010), sheet, end.clone()].concat()).collect();
    let named = |at: usize, number: usize| {
        let at = u32::try_from(at).expect("small");
        record(0x0085, &[&at.to_le_bytes()[..], &[0, 0, 2, 0], format!("S{number}").as_bytes()].concat())
    };
    let mut records = [begin(0x0005), before.to_vec()].concat();
    let mut at = records.len() + written.len() * named(0, 1).len() + end.len();
    for (number, sheet) in (1..).zip(&written) {
        records.extend(named(at, number));
        at += sheet.len();
    }
    records.extend([end, written.concat()].concat());
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a container");
    container.create_stream("/Workbook").and_then(|mut stream| stream.write_all(&records)).expect("written");
    container.into_inner().into_inner()
}

#[test]
fn an_old_workbook_whose_cells_share_a_long_text_is_read_as_far_as_there_is_room() {
    const LONG: usize = 30_000;
    // The first text goes on in the next record, in wider letters; it decides where the second one begins.
    let first = [&[0; 8][..], &2_u16.to_le_bytes(), &[0, b'a']].concat();
    let length = u16::try_from(LONG).expect("short");
    let second = [&[1, b'b', 0][..], &length.to_le_bytes(), &[0], &vec![b'x'; LONG]].concat();
    let strings = [record(0x00FC, &first), record(0x003C, &second)].concat();
    let of = |cells: u16, place: u32| {
        let cell = |row: u16| record(0x00FD, &[&row.to_le_bytes()[..], &[0; 4], &place.to_le_bytes()].concat());
        old_workbook_of(&strings, vec![(0..cells).flat_map(cell).collect()])
    };
    let extract = read(Format::Workbook, &of(4000, 0), None).expect("read");
    assert_eq!((blocks(&extract).len(), &blocks(&extract)[3999]), (4000, &row(&["ab"])), "the short one has room");
    let extract = read(Format::Workbook, &of(2, 1), None).expect("read");
    assert_eq!(blocks(&extract), vec![row(&[&"x".repeat(LONG)]); 2]);
    let many = of(5000, 1);
    assert!(many.len() < 200_000, "a small file: {}", many.len());
    assert_eq!(read(Format::Workbook, &many, None).err(), Some(Unread::TooLarge), "each would be a text of its own");
}

#[test]
fn an_old_workbook_is_read_unless_its_sheets_span_more_than_there_is_room_for() {
    let near: &[(u16, u16, f64)] = &[(0, 0, 1.5), (2, 1, 7.0)];
    let extract = read(Format::Workbook, &old_workbook(&[(3, 2, near), (1000, 200, near)]), None).expect("read");
    let rows = [row(&["1.5"]), row(&["", "7"])];
    assert_eq!(blocks(&extract), [rows.clone(), rows].concat());
    assert_eq!(extract.parts[1].title.as_deref(), Some("S2"));

    let far: &[(u16, u16, f64)] = &[(0, 0, 1.5), (u16::MAX, 255, 7.0)];
    let half: &[(u16, u16, f64)] = &[(0, 0, 1.5), (11_000, 199, 7.0)];
    read(Format::Workbook, &old_workbook(&[(3, 2, half)]), None).expect("one has room");
    for sheets in [&[(3, 2, far)][..], &[(65_536, 256, near)], &[(u32::MAX, 256, near)], &[(3, 2, half), (3, 2, half)]]
    {
        assert_eq!(read(Format::Workbook, &old_workbook(sheets), None).err(), Some(Unread::TooLarge), "{sheets:?}");
    }
}

#[test]
fn a_small_file_that_unpacks_to_gigabytes_is_left_alone() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for part in ["xl/workbook.xml", "xl/a.xml", "xl/b.xml", "xl/c.xml", "xl/d.xml", "word/document.xml"] {
        archive.start_file(part, options).expect("begun");
        archive.write_all(&vec![b' '; 1024 * 1024]).expect("written");
    }
    let bytes = archive.finish().expect("finished").into_inner();
    assert!(bytes.len() < 64 * 1024, "it is small: {}", bytes.len());
    assert_eq!(read(Format::Workbook, &bytes, None).err(), Some(Unread::TooLarge));
    assert_eq!(read(Format::Word, &bytes, None).err(), Some(Unread::NoText), "blanks alone are no text");
}

#[test]
fn open_documents_are_read_whatever_program_they_are_of() {
    let content = r#"<o><office:body><office:text>
        <text:tracked-changes><text:p>taken back</text:p></text:tracked-changes>
        <text:h text:outline-level="2">Lease</text:h><text:p>Rent<text:s text:c="2"/>18,400<text:tab/>EUR</text:p>
        <text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>deeper</text:p></text:list-item></text:list></text:list-item></text:list>
        </office:text></office:body></o>"#;
    let extract = read(Format::OpenDocument, &packed(&[("content.xml", content)]), None).expect("read");
    let item = |level, text: &str| SourceBlock::Item { level, text: text.into() };
    let heading = SourceBlock::Heading { level: 2, text: "Lease".into() };
    assert_eq!(blocks(&extract), [heading, paragraph("Rent  18,400\tEUR"), item(0, "one"), item(1, "deeper")]);

    let sheet = r#"<o><office:spreadsheet><table:table table:name="Plan"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell>
        <table:table-cell table:number-columns-repeated="2"><text:p>y</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16000"/></table:table-row>
        <table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table></office:spreadsheet></o>"#;
    let extract = read(Format::OpenDocument, &packed(&[("content.xml", sheet)]), None).expect("read");
    assert_eq!(blocks(&extract), [row(&["x", "y", "y"])], "the empty rest of the sheet is nothing");
    assert_eq!((extract.parts[0].of, extract.parts[0].title.as_deref()), (PartOf::Sheet, Some("Plan")));
    let locked = [("META-INF/manifest.xml", "<manifest:encryption-data/>"), ("content.xml", "\u{1}")];
    assert_eq!(read(Format::OpenDocument, &packed(&locked), None).err(), Some(Unread::Locked));
}

#[test]
fn tables_in_tables_repeat_no_more_than_anyone_reads() {
    let begin = r#"<table:table><table:table-row table:number-rows-repeated="200"><table:table-cell table:number-columns-repeated="100">"#;
    let end = "</table:table-cell></table:table-row></table:table>";
    for levels in [3, 200] {
        let content = format!(
            "<o><office:text>{}<text:p>four</text:p>{}</office:text></o>",
            begin.repeat(levels),
            end.repeat(levels)
        );
        let extract = read(Format::OpenDocument, &packed(&[("content.xml", &content)]), None).expect("read");
        let letters: usize = blocks(&extract)
            .iter()
            .map(|block| match block {
                SourceBlock::Row { cells } => cells.iter().map(String::len).sum(),
                _ => 0,
            })
            .sum();
        assert!(letters > 0 && letters <= MOST_LETTERS + 100_000, "{levels} levels: {letters} letters");
        assert!(extract.cut, "that it was cut is said");
    }

    let inner = r#"<table:table><table:table-row><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"#;
    let content = format!(
        r#"<o><office:text><table:table><table:table-row table:number-rows-repeated="2">
        <table:table-cell table:number-columns-repeated="3"><text:p>a</text:p>{inner}</table:table-cell>
        </table:table-row></table:table></office:text></o>"#
    );
    let extract = read(Format::OpenDocument, &packed(&[("content.xml", &content)]), None).expect("read");
    assert_eq!(blocks(&extract), [row(&["a\nb"; 3]), row(&["a\nb"; 3])], "a table inside keeps its own count");
    assert!(!extract.cut);
}

#[test]
fn a_mail_is_read_with_who_wrote_it_to_whom() {
    let mail = "From: Anna <anna@example.org>\r\nTo: legal@example.org\r\nSubject: =?utf-8?B?5ZCI5ZCM?=\r\n\
        Content-Type: text/html; charset=utf-8\r\n\r\n<p>Dear all,</p><p>see the <b>contract</b>.</p><script>bad()</script>";
    let extract = read(Format::Mail, mail.as_bytes(), None).expect("read");
    let field = |name, text: &str| SourceBlock::Field { name, text: text.into() };
    let found = blocks(&extract);
    assert_eq!(
        found[..3],
        [
            field(MailField::Subject, "合同"),
            field(MailField::From, "Anna <anna@example.org>"),
            field(MailField::To, "legal@example.org"),
        ]
    );
    let text: String = found[3..].iter().map(|block| format!("{block:?}")).collect();
    assert!(text.contains("contract") && !text.contains("<b>") && !text.contains("bad()"), "{text}");
}

#[test]
fn tables_of_text_are_cut_at_what_their_first_line_has_most_of() {
    let extract = read(Format::Delimited(None), &[], Some("Name;Sum\n\"Müller; Söhne\";1,5\n")).expect("read");
    assert_eq!(blocks(&extract), [row(&["Name", "Sum"]), row(&["Müller; Söhne", "1,5"])]);
    assert!(read(Format::Delimited(None), &[], Some("one column\nonly")).is_err(), "it is shown as the text it is");
}

#[test]
fn a_book_is_read_in_the_order_of_its_chapters() {
    let parts = [
        ("META-INF/container.xml", r#"<c><rootfile full-path="OPS/book.opf"/></c>"#),
        (
            "OPS/book.opf",
            r#"<p><item id="b" href="two.xhtml"/><item id="a" href="text/one.xhtml"/><itemref idref="a"/><itemref idref="b"/></p>"#,
        ),
        ("OPS/two.xhtml", "<html><head><title>no</title></head><body><p>Second\n  chapter.</p></body></html>"),
        ("OPS/text/one.xhtml", "<html><body><h1>First</h1><ul><li>a point</li></ul></body></html>"),
    ];
    let extract = read(Format::Book, &packed(&parts), None).expect("read");
    let heading = SourceBlock::Heading { level: 1, text: "First".into() };
    let item = SourceBlock::Item { level: 0, text: "a point".into() };
    assert_eq!(blocks(&extract), [heading, item, paragraph("Second chapter.")]);
}

#[test]
fn what_cannot_be_read_says_why_and_never_panics() {
    // What Office makes of a document with a password.
    let mut locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    locked.resize(1024, 0);
    locked.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    locked.resize(8192, 0);
    for format in [Format::Word, Format::Slides, Format::Workbook, Format::OpenDocument] {
        assert_eq!(read(format, &locked, None).err(), Some(Unread::Locked), "{format:?}");
    }
    for format in [Format::Word, Format::Slides, Format::Workbook, Format::OpenDocument, Format::Book] {
        for bytes in [&b"PK\x03\x04 broken"[..], b"plain words", b"", &packed(&[("other.xml", "<a/>")])] {
            assert_eq!(read(format, bytes, None).err(), Some(Unread::Damaged), "{format:?} {bytes:?}");
        }
    }
    let cut = packed(&[("word/document.xml", "<w:p><w:r><w:t>half a</w:t></w:r></w:p><w:p><w:r><w:t")]);
    let extract = read(Format::Word, &cut, None).expect("half a document is better than none");
    assert_eq!(blocks(&extract), [paragraph("half a")]);
}

#[test]
fn more_than_anyone_reads_is_cut_and_said() {
    let body: String = (0..50_000).map(|at| format!("<w:p><w:r><w:t>{at}</w:t></w:r></w:p>")).collect();
    let extract = read(Format::Word, &packed(&[("word/document.xml", &body)]), None).expect("read");
    assert_eq!((blocks(&extract).len(), extract.cut), (MOST_BLOCKS, true));
}
