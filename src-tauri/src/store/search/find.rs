//! A page of what is found, newest first. Pages go on by key: runs that come in between move nothing.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    mem::discriminant,
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension};

use super::{
    super::{Result, Store},
    conditions::{Facets, Sql, Value, Wanted},
    ends::{Cursor, End, Found, Stream},
    heads::past_heads,
    parts::{self, From, Part},
    reader::What,
    snippets,
    together::Together,
};
use crate::model::{
    history::{FoundPage, PastRun, RunPart},
    words::Folded,
};

/// Looking at texts ends after this time; the page then goes on where it ended.
const PATIENCE: Duration = Duration::from_millis(300);
/// Runs whose texts are looked at together.
const LOOKED_AT: usize = 64;
/// Of these so many are read together: some are long.
const READ_TOGETHER: usize = 16;
/// Fewer runs are read sooner than a second thread has begun.
const READ_ALONE: usize = 8;

/// How the runs of one range are come by.
pub(super) struct Source {
    select: Sql,
    order: &'static str,
    /// Instead, for pages.
    together: Option<Together>,
    /// Of each range: the lowest place that can fit, and the highest.
    regular: (i64, i64),
    late: (i64, i64),
}

impl Store {
    /// A page of the runs that are wanted; `after` is an earlier page's `next`.
    pub async fn history_find(&self, wanted: &Wanted, after: Option<&str>, limit: u32) -> Result<FoundPage> {
        self.find_from(End::Newest, wanted, after, limit).await
    }

    /// The same from the other end: the oldest, newest first; `before` is the `next` of such a page.
    pub async fn history_last(&self, wanted: &Wanted, before: Option<&str>, limit: u32) -> Result<FoundPage> {
        self.find_from(End::Oldest, wanted, before, limit).await
    }

    async fn find_from(&self, end: End, wanted: &Wanted, after: Option<&str>, limit: u32) -> Result<FoundPage> {
        let remarks = wanted.query.remarks.clone();
        if wanted.is_impossible() {
            return Ok(FoundPage { runs: Vec::new(), next: None, remarks });
        }
        let cursor = after.map_or(Cursor::START, Cursor::read);
        let (store, wanted) = (self.clone(), wanted.clone());
        self.search(What::All, move |connection| {
            let source = Source::of(&wanted, Facets::All, connection)?;
            let limit = limit.clamp(1, 500) as usize;
            let (mut found, next) = source.read(&wanted, end, cursor, limit, PATIENCE, connection)?;
            // The same moment twice: as their ids are.
            found.sort_by(|a, b| (b.started_at, &b.run).cmp(&(a.started_at, &a.run)));
            let runs = past_runs(&store, &wanted, &found, connection)?;
            Ok(FoundPage { runs, next: next.map(Cursor::text), remarks: remarks.clone() })
        })
        .await
    }

    /// Searches in all that was saved: what is not indexed yet is now, unless it is much.
    pub(super) async fn search<T: Send + 'static>(
        &self,
        what: What,
        search: impl Fn(&Connection) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let search = Arc::new(search);
        let begun = Arc::clone(&search);
        let found = self
            .read_as(what, move |connection| {
                let marked = connection.prepare_cached("SELECT 1 FROM run_unindexed LIMIT 1")?.exists([])?;
                if marked { Ok(None) } else { begun(connection).map(Some) }
            })
            .await?;
        match found {
            Some(found) => Ok(found),
            None => {
                self.index_what_is_new().await;
                self.read_as(what, move |connection| search(connection)).await
            }
        }
    }
}

/// What lists show of the runs, in their order.
pub(super) fn past_runs(
    store: &Store,
    wanted: &Wanted,
    found: &[Found],
    connection: &Connection,
) -> Result<Vec<PastRun>> {
    let ids: Vec<String> = found.iter().map(|found| found.run.clone()).collect();
    if wanted.query.need.is_empty() || ids.is_empty() {
        return past_heads(store, &ids, connection);
    }
    // Two ways at once: the heads take as long as half as many bodies.
    let (first, rest) = ids.split_at(if ids.len() < READ_ALONE { 0 } else { ids.len() * 2 / 3 });
    let beside = if first.is_empty() {
        None
    } else {
        let (first, query) = (first.to_vec(), wanted.query.clone());
        store.read_beside(move |connection| snippets::of_bodies(&first, &query, connection))
    };
    let mut runs = past_heads(store, &ids, connection)?;
    let mut bodies = snippets::of_bodies(rest, &wanted.query, connection)?;
    bodies.extend(match beside.and_then(|beside| beside.recv().ok()) {
        Some(read) => read?,
        None if first.is_empty() => HashMap::new(),
        None => snippets::of_bodies(first, &wanted.query, connection)?,
    });
    snippets::add(&mut runs, &wanted.query, bodies, connection)?;
    Ok(runs)
}

