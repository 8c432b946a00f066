//! E-mails: who wrote what to whom, and what was attached.

use mail_parser::{Address, MessageParser, MimeHeaders};

use super::{Block, Extracted, Problem, Remark, reflow, web};

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Problem> {
    let message = MessageParser::default().parse(bytes).ok_or(Problem::NotA("mail"))?;
    if message.headers().is_empty() {
        return Err(Problem::NotA("mail"));
    }
    let mut found = Extracted { title: message.subject().map(ToOwned::to_owned), ..Extracted::default() };
    for (name, people) in [("From", message.from()), ("To", message.to()), ("Cc", message.cc())] {
        if let Some(people) = people {
            found.blocks.push(Block::Row(format!("{name}: {}", names(people))));
        }
    }
    if let Some(date) = message.date() {
        let (year, month, day, hour, minute) = (date.year, date.month, date.day, date.hour, date.minute);
        found.blocks.push(Block::Row(format!("Date: {year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")));
    }
    // The text as its writer saw it; a mail of HTML only is read as a page.
    let html_only = message.text_bodies().all(|part| part.is_text_html());
    if html_only && let Some(html) = message.body_html(0) {
        found.blocks.extend(web::read(&html).blocks);
    } else {
        for at in 0..message.text_body_count() {
            if let Some(text) = message.body_text(at) {
                found.blocks.extend(reflow::paragraphs(&[text.into_owned()], reflow::Source::Typed));
            }
        }
    }
    let attached: Vec<String> =
        message.attachments().map(|part| part.attachment_name().unwrap_or("(no name)").to_owned()).collect();
    if !attached.is_empty() {
        found.blocks.push(Block::Row(format!("Attachments: {}", attached.join(", "))));
        found.remark = Some(Remark::AttachmentsNotRead(attached));
    }
    Ok(found)
}

fn names(people: &Address<'_>) -> String {
    let one = |person: &mail_parser::Addr<'_>| match (person.name(), person.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    people.iter().map(one).collect::<Vec<_>>().join(", ")
}
