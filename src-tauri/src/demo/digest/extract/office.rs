//! Word, PowerPoint and EPUB: archives of XML.

use super::xml::{Package, Token, first, walk};
use super::{Block, Extracted, Problem, Unit, web};

/// A Word document: headings, paragraphs, tables, footnotes.
pub(super) fn document(bytes: &[u8]) -> Result<Extracted, Problem> {
    let mut package = Package::open(bytes)?;
    let body = package.part("word/document.xml").ok_or(Problem::NotA("Word"))?;
    let mut found = Extracted { blocks: word_blocks(&body), ..Extracted::default() };
    if let Some(notes) = package.part("word/footnotes.xml") {
        found.blocks.extend(word_blocks(&notes));
    }
    found.title = package.part("docProps/core.xml").and_then(|properties| first(&properties, "title"));
    let pages = package.part("docProps/app.xml").and_then(|properties| first(&properties, "Pages"));
    found.pages =
        pages.and_then(|pages| pages.trim().parse().ok()).filter(|pages| *pages > 0).map(|pages| (pages, Unit::Pages));
    Ok(found)
}

fn word_blocks(xml: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut text, mut row) = (String::new(), Vec::new());
    let (mut heading, mut in_text, mut tables) = (false, false, 0_usize);
    let mut cell = String::new();
    walk(xml, |token| match token {
        Token::Open(name, attributes) => match name.as_str() {
            "p" => (text.clear(), heading = false).0,
            "pStyle" => {
                let style = attributes.iter().find(|(key, _)| key == "val").map_or("", |(_, value)| value.as_str());
                let style = style.to_lowercase();
                // Word writes "Heading1", or a bare number in localised files.
                heading =
                    style.starts_with("heading") || style == "title" || matches!(style.as_str(), "1" | "2" | "3" | "4");
            }
            "t" => in_text = true,
            "tab" | "br" | "cr" => text.push(' '),
            "tbl" => tables += 1,
            "tr" => row.clear(),
            "tc" => cell.clear(),
            _ => {}
        },
        Token::Text(part) if in_text => text.push_str(&part),
        Token::Text(_) => {}
        Token::Close(name) => match name.as_str() {
            "t" => in_text = false,
            "p" if tables > 0 => {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(text.trim());
            }
            "p" if heading => blocks.push(Block::Heading(std::mem::take(&mut text))),
            "p" => blocks.push(Block::Paragraph(std::mem::take(&mut text))),
            "tc" => row.push(std::mem::take(&mut cell)),
            "tr" => blocks.push(Block::Row(row.join(" | "))),
            "tbl" => tables = tables.saturating_sub(1),
            _ => {}
        },
    });
    blocks
}

/// A presentation: the first paragraph of a slide's title is a heading, the speaker's notes follow their slide.
pub(super) fn slides(bytes: &[u8]) -> Result<Extracted, Problem> {
    let mut package = Package::open(bytes)?;
    let names = package.names(|name| name.starts_with("ppt/slides/slide") && name.ends_with(".xml"));
    if names.is_empty() {
        return Err(Problem::NotA("PowerPoint"));
    }
    let mut found = Extracted { pages: Some((names.len(), Unit::Slides)), ..Extracted::default() };
    for name in &names {
        if let Some(slide) = package.part(name) {
            found.blocks.extend(slide_blocks(&slide));
        }
        let notes = name.replace("ppt/slides/slide", "ppt/notesSlides/notesSlide");
        if let Some(notes) = package.part(&notes) {
            // The slide number is a field of its own in the notes.
            found.blocks.extend(slide_blocks(&notes).into_iter().filter(|block| block.text().parse::<u32>().is_err()));
        }
    }
    let title = package.part("docProps/core.xml").and_then(|properties| first(&properties, "title"));
    found.title = title.filter(|title| title != "PowerPoint Presentation");
    Ok(found)
}

fn slide_blocks(xml: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut text, mut in_text, mut heading) = (String::new(), false, false);
    walk(xml, |token| match token {
        Token::Open(name, attributes) => match name.as_str() {
            "sp" => heading = false,
            "ph" => {
                heading = attributes
                    .iter()
                    .any(|(key, value)| key == "type" && matches!(value.as_str(), "title" | "ctrTitle"))
            }
            "p" => text.clear(),
            "t" => in_text = true,
            "br" => text.push(' '),
            _ => {}
        },
        Token::Text(part) if in_text => text.push_str(&part),
        Token::Text(_) => {}
        Token::Close(name) => match name.as_str() {
            "t" => in_text = false,
            "p" if heading => blocks.push(Block::Heading(std::mem::take(&mut text))),
            "p" => blocks.push(Block::Paragraph(std::mem::take(&mut text))),
            _ => {}
        },
    });
    blocks
}

/// An e-book: its chapters are web pages.
pub(super) fn book(bytes: &[u8]) -> Result<Extracted, Problem> {
    let mut package = Package::open(bytes)?;
    let names = package.names(|name| [".xhtml", ".html", ".htm"].iter().any(|ending| name.ends_with(ending)));
    if names.is_empty() {
        return Err(Problem::NotA("EPUB"));
    }
    let mut found = Extracted::default();
    for name in names {
        if let Some(page) = package.part(&name) {
            found.blocks.extend(web::read(&page).blocks);
        }
    }
    let package_file = package.names(|name| name.ends_with(".opf"));
    found.title = package_file.first().and_then(|name| package.part(name)).and_then(|xml| first(&xml, "title"));
    Ok(found)
}