impl Source {
    /// Chooses what to begin with: the words, a filter that few runs meet, or all runs.
    pub fn of(wanted: &Wanted, facets: Facets, connection: &Connection) -> Result<Self> {
        let mut asked = wanted.asked(facets, connection)?;
        let named = asked.few();
        let mut first = asked.clone();
        let first = first.first().map(|begins| (begins, first));
        let few = match facets {
            _ if named.is_some() => named,
            Facets::All => wanted.few(connection, first.is_some())?,
            _ => None,
        };
        let mut conditions = wanted.conditions(facets)?;
        let (regular, late) = bounds(wanted, connection)?;
        let select = "SELECT e.place, e.run_id, e.started_at, e.app_id, e.status, e.origin, e.starred, e.reviewed FROM";
        let mut sql = Sql::default();
        let mut order = "e.place";
        if facets == Facets::All
            && few.is_none()
            && let Some((words, marks)) = asked.both()
        {
            let mut entry = conditions;
            entry.text = format!("{select} run_entry AS e WHERE {} AND e.place = ?", entry.text);
            return Ok(Self { select: sql, order, together: Some(Together { words, marks, entry }), regular, late });
        }
        match (first, few) {
            (Some(((table, text), rest)), None) => {
                order = if table == "run_words" { "run_words.rowid" } else { "run_marks.rowid" };
                sql.text =
                    format!("{select} {table} CROSS JOIN run_entry AS e ON e.place = {order} WHERE {table} MATCH ?");
                sql.values.push(Value::Text(text));
                asked = rest;
            }
            (_, few) => {
                sql.text = format!("{select} run_entry AS e WHERE true");
                if let Some(few) = few {
                    sql.and(&format!("e.place IN ({})", few.text), few.values);
                }
            }
        }
        asked.rest(&mut conditions, connection)?;
        sql.and(&conditions.text, conditions.values);
        Ok(Self { select: sql, order, together: None, regular, late })
    }

    /// Everything from the newest on, as one statement without verification; the values are in place.
    pub fn all(&self, most: u32) -> Sql {
        let mut sql = self.select.clone();
        let lowest = if self.late.1 < self.late.0 { self.regular.0 } else { self.late.0 };
        sql.and(&format!("{} BETWEEN ? AND ?", self.order), [Value::Integer(lowest), Value::Integer(self.regular.1)]);
        sql.text.push_str(&format!(" ORDER BY {} DESC LIMIT {most}", self.order));
        sql
    }

    fn chunk(&self, stream: &Stream, count: usize, connection: &Connection) -> Result<Vec<Found>> {
        if let Some(together) = &self.together {
            return together.chunk(stream, count, connection);
        }
        let mut sql = self.select.clone();
        let (least, below) = (Value::Integer(stream.lowest), Value::Integer(stream.below));
        let order = match stream.end {
            End::Newest => {
                sql.and(&format!("{0} >= ? AND {0} < ?", self.order), [least, below]);
                "DESC"
            }
            End::Oldest => {
                sql.and(&format!("{0} <= -? AND {0} > -?", self.order), [least, below]);
                "ASC"
            }
        };
        sql.text.push_str(&format!(" ORDER BY {} {order} LIMIT {count}", self.order));
        let mut found = sql.rows(connection, Found::read)?;
        found.sort_unstable_by_key(|found| Reverse(stream.end.number(found.place)));
        Ok(found)
    }

