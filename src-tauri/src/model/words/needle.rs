//! Something that is looked for: as a condition for the index, and as places in a text.

use super::{Folded, Kind, SHORT, fold::Piece, index::BREAK};

/// One word, one phrase, one part of a run: what was typed between two spaces, or in quotes.
#[derive(Debug, Clone)]
pub struct Needle {
    folded: Folded,
    /// Its last word may go on.
    open: bool,
    rough: Rough,
}

/// What the indexes are asked, in FTS5's language; every token is quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Of the words, and of the marks.
    pub words: Option<String>,
    pub marks: Option<String>,
    /// Whether what they find holds the needle; else the texts have to be looked at.
    pub exact: bool,
}

impl Expression {
    fn of_words(text: String) -> Self {
        Self { words: Some(text), marks: None, exact: true }
    }

    fn of_marks(text: &str) -> Self {
        Self { words: None, marks: Some(format!("\"{text}\"")), exact: true }
    }
}

impl Needle {
    /// None where there is nothing to look for, such as in `--`. `open`: the last word may go on.
    pub fn of(text: &str, open: bool) -> Option<Self> {
        let folded = Folded::of(text);
        let rough = Rough::of(&folded)?;
        Some(Self { folded, open, rough })
    }

    /// What it may be the beginning of: a server's id of a run, from eight digits on; with its dashes or without.
    pub fn run_id(&self) -> Option<String> {
        const DASHES: [usize; 4] = [8, 12, 16, 20];
        let digits = &self.folded.chars;
        if !(8..=32).contains(&digits.len()) || !digits.iter().all(char::is_ascii_hexdigit) {
            return None;
        }
        if !self.folded.pieces.iter().skip(1).all(|piece| DASHES.contains(&piece.from)) {
            return None;
        }
        let mut id = String::with_capacity(36);
        for (place, digit) in digits.iter().enumerate() {
            if DASHES.contains(&place) {
                id.push('-');
            }
            id.push(*digit);
        }
        Some(id)
    }

    pub fn expression(&self) -> Expression {
        let chars = |piece: &Piece| self.folded.piece(piece);
        let text = |piece: &Piece| chars(piece).iter().collect::<String>();
        let pieces = &self.folded.pieces;
        let Some((last, before)) = pieces.split_last() else { return Expression::of_words(format!("\"{BREAK}\"")) };
        let length = last.to - last.from;
        if before.is_empty() {
            return match last.kind {
                Kind::Word if !self.open => Expression::of_words(format!("\"{}\"", text(last))),
                Kind::Word if length <= SHORT => Expression::of_marks(&text(last)),
                Kind::Word => Expression::of_words(format!("\"{}\"*", text(last))),
                Kind::Run if length == 1 => Expression::of_marks(&text(last)),
                Kind::Run => Expression::of_words(format!("\"{}\"", pairs(chars(last)).join(" "))),
            };
        }
        let mut tokens: Vec<String> = Vec::new();
        for piece in before {
            match piece.kind {
                Kind::Word => tokens.push(text(piece)),
                Kind::Run => {
                    tokens.extend(pairs(chars(piece)));
                    tokens.extend(chars(piece).last().map(char::to_string));
                }
            }
        }
        match last.kind {
            Kind::Run if length > 1 => tokens.extend(pairs(chars(last))),
            Kind::Word if !self.open => tokens.push(text(last)),
            Kind::Word if length > SHORT => {
                return Expression::of_words(format!("\"{} {}\"*", tokens.join(" "), text(last)));
            }
            // A beginning that thousands of tokens have: whether it stands behind the others shows in the text.
            _ => {
                let words = Some(format!("\"{}\"", tokens.join(" ")));
                return Expression { words, exact: false, ..Expression::of_marks(&text(last)) };
            }
        }
        Expression::of_words(format!("\"{}\"", tokens.join(" ")))
    }

    /// Where it stands in a text: from, to, in characters of `hay`; in order.
    pub fn places<'a>(&'a self, hay: &'a Folded) -> impl Iterator<Item = (usize, usize)> + 'a {
        let alone = self.folded.pieces.len() == 1;
        let count = (hay.pieces.len() + 1).saturating_sub(self.folded.pieces.len());
        let begins = (0..count).filter(move |_| !alone).filter_map(|first| self.place_at(hay, first));
        begins.chain(hay.pieces.iter().filter(move |_| alone).flat_map(|piece| self.places_in(hay, piece)))
    }

