//! A text folded: full-width forms, case and accents make no difference. Each character knows where it came from.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::LONGEST;

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Found from its start.
    Word,
    /// Of a script without spaces: any part of it is found.
    Run,
}

/// A word or a run: from, to, in characters of [`Folded::chars`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub kind: Kind,
    pub from: usize,
    pub to: usize,
}

/// A text as it is compared.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// Of words and runs, one after the other; what is between them is left out.
    pub chars: Vec<char>,
    /// Where each came from: from, to, in bytes of the text.
    spans: Vec<(u32, u32)>,
    pub pieces: Vec<Piece>,
}

impl Folded {
    pub fn of(text: &str) -> Self {
        let mut folded = Self {
            chars: Vec::with_capacity(text.len() / 2),
            spans: Vec::with_capacity(text.len() / 2),
            pieces: Vec::new(),
        };
        folded.fold(text);
        folded
    }

    /// Another text in the room of this one: thousands of short ones are folded for a page of hits.
    pub fn fold(&mut self, text: &str) {
        let folded = self;
        folded.chars.clear();
        folded.spans.clear();
        folded.pieces.clear();
        let mut last: Option<Kind> = None;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map_or(' ', |next| next.1);
            // By far the most.
            if c.is_ascii() && (next.is_ascii() || !joins(next)) {
                last = folded.push(c.to_ascii_lowercase(), (at, at + 1), last);
                continue;
            }
            if is_plain_ideograph(c) && (is_plain_ideograph(next) || !joins(next)) {
                last = folded.push(c, (at, at + c.len_utf8()), last);
                continue;
            }
            let mut end = at + c.len_utf8();
            while let Some(&(next, mark)) = chars.peek() {
                if !joins(mark) {
                    break;
                }
                end = next + mark.len_utf8();
                chars.next();
            }
            if is_ignored(c) {
                continue;
            }
            for c in plain(&text[at..end]) {
                last = folded.push(c, (at, end), last);
            }
        }
    }

    /// Appends a folded character, or ends what came before.
    #[inline]
    fn push(&mut self, c: char, (from, to): (usize, usize), last: Option<Kind>) -> Option<Kind> {
        let kind = kind_of(c, last)?;
        let place = self.chars.len();
        let goes_on = match self.pieces.last() {
            Some(piece) if last == Some(kind) => kind == Kind::Run || place - piece.from < LONGEST,
            _ => false,
        };
        if !goes_on {
            self.pieces.push(Piece { kind, from: place, to: place });
        }
        let bytes = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.chars.push(c);
        self.spans.push((bytes(from), bytes(to)));
        if let Some(piece) = self.pieces.last_mut() {
            piece.to = place + 1;
        }
        Some(kind)
    }

    pub fn piece(&self, piece: &Piece) -> &[char] {
        &self.chars[piece.from..piece.to]
    }

    /// Where characters `from..to` stand in the text, in bytes.
    pub fn place(&self, from: usize, to: usize) -> (usize, usize) {
        match (self.spans.get(from), to.checked_sub(1).and_then(|last| self.spans.get(last))) {
            (Some(first), Some(last)) => (first.0 as usize, last.1 as usize),
            _ => (0, 0),
        }
    }
}

/// A text for comparing names: folded, with one space between its words.
pub fn folded_text(text: &str) -> String {
    let folded = Folded::of(text);
    let pieces: Vec<String> = folded.pieces.iter().map(|piece| folded.piece(piece).iter().collect()).collect();
    pieces.join(" ")
}

/// What belongs to the character before it.
fn joins(c: char) -> bool {
    match c {
        // The marks of half-width kana, and the later parts of Korean syllables.
        '\u{ff9e}' | '\u{ff9f}' | '\u{1160}'..='\u{11ff}' => true,
        c if c < '\u{300}' || is_plain_ideograph(c) => false,
        c => is_combining_mark(c) || is_ignored(c),
    }
}

/// What is not seen: soft hyphens, joiners, marks of direction, choices of a glyph.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Most of a Chinese text folds to itself.
fn is_plain_ideograph(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{ac00}'..='\u{d7a3}')
}

