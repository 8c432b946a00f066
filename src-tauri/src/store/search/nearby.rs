//! Words of the index that are near to one that was typed, by how many runs hold them.

use std::time::{Duration, Instant};

use rusqlite::{Connection, params_from_iter};

use super::{
    super::{Result, Store},
    count_up_to, listed,
};
use crate::model::words::{
    Needle,
    near::{most_slips, one_slip_away, slips},
};

/// How long the vocabulary is looked through for one word.
const PATIENCE: Duration = Duration::from_millis(50);
/// Terms that are looked at for one word.
const MOST: usize = 20_000;
/// The nearest that are given.
const GIVEN: usize = 4;

/// What the index has near to a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Near {
    /// Runs that hold the word itself.
    pub own: u32,
    /// The nearest first, and of those alike the one that most runs hold.
    pub words: Vec<NearWord>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearWord {
    pub word: String,
    pub slips: usize,
    /// Runs that hold it.
    pub runs: u32,
}

impl Store {
    /// Whether any run holds the word, or one that begins so.
    pub async fn occurs(&self, word: &str, open: bool) -> Result<bool> {
        let Some(expression) = Needle::of(word, open).map(|needle| needle.expression()) else { return Ok(true) };
        self.read(move |connection| {
            for (table, text) in [("run_words", &expression.words), ("run_marks", &expression.marks)] {
                let Some(text) = text else { continue };
                let sql = format!("SELECT rowid FROM {table} WHERE {table} MATCH ?");
                if count_up_to(connection, &sql, Some(text), 1)? == 0 {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
    }

    /// The words that occur and are near to this one, as far as a short while allows.
    pub async fn words_near(&self, word: &str) -> Result<Near> {
        if most_slips(word) == 0 {
            return Ok(Near::default());
        }
        let word = word.to_owned();
        self.read(move |connection| near(&word, connection)).await
    }
}

fn near(word: &str, connection: &Connection) -> Result<Near> {
    // Of this connection alone, and gone with it: the database itself stays as it is.
    connection.execute_batch(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.run_vocabulary USING fts5vocab (main, run_words, row)",
    )?;
    let deadline = Instant::now() + PATIENCE;
    let mut near = Near::default();
    let mut candidates = one_slip_away(word);
    candidates.push(word.to_owned());
    let sql = "SELECT v.term, v.doc FROM json_each(?) AS j CROSS JOIN temp.run_vocabulary AS v ON v.term = j.value";
    near.add(connection, sql, &[listed(&candidates)?], word, deadline)?;
    if most_slips(word) > 1 {
        let sql = "SELECT term, doc FROM temp.run_vocabulary WHERE term >= ? AND term < ?";
        for beginning in beginnings(word) {
            let end = format!("{beginning}{}", char::MAX);
            near.add(connection, sql, &[beginning, end], word, deadline)?;
        }
    }
    near.words.sort_by(|a, b| (a.slips, b.runs, &a.word).cmp(&(b.slips, a.runs, &b.word)));
    near.words.dedup_by(|a, b| a.word == b.word);
    near.words.truncate(GIVEN);
    Ok(near)
}

/// The two letters that what was meant may begin with: mostly those of the word, else by a slip.
fn beginnings(word: &str) -> Vec<String> {
    let mut letters = word.chars();
    let (Some(one), Some(two), Some(three)) = (letters.next(), letters.next(), letters.next()) else {
        return Vec::new();
    };
    let mut all: Vec<String> = Vec::new();
    for (first, second) in [(one, two), (two, one), (one, three), (two, three)] {
        let beginning = String::from_iter([first, second]);
        if !all.contains(&beginning) {
            all.push(beginning);
        }
    }
    all
}

impl Near {
    fn add(
        &mut self,
        connection: &Connection,
        sql: &'static str,
        values: &[String],
        word: &str,
        deadline: Instant,
    ) -> Result<()> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let (most, length) = (most_slips(word), word.chars().count());
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            let (term, runs) = (row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, row.get::<_, i64>(1)?);
            let runs = u32::try_from(runs).unwrap_or(u32::MAX);
            if term == word {
                self.own = runs;
            } else if term.chars().count().abs_diff(length) <= most && most_slips(term) > 0 {
                let slips = slips(term, word);
                if slips <= most {
                    self.words.push(NearWord { word: term.to_owned(), slips, runs });
                }
            }
            seen += 1;
            if seen >= MOST || Instant::now() >= deadline {
                break;
            }
        }
        Ok(())
    }
}
