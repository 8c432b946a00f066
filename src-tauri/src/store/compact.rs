//! Room that deleted runs left in the database is given back to the disk.
//!
//! New databases can give it back piece by piece, each in a moment. Those of earlier versions are written anew once,
//! as a whole, and can do so from then on; who wants to write meanwhile waits.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{Result, Store, open};
use crate::model::keeping::Vacuumed;

/// Pages that move at a time: a few milliseconds on slow disks.
const PIECE: u32 = 256;
/// A pause after each piece: those who wait for their turn to write are more important.
const PAUSE: Duration = Duration::from_millis(2);
/// More free room than this, in bytes and as a part of the whole, is given back unasked.
const WORTH: u64 = 64 * 1024 * 1024;
const WORTH_PART: u64 = 4;
/// What is rewritten as a whole unasked: about a second. A larger one waits for the user's word.
const WHOLE_UNASKED: u64 = 256 * 1024 * 1024;

impl Store {
    /// Whether it is worth giving free room back, and quick enough to do so unasked.
    pub async fn is_worth_a_vacuum(&self) -> Result<bool> {
        let (size, free) = self.database_size().await?;
        let worth = free > WORTH && free > size / WORTH_PART;
        Ok(worth && (self.gives_back_in_pieces().await? || size - free <= WHOLE_UNASKED))
    }

    /// Bytes that have to be free on the disk: a database that is written anew stands there twice, and in its log.
    pub async fn vacuum_needs(&self) -> Result<u64> {
        if self.gives_back_in_pieces().await? {
            return Ok(u64::from(PIECE) * u64::from(open::PAGE));
        }
        let (size, free) = self.database_size().await?;
        Ok(size.saturating_sub(free) * 2)
    }

    /// Gives back what is free. Broken off at any moment, the database is as it was or smaller.
    pub async fn vacuum(&self) -> Result<Vacuumed> {
        let (before, _) = self.database_size().await?;
        if self.gives_back_in_pieces().await? {
            self.give_back().await?;
        } else {
            self.write_anew().await?;
        }
        self.bring_log_in().await?;
        let (after, _) = self.database_size().await?;
        Ok(Vacuumed { before, after })
    }

    async fn gives_back_in_pieces(&self) -> Result<bool> {
        let mut reading = self.pool.begin().await?;
        // A connection knows it from when it last looked at the file.
        sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *reading).await?;
        let kind: i64 = sqlx::query_scalar("PRAGMA auto_vacuum").fetch_one(&mut *reading).await?;
        Ok(kind == 2)
    }

    async fn give_back(&self) -> Result<()> {
        loop {
            let mut writing = self.write(false).await?;
            let connection = &mut *writing.transaction;
            let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut *connection).await?;
            if free == 0 {
                return Ok(());
            }
            let sql = format!("PRAGMA incremental_vacuum({PIECE})");
            sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
            let left: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut *connection).await?;
            writing.commit().await?;
            if left >= free {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// As a whole, in this one's turn. The others hear how long that may take.
    async fn write_anew(&self) -> Result<()> {
        /// However it ends: who waits for a turn would else wait for ever.
        struct Rewriting<'a>(&'a AtomicBool);
        impl Drop for Rewriting<'_> {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Release);
            }
        }
        let _turn = self.turn().await?;
        self.rewritten.store(true, Ordering::Release);
        let _rewriting = Rewriting(&self.rewritten);
        let mut connection = self.pool.acquire().await?;
        sqlx::query("PRAGMA auto_vacuum = INCREMENTAL").execute(&mut *connection).await?;
        sqlx::query("VACUUM").execute(&mut *connection).await?;
        Ok(())
    }

    /// The file shrinks once the log stands in it. Readers may hold it up: then the next checkpoint does it.
    async fn bring_log_in(&self) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut *connection).await?;
        Ok(())
    }
}
