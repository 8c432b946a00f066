//! What was typed into the search box, understood: words, "phrases", -without, and fields such as `status:failed`.
//!
//! Nothing that can be typed is an error. What names no field is words; a field with a value that is none of its own
//! is looked for as words, and a [`QueryRemark`] says so.

mod complete;
mod dates;
mod fields;
mod near;
mod parse;
mod values;

pub use complete::complete;
pub use dates::Calendar;
pub use near::{Doubtful, doubtful, replaced, with_near_fields};
pub use parse::parse;

use super::{
    Millis,
    app::AppId,
    history::{QueryRemark, RunOrigin},
    run::RunStatus,
    words::{Needle, fold::is_accent},
};

/// What is known around the search box.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Every app with the name it is shown by.
    pub apps: &'a [(AppId, String)],
    pub tags: &'a [String],
    pub calendar: &'a Calendar<'a>,
}

/// A search as typed.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// All of these occur.
    pub need: Vec<Needle>,
    /// What was typed for each of them.
    pub typed: Vec<Typed>,
    /// None of these does.
    pub without: Vec<Needle>,
    pub narrow: Narrow,
    pub remarks: Vec<QueryRemark>,
}

/// Words as they were typed, without quotes and field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    pub text: String,
    /// Where it begins, in UTF-16 units of all that was typed.
    pub from: u32,
    /// The last word may go on.
    pub open: bool,
}

/// What fields ask for. A list that is there and empty: nothing can meet it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Narrow {
    pub apps: Option<Vec<AppId>>,
    pub not_apps: Vec<AppId>,
    pub statuses: Option<Vec<RunStatus>>,
    pub not_statuses: Vec<RunStatus>,
    pub origins: Option<Vec<RunOrigin>>,
    pub not_origins: Vec<RunOrigin>,
    /// Begun then or later, and before that.
    pub after: Option<Millis>,
    pub before: Option<Millis>,
    /// Seconds, both inclusive.
    pub min_elapsed: Option<f64>,
    pub max_elapsed: Option<f64>,
    /// Both inclusive.
    pub min_tokens: Option<i64>,
    pub max_tokens: Option<i64>,
    pub starred: Option<bool>,
    pub reviewed: Option<bool>,
    /// Of each group at least one.
    pub tags: Vec<Vec<String>>,
    pub not_tags: Vec<String>,
    pub files: Vec<NameGlob>,
    pub not_files: Vec<NameGlob>,
    /// The needed words stand in one of these parts of the run.
    pub places: Vec<Place>,
    pub has: Vec<(Has, bool)>,
    /// Two fields that exclude each other.
    pub nothing: bool,
}

/// A part of a run, as `in:` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Title,
    Input,
    Output,
    Step,
    Error,
    Note,
    File,
    Tag,
}

/// Something that a run has or has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Has {
    Note,
    Tag,
    File,
    Error,
    Name,
}

/// A pattern for names of files: `*` stands for anything, `?` for one character. Without either it stands for names
/// that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameGlob {
    pattern: Vec<char>,
}

impl NameGlob {
    /// None for a pattern that says nothing.
    pub fn of(text: &str) -> Option<Self> {
        let mut pattern: Vec<char> = plain_name(text).chars().collect();
        if pattern.iter().all(|c| *c == '*') {
            return None;
        }
        if !pattern.iter().any(|c| matches!(c, '*' | '?')) {
            pattern.insert(0, '*');
            pattern.push('*');
        }
        pattern.dedup_by(|next, before| *next == '*' && *before == '*');
        Some(Self { pattern })
    }

    pub fn fits(&self, name: &str) -> bool {
        let name: Vec<char> = plain_name(name).chars().collect();
        let (mut at, mut place) = (0, 0);
        // Where the last star stands, and how far it reaches so far.
        let mut star: Option<(usize, usize)> = None;
        while at < name.len() {
            match self.pattern.get(place) {
                Some('*') => {
                    star = Some((place, at));
                    place += 1;
                }
                Some(c) if *c == '?' || *c == name[at] => {
                    place += 1;
                    at += 1;
                }
                _ => {
                    let Some((before, reached)) = star else { return false };
                    star = Some((before, reached + 1));
                    (place, at) = (before + 1, reached + 1);
                }
            }
        }
        self.pattern[place..].iter().all(|c| *c == '*')
    }

    /// Words that stand in every name that fits.
    pub fn needles(&self) -> Vec<Needle> {
        let text: String = self.pattern.iter().collect();
        let mut needles = Vec::new();
        let parts: Vec<&str> = text.split(['*', '?']).collect();
        for (number, part) in parts.iter().enumerate() {
            // A part behind a star begins in the midst of a word, and one before a star ends so.
            let mut rest = *part;
            if number > 0 {
                rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            }
            if rest.chars().any(|c| !c.is_ascii() && c.is_alphabetic()) {
                continue;
            }
            let words: Vec<&str> = rest.split(|c: char| !c.is_ascii_alphanumeric()).collect();
            for (place, word) in words.iter().enumerate() {
                let ends = place + 1 < words.len() || number + 1 == parts.len();
                needles.extend(Needle::of(word, !ends));
            }
        }
        needles
    }
}

/// Names of files are compared without case, width and accents, but with their dots and dashes.
fn plain_name(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase).nfc().collect()
}

impl Narrow {
    /// What only some runs have at all, and what they are: of the app's runs, those that …
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests;
