//! Texts as words: one way to take them apart, for the index, for what is looked for, and for marking what was found.
//!
//! Scripts that part words by spaces give words, found from their start. Scripts that do not (Chinese, Japanese,
//! Korean, Thai …; pictographs, too) give runs, any part of which is found: the index has each two neighbouring
//! characters of a run as a token (`中文字` → `中文 文字 字`; the last one alone parts it from what follows). What a
//! prefix or one character alone could only find by putting together thousands of tokens has a token of its own, once
//! for each text: behind [`BLOCK`].

pub mod fold;
mod index;
mod needle;
mod snippet;

pub use fold::{Folded, Kind};
pub use index::{BLOCK, BREAK, IndexText, app_token};
pub use needle::{Expression, Needle};
pub use snippet::{Excerpt, excerpt, excerpts};

/// Beginnings of words up to this many characters have a token of their own.
pub const SHORT: usize = 3;

/// A longer word counts as several, so that a picture in letters does not fill the index with itself.
const LONGEST: usize = 48;
