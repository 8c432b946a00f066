//! Reading values that may have gone wrong. Columns are STRICT, so what can is text: bytes that are no text any more,
//! JSON that is none any more, or JSON of a program that knows more than this one. Each leaves a gap where it stood,
//! and hides nothing else.

use serde::de::DeserializeOwned;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Result, Store};

/// What could not be read of a row, or of all that belongs together.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    columns: Vec<String>,
    /// Bytes went wrong; a newer program's JSON is sound.
    damaged: bool,
}

impl Gaps {
    pub fn any(&self) -> bool {
        !self.columns.is_empty()
    }

    /// The text, as far as it is one.
    pub fn text(&mut self, row: &SqliteRow, column: &str) -> Result<String> {
        Ok(self.text_or_none(row, column)?.unwrap_or_default())
    }

    pub fn text_or_none(&mut self, row: &SqliteRow, column: &str) -> Result<Option<String>> {
        let bytes: Option<Vec<u8>> = row.try_get_unchecked(column)?;
        Ok(bytes.map(|bytes| {
            String::from_utf8(bytes).unwrap_or_else(|wrong| {
                self.note(column, true, "is no text".to_owned());
                String::from_utf8_lossy(wrong.as_bytes()).into_owned()
            })
        }))
    }

    /// The JSON; `None` where nothing stands or nothing can be read.
    pub fn json<T: DeserializeOwned>(&mut self, row: &SqliteRow, column: &str) -> Result<Option<T>> {
        let bytes: Option<Vec<u8>> = row.try_get_unchecked(column)?;
        let Some(bytes) = bytes else { return Ok(None) };
        Ok(serde_json::from_slice(&bytes)
            .inspect_err(|wrong| {
                // The position only: the text would hold what the user typed.
                let place = format!("cannot be read, line {} column {}", wrong.line(), wrong.column());
                self.note(column, !wrong.is_data(), place);
            })
            .ok())
    }

    pub fn json_or_default<T: DeserializeOwned + Default>(&mut self, row: &SqliteRow, column: &str) -> Result<T> {
        Ok(self.json(row, column)?.unwrap_or_default())
    }

    fn note(&mut self, column: &str, damaged: bool, what: String) {
        self.columns.push(format!("{column} {what}"));
        self.damaged |= damaged;
    }
}

impl Store {
    /// Writes gaps down for support; where bytes went wrong, the next start looks at the file and mends it.
    pub(super) fn tell(&self, gaps: &Gaps, of: impl FnOnce() -> String) {
        if gaps.any() {
            tracing::error!("{}: {}", of(), gaps.columns.join("; "));
        }
        if gaps.damaged {
            self.damage.note();
        }
    }
}
