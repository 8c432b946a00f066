//! A piece of a text around what was found in it, on one line.

use std::{cell::Cell, cmp::Reverse};

use super::{
    Folded, Needle,
    fold::{may_fold, parts_words},
};
use crate::model::history::FoundWord;

/// The most characters of a piece, with the marks of where it was cut.
const LENGTH: usize = 200;
/// What is shown before the first mark.
const BEFORE: usize = 40;
/// Texts are looked through part by part: what is looked for mostly stands early.
const PART: usize = 1024;
/// A part ends between two words, if there is such a place in its last bytes.
const END: usize = 256;

/// What is looked at around a place that looks right, in characters: what may be shown, and a word on each side.
const AROUND: (usize, usize) = (BEFORE + 24, LENGTH);
/// No more of them are looked at.
const PLACES: usize = 16;
/// A cut is moved by no more than this, to stand between two words.
const SHIFT: usize = 64;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub text: String,
    /// From, to, in UTF-16 units of `text`.
    pub marks: Vec<(u32, u32)>,
    /// Which of the needles stand in the part of the text that was looked at, as bits.
    pub found: u64,
}

/// The first place where something is found; all needles that stand near it are marked.
pub fn excerpt(text: &str, needles: &[Needle]) -> Option<Excerpt> {
    if let Some(found) = near(text, needles) {
        return Some(found);
    }
    if text.len() <= PART {
        return best(text, needles, false, false);
    }
    let (mut at, mut rough) = (0, needles.iter().any(Needle::has_many_pieces));
    let mut most: Option<Excerpt> = None;
    while at < text.len() {
        let (end, is_between) = end_of_part(text, at);
        rough |= !is_between;
        if let Some(found) = best(&text[at..end], needles, at > 0, end < text.len()) {
            let words = |excerpt: &Excerpt| excerpt.found.count_ones();
            if words(&found) as usize == needles.len() {
                return Some(found);
            }
            if most.as_ref().is_none_or(|most| words(most) < words(&found)) {
                most = Some(found);
            }
        }
        at = end;
    }
    // Something may stand across two parts.
    if most.is_none() && rough { best(text, needles, false, false) } else { most }
}

/// The first place that holds most of them, of those where they stand as they are mostly written. Only surroundings are
/// taken apart, which is most of the work, and of those only what looks better than what was found.
fn near(text: &str, needles: &[Needle]) -> Option<Excerpt> {
    let words = |excerpt: &Option<Excerpt>| excerpt.as_ref().map_or(0, |found| found.found.count_ones() as usize);
    let take_apart = |(from, to): (usize, usize)| best(&text[from..to], needles, from > 0, to < text.len());
    let mut most: Option<Excerpt> = None;
    let mut others: Vec<(usize, (usize, usize))> = Vec::new();
    for needle in needles {
        let mut looked_at = 0;
        for place in needle.rough_places(text.as_bytes()).take(PLACES) {
            if place < looked_at {
                continue;
            }
            let Some((from, to)) = surroundings(text, place) else { continue };
            looked_at = to;
            let looks = most_in(&text[from..to], needles);
            if looks < needles.len() {
                others.push((looks, (from, to)));
                continue;
            }
            let found = take_apart((from, to));
            if words(&found) == needles.len() {
                return found;
            }
            most = if words(&found) > words(&most) { found } else { most };
        }
    }
    others.sort_by_key(|(looks, _)| Reverse(*looks));
    for (looks, place) in others {
        if looks <= words(&most) {
            break;
        }
        let found = take_apart(place);
        most = if words(&found) > words(&most) { found } else { most };
    }
    most
}

/// How many of the needles can be in the text, at the most.
pub fn most_in(text: &str, needles: &[Needle]) -> usize {
    let folds = may_fold(text);
    needles.iter().filter(|needle| needle.can_be_in(text, folds)).count()
}

/// What stands around a place, cut between words; none where that is not to be had.
fn surroundings(text: &str, place: usize) -> Option<(usize, usize)> {
    let place = text.floor_char_boundary(place);
    let from = text[..place].char_indices().rev().nth(AROUND.0).map_or(0, |(at, _)| at);
    let to = text[place..].char_indices().nth(AROUND.1).map_or(text.len(), |(at, _)| place + at);
    let before = text[..from].char_indices().rev().take(SHIFT).find(|(_, c)| parts_words(*c));
    let after = text[to..].char_indices().take(SHIFT).find(|(_, c)| parts_words(*c));
    let from = before.map(|(at, c)| at + c.len_utf8()).or((from < SHIFT).then_some(0))?;
    let to = after.map(|(at, _)| to + at).or((to + SHIFT > text.len()).then_some(text.len()))?;
    Some((from, to))
}

