//! Runs that both indexes find: each is read from place to place of the other, so that of the one that finds much no more
//! is read than the other can use.

use rusqlite::{Connection, OptionalExtension, Rows, params_from_iter};

use super::{
    super::Result,
    conditions::{Sql, Value},
    ends::{End, Found, Stream},
};

/// So many steps of one of them to the next place of the other cost as much as beginning anew there; each time that was
/// done, it is done half as soon.
const STEPS: usize = 128;

/// What is asked, and what else the runs have to meet.
pub(super) struct Together {
    pub words: String,
    pub marks: String,
    /// One run, by its place, which comes last.
    pub entry: Sql,
}

impl Together {
    /// The next runs of the stream, at most `count`.
    pub fn chunk(&self, stream: &Stream, count: usize, connection: &Connection) -> Result<Vec<Found>> {
        let mut words = connection.prepare_cached(&places_of("run_words", stream.end))?;
        let mut marks = connection.prepare_cached(&places_of("run_marks", stream.end))?;
        let mut entry = connection.prepare_cached(&self.entry.text)?;
        let next = |rows: &mut Rows<'_>| -> Result<Option<i64>> {
            let place = rows.next()?.map(|row| row.get(0)).transpose()?;
            Ok(place.map(|place| stream.end.number(place)))
        };
        let mut found = Vec::new();
        let (mut below, mut patience) = (stream.below, STEPS);
        'anew: while found.len() < count {
            let mut words = words.query((&self.words, stream.lowest, below))?;
            let mut marks = marks.query((&self.marks, stream.lowest, below))?;
            let (mut word, mut mark) = (next(&mut words)?, next(&mut marks)?);
            let (mut steps, mut was_word) = (0, false);
            while let (Some(by_word), Some(by_mark)) = (word, mark) {
                if by_word == by_mark {
                    let place = [Value::Integer(stream.end.number(by_word))];
                    let values = params_from_iter(self.entry.values.iter().chain(&place));
                    found.extend(entry.query_row(values, |row| Ok(Found::read(row))).optional()?.transpose()?);
                    if found.len() >= count {
                        break 'anew;
                    }
                    (word, mark) = (next(&mut words)?, next(&mut marks)?);
                    steps = 0;
                    continue;
                }
                let is_word = by_word > by_mark;
                steps = if is_word == was_word { steps + 1 } else { 0 };
                was_word = is_word;
                if steps > patience {
                    below = by_word.min(by_mark).saturating_add(1);
                    patience *= 2;
                    continue 'anew;
                }
                if is_word {
                    word = next(&mut words)?;
                } else {
                    mark = next(&mut marks)?;
                }
            }
            break;
        }
        Ok(found)
    }
}

/// Places that one index finds, as numbers that fall.
fn places_of(table: &str, end: End) -> String {
    let select = format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1 AND");
    match end {
        End::Newest => format!("{select} rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC"),
        End::Oldest => format!("{select} rowid <= -?2 AND rowid > -?3 ORDER BY rowid ASC"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    /// As many runs, of which some hold the word, and some the mark.
    async fn filled(word: &str, mark: &str) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a new store");
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)";
        for insert in [
            "INSERT INTO run_entry SELECT i, 'r' || i, 'a', 'succeeded', 'here', i, NULL, NULL, 0, 0, i % 7 = 0 FROM n"
                .to_owned(),
            format!("INSERT INTO run_words (rowid, words) SELECT i, iif({word}, 'alpha', 'other') FROM n"),
            format!("INSERT INTO run_marks (rowid, marks) SELECT i, iif({mark}, 'al', 'ot') FROM n"),
        ] {
            let sql = sqlx::AssertSqlSafe(format!("{numbers} {insert}"));
            sqlx::query(sql).execute(&store.pool).await.expect("filled");
        }
        (folder, store)
    }

    #[tokio::test]
    async fn what_both_find_is_found_whichever_finds_more() {
        let patterns = [
            ("true", "i % 1000 = 3"),
            ("i % 1000 = 3", "true"),
            ("i % 2 = 0", "i % 3 = 0"),
            ("i < 600 OR i > 4400", "i % 5 = 0"),
            ("i % 500 < 5", "i % 499 < 5"),
            ("i < 2500", "i >= 2500"),
        ];
        for (word, mark) in patterns {
            let (_folder, store) = filled(word, mark).await;
            for end in [End::Newest, End::Oldest] {
                let read = store.read(move |connection| {
                    let text =
                        "SELECT e.place, e.run_id, e.started_at FROM run_entry AS e WHERE e.hidden = 0 AND e.place = ?";
                    let entry = Sql { text: text.into(), values: Vec::new() };
                    let together = Together { words: "alpha".into(), marks: "al".into(), entry };
                    let mut stream = Stream::new(end, i64::MAX, (1, i64::MAX - 1));
                    let mut all = Vec::new();
                    loop {
                        let chunk = together.chunk(&stream, 50, connection)?;
                        all.extend(chunk.iter().map(|found| found.place));
                        if chunk.len() < 50 {
                            return Ok(all);
                        }
                        stream.below = chunk.last().map_or(0, |last| end.number(last.place));
                    }
                });
                let found = read.await.expect("read");
                let sql = sqlx::AssertSqlSafe(format!(
                    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
                     SELECT i FROM n WHERE ({word}) AND ({mark}) AND i % 7 <> 0 ORDER BY i {}",
                    if end == End::Newest { "DESC" } else { "ASC" }
                ));
                let expected: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&store.pool).await.expect("counted");
                assert_eq!(found, expected, "{word} and {mark} from the {end:?}");
            }
        }
    }
}
