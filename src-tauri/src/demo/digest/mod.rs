//! The digest itself: what a pile of documents is about, found with rules and statistics only.

pub(super) mod extract;
pub(super) mod facts;
pub(super) mod keywords;
pub(super) mod language;
pub(super) mod problem;
pub(super) mod render;
pub(super) mod sentences;
mod wording;
mod words;

use extract::{Block, Extracted, Table, Unit};
use language::Language;
use problem::{Problem, Remark};
use sentences::Sentence;

/// A document that was chosen, with what came of reading it.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub name: String,
    pub format: &'static str,
    /// Pasted text has no size as a file.
    pub size: Option<u64>,
    pub content: Result<Read, Problem>,
}

/// A document that could be read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub title: Option<String>,
    pub blocks: Vec<Block>,
    pub pages: Option<(usize, Unit)>,
    pub tables: Vec<Table>,
    pub remark: Option<Remark>,
    pub language: Language,
    pub sentences: Vec<Sentence>,
    pub counts: Counts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Without white space.
    pub characters: usize,
    /// Words of alphabetic scripts.
    pub words: usize,
    pub chinese: usize,
    pub sentences: usize,
}

impl Counts {
    pub fn add(self, other: Self) -> Self {
        Self {
            characters: self.characters + other.characters,
            words: self.words + other.words,
            chinese: self.chinese + other.chinese,
            sentences: self.sentences + other.sentences,
        }
    }

    /// 230 words or 400 Chinese characters a minute, at least one minute.
    pub fn reading_minutes(self) -> usize {
        let minutes = self.words as f64 / 230.0 + self.chinese as f64 / 400.0;
        (minutes.round() as usize).max(1)
    }
}

impl Read {
    pub fn new(found: Extracted) -> Self {
        let text = found.text();
        let language = Language::of(&text);
        let sentences = sentences::split(&found.blocks);
        let chinese = text.chars().filter(|letter| language::is_chinese(*letter)).count();
        let counts = Counts {
            characters: text.chars().filter(|letter| !letter.is_whitespace()).count(),
            words: words::latin(&text).count(),
            chinese,
            sentences: sentences.iter().filter(|sentence| sentence.prose).count(),
        };
        Self {
            title: found.title,
            blocks: found.blocks,
            pages: found.pages,
            tables: found.tables,
            remark: found.remark,
            language,
            sentences,
            counts,
        }
    }
}

/// How much is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Short,
    Medium,
    Long,
}

impl Length {
    pub fn of(text: &str) -> Self {
        match text {
            "short" => Self::Short,
            "long" => Self::Long,
            _ => Self::Medium,
        }
    }

    /// Sentences of a digest of one document.
    pub fn sentences(self) -> usize {
        match self {
            Self::Short => 3,
            Self::Medium => 6,
            Self::Long => 12,
        }
    }

    /// Rows of the tables of dates and of figures.
    pub fn facts(self) -> usize {
        match self {
            Self::Short => 8,
            Self::Medium => 24,
            Self::Long => 60,
        }
    }
}

/// The documents that could be read.
pub(super) fn readable(documents: &[Document]) -> impl Iterator<Item = (&Document, &Read)> {
    documents.iter().filter_map(|document| document.content.as_ref().ok().map(|read| (document, read)))
}

pub(super) fn total(documents: &[Document]) -> Counts {
    readable(documents).fold(Counts::default(), |sum, (_, read)| sum.add(read.counts))
}
