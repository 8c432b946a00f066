//! Reading values that may have gone wrong. Columns are STRICT, so what can is text: bytes that are no text any more,
//! JSON that is none any more, or JSON of a program that knows more than this one. Each leaves a gap where it stood,
//! and hides nothing else.

use serde::de::DeserializeOwned;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Error, Result, Store};

/// A row, whichever library read it.
pub(super) trait Cells {
    /// What stands in the column, text or not.
    fn bytes(&self, column: &str) -> Result<Option<&[u8]>>;
    fn int(&self, column: &str) -> Result<Option<i64>>;
    fn real(&self, column: &str) -> Result<Option<f64>>;
}

impl Cells for SqliteRow {
    fn bytes(&self, column: &str) -> Result<Option<&[u8]>> {
        Ok(self.try_get_unchecked(column)?)
    }

    fn int(&self, column: &str) -> Result<Option<i64>> {
        Ok(self.try_get(column)?)
    }

    fn real(&self, column: &str) -> Result<Option<f64>> {
        Ok(self.try_get(column)?)
    }
}

/// A row with the names of its columns: the library itself asks for each by each.
pub(super) struct Named<'a, 'row> {
    pub row: &'a rusqlite::Row<'row>,
    pub names: &'a [String],
}

impl Named<'_, '_> {
    fn value(&self, column: &str) -> Result<rusqlite::types::ValueRef<'_>> {
        let at = self.names.iter().position(|name| name == column);
        Ok(self.row.get_ref(at.ok_or_else(|| rusqlite::Error::InvalidColumnName(column.to_owned()))?)?)
    }
}

impl Cells for Named<'_, '_> {
    /// A number where a text should stand is [`Error::Damaged`].
    fn bytes(&self, column: &str) -> Result<Option<&[u8]>> {
        self.value(column)?.as_bytes_or_null().map_err(|_| Error::Damaged)
    }

    fn int(&self, column: &str) -> Result<Option<i64>> {
        Ok(self.value(column)?.as_i64_or_null().map_err(rusqlite::Error::from)?)
    }

    fn real(&self, column: &str) -> Result<Option<f64>> {
        Ok(self.value(column)?.as_f64_or_null().map_err(rusqlite::Error::from)?)
    }
}

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
    pub fn text(&mut self, row: &impl Cells, column: &str) -> Result<String> {
        Ok(self.text_or_none(row, column)?.unwrap_or_default())
    }

    pub fn text_or_none(&mut self, row: &impl Cells, column: &str) -> Result<Option<String>> {
        Ok(self.bytes(row, column)?.map(|bytes| match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                self.note(column, true, "is no text".to_owned());
                String::from_utf8_lossy(bytes).into_owned()
            }
        }))
    }

    /// The JSON; `None` where nothing stands or nothing can be read.
    pub fn json<T: DeserializeOwned>(&mut self, row: &impl Cells, column: &str) -> Result<Option<T>> {
        let Some(bytes) = self.bytes(row, column)? else { return Ok(None) };
        Ok(serde_json::from_slice(bytes)
            .inspect_err(|wrong| {
                // The position only: the text would hold what the user typed.
                let place = format!("cannot be read, line {} column {}", wrong.line(), wrong.column());
                self.note(column, !wrong.is_data(), place);
            })
            .ok())
    }

    pub fn json_or_default<T: DeserializeOwned + Default>(&mut self, row: &impl Cells, column: &str) -> Result<T> {
        Ok(self.json(row, column)?.unwrap_or_default())
    }

    fn bytes<'a>(&mut self, row: &'a impl Cells, column: &str) -> Result<Option<&'a [u8]>> {
        match row.bytes(column) {
            Err(Error::Damaged) => {
                self.note(column, true, "is no text".to_owned());
                Ok(None)
            }
            bytes => bytes,
        }
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