    /// Up to `limit` runs below the cursor, and where to go on; none at the end.
    fn read(
        &self,
        wanted: &Wanted,
        end: End,
        cursor: Cursor,
        limit: usize,
        patience: Duration,
        connection: &Connection,
    ) -> Result<(Vec<Found>, Option<Cursor>)> {
        let begun = Instant::now();
        let look = wanted.must_be_looked_at();
        let mut unasked = [true; 2];
        let mut regular = Stream::new(end, cursor.regular, self.regular);
        let mut late = Stream::new(end, cursor.late, self.late);
        let mut found = Vec::new();
        let mut patient = true;
        loop {
            for (stream, unasked) in [&mut regular, &mut late].into_iter().zip(&mut unasked) {
                // Each once, however long that takes: a page that comes no further would be asked for again and again.
                while (patient || *unasked) && stream.ready.is_empty() && !stream.is_over {
                    *unasked = false;
                    let count = if look { LOOKED_AT } else { limit + 1 };
                    let chunk = self.chunk(stream, count, connection)?;
                    stream.is_over = chunk.len() < count;
                    stream.below = if stream.is_over {
                        stream.lowest
                    } else {
                        chunk.last().map_or(stream.lowest, |last| end.number(last.place))
                    };
                    stream.ready = if look { looked_at(wanted, chunk, connection)?.into() } else { chunk.into() };
                    patient = !look || begun.elapsed() < patience;
                }
            }
            // Which of them comes next is known only when both were asked.
            let unknown = |stream: &Stream| stream.ready.is_empty() && !stream.is_over;
            let next = match (regular.ready.front(), late.ready.front()) {
                _ if unknown(&regular) || unknown(&late) || found.len() >= limit => break,
                (Some(one), Some(other)) if end.late_first(one, other) => &mut late,
                (None, Some(_)) => &mut late,
                (Some(_), _) => &mut regular,
                (None, None) => return Ok((found, None)),
            };
            found.extend(next.ready.pop_front());
        }
        let over = [&regular, &late].iter().all(|stream| stream.is_over && stream.ready.is_empty());
        let next = Cursor { regular: regular.cursor(), late: late.cursor() };
        Ok((found, (!over).then_some(next)))
    }

    /// All that fit, looked at where the index is not sure, until there are `most` or the time is over; whether they
    /// are all.
    pub fn gather(
        &self,
        wanted: &Wanted,
        most: usize,
        patience: Duration,
        connection: &Connection,
    ) -> Result<(Vec<Found>, bool)> {
        let begun = Instant::now();
        let (mut all, mut cursor) = (Vec::new(), Cursor::START);
        loop {
            let (found, next) = self.read(wanted, End::Newest, cursor, 500, PATIENCE, connection)?;
            all.extend(found);
            match next {
                None => return Ok((all, true)),
                Some(_) if all.len() >= most || begun.elapsed() >= patience => return Ok((all, false)),
                Some(next) => cursor = next,
            }
        }
    }
}

/// Of each range, the lowest and the highest place of runs that began within the wanted time.
fn bounds(wanted: &Wanted, connection: &Connection) -> Result<((i64, i64), (i64, i64))> {
    let (mut regular, mut late) = ((1, i64::MAX - 1), (i64::MIN + 1, -1));
    if let Some(after) = wanted.after() {
        let sql = "SELECT place FROM run_entry WHERE place > 0 AND started_at >= ? ORDER BY started_at, place LIMIT 1";
        let first: Option<i64> = connection.prepare_cached(sql)?.query_row([after], |row| row.get(0)).optional()?;
        regular.0 = first.unwrap_or(i64::MAX - 1);
        // As the migration says; who finds its number taken takes a higher one.
        late.0 = (after.clamp(0, i64::MAX / 16) * 16 / 1000).min(68_000_000_000) - 68_719_476_736;
    }
    if let Some(before) = wanted.before() {
        let sql = "SELECT place FROM run_entry WHERE place > 0 AND started_at < ? ORDER BY started_at DESC, place DESC LIMIT 1";
        let last: Option<i64> = connection.prepare_cached(sql)?.query_row([before], |row| row.get(0)).optional()?;
        regular.1 = last.unwrap_or(0);
    }
    // Mostly there are none.
    let sql = "SELECT max(place) FROM run_entry WHERE place < 0";
    let newest: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    late.1 = newest.unwrap_or(i64::MIN + 1);
    if newest.is_none() {
        late.0 = i64::MAX;
    }
    Ok((regular, late))
}

