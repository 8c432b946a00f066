//! The tokens of a run, as its row in the index is made of them.

use std::collections::HashSet;

use super::{Folded, Kind, SHORT};
use crate::model::run::RunStatus;

/// A token between two texts, so that no phrase reaches from one into the other.
pub const BREAK: &str = "\u{e001}";
const APP: char = '\u{e002}';
const STATUS: char = '\u{e003}';

/// The token that all runs of an app have.
pub fn app_token(app: &str) -> String {
    let plain = app.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| char::from(byte.to_ascii_lowercase()));
    std::iter::once(APP).chain(plain).collect()
}

/// The token that all runs of a status have. Most runs succeed: that one is none, nor are those that will be others.
pub fn status_token(status: RunStatus) -> Option<String> {
    let is_one = status.is_over() && status != RunStatus::Succeeded;
    is_one.then(|| std::iter::once(STATUS).chain(status.as_str().chars().filter(char::is_ascii_lowercase)).collect())
}

/// What the two indexes have of a run: tokens with spaces between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// In their order.
    pub words: String,
    /// Beginnings of words and single characters, each once.
    pub marks: String,
}

/// Gathers the texts of a run.
#[derive(Debug, Default)]
pub struct IndexText {
    tokens: String,
    beginnings: HashSet<[char; SHORT]>,
    singles: HashSet<char>,
    /// What was added already: inputs of steps repeat the outputs of others.
    seen: HashSet<u64>,
}

impl IndexText {
    /// Adds a text, unless the very same was added before.
    pub fn add(&mut self, text: &str) {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return;
        }
        let folded = Folded::of(text);
        if folded.pieces.is_empty() {
            return;
        }
        if !self.tokens.is_empty() {
            self.tokens.push_str(BREAK);
            self.tokens.push(' ');
        }
        for piece in &folded.pieces {
            let chars = folded.piece(piece);
            match piece.kind {
                Kind::Word => self.word(chars),
                Kind::Run => self.run(chars),
            }
        }
    }

    fn word(&mut self, chars: &[char]) {
        self.tokens.extend(chars);
        self.tokens.push(' ');
        let mut beginning = ['\0'; SHORT];
        for (place, c) in chars.iter().take(SHORT).enumerate() {
            beginning[place] = *c;
            self.beginnings.insert(beginning);
        }
    }

    fn run(&mut self, chars: &[char]) {
        for (place, c) in chars.iter().enumerate() {
            self.tokens.push(*c);
            self.tokens.extend(chars.get(place + 1));
            self.tokens.push(' ');
            self.singles.insert(*c);
        }
    }

    /// All tokens; `others` stand beside the texts, in both indexes.
    pub fn finish(mut self, others: &[String]) -> Tokens {
        let mut beginnings: Vec<_> = self.beginnings.into_iter().collect();
        let mut singles: Vec<_> = self.singles.into_iter().collect();
        // The same text gives the same tokens in the same order.
        beginnings.sort_unstable();
        singles.sort_unstable();
        let mut marks = String::with_capacity(5 * (beginnings.len() + singles.len()));
        self.tokens.push_str(BREAK);
        for other in others {
            self.tokens.push(' ');
            self.tokens.push_str(other);
            marks.push_str(other);
            marks.push(' ');
        }
        for beginning in beginnings {
            marks.extend(beginning.iter().filter(|c| **c != '\0'));
            marks.push(' ');
        }
        for single in singles {
            marks.extend([single, ' ']);
        }
        Tokens { words: self.tokens, marks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_its_words_its_pairs_and_what_they_begin_with() {
        let mut index = IndexText::default();
        index.add("To 中文字 go");
        index.add("To 中文字 go");
        index.add("字");
        let tokens = index.finish(&[app_token("A-1")]);
        let plain = |text: &str| text.replace(BREAK, "|").replace(APP, "@").trim().to_owned();
        assert_eq!(plain(&tokens.words), "to 中文 文字 字 go | 字 | @a1");
        assert_eq!(plain(&tokens.marks), "@a1 g go t to 中 字 文");
    }
}