/// All places, each with its surroundings; marks that stand in one piece come together.
pub fn excerpts(text: &str, needles: &[Needle], most: usize) -> Vec<(Excerpt, Vec<FoundWord>)> {
    let (marks, found) = marks(text, needles);
    let mut pieces = Vec::new();
    let mut rest = &marks[..];
    while let Some(&first) = rest.first() {
        if pieces.len() >= most {
            break;
        }
        let (excerpt, used) = around(text, rest, first, (false, false), found);
        let word = |&(from, to): &(usize, usize)| FoundWord {
            text: text[from..to].to_owned(),
            goes_on: is_within_word(text, to),
        };
        let words = rest[..used].iter().map(word).collect();
        pieces.push((excerpt, words));
        rest = &rest[used.max(1)..];
    }
    pieces
}

/// Whether a word stands on both sides of a place.
fn is_within_word(text: &str, place: usize) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| !parts_words(c));
    is_word(text[..place].chars().next_back()) && is_word(text[place..].chars().next())
}

/// Where the part that begins at `at` ends, and whether no word is cut there.
fn end_of_part(text: &str, at: usize) -> (usize, bool) {
    let end = text.floor_char_boundary((at + PART).min(text.len()));
    if end == text.len() {
        return (end, true);
    }
    let tail = text.floor_char_boundary(end - END);
    let parts = |c: char| c.is_whitespace() || matches!(c, '，' | '。' | '、' | '；' | '：' | '！' | '？');
    match text[tail..end].char_indices().rev().find(|(_, c)| parts(*c)) {
        Some((place, c)) => (tail + place + c.len_utf8(), true),
        None => (end, false),
    }
}

fn best(text: &str, needles: &[Needle], cut_before: bool, cut_after: bool) -> Option<Excerpt> {
    let (marks, found) = marks(text, needles);
    let first = *marks.first()?;
    Some(around(text, &marks, first, (cut_before, cut_after), found).0)
}

thread_local! {
    /// Room for the short texts that are taken apart one after the other.
    static HAY: Cell<Folded> = Cell::default();
}