    /// Where it may well stand, in bytes: as it is mostly written, whether or not a word begins or ends there.
    pub(super) fn rough_places<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        self.rough.places(text)
    }

    /// Whether it may well stand in these bytes: much sooner known than [`Needle::is_in`]. In JSON, too, where letters
    /// stand as they are.
    pub fn may_be_in(&self, text: &[u8]) -> bool {
        self.rough_places(text).next().is_some()
    }

    /// Whether it can be in this text at all, as far as is soon known: never no where [`Needle::is_in`] says yes.
    /// `folds`: what `fold::may_fold` says of the text.
    pub(super) fn can_be_in(&self, text: &str, folds: bool) -> bool {
        folds || self.rough.first.places(text.as_bytes()).next().is_some()
    }

    /// Whether it may reach from one word into the next.
    pub fn has_many_pieces(&self) -> bool {
        self.folded.pieces.len() > 1
    }

    pub fn is_in(&self, hay: &Folded) -> bool {
        self.places(hay).next().is_some()
    }

    /// A needle of one piece, inside one.
    fn places_in<'a>(&'a self, hay: &'a Folded, piece: &'a Piece) -> impl Iterator<Item = (usize, usize)> + 'a {
        let needle = &self.folded.chars[..];
        let chars = hay.piece(piece);
        let kind = self.folded.pieces.first().map(|own| own.kind);
        let limit = match kind {
            Some(kind) if kind == piece.kind && needle.len() <= chars.len() => match kind {
                Kind::Word => usize::from(self.open || needle.len() == chars.len()),
                Kind::Run => chars.len() - needle.len() + 1,
            },
            _ => 0,
        };
        let first = needle.first().copied();
        (0..limit)
            .filter(move |&at| chars.get(at).copied() == first && chars[at..].starts_with(needle))
            .map(move |at| (piece.from + at, piece.from + at + needle.len()))
    }

    /// A needle of several pieces, which stand one behind the other from the given one on.
    fn place_at(&self, hay: &Folded, first: usize) -> Option<(usize, usize)> {
        let own = &self.folded.pieces;
        let last = own.len() - 1;
        let (mut from, mut to) = (0, 0);
        for (place, needle) in own.iter().enumerate() {
            let piece = hay.pieces.get(first + place)?;
            let (chars, wanted) = (hay.piece(piece), self.folded.piece(needle));
            let fits = piece.kind == needle.kind
                && match (needle.kind, place) {
                    (Kind::Run, 0) => chars.ends_with(wanted),
                    (Kind::Run, place) if place == last => chars.starts_with(wanted),
                    (Kind::Word, place) if place == last && self.open => chars.starts_with(wanted),
                    _ => chars == wanted,
                };
            if !fits {
                return None;
            }
            if place == 0 {
                from = piece.to - wanted.len();
            }
            to = piece.from + wanted.len();
        }
        Some((from, to))
    }
}

/// Its first piece, and the one behind it.
#[derive(Debug, Clone)]
struct Rough {
    first: Bytes,
    second: Option<Bytes>,
}

/// What mostly stands between two pieces at the most, in bytes.
const BETWEEN: usize = 8;

impl Rough {
    fn of(folded: &Folded) -> Option<Self> {
        let mut pieces = folded.pieces.iter().map(|piece| Bytes::of(folded.piece(piece)));
        Some(Self { first: pieces.next()?, second: pieces.next() })
    }

    fn places<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        self.first.places(text).filter(move |at| {
            self.second.as_ref().is_none_or(|second| {
                let rest = &text[(at + self.first.len()).min(text.len())..];
                second.places(&rest[..rest.len().min(BETWEEN + second.len())]).next().is_some()
            })
        })
    }
}

