//! Runs that the user deleted: hidden at once, and gone for good a while later, with everything that was kept of them.

use std::time::Duration;

use sqlx::{Row, Sqlite, Transaction};

use super::{
    Result, Store, Writing,
    nameless::{IS_NAMELESS, MARK},
    now, open,
};
use crate::model::{Millis, app::AppId, history::Deleted, run::RunId};

/// Written in one go: others who write get their turn in between. Measured: marking costs 20 µs a run, deleting one of
/// 20 steps 0.5 ms.
const MARKED_AT_ONCE: usize = 500;
/// Of the index of words that are joined in one go.
const PAGES: i64 = 200;
/// Of the index of words that are joined after a deletion, about a GB: a larger one is joined little by little.
const MOST_PIECES: u32 = 1500;
/// How often the log beside the database is tried to be emptied, and how long in between: somebody may just read.
const TRIES: u32 = 25;
const AGAIN: Duration = Duration::from_millis(200);

/// Statuses of runs that this program follows, as long as it is not over. Elsewhere others follow them.
const GOES_ON: &str = "origin = 'here' AND status NOT IN ('succeeded', 'partly_succeeded', 'failed', 'stopped', \
    'unknown')";

impl Store {
    /// Hides runs that are over. They can be brought back until [`Store::purge`].
    pub async fn delete_runs(&self, ids: &[RunId], at: Millis) -> Result<Deleted> {
        let mut deleted = Deleted { runs: Vec::new(), under_way: Vec::new() };
        for ids in ids.chunks(MARKED_AT_ONCE) {
            let list = json(ids)?;
            let mut writing = self.write(false).await?;
            let under_way = format!(
                "SELECT id FROM run WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL AND {GOES_ON}"
            );
            deleted.under_way.extend(found(&under_way, &list, &mut writing).await?);
            let mark = format!(
                "UPDATE run SET deleted_at = {at} WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL \
                 AND NOT ({GOES_ON}) RETURNING id"
            );
            deleted.runs.extend(found(&mark, &list, &mut writing).await?);
            writing.commit().await?;
        }
        Ok(deleted)
    }

    /// Brings runs back. Those that are gone for good.
    pub async fn undelete_runs(&self, ids: &[RunId]) -> Result<Vec<RunId>> {
        let mut gone = Vec::new();
        for ids in ids.chunks(MARKED_AT_ONCE) {
            let list = json(ids)?;
            let mut writing = self.write(false).await?;
            let sql = "UPDATE run SET deleted_at = NULL WHERE id IN (SELECT value FROM json_each(?)) RETURNING id";
            let back = found(sql, &list, &mut writing).await?;
            writing.commit().await?;
            gone.extend(ids.iter().filter(|id| !back.contains(id)).cloned());
        }
        Ok(gone)
    }

    /// Hidden runs: all, or those that were not hidden between then and now. What was hidden later than now was so by a
    /// clock that went before this one.
    pub async fn hidden_runs(&self, but_since: Option<Millis>) -> Result<Vec<RunId>> {
        let sql = "SELECT id FROM run WHERE deleted_at IS NOT NULL AND coalesce(deleted_at NOT BETWEEN ? AND ?, TRUE)";
        let rows = sqlx::query(sql).bind(but_since).bind(but_since.map(|_| now())).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
    }

    /// Those of these runs that are hidden, `at` that time or any.
    pub async fn still_hidden(&self, ids: &[RunId], at: Option<Millis>) -> Result<Vec<RunId>> {
        let sql = "SELECT id FROM run WHERE id IN (SELECT value FROM json_each(?1)) AND deleted_at IS NOT NULL \
                   AND coalesce(deleted_at = ?2, TRUE)";
        let rows = sqlx::query(sql).bind(json(ids)?).bind(at).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
    }

