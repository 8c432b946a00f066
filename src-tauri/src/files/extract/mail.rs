//! Mails, and web pages as text: neither is ever drawn as a page.

use mail_parser::{Address, MessageParser, MimeHeaders, decoders::html::html_to_text};

use super::Found;
use crate::model::sent::{MailField, SourceBlock, Unread};

pub(super) fn message(bytes: &[u8]) -> Result<Found, Unread> {
    let message = MessageParser::default().parse(bytes).ok_or(Unread::Damaged)?;
    if message.headers().is_empty() {
        return Err(Unread::Damaged);
    }
    let mut found = Found::new();
    let mut field = |name, text: String| found.add(SourceBlock::Field { name, text });
    field(MailField::Subject, message.subject().unwrap_or_default().to_owned());
    for (name, people) in
        [(MailField::From, message.from()), (MailField::To, message.to()), (MailField::Cc, message.cc())]
    {
        field(name, people.map(names).unwrap_or_default());
    }
    if let Some(date) = message.date() {
        let (year, month, day, hour, minute) = (date.year, date.month, date.day, date.hour, date.minute);
        field(MailField::Date, format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"));
    }
    let attached: Vec<String> =
        message.attachments().filter_map(|part| part.attachment_name().map(ToOwned::to_owned)).collect();
    field(MailField::Attachments, attached.join(", "));
    for at in 0..message.text_body_count() {
        if let Some(text) = message.body_text(at) {
            paragraphs(&text, &mut found);
        }
    }
    Ok(found)
}

/// The words of a web page.
pub(super) fn page(html: &str) -> Found {
    let mut found = Found::new();
    paragraphs(&html_to_text(html), &mut found);
    found
}

fn paragraphs(text: &str, found: &mut Found) {
    for paragraph in text.replace("\r\n", "\n").split("\n\n") {
        found.paragraph(paragraph);
    }
}

fn names(people: &Address<'_>) -> String {
    let one = |person: &mail_parser::Addr<'_>| match (person.name(), person.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    people.iter().map(one).collect::<Vec<_>>().join(", ")
}
