//! Typed text → [`Query`]. Pure, and never fails.

use super::{
    Around, NameGlob, Narrow, Query, Typed, dates,
    fields::{self, Field, Is},
    values,
};
use crate::model::{
    history::{QueryRemark, QueryRemarkKind},
    words::{Folded, Needle, fold::folded_text},
};

/// What is typed beyond that is passed over.
const LONGEST: usize = 2000;
/// The most words that are looked for.
const MOST: usize = 60;

/// What stands between two spaces, or in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// From, to, in UTF-16 units of the typed text.
    pub from: u32,
    pub to: u32,
    pub without: bool,
    pub field: Option<Field>,
    /// Without quotes and field.
    pub text: String,
    /// Where `text` begins, in UTF-16 units.
    pub text_from: u32,
    pub quoted: bool,
}

/// Understands what was typed.
pub fn parse(text: &str, around: &Around<'_>) -> Query {
    let mut query = Query::default();
    for item in items(text) {
        let Some(field) = item.field else {
            add_words(&mut query, &item);
            continue;
        };
        let understood = if item.text.trim().is_empty() {
            query.remarks.push(remark(&item, QueryRemarkKind::ValueMissing));
            continue;
        } else {
            apply(&mut query.narrow, field, &item, around)
        };
        if understood.is_none() {
            query.remarks.push(remark(&item, QueryRemarkKind::ValueNotUnderstood));
            add_words(&mut query, &item);
        }
    }
    if query.need.is_empty() && !query.without.is_empty() {
        let to = u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
        query.remarks.push(QueryRemark { kind: QueryRemarkKind::OnlyWithout, from: 0, to });
    }
    query
}

fn remark(item: &Item, kind: QueryRemarkKind) -> QueryRemark {
    QueryRemark { kind, from: item.from, to: item.to }
}

fn add_words(query: &mut Query, item: &Item) {
    let list = if item.without { &mut query.without } else { &mut query.need };
    if list.len() < MOST
        && let Some(needle) = Needle::of(&item.text, !item.quoted)
    {
        list.push(needle);
        if !item.without {
            query.typed.push(Typed { text: item.text.clone(), from: item.text_from, open: !item.quoted });
        }
    }
}

/// The pieces of what was typed.
pub(super) fn items(text: &str) -> Vec<Item> {
    let mut reader = Reader { chars: text.chars().take(LONGEST).collect(), at: 0, units: 0 };
    let mut items = Vec::new();
    while let Some(item) = reader.item() {
        items.push(item);
    }
    items
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    units: u32,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        self.units += u32::try_from(c.len_utf16()).unwrap_or(1);
        Some(c)
    }

    fn item(&mut self) -> Option<Item> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
        self.peek()?;
        let from = self.units;
        let mut without = false;
        if matches!(self.peek(), Some('-' | '－' | '−'))
            && self.chars.get(self.at + 1).is_some_and(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | '>'))
        {
            without = true;
            self.next();
        }
        let field = self.field();
        let mut text_from = self.units;
        let mut text = String::new();
        let quote = self.peek().and_then(closing);
        if let Some(quote) = quote {
            self.next();
            text_from = self.units;
            while let Some(c) = self.next() {
                if quote.contains(c) {
                    break;
                }
                text.push(c);
            }
        } else {
            // A quote in the midst of a word begins a phrase of its own.
            while let Some(c) = self.peek() {
                if c.is_whitespace() || closing(c).is_some() {
                    break;
                }
                text.push(c);
                self.next();
            }
        }
        Some(Item { from, to: self.units, without, field, text, text_from, quoted: quote.is_some() })
    }

    /// The field that begins here, with its colon.
    fn field(&mut self) -> Option<Field> {
        let length = self.chars[self.at..].iter().take(24).take_while(|c| c.is_alphabetic()).count();
        if !matches!(self.chars.get(self.at + length), Some(':' | '：' | '︰')) {
            return None;
        }
        let name: String = self.chars[self.at..self.at + length].iter().collect();
        let field = fields::meant(fields::FIELDS, &folded_text(&name))?;
        for _ in 0..=length {
            self.next();
        }
        Some(field)
    }
}

/// What ends a quote that begins so.
fn closing(c: char) -> Option<&'static str> {
    Some(match c {
        '"' | '＂' | '“' | '”' | '„' | '‟' => "\"＂”“",
        '「' | '｢' => "」｣",
        '『' => "』",
        _ => return None,
    })
}