#[derive(Debug, Clone)]
enum Bytes {
    /// Small letters; found in any case.
    Ascii(Vec<u8>),
    Other(Box<memchr::memmem::Finder<'static>>),
}

impl Bytes {
    fn of(piece: &[char]) -> Self {
        let text: String = piece.iter().collect();
        if text.is_ascii() {
            Self::Ascii(text.into_bytes())
        } else {
            Self::Other(Box::new(memchr::memmem::Finder::new(&text).into_owned()))
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Ascii(word) => word.len(),
            Self::Other(finder) => finder.needle().len(),
        }
    }

    fn places<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let (ascii, other) = match self {
            Self::Ascii(word) => (Some(word), None),
            Self::Other(finder) => (None, Some(finder)),
        };
        let ascii = ascii.into_iter().flat_map(move |word| {
            let first = word.first().copied().unwrap_or_default();
            let fits =
                move |at: &usize| text[*at..].get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word));
            memchr::memchr2_iter(first, first.to_ascii_uppercase(), text).filter(fits)
        });
        ascii.chain(other.into_iter().flat_map(move |finder| finder.find_iter(text)))
    }
}

/// Each two neighbouring characters.
fn pairs(chars: &[char]) -> Vec<String> {
    chars.windows(2).map(|pair| pair.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(needle: &str, open: bool, text: &str) -> Vec<String> {
        let hay = Folded::of(text);
        let needle = Needle::of(needle, open).expect("something to look for");
        needle
            .places(&hay)
            .map(|(from, to)| {
                let (from, to) = hay.place(from, to);
                text[from..to].to_owned()
            })
            .collect()
    }

    #[test]
    fn words_are_found_from_their_start_and_runs_anywhere() {
        assert_eq!(found("con", true, "Contract, second CONTRACTS"), ["Con", "CON"]);
        assert_eq!(found("contract", false, "Contract, second CONTRACTS"), ["Contract"]);
        assert_eq!(found("tract", true, "Contract"), [""; 0]);
        assert_eq!(found("合同", true, "租赁合同和合同书"), ["合同", "合同"]);
        assert_eq!(found("order_id 12", true, "the order id: 1234"), ["order id: 12"]);
        assert_eq!(found("用GPT", true, "使用gpt"), ["用gpt"]);
        assert_eq!(found("gpt 模", false, "GPT模型"), ["GPT模"]);
        assert_eq!(found("中 bar", false, "国中 bar"), ["中 bar"]);
        assert_eq!(found("foo 中 bar", false, "foo 国中 bar"), [""; 0]);
    }

    #[test]
    fn the_beginning_of_an_id_is_told_from_words() {
        let id = |text: &str| Needle::of(text, true).expect("something").run_id();
        let whole = "0199abcd-12ef-7000-8000-0123456789ab";
        assert_eq!(id(whole).as_deref(), Some(whole));
        assert_eq!(id(&whole.to_uppercase()).as_deref(), Some(whole));
        assert_eq!(id(&whole.replace('-', "")).as_deref(), Some(whole));
        assert_eq!(id("0199abcd").as_deref(), Some("0199abcd"));
        assert_eq!(id("0199abcd-12").as_deref(), Some("0199abcd-12"));
        for text in ["0199abc", "0199abcg", "2026-01-02-03", "0199-abcd12", "deadline", "租赁合同租赁合同"] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn the_index_is_asked_for_what_it_has() {
        let asked = |text: &str, open| {
            let Expression { words, marks, exact } = Needle::of(text, open).expect("something").expression();
            (words.unwrap_or_default(), marks.unwrap_or_default(), exact)
        };
        let (words, marks) =
            (|text: &str| (text.to_owned(), String::new(), true), |text: &str| (String::new(), text.to_owned(), true));
        assert_eq!(asked("Con", true), marks("\"con\""));
        assert_eq!(asked("Con", false), words("\"con\""));
        assert_eq!(asked("contr", true), words("\"contr\"*"));
        assert_eq!(asked("中", true), marks("\"中\""));
        assert_eq!(asked("中文字", true), words("\"中文 文字\""));
        assert_eq!(asked("中文 bar", false), words("\"中文 文 bar\""));
        assert_eq!(asked("order_id", true), ("\"order\"".into(), "\"id\"".into(), false));
        assert_eq!(asked("order_items", true), words("\"order items\"*"));
        assert!(Needle::of("--", true).is_none());
    }
}
