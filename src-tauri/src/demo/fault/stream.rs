//! What happens to the body of an answer. Every piece of a run's stream is one whole event.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::super::wire::PING;
use super::Kind;

/// What a body is sent by; an error breaks the connection off.
type Out = mpsc::Sender<Result<Bytes, Broken>>;

#[derive(Debug, thiserror::Error)]
#[error("broken off on purpose")]
struct Broken;

/// The client has left.
struct Left;

enum End {
    Orderly,
    Broken,
}

type Sent = Result<End, Left>;

/// The body with a fault in it.
pub(super) fn spoilt(body: Body, kind: &Kind, ping: Duration, revoked: Arc<AtomicBool>) -> Body {
    let (kind, source) = (kind.clone(), body.into_data_stream());
    written(async move |out: Out| match kind {
        Kind::Cut(byte) | Kind::Reset(byte) => first(source, byte, &out).await,
        Kind::Revoked(byte) => {
            let end = first(source, byte, &out).await;
            revoked.store(true, Ordering::Relaxed);
            end
        }
        Kind::Stall(byte) => {
            let end = first(source, byte, &out).await?;
            if matches!(end, End::Broken) {
                out.closed().await;
            }
            Ok(end)
        }
        Kind::Garbage => garbage(source, &out).await,
        Kind::Drip(pause) => drip(source, pause, &out).await,
        Kind::ErrorThenPings => error_then_pings(source, ping, &out).await,
        Kind::NoFinish => no_finish(source, &out).await,
        Kind::Duplicate => duplicate(source, &out).await,
        Kind::Reorder => reorder(source, &out).await,
        Kind::HeldBack => held_back(source, &out).await,
        Kind::Gzip => gzip(source, &out).await,
        // Of these the head is all that is wrong, or nothing of the server's own answer is left.
        Kind::ContentType(_)
        | Kind::TooMany(_)
        | Kind::TooManyAs400(_)
        | Kind::Page(_)
        | Kind::Refusal(_)
        | Kind::OnlyPings => pass(source, &out).await,
    })
}

/// Pings until the client leaves.
pub(super) fn pings(ping: Duration) -> Body {
    written(async move |out: Out| ping_for_ever(ping, &out).await)
}

fn written<F: Future<Output = Sent> + Send + 'static>(write: impl FnOnce(Out) -> F + Send + 'static) -> Body {
    let (out, pieces) = mpsc::channel(1);
    tokio::spawn(async move {
        if let Ok(End::Broken) = write(out.clone()).await {
            let _ = out.send(Err(Broken)).await;
        }
    });
    Body::from_stream(stream::unfold(pieces, async |mut pieces: mpsc::Receiver<_>| {
        // A body that has to be waited for is flushed: what came before a break is on its way when it comes.
        tokio::task::yield_now().await;
        pieces.recv().await.map(|piece| (piece, pieces))
    }))
}

async fn send(out: &Out, bytes: impl Into<Bytes>) -> Result<(), Left> {
    out.send(Ok(bytes.into())).await.map_err(|_| Left)
}

/// The next piece; `None` at the end, and when the server's own answer breaks off.
async fn next(source: &mut BodyDataStream) -> Option<Bytes> {
    source.next().await.and_then(Result::ok)
}

async fn pass(mut source: BodyDataStream, out: &Out) -> Sent {
    while let Some(piece) = next(&mut source).await {
        send(out, piece).await?;
    }
    Ok(End::Orderly)
}

/// So many bytes, unless the answer is shorter.
async fn first(mut source: BodyDataStream, bytes: usize, out: &Out) -> Sent {
    let mut left = bytes;
    while left > 0 {
        let Some(mut piece) = next(&mut source).await else { return Ok(End::Orderly) };
        piece.truncate(left);
        left -= piece.len();
        send(out, piece).await?;
    }
    Ok(End::Broken)
}