/// Those whose texts hold what is wanted.
pub(super) fn looked_at(wanted: &Wanted, chunk: Vec<Found>, connection: &Connection) -> Result<Vec<Found>> {
    let ids: Vec<String> = chunk.iter().map(|found| found.run.clone()).collect();
    let with_id: Vec<From> = parts::ALL.into_iter().chain([From::Id]).collect();
    let mut needles = wanted.query.need.iter().chain(&wanted.query.without);
    let from = if needles.any(|needle| needle.run_id().is_some()) { &with_id[..] } else { &parts::ALL };
    let mut holding = HashSet::new();
    for ids in ids.chunks(READ_TOGETHER) {
        let texts = parts::load(connection, ids, from)?;
        holding.extend(texts.into_iter().filter(|(_, parts)| holds(wanted, parts)).map(|(run, _)| run));
    }
    Ok(chunk.into_iter().filter(|found| holding.contains(&found.run)).collect())
}

fn holds(wanted: &Wanted, parts: &[Part]) -> bool {
    let query = &wanted.query;
    // As they were indexed; what stands several times in one kind of part is looked at once.
    let mut seen = HashSet::new();
    let pieces = parts.iter().flat_map(|part| part.pieces().map(move |piece| (part, piece)));
    let new = pieces.filter(|(part, piece)| seen.insert((discriminant(&part.place), *piece)));
    let folded: Vec<(&Part, Folded)> = new.map(|(part, piece)| (part, Folded::of(piece))).collect();
    let places = &query.narrow.places;
    let needed =
        query.need.iter().all(|needle| folded.iter().any(|(part, hay)| part.is_in(places) && part.holds(needle, hay)));
    let without = query.without.iter().all(|needle| !folded.iter().any(|(part, hay)| part.holds(needle, hay)));
    let is_file = |part: &&Part| matches!(part.place, RunPart::SentFile { .. } | RunPart::File { .. });
    let names: Vec<&str> = parts.iter().filter(is_file).flat_map(|part| part.text.lines()).collect();
    needed
        && without
        && query.narrow.files.iter().all(|glob| names.iter().any(|name| glob.fits(name)))
        && !query.narrow.not_files.iter().any(|glob| names.iter().any(|name| glob.fits(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query::Query;

    /// Those of here hold the words, those that came late do not, and all have to be looked at.
    async fn filled(store: &Store) {
        let app = "INSERT INTO app (id, position, origin, base_url, user_id, key_state, branding, form, refreshed_at) \
            VALUES ('app', 1, 'server', '', '', 'missing', '{}', '{}', 0)";
        sqlx::query(app).execute(&store.pool).await.expect("an app");
        let mut ids = (0..).map(|number| format!("{number:08}-0000-7000-8000-000000000000"));
        for (count, title, at) in [(2, "order_id", 1_000_000), (200, "order", 500_000)] {
            for (number, id) in (0..count).zip(&mut ids) {
                let run =
                    "INSERT INTO run (id, app_id, title, status, started_at) VALUES (?, 'app', ?, 'succeeded', ?)";
                let run = sqlx::query(run).bind(id).bind(format!("{title} {number}")).bind(at + number);
                run.execute(&store.pool).await.expect("a run");
            }
        }
        store.index_all().await.expect("indexed");
    }

    #[tokio::test]
    async fn a_page_comes_further_however_slowly_texts_are_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a store");
        filled(&store).await;
        let mut query =
            Query { need: vec![crate::model::words::Needle::of("order", true).expect("a word")], ..Query::default() };
        query.narrow.places = vec![crate::model::query::Place::Title];
        let wanted = Wanted { query, filter: crate::model::history::RunFilter::default() };
        assert!(wanted.must_be_looked_at(), "or this shows nothing");
        let pages = store.read(move |connection| {
            let source = Source::of(&wanted, Facets::All, connection)?;
            let (mut all, mut cursor) = (Vec::new(), Cursor::START);
            for _ in 0..20 {
                let (found, next) = source.read(&wanted, End::Newest, cursor, 50, Duration::ZERO, connection)?;
                all.extend(found.into_iter().map(|found| found.run));
                let Some(next) = next else { break };
                assert_ne!(next, cursor, "no page is asked for twice");
                cursor = next;
            }
            Ok(all)
        });
        let mut all = pages.await.expect("read");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 202, "each was found");
    }
}