/// Whether something in the text may fold to what is written otherwise.
pub(super) fn may_fold(text: &str) -> bool {
    let is_plain = |c: char| {
        c.is_ascii()
            || is_plain_ideograph(c)
            || matches!(c, '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '，' | '：' | '；' | '！' | '？' | '（' | '）'
                | '\u{2013}'..='\u{201d}' | '…' | '·')
    };
    !text.chars().all(is_plain)
}

/// One character with its marks, without case, width and accents.
fn plain(cluster: &str) -> impl Iterator<Item = char> {
    let kept = |c: &char| !is_accent(*c) && !is_ignored(*c);
    let lowered = cluster.nfkd().filter(kept).flat_map(char::to_lowercase);
    let composed = lowered.filter(kept).flat_map(one_of).collect::<String>();
    composed.nfc().collect::<Vec<_>>().into_iter()
}

/// Marks that make no other letter: those of Latin, Greek and Cyrillic, and those around any character.
pub(in crate::model) fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Letters with more than one form in lower case.
fn one_of(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'đ' => ('d', None),
        'ł' => ('l', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        c => (c, None),
    };
    std::iter::once(first).chain(second)
}

/// Whether a text may be cut beside this character without cutting a word.
pub(super) fn parts_words(c: char) -> bool {
    kind_of(c, Some(Kind::Word)) != Some(Kind::Word) && !is_ignored(c)
}

/// What a folded character is; none for what stands between words.
#[inline]
fn kind_of(c: char, last: Option<Kind>) -> Option<Kind> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then_some(Kind::Word);
    }
    if is_unspaced(c) {
        return Some(Kind::Run);
    }
    if c.is_alphanumeric() {
        return Some(Kind::Word);
    }
    // Signs over and under letters of Indian and other scripts.
    if is_combining_mark(c) { last } else { None }
}

fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{3035}'
        | '\u{3041}'..='\u{3096}' | '\u{3099}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
        | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
        // Thai, Lao, Burmese, Khmer.
        | '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ecf}' | '\u{edc}'..='\u{edf}'
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' | '\u{1780}'..='\u{17d3}'
        // Pictographs.
        | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let folded = Folded::of(text);
        folded.pieces.iter().map(|piece| folded.piece(piece).iter().collect()).collect()
    }

    #[test]
    fn width_case_and_accents_make_no_difference() {
        for (text, expected) in [
            ("Ｆｌｏｗ　ＤＥＣＫ", vec!["flow", "deck"]),
            ("Café CAFE\u{301} naïve", vec!["cafe", "cafe", "naive"]),
            ("ＧＰＴ－４", vec!["gpt", "4"]),
            ("Straße STRASSE", vec!["strasse", "strasse"]),
            ("ΟΔΟΣ οδός", vec!["οδοσ", "οδοσ"]),
            ("İstanbul ISTANBUL", vec!["istanbul", "istanbul"]),
            ("①②③", vec!["123"]),
            ("soft\u{ad}hyphen", vec!["softhyphen"]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn runs_end_where_words_begin() {
        for (text, expected) in [
            ("用GPT模型", vec!["用", "gpt", "模型"]),
            ("ｶﾞｷﾞ が", vec!["ガギ", "が"]),
            ("か\u{3099}", vec!["が"]),
            ("한국어\u{1112}\u{1161}\u{11ab}", vec!["한국어한"]),
            ("2026年11月", vec!["2026", "年", "11", "月"]),
            ("order_id-123", vec!["order", "id", "123"]),
            ("हिन्दी", vec!["हिन्दी"]),
            ("สวัสดี", vec!["สวัสดี"]),
            ("good 👍🏽", vec!["good", "👍🏽"]),
            ("-- ++ 「」", vec![]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn each_character_knows_where_it_stood() {
        let text = "x Ｃafe\u{301}中 ㈱";
        let folded = Folded::of(text);
        let at = |piece: usize| {
            let piece = folded.pieces[piece];
            let (from, to) = folded.place(piece.from, piece.to);
            &text[from..to]
        };
        assert_eq!((at(0), at(1), at(2), at(3)), ("x", "Ｃafe\u{301}", "中", "㈱"));
    }

    #[test]
    fn endless_words_are_taken_in_pieces() {
        let folded = Folded::of(&"a".repeat(100));
        let lengths: Vec<_> = folded.pieces.iter().map(|piece| piece.to - piece.from).collect();
        assert_eq!(lengths, [48, 48, 4]);
    }
}