/// Where the needles stand, in bytes, in order and apart from each other; and which of them do.
fn marks(text: &str, needles: &[Needle]) -> (Vec<(usize, usize)>, u64) {
    let mut hay = HAY.take();
    hay.fold(text);
    let mut marks: Vec<(usize, usize)> = Vec::new();
    let mut found = 0;
    for (number, needle) in needles.iter().enumerate() {
        let before = marks.len();
        marks.extend(needle.places(&hay).map(|(from, to)| hay.place(from, to)));
        if marks.len() > before {
            found |= 1 << number.min(63);
        }
    }
    if text.len() <= PART {
        HAY.set(hay);
    }
    marks.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::with_capacity(marks.len());
    for (from, to) in marks {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    (apart, found)
}

/// One line around the first of `marks`, and how many of them stand in it.
fn around(
    text: &str,
    marks: &[(usize, usize)],
    first: (usize, usize),
    (cut_before, cut_after): (bool, bool),
    found: u64,
) -> (Excerpt, usize) {
    let mut start = first.0;
    for (count, (at, c)) in text[..first.0].char_indices().rev().enumerate() {
        if count >= BEFORE {
            // Where a word begins, if that is near.
            if !c.is_alphanumeric() || count >= BEFORE + 12 || !c.is_ascii() {
                break;
            }
        }
        start = at;
    }
    let mut line = Line { text: String::with_capacity(LENGTH * 3), ..Line::default() };
    if start > 0 || cut_before {
        line.push('…');
    }
    let mut used = 0;
    let mut open: Option<u32> = None;
    let mut end = text.len();
    for (at, c) in text[start..].char_indices().map(|(at, c)| (start + at, c)) {
        if line.chars >= LENGTH - 1 {
            end = at;
            break;
        }
        while let Some(from) = open {
            if marks[used].1 > at {
                break;
            }
            line.mark(from);
            open = None;
            used += 1;
        }
        if open.is_none() && marks.get(used).is_some_and(|mark| mark.0 <= at) {
            open = Some(line.begin());
        }
        line.push(c);
    }
    if let Some(from) = open {
        line.mark(from);
        used += 1;
    }
    if end < text.len() || cut_after {
        line.push('…');
    }
    (Excerpt { text: line.text.trim_end().to_owned(), marks: line.marks, found }, used)
}

/// White space of any kind and length counts as one space.
#[derive(Default)]
struct Line {
    text: String,
    chars: usize,
    units: u32,
    space: bool,
    marks: Vec<(u32, u32)>,
}

impl Line {
    fn push(&mut self, c: char) {
        if c.is_whitespace() || c.is_control() {
            self.space = !self.text.is_empty();
            return;
        }
        self.begin();
        self.add(c);
    }

    /// Where the next character will stand.
    fn begin(&mut self) -> u32 {
        if std::mem::take(&mut self.space) {
            self.add(' ');
        }
        self.units
    }

    fn add(&mut self, c: char) {
        self.text.push(c);
        self.chars += 1;
        self.units += u32::try_from(c.len_utf16()).unwrap_or(1);
    }

    fn mark(&mut self, from: u32) {
        if from < self.units {
            self.marks.push((from, self.units));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(words: &[&str]) -> Vec<Needle> {
        words.iter().filter_map(|word| Needle::of(word, true)).collect()
    }

    fn marked(excerpt: &Excerpt) -> Vec<String> {
        let units: Vec<u16> = excerpt.text.encode_utf16().collect();
        let text = |&(from, to): &(u32, u32)| String::from_utf16_lossy(&units[from as usize..to as usize]);
        excerpt.marks.iter().map(text).collect()
    }

    #[test]
    fn what_was_found_is_marked_on_one_line() {
        let found =
            excerpt("A 😀 lease\n\n of   the Ｌｅａｓｅs 租赁合同", &needles(&["lease", "合同"])).expect("found");
        assert_eq!(found.text, "A 😀 lease of the Ｌｅａｓｅs 租赁合同");
        assert_eq!(marked(&found), ["lease", "Ｌｅａｓｅ", "合同"]);
        assert_eq!(found.found, 3);
        assert_eq!(excerpt("nothing", &needles(&["lease"])), None);
    }

    #[test]
    fn long_texts_are_cut_around_it() {
        let text = format!("{} needle {}", "word ".repeat(9000), "字".repeat(400));
        let found = excerpt(&text, &needles(&["needle"])).expect("found");
        assert!(found.text.starts_with('…') && found.text.ends_with('…'), "{}", found.text);
        assert!(found.text.chars().count() <= LENGTH, "{} characters", found.text.chars().count());
        assert_eq!(marked(&found), ["needle"]);
    }

    #[test]
    fn every_place_is_listed_once() {
        let text = format!("one {} one one {}", "x ".repeat(300), "y ".repeat(300));
        let all = excerpts(&text, &needles(&["one"]), 10);
        let counts: Vec<_> = all.iter().map(|(excerpt, words)| (excerpt.marks.len(), words.len())).collect();
        assert_eq!(counts, [(1, 1), (2, 2)]);
        assert_eq!(excerpts(&text, &needles(&["one"]), 1).len(), 1);
    }

    #[test]
    fn of_the_beginning_of_a_word_it_is_known_that_the_word_goes_on() {
        let of = |text: &str, needle: &str| {
            let needle = Needle::of(needle, true).expect("a needle");
            let words = excerpts(text, &[needle], 10).into_iter().flat_map(|(_, words)| words);
            words.map(|word| (word.text, word.goes_on)).collect::<Vec<_>>()
        };
        assert_eq!(of("Invoices, invoic.", "invoic"), [("Invoic".into(), true), ("invoic".into(), false)]);
        assert_eq!(of("INV-1234 and INV-12", "inv-12"), [("INV-12".into(), true), ("INV-12".into(), false)]);
        assert_eq!(of("계약서를 검토", "계약"), [("계약".into(), false)], "these words stand anywhere");
        assert_eq!(of("合同Abc", "合同"), [("合同".into(), false)]);
    }

    #[test]
    fn a_place_with_all_words_is_found_however_they_are_written_there() {
        let between = "x ".repeat(400);
        for (one, all, words) in [
            ("аренды", "Договор аренды", ["договор", "аренды"]),
            ("lease", "Résumé of the lease", ["lease", "resume"]),
            ("lease", "Ｏｒｄｅｒ of the lease", ["lease", "order"]),
            ("lease", "**order** – _ – **id** lease", ["lease", "order id"]),
        ] {
            let found = excerpt(&format!("{one} {between}{all}"), &needles(&words)).expect("found");
            assert_eq!(found.found, 3, "{words:?} stand together in {all:?}: {}", found.text);
        }
    }
}