    /// Whose runs these are.
    pub async fn apps_of(&self, ids: &[RunId]) -> Result<Vec<AppId>> {
        let sql = "SELECT DISTINCT app_id FROM run WHERE id IN (SELECT value FROM json_each(?))";
        let rows = sqlx::query(sql).bind(json(ids)?).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(AppId(row.try_get(0)?))).collect()
    }

    /// Takes hidden runs away for good, with all that only they name; chosen files of before `begun` among it, because
    /// later ones may stand in a form. What their servers call them is remembered; of those that never said that, when
    /// they began.
    pub async fn purge(&self, ids: &[RunId], begun: Millis) -> Result<()> {
        let list = json(ids)?;
        let mut writing = self.write(true).await?;
        let transaction = &mut writing.transaction;
        let hidden = "SELECT id FROM run WHERE id IN (SELECT value FROM json_each(?1)) AND deleted_at IS NOT NULL";
        let named = format!("SELECT DISTINCT staged_id FROM run_staged WHERE run_id IN ({hidden})");
        let staged: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(named)).bind(&list).fetch_all(&mut **transaction).await?;
        for sql in [
            // A run that was kept ready and sent is not kept ready again.
            format!("DELETE FROM prepared WHERE run_id IN ({hidden})"),
            format!(
                "INSERT OR IGNORE INTO run_forgotten (app_id, server_run_id) SELECT app_id, server_run_id FROM run \
                 WHERE id IN ({hidden}) AND server_run_id IS NOT NULL"
            ),
            format!(
                "INSERT OR IGNORE INTO run_forgotten (app_id, server_run_id) SELECT app_id, {MARK} FROM run \
                 WHERE id IN ({hidden}) AND {IS_NAMELESS}"
            ),
            // The rest goes with it.
            format!("DELETE FROM run WHERE id IN ({hidden})"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&list).execute(&mut **transaction).await?;
        }
        super::kept::forget_unnamed(transaction, Some(&staged), begun).await?;
        note_trace(transaction).await?;
        writing.commit().await
    }

    /// Clears what is left of words that nobody can find any more, after any deletion. What is broken off is taken up
    /// at the next start.
    pub async fn leave_no_trace(&self) -> Result<()> {
        let _one = self.sweeping.lock().await;
        let Some(stamp) = self.trace().await? else { return Ok(()) };
        if !self.heed(self.join_all().await)? {
            return Ok(());
        }
        for _ in 0..TRIES {
            if self.empty_log().await? {
                return self.no_trace(stamp).await;
            }
            tokio::time::sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Joins all parts of the index of words, until none holds a word that was taken out. False: it is too large for
    /// that now.
    async fn join_all(&self) -> Result<bool> {
        // What is saved meanwhile is indexed for whoever searches it: each part that comes in between has what was
        // joined so far be joined again.
        let _rest = self.indexing.rest.lock().await;
        // What was begun before comes to its end first: a new beginning would only go on with it, and what it has
        // passed already would stay.
        let mut begins = false;
        for _ in 0..MOST_PIECES {
            let more = self.join_words(begins).await?;
            if begins && !more {
                return Ok(true);
            }
            // Nothing more to go on with is no end: SQLite lets what was begun lie where there are newer parts. Only
            // where there is nothing to begin with, there is one part, and nothing was taken out of it.
            begins = !more;
        }
        Ok(false)
    }

    /// What may still stand somewhere of runs that were taken away: to be told to [`Store::no_trace`].
    pub async fn trace(&self) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar("SELECT stamp FROM trace").fetch_optional(&self.pool).await?)
    }

    /// Nothing is left of what was taken away until then.
    pub async fn no_trace(&self, stamp: i64) -> Result<()> {
        let mut writing = self.write(false).await?;
        sqlx::query("DELETE FROM trace WHERE stamp = ?").bind(stamp).execute(&mut *writing.transaction).await?;
        writing.commit().await
    }

    /// Has the index of words written anew, a piece at a time: what is taken out of it is only marked, and its words
    /// stay until the parts that hold them are joined. Whether there is more to do.
    ///
    /// Measured: 15 MB of index a second, 60 ms a piece (debug build).
    pub async fn join_words(&self, is_first: bool) -> Result<bool> {
        let mut writing = self.write(false).await?;
        let transaction = &mut *writing.transaction;
        let changes = "SELECT total_changes()";
        // A negative number begins with all parts, a positive one goes on.
        let pages = if is_first { -PAGES } else { PAGES };
        let mut more = false;
        for sql in [
            "INSERT INTO run_words (run_words, rank) VALUES ('merge', ?)",
            "INSERT INTO run_marks (run_marks, rank) VALUES ('merge', ?)",
        ] {
            let before: i64 = sqlx::query_scalar(changes).fetch_one(&mut *transaction).await?;
            sqlx::query(sql).bind(pages).execute(&mut *transaction).await?;
            let after: i64 = sqlx::query_scalar(changes).fetch_one(&mut *transaction).await?;
            // As FTS5 says it: the command itself is one.
            more |= after - before >= 2;
        }
        writing.commit().await?;
        Ok(more)
    }

    /// Has what was taken away leave the log beside the database, too. False: somebody reads just now.
    pub async fn empty_log(&self) -> Result<bool> {
        // Nobody begins to write meanwhile, and who writes is not waited for here for long.
        let _turn = self.turn().await?;
        let mut connection = self.lasting.acquire().await?;
        Ok(open::empty_log(&mut connection).await.is_ok())
    }
}

/// Runs go: what stands of them elsewhere is to be cleared.
pub(super) async fn note_trace(transaction: &mut Transaction<'_, Sqlite>) -> Result<()> {
    let sql = "INSERT INTO trace (id, stamp) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET stamp = stamp + 1";
    sqlx::query(sql).execute(&mut **transaction).await?;
    Ok(())
}

