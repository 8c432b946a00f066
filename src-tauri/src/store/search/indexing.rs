//! The index follows what is saved, in turns of its own: a run that is saved is only marked (`run_unindexed`).
//!
//! Texts are read and taken apart outside of any turn; a turn only writes the tokens. What changed in between is marked
//! anew, by a higher stamp, and comes again.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{sync::Notify, task::AbortHandle};

use super::{
    super::{Error, Result, Store},
    listed,
    parts::{self, Part, Parts},
};
use crate::model::{
    run::RunStatus,
    words::{IndexText, Tokens, app_token, status_token},
};

/// Runs that are indexed at a time.
const BATCH: i64 = 32;
/// Of these so many are read together, and no more after so many bytes.
const READ_TOGETHER: usize = 8;
const MOST_READ: usize = 8 << 20;
/// The same before a search.
const BATCH_AT_ONCE: i64 = 8;
/// How long one turn may take before the rest is left to the next.
const TURN: Duration = Duration::from_millis(20);
/// What is saved within this time is indexed together.
const SOON: Duration = Duration::from_millis(250);
/// Between two turns, so that nobody waits behind a long line of them.
const PAUSE: Duration = Duration::from_millis(15);
/// How long the background steps back behind others.
const PATIENCE: Duration = Duration::from_secs(5);
/// A run that goes on is indexed no more often.
const LIVE: Duration = Duration::from_secs(4);
/// After a full or locked disk.
const AGAIN: Duration = Duration::from_secs(30);
/// How long a search waits for what was just saved.
const AT_ONCE: Duration = Duration::from_millis(50);

/// As many runs, and as large a part of all, make the index be joined.
const MANY: i64 = 2000;
const MANY_PART: i64 = 8;

/// Texts up to this size are taken apart in a millisecond.
const LONG: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(in crate::store) struct Indexing {
    /// Told when something was written.
    pub written: Notify,
    /// One at a time.
    turn: tokio::sync::Mutex<()>,
    /// While somebody has it, only what is searched for is indexed.
    pub rest: tokio::sync::Mutex<()>,
    /// When runs that go on were indexed last, by place.
    live: Mutex<HashMap<i64, Instant>>,
    task: Mutex<Option<AbortHandle>>,
    /// Runs that were indexed since the parts of the index were joined.
    fresh: AtomicI64,
}

impl Indexing {
    pub fn stop(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }

    /// Places that were indexed a moment ago and go on.
    fn resting(&self) -> Vec<i64> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.retain(|_, at| at.elapsed() < LIVE);
        live.keys().copied().collect()
    }

    fn has_rest(&self) -> bool {
        !self.live.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// A run that is to be indexed.
struct Marked {
    place: i64,
    stamp: i64,
    run: String,
    app: String,
    status: RunStatus,
}

impl Marked {
    fn read(row: &rusqlite::Row<'_>) -> Result<Self> {
        let status: String = row.get(4)?;
        let status = RunStatus::from_word(&status);
        Ok(Self { place: row.get(0)?, stamp: row.get(1)?, run: row.get(2)?, app: row.get(3)?, status })
    }
}

/// A run whose tokens are ready.
struct Ready {
    place: i64,
    stamp: i64,
    run: String,
    is_live: bool,
    tokens: Tokens,
}

pub(super) fn keep(store: &Store) {
    let (indexing, store) = (Arc::clone(&store.indexing), store.clone());
    let kept = Arc::clone(&indexing);
    let task = tokio::spawn(async move {
        loop {
            drop(indexing.rest.lock().await);
            let pause = match store.heed(store.index_some(None).await) {
                Ok(true) => PAUSE,
                Ok(false) if store.join_some().await => PAUSE,
                Ok(false) if indexing.has_rest() => LIVE,
                Ok(false) => {
                    indexing.written.notified().await;
                    SOON
                }
                Err(error) => {
                    tracing::warn!("runs could not be indexed: {error}");
                    AGAIN
                }
            };
            tokio::time::sleep(pause).await;
        }
    });
    if let Some(before) = kept.task.lock().unwrap_or_else(PoisonError::into_inner).replace(task.abort_handle()) {
        before.abort();
    }
}

impl Store {
    /// What was just saved is found, too, unless it is much or the disk is busy.
    pub(super) async fn index_what_is_new(&self) {
        let deadline = Instant::now() + AT_ONCE;
        let indexed = tokio::time::timeout(AT_ONCE, async {
            while Instant::now() < deadline && self.index_some(Some(deadline)).await? {}
            Ok::<_, Error>(())
        });
        if let Ok(Err(error)) = indexed.await {
            tracing::warn!("what is new could not be indexed before a search: {error}");
        }
    }

    /// After many runs came at once the index lies in many parts, each with words that the others have, too: a piece of
    /// joining them. Whether there is more.
    pub(super) async fn join_some(&self) -> bool {
        let fresh = &self.indexing.fresh;
        // Who clears the index of deleted words joins it, too.
        let Ok(_one) = self.sweeping.try_lock() else { return false };
        let is_begun = fresh.load(Ordering::Relaxed) < 0;
        if !is_begun {
            if fresh.load(Ordering::Relaxed) < MANY {
                return false;
            }
            let all = sqlx::query_scalar("SELECT count(*) FROM run_entry").fetch_one(&self.pool).await;
            if fresh.load(Ordering::Relaxed) < all.unwrap_or(i64::MAX) / MANY_PART {
                return false;
            }
        }
        match self.heed(self.join_words(!is_begun).await) {
            Ok(more) => {
                fresh.store(if more { i64::MIN / 2 } else { 0 }, Ordering::Relaxed);
                more
            }
            Err(error) => {
                tracing::warn!("the parts of the index could not be joined: {error}");
                fresh.store(0, Ordering::Relaxed);
                false
            }
        }
    }

    /// Indexes some of what is not yet, the newest first. Whether there is more.
    pub(super) async fn index_some(&self, until: Option<Instant>) -> Result<bool> {
        // A look before the turn: mostly there is nothing.
        let marked: Option<i64> =
            sqlx::query_scalar("SELECT place FROM run_unindexed LIMIT 1").fetch_optional(&self.pool).await?;
        if marked.is_none() {
            return Ok(false);
        }
        let _one = self.indexing.turn.lock().await;
        let resting = self.indexing.resting();
        // Who waits gives up after a while, but what is being read is read to its end.
        let batch = if until.is_some() { BATCH_AT_ONCE } else { BATCH };
        let read = self.read_behind(move |connection| {
            let sql = "SELECT u.place, u.stamp, e.run_id, e.app_id, e.status \
                FROM run_unindexed AS u CROSS JOIN run_entry AS e ON e.place = u.place \
                WHERE NOT (u.place IN (SELECT value FROM json_each(?)) AND e.status IN ('preparing', 'uploading', \
                'starting', 'running', 'stopping', 'out_of_contact', 'waiting', 'paused')) \
                ORDER BY u.place DESC LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            let marked = statement.query_and_then((listed(&resting)?, batch), Marked::read)?;
            let marked: Vec<Marked> = marked.collect::<Result<_>>()?;
            let ids: Vec<String> = marked.iter().map(|marked| marked.run.clone()).collect();
            let (mut texts, mut read, mut bytes) = (Parts::new(), 0, 0);
            for some in ids.chunks(READ_TOGETHER) {
                let more = parts::load(connection, some, &parts::ALL)?;
                bytes += more.values().flatten().map(|part| part.text.len()).sum::<usize>();
                texts.extend(more);
                read += some.len();
                if bytes > MOST_READ {
                    break;
                }
            }
            Ok((marked, texts, read))
        });
        let (mut marked, mut texts, read) = read.await?;
        let full = marked.len() == usize::try_from(batch).unwrap_or(usize::MAX);
        let mut left = read < marked.len();
        marked.truncate(read);
        let mut ready = Vec::with_capacity(marked.len());
        for Marked { place, stamp, run, app, status } in marked {
            if until.is_some_and(|until| Instant::now() >= until) && !ready.is_empty() {
                left = true;
                break;
            }
            let beside = std::iter::once(app_token(&app)).chain(status_token(status)).collect();
            let tokens = tokens(texts.remove(&run).unwrap_or_default(), beside).await?;
            ready.push(Ready { place, stamp, run, is_live: !status.is_over(), tokens });
        }
        // Rowids that grow cost the index least.
        ready.sort_unstable_by_key(|run| run.place);
        let mut rest = &ready[..];
        while !rest.is_empty() {
            let written = self.write_tokens(rest, until.is_none()).await?;
            rest = &rest[written..];
        }
        Ok(full || left)
    }

    /// Writes tokens in one turn; how many runs came into it. In the background only when nobody else waits to write, as
    /// far as that lets it come to an end.
    async fn write_tokens(&self, runs: &[Ready], is_patient: bool) -> Result<usize> {
        let begun = Instant::now();
        while is_patient && self.turn.try_lock().is_err() && begun.elapsed() < PATIENCE {
            tokio::time::sleep(PAUSE).await;
        }
        let mut writing = self.write(false).await?;
        let begun = Instant::now();
        let mut written = 0;
        for run in runs {
            if written > 0 && begun.elapsed() >= TURN {
                break;
            }
            written += 1;
            let connection = &mut *writing.transaction;
            // It may have gone meanwhile.
            let pairs = [
                (
                    "DELETE FROM run_words WHERE rowid = ?",
                    "INSERT INTO run_words (rowid, words) SELECT place, ?3 FROM run_entry WHERE place = ?1 AND run_id = ?2",
                    &run.tokens.words,
                ),
                (
                    "DELETE FROM run_marks WHERE rowid = ?",
                    "INSERT INTO run_marks (rowid, marks) SELECT place, ?3 FROM run_entry WHERE place = ?1 AND run_id = ?2",
                    &run.tokens.marks,
                ),
            ];
            for (delete, insert, tokens) in pairs {
                sqlx::query(delete).bind(run.place).execute(&mut *connection).await?;
                let insert = sqlx::query(insert).bind(run.place).bind(&run.run).bind(tokens);
                insert.execute(&mut *connection).await?;
            }
            sqlx::query("DELETE FROM run_unindexed WHERE place = ? AND stamp = ?")
                .bind(run.place)
                .bind(run.stamp)
                .execute(&mut *connection)
                .await?;
        }
        // Not by way of `commit`, which tells that something was written.
        writing.transaction.commit().await?;
        self.indexing.fresh.fetch_add(i64::try_from(written).unwrap_or_default(), Ordering::Relaxed);
        let mut live = self.indexing.live.lock().unwrap_or_else(PoisonError::into_inner);
        for run in &runs[..written] {
            if run.is_live {
                live.insert(run.place, Instant::now());
            } else {
                live.remove(&run.place);
            }
        }
        Ok(written)
    }
}

/// Takes the texts apart; long ones beside the other tasks.
async fn tokens(parts: Vec<Part>, beside: Vec<String>) -> Result<Tokens> {
    let is_long = parts.iter().map(|part| part.text.len()).sum::<usize>() > LONG;
    let take_apart = move || {
        let mut index = IndexText::default();
        for part in &parts {
            part.pieces().for_each(|piece| index.add(piece));
        }
        index.finish(&beside)
    };
    if !is_long {
        return Ok(take_apart());
    }
    let taken = tokio::task::spawn_blocking(take_apart).await;
    taken.map_err(|_| Error::Other("taking apart broke off".into()))
}

#[cfg(test)]
mod tests;
