//! Connections that searches read by. What sqlx reads comes from a thread of its own, statement by statement and row by
//! row: a page of hits is a dozen of one and hundreds of the other, and the ways between cost more than the search. Here
//! a search is done where its connection is, from its first statement to its last, over one state of the database; only
//! a part of the excerpts is read beside, of a state as new or newer.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::super::{Error, Result, Store, open::BUSY};

/// How many read at a time: two searches by two ways each, and who indexes.
const READERS: u32 = 5;
/// Of pages in memory, for each: KiB, as SQLite wants it. With a quarter of it a page of rare hits, which lie far apart,
/// takes a third longer in 100,000 runs. Given back at rest.
const CACHE: i64 = -65_536;
const REST: Duration = Duration::from_secs(30);
/// Statements that are kept ready by each: those of a search are few, but for its filters.
const STATEMENTS: usize = 64;

/// What is read: each way keeps to its connections, which have the pages in memory.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// A search as a whole.
    All,
    /// What goes on beside one: a part of it, or how many there are.
    Part,
}

/// Opened when they are first needed.
#[derive(Debug)]
pub(in crate::store) struct Readers {
    file: Arc<Path>,
    seats: Arc<Semaphore>,
    idle: Mutex<VecDeque<Connection>>,
    /// When somebody read last, while somebody waits for them to rest.
    read_at: Mutex<Option<Instant>>,
}

impl Readers {
    pub fn new(file: Arc<Path>) -> Arc<Self> {
        Arc::new(Self {
            file,
            seats: Arc::new(Semaphore::new(READERS as usize)),
            idle: Mutex::default(),
            read_at: Mutex::default(),
        })
    }

    /// Waits for those that read, and lets nobody read any more.
    pub async fn close(&self) {
        let all = self.seats.acquire_many(READERS).await;
        self.seats.close();
        drop(all);
        self.idle().clear();
    }

    /// Gives memory back once nobody has read for a while.
    fn rest_later(self: &Arc<Self>) {
        if self.read_at().replace(Instant::now()).is_some() {
            return;
        }
        let readers = Arc::clone(self);
        tokio::spawn(async move {
            while let Some(left) = readers.awake() {
                tokio::time::sleep(left).await;
            }
            let Ok(_all) = readers.seats.acquire_many(READERS).await else { return };
            let resting = Arc::clone(&readers);
            let rest = move || {
                for connection in &*resting.idle() {
                    let _ = connection.execute_batch("PRAGMA shrink_memory");
                }
            };
            let _ = tokio::task::spawn_blocking(rest).await;
        });
    }

    /// How long until they rest, if nobody reads meanwhile.
    fn awake(&self) -> Option<Duration> {
        let mut read_at = self.read_at();
        let left = read_at.and_then(|at| REST.checked_sub(at.elapsed())).filter(|left| !left.is_zero());
        if left.is_none() {
            *read_at = None;
        }
        left
    }

    fn read_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.read_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, what: What) -> Result<Connection> {
        let idle = match what {
            What::All => self.idle().pop_front(),
            What::Part => self.idle().pop_back(),
        };
        if let Some(idle) = idle {
            return Ok(idle);
        }
        let connection = Connection::open_with_flags(
            &self.file,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "cache_size", CACHE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    }

    fn read<T>(
        &self,
        what: What,
        seat: OwnedSemaphorePermit,
        read: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        let connection = self.take(what)?;
        let result = one_state(&connection, read);
        // What met an error may not have let go of its state: it is closed before anybody hears that nobody reads.
        match what {
            _ if !connection.is_autocommit() => drop(connection),
            What::All => self.idle().push_front(connection),
            What::Part => self.idle().push_back(connection),
        }
        drop(seat);
        result
    }
}

fn one_state<T>(connection: &Connection, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let state = connection.unchecked_transaction()?;
    let result = read(&state)?;
    // What is made of the connection's own stays: rolled back, its schema and its statements would be read anew.
    state.commit()?;
    Ok(result)
}

impl Store {
    /// Reads one state of the database, beside everything else that goes on. Damage that is met is noted.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.read_as(What::All, read).await
    }

    /// The same, by the connections that are for it.
    pub(super) async fn read_as<T: Send + 'static>(
        &self,
        what: What,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.rest_later();
        self.seated(what, read).await
    }

    /// The same for what goes on by itself, and keeps nobody awake.
    pub(super) async fn read_behind<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.seated(What::All, read).await
    }

    async fn seated<T: Send + 'static>(
        &self,
        what: What,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let closed = || Error::Other("the database is closed".into());
        let readers = Arc::clone(&self.readers);
        let seat = Arc::clone(&readers.seats).acquire_owned().await.map_err(|_| closed())?;
        let done = tokio::task::spawn_blocking(move || readers.read(what, seat, read));
        self.heed(done.await.unwrap_or_else(|_| Err(Error::Other("a search broke off".into()))))
    }

    /// The same for a part of what is read, if there is a free seat: the result comes there once it is read.
    pub(super) fn read_beside<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Option<mpsc::Receiver<Result<T>>> {
        let readers = Arc::clone(&self.readers);
        let seat = Arc::clone(&readers.seats).try_acquire_owned().ok()?;
        let (done, receiver) = mpsc::sync_channel(1);
        tokio::task::spawn_blocking(move || {
            let _ = done.send(readers.read(What::Part, seat, read));
        });
        Some(receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_read_leaves_no_log_behind_and_reads_no_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a new store");
        let count = |connection: &Connection| {
            Ok(connection.query_row("SELECT count(*) FROM run", [], |row| row.get::<_, i64>(0))?)
        };
        let beside = store.read_beside(count).expect("a free seat");
        assert_eq!(store.read(count).await.expect("read"), 0);
        assert_eq!(beside.recv().expect("an answer").expect("read"), 0);
        store.close().await;
        assert!(!folder.path().join("flowdeck.db-wal").exists(), "a log would have the next start look for damage");
        assert!(store.read(count).await.is_err(), "nobody waits for what was closed");
    }

    #[tokio::test]
    async fn rest_begins_a_while_after_the_last_who_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let readers = Readers::new(folder.path().join("none.db").into());
        readers.rest_later();
        assert!(readers.awake().is_some_and(|left| left > REST / 2), "somebody read just now");
        assert_eq!(Arc::strong_count(&readers), 2, "somebody waits");
        *readers.read_at() = Some(Instant::now() - REST / 2);
        readers.rest_later();
        assert_eq!(Arc::strong_count(&readers), 2, "one waits, however many read");
        assert!(readers.awake().is_some_and(|left| left > REST / 2), "and the last of them counts");
        *readers.read_at() = Some(Instant::now() - REST);
        assert!(
            readers.awake().is_none() && readers.read_at().is_none(),
            "so that the next who reads has it waited again"
        );
    }
}
