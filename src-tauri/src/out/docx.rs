//! A report as a Word document. It is written by hand: a few small files in a zip, of which the crates that write such
//! documents would need ten times as much, and they let characters through that no XML may hold.

use std::io::{Cursor, Write as _};

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};
use zip::{ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{
    drawing::{self, Drawings},
    grid::{self, Grid},
    links::Links,
    marked,
    numbering::{Lists, STYLES},
    report::{Block, Report},
};
use crate::files;

/// Without it Word takes the document for one of 2007, and says so.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>"#;
const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;
const DOCUMENT_RELS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/></Relationships>"#;

pub(super) fn document(report: &Report) -> Result<Vec<u8>, ZipError> {
    let mut writer = Writer::default();
    writer.styled("Title", &report.title);
    let facts = report.facts.iter().map(|(name, value)| vec![name.clone(), value.clone()]);
    writer.table(&facts.collect::<Vec<_>>(), false);
    for section in &report.sections {
        writer.styled("Heading1", &section.heading);
        section.blocks.iter().for_each(|block| writer.block(block));
    }
    writer.styled("Footnote", &report.made_by);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" {}><w:body>{}<w:sectPr><w:pgSz \
         w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" \
         w:header=\"708\" w:footer=\"708\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
        drawing::NAMESPACES,
        writer.out
    );
    let core = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cp:coreProperties \
         xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>{}</dc:title><dc:language>{}</dc:language>\
         </cp:coreProperties>",
        escaped(&report.title),
        escaped(&report.language)
    );
    let types = TYPES.replacen("<Override", &format!("{}<Override", drawing::TYPES), 1);
    let more = format!("{}{}</Relationships>", writer.drawings.relations(), writer.links.relations());
    let relations = DOCUMENT_RELS.replace("</Relationships>", &more);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        ("[Content_Types].xml", types.as_str()),
        ("_rels/.rels", RELS),
        ("word/document.xml", &body),
        ("word/_rels/document.xml.rels", &relations),
        ("word/styles.xml", STYLES),
        ("word/numbering.xml", &writer.lists.xml()),
        ("word/settings.xml", SETTINGS),
        ("docProps/core.xml", &core),
    ] {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(text.as_bytes())?;
    }
    writer.drawings.write(&mut zip)?;
    Ok(zip.finish()?.into_inner())
}

/// How the text at hand is set.
#[derive(Default)]
struct Style {
    bold: u32,
    italic: u32,
    struck: u32,
    link: u32,
}

#[derive(Default)]
struct Writer {
    out: String,
    lists: Lists,
    drawings: Drawings,
    links: Links,
    style: Style,
    /// The runs of the paragraph at hand.
    runs: String,
    /// Its style, where it is not the usual one.
    named: Option<String>,
    quotes: usize,
    /// The block of code at hand: in lists and quotes its lines come one by one.
    code: Option<String>,
    /// The table at hand.
    grid: Option<Grid>,
    /// The item's number was written.
    numbered: bool,
}