/// Takes a field's value into account; none where it is no value of it.
pub(super) fn apply(narrow: &mut Narrow, field: Field, item: &Item, around: &Around<'_>) -> Option<()> {
    let value = folded_value(&item.text);
    let without = item.without;
    match field {
        Field::Status => {
            let statuses = each(&value, |word| fields::meant(fields::STATUSES, word))?.concat();
            merge(&mut narrow.statuses, &mut narrow.not_statuses, statuses, without);
        }
        Field::Origin => {
            let origins = each(&value, |word| fields::meant(fields::ORIGINS, word))?;
            merge(&mut narrow.origins, &mut narrow.not_origins, origins, without);
        }
        Field::App => {
            let apps = named(around.apps, &item.text, |(_, name)| name, |(id, _)| id.0 == item.text.trim())?;
            let apps = apps.into_iter().map(|(id, _)| id.clone()).collect();
            merge(&mut narrow.apps, &mut narrow.not_apps, apps, without);
        }
        Field::Tag => {
            let tags: Vec<String> =
                named(around.tags, &item.text, |tag| tag, |_| false)?.into_iter().cloned().collect();
            if without { narrow.not_tags.extend(tags) } else { narrow.tags.push(tags) }
        }
        Field::File => {
            let glob = NameGlob::of(item.text.trim())?;
            if without { &mut narrow.not_files } else { &mut narrow.files }.push(glob);
        }
        Field::After | Field::Before | Field::On => dated(narrow, field, &value, without, around)?,
        Field::Tokens => {
            let bounds = values::tokens(&value)?;
            let bounds = if without { outside(bounds, |n: i64| n - 1, |n| n + 1)? } else { bounds };
            narrow.min_tokens = bounds.least.max(narrow.min_tokens);
            narrow.max_tokens = least(bounds.most, narrow.max_tokens, |a, b| a.min(b));
        }
        Field::Duration => {
            let bounds = values::seconds(&value)?;
            let bounds = if without { outside(bounds, f64::next_down, f64::next_up)? } else { bounds };
            narrow.min_elapsed = least(bounds.least, narrow.min_elapsed, f64::max);
            narrow.max_elapsed = least(bounds.most, narrow.max_elapsed, f64::min);
        }
        Field::Is => is(narrow, &value, without)?,
        Field::Has => {
            let all = each(&value, |word| fields::meant(fields::HAS, word))?;
            narrow.has.extend(all.into_iter().map(|has| (has, !without)));
        }
        Field::In => {
            if without {
                return None;
            }
            narrow.places.extend(each(&value, |word| fields::meant(fields::PLACES, word))?);
        }
    }
    Some(())
}

/// Full-width forms, case and the full-width signs that are no letters.
fn folded_value(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.trim().nfkc().flat_map(char::to_lowercase).collect()
}

/// Values parted by commas or bars; none where one of them is not understood.
fn each<T>(value: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let words = value.split([',', '、', '|']).map(str::trim).filter(|word| !word.is_empty());
    let all: Option<Vec<T>> = words.map(|word| one(&joined(word)).or_else(|| one(word))).collect();
    all.filter(|all| !all.is_empty())
}

/// A value of several words as the table has it; that something goes on is no part of it (`Reconnecting…`).
pub(super) fn joined(value: &str) -> String {
    value.trim_end_matches('.').replace([' ', '-'], "_")
}

/// Fields of one name widen each other: a run has one status.
fn merge<T>(list: &mut Option<Vec<T>>, without: &mut Vec<T>, more: Vec<T>, is_without: bool) {
    if is_without {
        without.extend(more);
    } else {
        list.get_or_insert_default().extend(more);
    }
}

/// What has this name; else what has a word of its name begin so.
fn named<'a, T>(
    all: &'a [T],
    text: &str,
    name: impl Fn(&T) -> &String,
    is_meant: impl Fn(&T) -> bool,
) -> Option<Vec<&'a T>> {
    let wanted = folded_text(text);
    let needle = Needle::of(text, true);
    let exact: Vec<&T> = all
        .iter()
        .filter(|one| is_meant(one) || name(one) == text || !wanted.is_empty() && folded_text(name(one)) == wanted)
        .collect();
    if !exact.is_empty() {
        return Some(exact);
    }
    let needle = needle?;
    let some: Vec<&T> = all.iter().filter(|one| needle.is_in(&Folded::of(name(one)))).collect();
    (!some.is_empty()).then_some(some)
}

fn dated(narrow: &mut Narrow, field: Field, value: &str, without: bool, around: &Around<'_>) -> Option<()> {
    let value = value.replace([' ', '_'], "");
    let (field, value) = match (field, &value) {
        (Field::On, value) if value.starts_with(">=") => (Field::After, &value[2..]),
        (field, value) => (field, &value[..]),
    };
    let stretch = dates::stretch(value, around.calendar)?;
    let (after, before) = match (field, without) {
        (Field::After, false) | (Field::Before, true) => (Some(stretch.from), None),
        (Field::Before, false) | (Field::After, true) => (None, Some(stretch.from)),
        (_, false) => (Some(stretch.from), Some(stretch.to)),
        (_, true) => return None,
    };
    narrow.after = after.max(narrow.after);
    narrow.before = least(before, narrow.before, |a, b| a.min(b));
    Some(())
}

fn is(narrow: &mut Narrow, value: &str, without: bool) -> Option<()> {
    for word in each(value, |word| Some(word.to_owned()))? {
        match fields::meant(fields::IS, &word) {
            Some(Is::Starred(wanted)) => set(&mut narrow.starred, wanted != without, &mut narrow.nothing),
            Some(Is::Reviewed(wanted)) => set(&mut narrow.reviewed, wanted != without, &mut narrow.nothing),
            None => {
                let statuses = fields::meant(fields::STATUSES, &word)?.to_vec();
                merge(&mut narrow.statuses, &mut narrow.not_statuses, statuses, without);
            }
        }
    }
    Some(())
}

fn set(flag: &mut Option<bool>, wanted: bool, nothing: &mut bool) {
    *nothing |= flag.is_some_and(|before| before != wanted);
    *flag = Some(wanted);
}

fn least<T>(one: Option<T>, other: Option<T>, of: impl Fn(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(of(one, other)),
        (one, other) => one.or(other),
    }
}

/// What is not within, where that is one stretch.
fn outside<T>(bounds: values::Bounds<T>, below: impl Fn(T) -> T, above: impl Fn(T) -> T) -> Option<values::Bounds<T>> {
    match (bounds.least, bounds.most) {
        (Some(least), None) => Some(values::Bounds { least: None, most: Some(below(least)) }),
        (None, Some(most)) => Some(values::Bounds { least: Some(above(most)), most: None }),
        _ => None,
    }
}