pub(super) fn json(ids: &[RunId]) -> Result<String> {
    Ok(serde_json::to_string(&ids.iter().map(|id| &id.0).collect::<Vec<_>>())?)
}

pub(super) async fn found(sql: &str, list: &str, writing: &mut Writing) -> Result<Vec<RunId>> {
    let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).bind(list);
    let rows = query.fetch_all(&mut *writing.transaction).await?;
    rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "quetzalcoatl";

    #[tokio::test]
    async fn words_of_what_was_taken_away_leave_the_index_and_the_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a store");
        let made = "CREATE VIRTUAL TABLE IF NOT EXISTS run_words USING fts5 \
                    (words, content = '', contentless_delete = 1, tokenize = 'ascii')";
        sqlx::query(made).execute(&store.pool).await.expect("an index");
        let stands = || {
            ["flowdeck.db", "flowdeck.db-wal"].iter().any(|name| {
                let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
                bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
            })
        };
        for row in 1..=60_i64 {
            let words = if row == 30 { SECRET.to_owned() } else { format!("bridge w{row} {}", "may ".repeat(300)) };
            let sql = "INSERT INTO run_words (rowid, words) VALUES (?, ?)";
            sqlx::query(sql).bind(row).bind(words).execute(&store.pool).await.expect("added");
        }
        sqlx::query("DELETE FROM run_words WHERE rowid = 30").execute(&store.pool).await.expect("taken out");
        assert!(store.empty_log().await.expect("emptied"));
        assert!(stands(), "it is only marked, or this shows nothing");

        assert_eq!(store.trace().await.expect("read"), None);
        store.purge(&[], 0).await.expect("noted");
        let stamp = store.trace().await.expect("read").expect("something is left to do");
        store.purge(&[], 0).await.expect("noted");
        store.no_trace(stamp).await.expect("too early");
        assert!(store.trace().await.expect("read").is_some(), "more came meanwhile");
        let mut is_first = true;
        while store.join_words(is_first).await.expect("a piece") {
            is_first = false;
        }
        assert!(store.empty_log().await.expect("emptied"));
        assert!(!stands(), "no byte of it is left");
        let sql = "SELECT count(*) FROM run_words WHERE run_words MATCH 'bridge'";
        let found: i64 = sqlx::query_scalar(sql).fetch_one(&store.pool).await.expect("searched");
        assert_eq!(found, 59, "the others are found");
    }

    #[tokio::test]
    async fn what_comes_into_the_index_while_words_leave_it_keeps_none_of_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a store");
        let secret = format!("zz{SECRET}");
        let add = async |row: i64, words: String| {
            let mut writing = store.write(false).await.expect("a turn");
            let sql = "INSERT INTO run_words (rowid, words) VALUES (?, ?)";
            sqlx::query(sql).bind(row).bind(words).execute(&mut *writing.transaction).await.expect("added");
            writing.commit().await.expect("added");
        };
        for row in 1..=40_i64 {
            let words: Vec<String> = (0..5000).map(|word| format!("bridge{row}x{word}")).collect();
            add(row, if row == 30 { secret.clone() } else { words.join(" ") }).await;
        }
        // One part, as it mostly is.
        sqlx::query("INSERT INTO run_words (run_words) VALUES ('optimize')")
            .execute(&store.pool)
            .await
            .expect("joined");
        sqlx::query("DELETE FROM run_words WHERE rowid = 30").execute(&store.pool).await.expect("taken out");
        store.purge(&[], 0).await.expect("noted");
        // Whoever writes has every second turn; as soon as the part is half joined, another one comes in.
        let saved = async {
            for _ in 0..50 {
                let mut writing = store.write(false).await.expect("a turn");
                let parts = "SELECT count(DISTINCT segid) FROM run_words_idx";
                let parts: i64 = sqlx::query_scalar(parts).fetch_one(&mut *writing.transaction).await.expect("counted");
                if parts > 1 {
                    let sql = "INSERT INTO run_words (rowid, words) VALUES (101, 'new101')";
                    sqlx::query(sql).execute(&mut *writing.transaction).await.expect("added");
                    return writing.commit().await.expect("added");
                }
            }
            panic!("it is joined in one piece, which shows nothing");
        };
        let (cleared, ()) = tokio::join!(store.leave_no_trace(), saved);
        cleared.expect("cleared");
        assert_eq!(store.trace().await.expect("read"), None, "it says that nothing is left");
        for name in ["flowdeck.db", "flowdeck.db-wal"] {
            let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
            let stands = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
            assert!(!stands, "{name}: and so it is");
        }
        let sql = "SELECT count(*) FROM run_words WHERE run_words MATCH 'new101 OR bridge7x4999'";
        let found: i64 = sqlx::query_scalar(sql).fetch_one(&store.pool).await.expect("searched");
        assert_eq!(found, 2, "the others are found");
    }
}
