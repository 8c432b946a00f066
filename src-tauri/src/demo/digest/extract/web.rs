//! Web pages: the visible text, block by block.

use scraper::{Html, Node};

use super::{Block, Extracted};

enum Step<T> {
    Enter(T),
    Leave(Kind),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hidden,
    Heading,
    Row,
    Cell,
    Block,
    Inline,
}

fn kind(name: &str) -> Kind {
    match name {
        "script" | "style" | "noscript" | "template" | "head" | "svg" | "nav" | "iframe" | "select" | "button" => {
            Kind::Hidden
        }
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Kind::Heading,
        "tr" => Kind::Row,
        "td" | "th" => Kind::Cell,
        "p" | "div" | "li" | "ul" | "ol" | "dl" | "dt" | "dd" | "br" | "hr" | "section" | "article" | "header"
        | "footer" | "main" | "aside" | "blockquote" | "pre" | "table" | "tbody" | "thead" | "figure"
        | "figcaption" | "address" | "form" | "body" | "html" => Kind::Block,
        _ => Kind::Inline,
    }
}

pub(super) fn read(html: &str) -> Extracted {
    let page = Html::parse_document(html);
    let mut found = Extracted::default();
    if let Some(title) =
        page.tree.nodes().find(|node| node.value().as_element().is_some_and(|element| element.name() == "title"))
    {
        found.title =
            Some(title.children().filter_map(|child| child.value().as_text().map(|text| text.to_string())).collect());
    }
    let mut text = String::new();
    let mut cells: Vec<String> = Vec::new();
    // A stack of our own: pages can be nested deeper than the thread's.
    let mut steps = vec![Step::Enter(page.tree.root())];
    while let Some(step) = steps.pop() {
        match step {
            Step::Enter(node) => {
                let kind = match node.value() {
                    Node::Text(part) => {
                        text.push_str(part);
                        continue;
                    }
                    Node::Element(element) => kind(element.name()),
                    Node::Document | Node::Fragment => Kind::Inline,
                    _ => continue,
                };
                if kind == Kind::Hidden {
                    continue;
                }
                if !matches!(kind, Kind::Inline | Kind::Cell) && cells.is_empty() {
                    flush(&mut text, &mut found.blocks, Block::Paragraph);
                }
                steps.push(Step::Leave(kind));
                let children: Vec<_> = node.children().collect();
                steps.extend(children.into_iter().rev().map(Step::Enter));
            }
            Step::Leave(Kind::Heading) => flush(&mut text, &mut found.blocks, Block::Heading),
            Step::Leave(Kind::Cell) => {
                cells.push(std::mem::take(&mut text).split_whitespace().collect::<Vec<_>>().join(" "))
            }
            Step::Leave(Kind::Row) => {
                if cells.iter().any(|cell| !cell.is_empty()) {
                    found.blocks.push(Block::Row(cells.join(" | ")));
                }
                cells.clear();
                text.clear();
            }
            Step::Leave(Kind::Block) if cells.is_empty() => flush(&mut text, &mut found.blocks, Block::Paragraph),
            Step::Leave(Kind::Block) => text.push(' '),
            Step::Leave(_) => {}
        }
    }
    flush(&mut text, &mut found.blocks, Block::Paragraph);
    found
}

fn flush(text: &mut String, blocks: &mut Vec<Block>, make: fn(String) -> Block) {
    if !text.trim().is_empty() {
        blocks.push(make(std::mem::take(text)));
    }
    text.clear();
}
