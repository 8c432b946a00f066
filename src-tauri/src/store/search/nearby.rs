//! Words of the index that are near to one that was typed, by how many runs hold them.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection};

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
        let mut connection = self.pool.acquire().await?;
        for (table, text) in [("run_words", expression.words), ("run_marks", expression.marks)] {
            let Some(text) = text else { continue };
            let sql = format!("SELECT rowid FROM {table} WHERE {table} MATCH ?");
            if count_up_to(&mut connection, sql, Some(text), 1).await? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The words that occur and are near to this one, as far as a short while allows.
    pub async fn words_near(&self, word: &str) -> Result<Near> {
        let most = most_slips(word);
        if most == 0 {
            return Ok(Near::default());
        }
        let _seat = self.indexing.seat().await;
        let mut connection = self.pool.acquire().await?;
        // Of this connection alone, and gone with it: the database itself stays as it is.
        sqlx::query("CREATE VIRTUAL TABLE IF NOT EXISTS temp.run_vocabulary USING fts5vocab (main, run_words, row)")
            .execute(&mut *connection)
            .await?;
        let deadline = Instant::now() + PATIENCE;
        let mut near = Near::default();
        let mut candidates = one_slip_away(word);
        candidates.push(word.to_owned());
        let sql = "SELECT v.term, v.doc FROM json_each(?) AS j CROSS JOIN temp.run_vocabulary AS v ON v.term = j.value";
        near.add(&mut connection, sql, &[listed(&candidates)?], word, deadline).await?;
        if most > 1 {
            let sql = "SELECT term, doc FROM temp.run_vocabulary WHERE term >= ? AND term < ?";
            for beginning in beginnings(word) {
                let end = format!("{beginning}{}", char::MAX);
                near.add(&mut connection, sql, &[beginning, end], word, deadline).await?;
            }
        }
        near.words.sort_by(|a, b| (a.slips, b.runs, &a.word).cmp(&(b.slips, a.runs, &b.word)));
        near.words.dedup_by(|a, b| a.word == b.word);
        near.words.truncate(GIVEN);
        Ok(near)
    }
}

/// The two letters that what was meant may begin with: mostly those of the word, else by a slip.
fn beginnings(word: &str) -> Vec<String> {
    let mut letters = word.chars();
    let (Some(one), Some(two), Some(three)) = (letters.next(), letters.next(), letters.next()) else { return Vec::new() };
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
    async fn add(
        &mut self,
        connection: &mut SqliteConnection,
        sql: &'static str,
        values: &[String],
        word: &str,
        deadline: Instant,
    ) -> Result<()> {
        let mut query = sqlx::query(sql);
        for value in values {
            query = query.bind(value);
        }
        let mut rows = query.fetch(connection);
        let (most, length) = (most_slips(word), word.chars().count());
        let mut seen = 0;
        while let Some(row) = rows.try_next().await? {
            let (term, runs): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
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
