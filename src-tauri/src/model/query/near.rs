//! What was perhaps meant: fields and values near to those that were typed, and the words that may hold a slip. Pure:
//! whether anything is found with it is asked elsewhere.

use super::{
    Around, Narrow, Query, Typed,
    complete::DAYS,
    fields::{self, Field},
    parse::{Item, apply, items, joined},
};
use crate::model::words::{
    Folded, Kind,
    fold::folded_text,
    near::{most_slips, slips},
};

/// The most words that are looked at.
const MOST: usize = 12;

/// A word of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubtful {
    /// From, to, in UTF-16 units of all that was typed.
    pub from: u32,
    pub to: u32,
    /// Folded, as the index has it.
    pub word: String,
    /// It may go on.
    pub open: bool,
}

/// The words that may hold a slip: those of letters, of scripts that part words by spaces.
pub fn doubtful(query: &Query) -> Vec<Doubtful> {
    query.typed.iter().flat_map(words_of).take(MOST).collect()
}

fn words_of(typed: &Typed) -> Vec<Doubtful> {
    let folded = Folded::of(&typed.text);
    let last = folded.pieces.len().saturating_sub(1);
    let word = |(number, piece): (usize, &crate::model::words::fold::Piece)| {
        let word: String = folded.piece(piece).iter().collect();
        let (from, to) = folded.place(piece.from, piece.to);
        let fits = piece.kind == Kind::Word && most_slips(&word) > 0;
        fits.then(|| Doubtful {
            from: typed.from + units(&typed.text[..from]),
            to: typed.from + units(&typed.text[..to]),
            word,
            open: typed.open && number == last,
        })
    };
    folded.pieces.iter().enumerate().filter_map(word).collect()
}

/// The text with other words in these places, which are in order.
pub fn replaced(text: &str, places: &[(u32, u32, &str)]) -> String {
    let (mut all, mut at) = (String::with_capacity(text.len()), 0);
    let mut places = places.iter().peekable();
    for c in text.chars() {
        if let Some((from, _, put)) = places.peek()
            && *from == at
        {
            all.push_str(put);
        }
        let inside = places.peek().is_some_and(|(from, to, _)| (*from..*to).contains(&at));
        if !inside {
            all.push(c);
        }
        at += u32::try_from(c.len_utf16()).unwrap_or(1);
        places.next_if(|(_, to, _)| *to <= at);
    }
    all
}

/// The text with fields and values near to those that are none; `None` where there is nothing to put right.
pub fn with_near_fields(text: &str, around: &Around<'_>) -> Option<String> {
    // First what stands before the colon: only then the value is one.
    let named = put_right(text, near_field);
    let valued = put_right(named.as_deref().unwrap_or(text), |item| near_value(item, around));
    valued.or(named)
}

fn put_right(text: &str, put: impl Fn(&Item) -> Option<(u32, u32, String)>) -> Option<String> {
    let places: Vec<(u32, u32, String)> = items(text).iter().filter_map(put).collect();
    let places: Vec<(u32, u32, &str)> = places.iter().map(|(from, to, put)| (*from, *to, &put[..])).collect();
    (!places.is_empty()).then(|| replaced(text, &places))
}

/// A name before a colon that is nearly one of a field.
fn near_field(item: &Item) -> Option<(u32, u32, String)> {
    if item.field.is_some() || item.quoted {
        return None;
    }
    let (name, value) = item.text.split_once([':', '：', '︰'])?;
    // `http://` and times are words.
    if value.starts_with('/') || value.starts_with(|c: char| c.is_ascii_digit()) && value.contains(':') {
        return None;
    }
    let names = fields::FIELDS.iter().flat_map(|(_, names)| names.iter().copied());
    let near = nearest(&folded_text(name), names, 1)?;
    Some((item.text_from, item.text_from + units(name), near.to_owned()))
}

/// A value that its field does not have, and nearly has.
fn near_value(item: &Item, around: &Around<'_>) -> Option<(u32, u32, String)> {
    let field = item.field.filter(|_| !item.text.trim().is_empty())?;
    if apply(&mut Narrow::default(), field, item, around).is_some() {
        return None;
    }
    let value = match field {
        Field::App => near_name(&item.text, around.apps.iter().map(|(_, name)| &name[..]))?,
        Field::Tag => near_name(&item.text, around.tags.iter().map(|tag| &tag[..]))?,
        Field::File | Field::Tokens | Field::Duration => return None,
        field => {
            let known = known_values(field);
            let part = |part: &str| nearest(&joined(&part.trim().to_lowercase()), known.iter().copied(), 2);
            let parts: Option<Vec<&str>> = item.text.split([',', '、', '|']).map(part).collect();
            parts?.join(",")
        }
    };
    let plain = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ','));
    let value = value.replace(['"', '“', '”', '＂'], " ");
    let value = if plain || item.quoted { value } else { format!("\"{value}\"") };
    Some((item.text_from, item.text_from + units(&item.text), value))
}

fn known_values(field: Field) -> Vec<&'static str> {
    fn of<T>(words: &[(T, &'static [&'static str])]) -> Vec<&'static str> {
        words.iter().flat_map(|(_, words)| words.iter().copied()).collect()
    }
    match field {
        Field::Status => of(fields::STATUSES),
        Field::Origin => of(fields::ORIGINS),
        Field::Is => [of(fields::IS), of(fields::STATUSES)].concat(),
        Field::Has => of(fields::HAS),
        Field::In => of(fields::PLACES),
        Field::After | Field::Before | Field::On => DAYS.concat(),
        Field::App | Field::Tag | Field::File | Field::Tokens | Field::Duration => Vec::new(),
    }
}

/// The name, or a name with a word, that is near.
fn near_name<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let typed = folded_text(typed);
    let of = |name: &str| {
        let folded = folded_text(name);
        let most = (typed.chars().count() / 3).min(2);
        let whole = slips(&typed, &folded);
        let words = folded.split(' ').map(|word| slips(&typed, word)).min().unwrap_or(whole);
        Some(whole.min(words)).filter(|slips| *slips <= most)
    };
    names.filter_map(|name| Some((of(name)?, name))).min_by_key(|(slips, _)| *slips).map(|(_, name)| name.to_owned())
}

/// What is nearest; what is there is nearest to itself.
fn nearest<'a>(typed: &str, words: impl Iterator<Item = &'a str>, most: usize) -> Option<&'a str> {
    let most = most_slips(typed).min(most);
    let near = words.map(|word| (slips(typed, word), word)).filter(|(slips, _)| *slips <= most);
    near.min_by_key(|(slips, _)| *slips).map(|(_, word)| word)
}

fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}