impl Writer {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(text) => self.styled("Heading2", text),
            Block::Text(text) => self.styled("Normal", text),
            Block::Code(text) => self.styled("Code", text),
            Block::List(items) => {
                self.lists.begin(None);
                for item in items {
                    self.numbered = false;
                    self.lines(item);
                    self.paragraph();
                }
                self.lists.end();
            }
            Block::Table(rows) => self.table(rows, true),
            Block::Markdown(text) => {
                marked::events(text).for_each(|event| self.event(event));
                self.paragraph();
            }
            Block::Picture { name, bytes, .. } => self.picture(name, bytes),
        }
    }

    /// With its name below it; what cannot be drawn was named among the files.
    fn picture(&mut self, name: &str, bytes: &[u8]) {
        if let Some(figure) = files::figure(bytes.to_vec()) {
            self.paragraph();
            let drawn = self.drawings.put(figure, &escaped(name));
            self.out.push_str(&format!("<w:p><w:pPr><w:keepNext/></w:pPr>{drawn}</w:p>"));
            self.styled("Caption", name);
        }
    }

    fn styled(&mut self, style: &str, text: &str) {
        self.paragraph();
        self.named = Some(style.to_owned());
        self.lines(text);
        self.paragraph();
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.begin(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.lines(&text),
            },
            Event::Code(text) => self.run(&text, "<w:rStyle w:val=\"CodeWord\"/>"),
            Event::HardBreak | Event::SoftBreak => self.runs.push_str("<w:r><w:br/></w:r>"),
            Event::Rule => {
                self.paragraph();
                self.named = Some("Rule".to_owned());
                self.flush();
            }
            _ => {}
        }
    }

    fn begin(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph if self.grid.is_none() => self.paragraph(),
            Tag::Heading { level, .. } => {
                self.paragraph();
                self.named = Some(format!("Heading{}", (*level as usize + 2).min(6)));
            }
            Tag::BlockQuote(_) => {
                self.paragraph();
                self.quotes += 1;
            }
            Tag::CodeBlock(_) => {
                self.paragraph();
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.number();
                self.lists.begin(*first);
            }
            Tag::Item => {
                self.paragraph();
                self.numbered = false;
            }
            Tag::Table(alignments) => {
                self.number();
                let (grid, start) = Grid::begin(alignments.clone());
                self.out.push_str(&start);
                self.grid = Some(grid);
            }
            Tag::TableHead => self.style.bold += 1,
            Tag::Strong => self.style.bold += 1,
            Tag::Emphasis => self.style.italic += 1,
            Tag::Strikethrough => self.style.struck += 1,
            Tag::Link { dest_url, .. } => {
                self.style.link += 1;
                self.runs.push_str(&self.links.begin(dest_url));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph if self.grid.is_none() => self.paragraph(),
            TagEnd::Heading(_) => self.paragraph(),
            TagEnd::Item => self.number(),
            TagEnd::BlockQuote(_) => {
                self.paragraph();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.named = Some("Code".to_owned());
                self.lines(code.trim_end_matches('\n'));
                self.flush();
            }
            TagEnd::List(_) => {
                self.paragraph();
                self.lists.end();
                self.numbered = true;
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.runs);
                self.grid.iter_mut().for_each(|grid| grid.cell(cell.clone()));
            }
            TagEnd::TableHead => {
                self.style.bold = self.style.bold.saturating_sub(1);
                self.end_row(true);
            }
            TagEnd::TableRow => self.end_row(false),
            TagEnd::Table => {
                self.grid = None;
                self.out.push_str(grid::END);
            }
            TagEnd::Strong => self.style.bold = self.style.bold.saturating_sub(1),
            TagEnd::Emphasis => self.style.italic = self.style.italic.saturating_sub(1),
            TagEnd::Strikethrough => self.style.struck = self.style.struck.saturating_sub(1),
            TagEnd::Link => {
                self.style.link = self.style.link.saturating_sub(1);
                self.runs.push_str(self.links.end());
            }
            _ => {}
        }
    }

    fn end_row(&mut self, head: bool) {
        let row = self.grid.as_mut().map(|grid| grid.end_row(head)).unwrap_or_default();
        self.out.push_str(&row);
    }

    /// Text with its lines and tabs.
    fn lines(&mut self, text: &str) {
        for (place, line) in text.split('\n').enumerate() {
            if place > 0 {
                self.runs.push_str("<w:r><w:br/></w:r>");
            }
            self.run(line.trim_end_matches('\r'), "");
        }
    }

    fn run(&mut self, text: &str, more: &str) {
        if text.is_empty() {
            return;
        }
        let Style { bold, italic, struck, link } = self.style;
        let mut how = more.to_owned();
        for (is_so, mark) in [(bold > 0, "<w:b/>"), (italic > 0, "<w:i/>"), (struck > 0, "<w:strike/>")] {
            how.push_str(if is_so { mark } else { "" });
        }
        how.push_str(if link > 0 { "<w:u w:val=\"single\"/>" } else { "" });
        let how = if how.is_empty() { how } else { format!("<w:rPr>{how}</w:rPr>") };
        self.runs.push_str(&format!("<w:r>{how}<w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(text)));
    }

    /// Ends the paragraph at hand, if anything stands in it.
    fn paragraph(&mut self) {
        if !self.runs.is_empty() {
            self.flush();
        }
        self.named = None;
    }

    /// The same; an item of a numbered list that has no text of its own stands there by its number, or those behind it
    /// would count otherwise.
    fn number(&mut self) {
        self.paragraph();
        if !self.numbered && self.lists.counts() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let mut how = String::new();
        match &self.named {
            Some(style) if style != "Normal" => how.push_str(&format!("<w:pStyle w:val=\"{style}\"/>")),
            _ if self.quotes > 0 => how.push_str("<w:pStyle w:val=\"Quote\"/>"),
            _ => {}
        }
        if self.named.as_deref() != Some("Rule") {
            how.push_str(&self.lists.place(!self.numbered));
            self.numbered = true;
        }
        let how = if how.is_empty() { how } else { format!("<w:pPr>{how}</w:pPr>") };
        let runs = std::mem::take(&mut self.runs);
        self.out.push_str(&format!("<w:p>{how}{runs}</w:p>"));
        self.named = None;
    }

    /// `head`: the first row is one. Without, the first of two columns names what stands beside it.
    fn table(&mut self, rows: &[Vec<String>], head: bool) {
        let Some(first) = rows.first() else { return };
        self.paragraph();
        let (mut grid, start) = if head { Grid::begin(vec![Alignment::None; first.len()]) } else { Grid::of_facts() };
        self.out.push_str(&start);
        for (place, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                self.style.bold = u32::from(if head { place == 0 } else { column == 0 });
                self.lines(cell);
                grid.cell(std::mem::take(&mut self.runs));
            }
            self.style.bold = 0;
            self.out.push_str(&grid.end_row(head && place == 0));
        }
        self.out.push_str(grid::END);
    }
}

/// Without the characters that no XML document may hold.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("    "),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
