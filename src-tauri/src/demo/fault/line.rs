//! The server's side of a connection, which can be broken off so that the other side gets a reset.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// A network that can be gone for a while: what is connected is reset then, and so is whoever tries to connect.
#[derive(Clone, Default)]
pub(in super::super) struct Outage(Arc<Mutex<Gone>>);

#[derive(Default)]
struct Gone {
    until: Option<Instant>,
    /// Cancelled when the network goes; every connection holds the one of its time.
    there: CancellationToken,
}

impl Outage {
    fn gone(&self) -> MutexGuard<'_, Gone> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin(&self, time: Duration) {
        let mut gone = self.gone();
        gone.until = Some(Instant::now() + time);
        std::mem::take(&mut gone.there).cancel();
    }

    /// What a new connection holds; `None` while the network is gone.
    fn there(&self) -> Option<CancellationToken> {
        let gone = self.gone();
        gone.until.is_none_or(|until| until <= Instant::now()).then(|| gone.there.clone())
    }
}

/// Where connections come in.
pub(in super::super) struct Lines {
    pub listener: TcpListener,
    pub outage: Outage,
}

/// What a request knows of its connection.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Line(Arc<AtomicBool>);

impl Line {
    /// From now on the end of this connection is a reset.
    pub fn will_reset(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The connection itself.
pub(in super::super) struct Wire {
    stream: TcpStream,
    line: Line,
    gone: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Wire {
    /// Also wakes the connection's task when the network goes.
    fn still_there(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.gone.as_mut().poll(context).is_ready() {
            self.line.will_reset();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Listener for Lines {
    type Io = Wire;
    type Addr = Line;

    async fn accept(&mut self) -> (Wire, Line) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let Some(there) = self.outage.there() else {
                        let _ = stream.set_zero_linger();
                        continue;
                    };
                    let line = Line::default();
                    return (Wire { stream, line: line.clone(), gone: Box::pin(there.cancelled_owned()) }, line);
                }
                // Out of file handles, mostly: others may be closed in a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Line> {
        Ok(Line::default())
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.remote_addr().clone()
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.still_there(context)?;
        Pin::new(&mut self.stream).poll_read(context, out)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.still_there(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.still_there(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.line.0.load(Ordering::Relaxed) || self.still_there(context).is_err() {
            // An orderly end first would make the reset come too late.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.0.load(Ordering::Relaxed) {
            // Closing a socket that must not linger sends a reset; if it cannot be set, the connection just ends.
            let _ = self.stream.set_zero_linger();
        }
    }
}
