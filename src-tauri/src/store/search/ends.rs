//! How a search goes through places, from one end or the other, and where a page of it ends.

use std::collections::VecDeque;

use rusqlite::Row;

use super::super::Result;

/// From which end runs are read. From the oldest on, places count with the other sign: what comes next has a lower
/// number then, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Newest,
    Oldest,
}

impl End {
    /// The lowest number and the highest of a range.
    fn range(self, (lowest, highest): (i64, i64)) -> (i64, i64) {
        if self == Self::Newest { (lowest, highest) } else { (-highest, -lowest) }
    }

    pub fn number(self, place: i64) -> i64 {
        if self == Self::Newest { place } else { -place }
    }

    /// Whether of one run of each range the late one comes first.
    pub fn late_first(self, regular: &Found, late: &Found) -> bool {
        if self == Self::Newest { late.started_at > regular.started_at } else { late.started_at <= regular.started_at }
    }
}

/// Where a page ends: what comes next lies below, in each range of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub regular: i64,
    pub late: i64,
}

impl Cursor {
    pub const START: Self = Self { regular: i64::MAX, late: i64::MAX };

    /// What this program did not make begins at the start.
    pub fn read(text: &str) -> Self {
        let parts = text.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        parts.map_or(Self::START, |(regular, late)| Self { regular, late })
    }

    pub fn text(self) -> String {
        format!("{}.{}", self.regular, self.late)
    }
}

/// A run that is found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub place: i64,
    pub run: String,
    pub started_at: i64,
}

impl Found {
    /// Of a row that begins so.
    pub fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self { place: row.get(0)?, run: row.get(1)?, started_at: row.get(2)? })
    }
}

/// One range of places, read downwards.
pub(super) struct Stream {
    pub end: End,
    pub lowest: i64,
    /// All numbers from here on up were read.
    pub below: i64,
    pub ready: VecDeque<Found>,
    pub is_over: bool,
}

impl Stream {
    pub fn new(end: End, below: i64, range: (i64, i64)) -> Self {
        let (lowest, highest) = end.range(range);
        let below = below.min(highest.saturating_add(1));
        Self { end, lowest, below, ready: VecDeque::new(), is_over: below <= lowest }
    }

    pub fn cursor(&self) -> i64 {
        self.ready.front().map_or(self.below, |next| self.end.number(next.place) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_a_foreign_one_begins_anew() {
        let cursor = Cursor { regular: 7, late: -9 };
        assert_eq!(Cursor::read(&cursor.text()), cursor);
        for foreign in ["", "x", "7", "7.", "a.b"] {
            assert_eq!(Cursor::read(foreign), Cursor::START, "{foreign:?}");
        }
    }
}
