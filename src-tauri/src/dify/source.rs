//! A file's bytes on their way to the network: read ahead by a thread of its own, in large blocks that are used again.
//!
//! A piece that is asked for and read in turn costs a hop between threads and fresh memory each time, which is more
//! than the reading. What is held at once does not depend on the file's size.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc as blocks,
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use super::error::Error;

/// Read at once.
const BLOCK: usize = 512 * 1024;
/// Blocks that lie ready.
const AHEAD: usize = 2;
/// Handed to the network at once, so that progress moves evenly on a slow line as well.
const PIECE: usize = 64 * 1024;

/// A file that is open to be sent.
pub struct Source {
    file: File,
    pub size: u64,
    pub way: Arc<Way>,
}

/// How far it is.
#[derive(Default)]
pub struct Way {
    /// Bytes handed to the network.
    pub sent: AtomicU64,
    /// Why reading ended early; the transport's own error does not tell.
    pub broken: OnceLock<io::ErrorKind>,
    /// The network waits for the disk.
    pub reading: AtomicBool,
}

impl Source {
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            // Metadata first: opening a pipe would wait for ever.
            if !std::fs::metadata(&path)?.is_file() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            let file = File::open(&path)?;
            let size = file.metadata()?.len();
            Ok((file, size))
        });
        let opened = opened.await.map_err(|_| Error::File(io::ErrorKind::Interrupted))?;
        let (file, size) = opened.map_err(|error: io::Error| Error::file(&error))?;
        Ok(Self { file, size, way: Arc::default() })
    }

    /// The bytes, exactly as many as were announced: a file that shrinks is an error, one that grows is cut. `pause`:
    /// after the first piece.
    pub fn pieces(
        self,
        pause: Option<Duration>,
        progress: impl Fn(u64) + Send + Sync + 'static,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let Self { file, size, way } = self;
        let (ready, coming) = mpsc::channel(AHEAD);
        // It ends when nobody takes its blocks any more.
        tokio::task::spawn_blocking(move || read(file, size, &ready));
        stream::try_unfold(
            (coming, Bytes::new(), progress, pause),
            move |(mut coming, mut block, progress, mut pause)| {
                let way = Arc::clone(&way);
                async move {
                    if (1..size).contains(&way.sent.load(Ordering::Relaxed))
                        && let Some(pause) = pause.take()
                    {
                        tokio::time::sleep(pause).await;
                    }
                    if block.is_empty() {
                        way.reading.store(true, Ordering::Relaxed);
                        let next: Option<io::Result<Bytes>> = coming.recv().await;
                        way.reading.store(false, Ordering::Relaxed);
                        let Some(next) = next else { return Ok(None) };
                        block = next.inspect_err(|error| _ = way.broken.set(error.kind()))?;
                    }
                    let piece = block.split_to(PIECE.min(block.len()));
                    let length = piece.len() as u64;
                    progress(way.sent.fetch_add(length, Ordering::Relaxed) + length);
                    Ok(Some((piece, (coming, block, progress, pause))))
                }
            },
        )
    }
}

fn read(mut file: File, size: u64, ready: &mpsc::Sender<io::Result<Bytes>>) {
    let (back, used) = blocks::channel();
    let mut left = size;
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        let mut bytes = used.try_recv().unwrap_or_else(|_| vec![0; want]);
        let read = match file.read(&mut bytes[..want]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other,
        };
        let block = read.map(|length| {
            left -= length as u64;
            Bytes::from_owner(Block { bytes, length, back: back.clone() })
        });
        let over = block.is_err();
        if ready.blocking_send(block).is_err() || over {
            return;
        }
    }
}

/// Memory that comes back once the network has taken all of it.
struct Block {
    bytes: Vec<u8>,
    length: usize,
    back: blocks::Sender<Vec<u8>>,
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // The file may have been read to its end meanwhile.
        let _ = self.back.send(std::mem::take(&mut self.bytes));
    }
}
