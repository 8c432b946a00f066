//! What the word at the caret can go on with.

use super::{
    fields::{self, Field},
    parse::{Item, items, joined},
};
use crate::model::{
    app::AppId,
    history::{Completion, CompletionKind},
    words::{Folded, Needle, fold::folded_text},
};

/// The most that are proposed.
const MOST: usize = 50;

pub(super) const DAYS: &[&[&str]] = &[
    &["today", "今天"],
    &["yesterday", "昨天"],
    &["7d", "7天"],
    &["30d", "30天"],
    &["month", "本月"],
    &["year", "今年"],
];

/// `caret` counts UTF-16 units. Values are those of the field before the caret; else fields are proposed. In Chinese
/// where what stands there is.
pub fn complete(text: &str, caret: u32, apps: &[(AppId, String)], tags: &[String]) -> Vec<Completion> {
    let before = before(text, caret);
    let item = items(&before).pop().filter(|item| item.to >= caret && (item.text.is_empty() || !ends(&before, item)));
    let Some(item) = item else { return fields_for("", caret, caret, false) };
    // The rest of a word behind the caret stays.
    let Some(field) = item.field else {
        if item.quoted {
            return Vec::new();
        }
        return fields_for(&item.text, item.text_from, caret, !item.text.is_ascii());
    };
    // Of several values the last one is typed now.
    let (typed, from) = match item.text.rfind([',', '，', '、']).filter(|_| !item.quoted) {
        Some(comma) => {
            let rest = &item.text[comma..];
            let rest = rest.trim_start_matches([',', '，', '、']);
            (rest.to_owned(), caret - units(rest))
        }
        None => (item.text.clone(), item.text_from - u32::from(item.quoted)),
    };
    let chinese = !typed.is_ascii() || is_chinese_field(&before, &item);
    let mut found = values_for(field, &typed, chinese, apps, tags);
    for completion in &mut found {
        (completion.from, completion.to) = (from, caret);
    }
    found.truncate(MOST);
    found
}

fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

fn before(text: &str, caret: u32) -> String {
    let mut at = 0;
    let fits = |c: &char| {
        at += u32::try_from(c.len_utf16()).unwrap_or(1);
        at <= caret
    };
    text.chars().take_while(fits).collect()
}

/// Whether the item is over: a quote was closed.
fn ends(before: &str, item: &Item) -> bool {
    item.quoted && item.to > item.text_from + units(&item.text) && !before.ends_with(char::is_whitespace)
}

fn is_chinese_field(before: &str, item: &Item) -> bool {
    let units: Vec<u16> = before.encode_utf16().collect();
    let field = units.get(item.from as usize..item.text_from as usize).unwrap_or_default();
    String::from_utf16_lossy(field).chars().any(|c| c.is_alphabetic() && !c.is_ascii())
}

fn fields_for(typed: &str, from: u32, to: u32, chinese: bool) -> Vec<Completion> {
    let typed = folded_text(typed);
    let proposed = fields::FIELDS.iter().filter_map(|(_, names)| {
        let name = if chinese { names[1] } else { names[0] };
        let fits = name.starts_with(&typed) || names.iter().any(|name| !typed.is_empty() && name.starts_with(&typed));
        fits.then(|| Completion {
            text: if chinese { format!("{name}：") } else { format!("{name}:") },
            from,
            to,
            label: names[0].to_owned(),
            kind: CompletionKind::Field,
        })
    });
    proposed.collect()
}

fn values_for(field: Field, typed: &str, chinese: bool, apps: &[(AppId, String)], tags: &[String]) -> Vec<Completion> {
    match field {
        Field::Status => {
            words(fields::STATUSES.iter().map(|(_, words)| *words), typed, chinese, CompletionKind::Status)
        }
        Field::Origin => words(fields::ORIGINS.iter().map(|(_, words)| *words), typed, chinese, CompletionKind::Origin),
        Field::Is => words(fields::IS.iter().map(|(_, words)| *words), typed, chinese, CompletionKind::Field),
        Field::Has => words(fields::HAS.iter().map(|(_, words)| *words), typed, chinese, CompletionKind::Field),
        Field::In => words(fields::PLACES.iter().map(|(_, words)| *words), typed, chinese, CompletionKind::Field),
        Field::After | Field::Before | Field::On => {
            let mut found = words(DAYS.iter().copied(), typed, chinese, CompletionKind::Date);
            // The same word stands for another stretch of time there: the page says which.
            let reads = [(Field::After, "after"), (Field::Before, "before")];
            if let Some((_, word)) = reads.iter().find(|(read, _)| *read == field) {
                found.iter_mut().for_each(|completion| completion.label = format!("{word} {}", completion.label));
            }
            found
        }
        Field::App => names(apps.iter().map(|(_, name)| name), typed, CompletionKind::App),
        Field::Tag => names(tags.iter(), typed, CompletionKind::Tag),
        Field::File | Field::Tokens | Field::Duration => Vec::new(),
    }
}

fn words(
    all: impl Iterator<Item = &'static [&'static str]>,
    typed: &str,
    chinese: bool,
    kind: CompletionKind,
) -> Vec<Completion> {
    let typed = typed.trim().to_lowercase();
    let together = joined(&typed);
    let fits = |words: &&[&str]| words.iter().any(|word| word.starts_with(&typed) || word.starts_with(&together));
    all.filter(fits).map(|words| completion(words[usize::from(chinese)], words[0], kind)).collect()
}

fn names<'a>(all: impl Iterator<Item = &'a String>, typed: &str, kind: CompletionKind) -> Vec<Completion> {
    let needle = Needle::of(typed, true);
    let fits = |name: &&String| needle.as_ref().is_none_or(|needle| needle.is_in(&Folded::of(name)));
    let quoted = |name: &str| {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if plain { name.to_owned() } else { format!("\"{}\"", name.replace(['"', '“', '”', '＂'], " ")) }
    };
    all.filter(fits).map(|name| completion(&quoted(name), name, kind)).collect()
}

fn completion(text: &str, label: &str, kind: CompletionKind) -> Completion {
    Completion { text: format!("{text} "), from: 0, to: 0, label: label.to_owned(), kind }
}