/// Behind every second event, in turn.
async fn garbage(mut source: BodyDataStream, out: &Out) -> Sent {
    const LINES: [&[u8]; 2] = [
        b"data: {\"event\": \"text_chunk\", \"data\": {\"text\": \n\n",
        b"\xff\xfe\x00\x80\x1b[2J\n\ndata: \xc3\x28\n\n",
    ];
    let mut count = 0;
    while let Some(piece) = next(&mut source).await {
        send(out, piece).await?;
        count += 1;
        if count % 2 == 0 {
            send(out, LINES[count / 2 % 2]).await?;
        }
    }
    Ok(End::Orderly)
}

async fn drip(mut source: BodyDataStream, pause: Duration, out: &Out) -> Sent {
    while let Some(piece) = next(&mut source).await {
        for at in 0..piece.len() {
            send(out, piece.slice(at..=at)).await?;
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    }
    Ok(End::Orderly)
}

async fn ping_for_ever(ping: Duration, out: &Out) -> Sent {
    loop {
        send(out, PING).await?;
        tokio::time::sleep(ping).await;
    }
}

fn is_event(piece: &[u8], name: &str) -> bool {
    piece.starts_with(b"data: ") && memchr::memmem::find(piece, format!("\"{name}\"").as_bytes()).is_some()
}

/// Without a code, and with nothing behind it but pings, as newer servers do it (api.md §3.4).
async fn error_then_pings(mut source: BodyDataStream, ping: Duration, out: &Out) -> Sent {
    while let Some(piece) = next(&mut source).await {
        let begun = is_event(&piece, "node_started");
        send(out, piece).await?;
        if begun {
            let error: &[u8] =
                b"data: {\"event\":\"error\",\"status\":500,\"message\":\"Internal Server Error, please \
                contact support.\"}\n\n";
            send(out, error).await?;
            return ping_for_ever(ping, out).await;
        }
    }
    Ok(End::Orderly)
}

async fn no_finish(mut source: BodyDataStream, out: &Out) -> Sent {
    while let Some(piece) = next(&mut source).await {
        if is_event(&piece, "workflow_finished") {
            break;
        }
        send(out, piece).await?;
    }
    Ok(End::Orderly)
}

async fn duplicate(mut source: BodyDataStream, out: &Out) -> Sent {
    while let Some(piece) = next(&mut source).await {
        send(out, piece.clone()).await?;
        send(out, piece).await?;
    }
    Ok(End::Orderly)
}

async fn reorder(mut source: BodyDataStream, out: &Out) -> Sent {
    let mut held: Option<Bytes> = None;
    while let Some(piece) = next(&mut source).await {
        if is_event(&piece, "workflow_finished") {
            if let Some(held) = held.take() {
                send(out, held).await?;
            }
            send(out, piece).await?;
        } else if let Some(held) = held.take() {
            send(out, piece).await?;
            send(out, held).await?;
        } else {
            held = Some(piece);
        }
    }
    if let Some(held) = held {
        send(out, held).await?;
    }
    Ok(End::Orderly)
}

async fn held_back(mut source: BodyDataStream, out: &Out) -> Sent {
    let mut whole = Vec::new();
    while let Some(piece) = next(&mut source).await {
        whole.extend_from_slice(&piece);
    }
    send(out, whole).await?;
    Ok(End::Orderly)
}

/// Each event can be read when it arrives: the compressor is flushed behind it.
async fn gzip(mut source: BodyDataStream, out: &Out) -> Sent {
    let mut compressor = GzEncoder::new(Vec::new(), Compression::fast());
    while let Some(piece) = next(&mut source).await {
        // Writing into memory does not fail.
        let _ = compressor.write_all(&piece).and_then(|()| compressor.flush());
        send(out, std::mem::take(compressor.get_mut())).await?;
    }
    send(out, compressor.finish().unwrap_or_default()).await?;
    Ok(End::Orderly)
}
