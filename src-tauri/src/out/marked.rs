//! Markdown of results, for those who write it as something else: no HTML in it, no addresses that lead anywhere but to
//! the web, no pictures that would be fetched.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What a text says, block by block.
pub(super) fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    // Whether each link that is open is one that is kept.
    let mut links: Vec<bool> = Vec::new();
    Parser::new_ext(text, options).filter_map(move |event| match event {
        // HTML is what it says, and models end lines with it in tables.
        Event::InlineHtml(html) | Event::Html(html) if is_break(&html) => Some(Event::HardBreak),
        Event::InlineHtml(html) | Event::Html(html) => Some(Event::Text(html)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        // As the page draws it: a line is a line.
        Event::SoftBreak => Some(Event::HardBreak),
        Event::Start(Tag::Link { link_type, dest_url, id, .. }) => {
            let kept = leads_to_the_web(&dest_url);
            links.push(kept);
            kept.then(|| Event::Start(Tag::Link { link_type, dest_url, title: "".into(), id }))
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or(false).then_some(Event::End(TagEnd::Link)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::TaskListMarker(done) => Some(Event::Text(if done { "☑ " } else { "☐ " }.into())),
        Event::Start(Tag::CodeBlock(_)) => Some(Event::Start(Tag::CodeBlock(CodeBlockKind::Indented))),
        Event::Start(Tag::Heading { level, .. }) => {
            Some(Event::Start(Tag::Heading { level, id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        event => Some(event),
    })
}

fn is_break(html: &str) -> bool {
    let tag = html.trim().to_ascii_lowercase();
    matches!(tag.as_str(), "<br>" | "<br/>" | "<br />")
}

fn leads_to_the_web(address: &str) -> bool {
    // Readers of addresses pass over these, so that what is looked at here would not be what is opened.
    if address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return false;
    }
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"))
}
