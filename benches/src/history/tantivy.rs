//! tantivy with the same tokens: an index of its own, beside the database. Of it the newest fifty ids are asked for,
//! without rows and snippets.

use std::{path::Path, time::Instant};

use sqlx::{Row, SqliteConnection};
use tantivy::{
    Index, IndexWriter, Order, Searcher, TantivyDocument, Term,
    collector::TopDocs,
    query::{BooleanQuery, Occur, PhraseQuery, Query, TermQuery},
    schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
};

use super::{Times, world::said};
use crate::model::words::{IndexText, Needle};

/// What tantivy may gather in memory before it writes, bytes.
const GATHERED: usize = 128 * 1024 * 1024;

pub struct Tantivy {
    words: Field,
    searcher: Searcher,
}

impl Tantivy {
    /// Indexes all runs into a new folder.
    pub async fn of(connection: &mut SqliteConnection, folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(said)?;
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("whitespace")
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let words = schema.add_text_field("words", TextOptions::default().set_indexing_options(indexing));
        let place = schema.add_u64_field("place", FAST);
        let index = Index::create_in_dir(folder, schema.build()).map_err(said)?;
        let mut writer: IndexWriter = index.writer_with_num_threads(1, GATHERED).map_err(said)?;
        let mut last = 0;
        loop {
            let rows =
                sqlx::query("SELECT rowid, inputs, outputs FROM run_body WHERE rowid > ? ORDER BY rowid LIMIT 500")
                    .bind(last)
                    .fetch_all(&mut *connection)
                    .await
                    .map_err(said)?;
            let Some(end) = rows.last() else { break };
            last = end.get::<i64, _>(0);
            for row in &rows {
                let mut text = IndexText::default();
                text.add(row.get(1));
                text.add(row.get(2));
                let mut document = TantivyDocument::new();
                document.add_u64(place, u64::try_from(row.get::<i64, _>(0)).unwrap_or_default());
                document.add_text(words, text.finish(&[]).words);
                writer.add_document(document).map_err(said)?;
            }
        }
        writer.commit().map_err(said)?;
        writer.wait_merging_threads().map_err(said)?;
        let searcher = index.reader().map_err(said)?.searcher();
        Ok(Self { words, searcher })
    }

    pub fn times(&self, searches: &[String]) -> Result<Times, String> {
        let (mut times, mut found) = (Vec::new(), 0);
        for search in searches {
            let Some(query) = self.query(search) else { continue };
            let begun = Instant::now();
            let newest = TopDocs::with_limit(50).order_by_u64_field("place", Order::Desc);
            found += self.searcher.search(&query, &newest).map_err(said)?.len();
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(Times::of(times, found))
    }

    /// All words of a search; only whole ones.
    fn query(&self, search: &str) -> Option<BooleanQuery> {
        let mut all: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for word in search.split(' ') {
            let tokens = Needle::of(word.trim_matches('"'), false)?.expression().words?;
            let terms: Vec<Term> =
                tokens.trim_matches('"').split(' ').map(|token| Term::from_field_text(self.words, token)).collect();
            let query: Box<dyn Query> = match &terms[..] {
                [term] => Box::new(TermQuery::new(term.clone(), IndexRecordOption::Basic)),
                _ => Box::new(PhraseQuery::new(terms)),
            };
            all.push((Occur::Must, query));
        }
        Some(BooleanQuery::new(all))
    }
}
