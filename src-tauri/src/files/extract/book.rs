//! E-books: chapters in the order they are read.

use std::collections::HashMap;

use super::{
    Found,
    xml::{Package, Token, beside, walk},
};
use crate::model::sent::{SourceBlock, Unread};

pub(super) fn chapters(bytes: &[u8]) -> Result<Found, Unread> {
    let mut package = Package::open(bytes)?;
    let container = package.part("META-INF/container.xml").ok_or(Unread::Damaged)?;
    let mut list = None;
    walk(&container, |token| {
        if let Token::Open("rootfile", attributes) = token {
            list = attributes.get("full-path");
        }
        list.is_none()
    });
    let list = list.ok_or(Unread::Damaged)?;
    let folder = list.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (mut items, mut order) = (HashMap::new(), Vec::new());
    walk(&package.part(&list).ok_or(Unread::Damaged)?, |token| {
        match token {
            Token::Open("item", attributes) => {
                if let (Some(id), Some(href)) = (attributes.get("id"), attributes.get("href")) {
                    items.insert(id, beside(folder, &href));
                }
            }
            Token::Open("itemref", attributes) => order.extend(attributes.get("idref")),
            _ => {}
        }
        true
    });
    let mut found = Found::new();
    for chapter in order.iter().filter_map(|id| items.get(id)) {
        if let Some(page) = package.part(chapter) {
            page_blocks(&page, &mut found);
        }
        if !found.has_room() {
            break;
        }
    }
    Ok(found)
}

fn page_blocks(page: &str, found: &mut Found) {
    let mut text = String::new();
    let (mut hidden, mut heading, mut item) = (0_u32, None, false);
    let flush = |text: &mut String, heading: Option<u8>, item: bool, found: &mut Found| {
        let text = std::mem::take(text).split_whitespace().collect::<Vec<_>>().join(" ");
        match heading {
            Some(level) => found.add(SourceBlock::Heading { level, text }),
            None if item => found.add(SourceBlock::Item { level: 0, text }),
            None => found.paragraph(&text),
        }
    };
    walk(page, |token| {
        match token {
            Token::Open("head" | "script" | "style", _) => hidden += 1,
            Token::Close("head" | "script" | "style") => hidden = hidden.saturating_sub(1),
            _ if hidden > 0 => {}
            Token::Text(part) => text.push_str(part),
            Token::Open(name, _) => {
                if is_block(name) {
                    flush(&mut text, heading, item, found);
                    heading = name.strip_prefix('h').and_then(|level| level.parse().ok());
                    item = name == "li";
                }
            }
            Token::Close(name) => {
                if is_block(name) {
                    flush(&mut text, heading, item, found);
                    (heading, item) = (None, false);
                }
            }
        }
        found.has_room()
    });
    flush(&mut text, heading, item, found);
}

fn is_block(name: &str) -> bool {
    let block = ["p", "div", "li", "br", "tr", "blockquote", "section", "pre", "dt", "dd", "td", "th"];
    block.contains(&name) || (name.len() == 2 && name.starts_with('h') && name != "hr")
}
