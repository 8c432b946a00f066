//! Texts as words: one way to take them apart, for the index, for what is looked for, and for marking what was found.
//!
//! Scripts that part words by spaces give words, found from their start. Scripts that do not (Chinese, Japanese,
//! Korean, Thai …; pictographs, too) give runs, any part of which is found: the index has each two neighbouring
//! characters of a run as a token (`中文字` → `中文 文字 字`; the last one alone parts it from what follows). What a
//! beginning or one character alone could only find by putting together thousands of tokens stands in a second index,
//! of marks: which of them occur, not where.

pub mod fold;
mod index;
pub mod near;
mod needle;
mod snippet;

pub use fold::{Folded, Kind};
pub use index::{BREAK, IndexText, Tokens, app_token, status_token};
pub use needle::{Expression, Needle};
pub use snippet::{Excerpt, excerpt, excerpts, most_in};

/// Beginnings of words up to this many characters are marks.
pub const SHORT: usize = 4;

/// A longer word counts as several, so that a picture in letters does not fill the index with itself.
const LONGEST: usize = 48;
