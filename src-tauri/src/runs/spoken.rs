//! What a run says aloud. It may still speak when it is over (api.md §6): its stream is then heard out by a task of its
//! own, which nobody waits for.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Shared, driver::Driver};
use crate::{
    dify::RunStream,
    model::{
        run::RunId,
        sound::SoundPiece,
        stream::{StreamEvent, StreamItem},
    },
};

/// A server that says nothing more for this long has said everything.
const QUIET: Duration = Duration::from_secs(30);
/// Nor is it listened to for ever.
const LONGEST: Duration = Duration::from_secs(600);

impl Shared {
    pub(super) fn spoken(&self, id: &RunId, piece: SoundPiece) {
        if let Some(hear) = self.hear.get() {
            hear(id, piece);
        }
    }

    /// Hands on what an event says aloud; whether it was the last of it.
    fn hear(&self, id: &RunId, item: &mut StreamItem) -> bool {
        match &mut item.event {
            StreamEvent::Audio { bytes } => self.spoken(id, SoundPiece::Bytes(std::mem::take(bytes))),
            StreamEvent::AudioEnd => {
                self.spoken(id, SoundPiece::End);
                return true;
            }
            _ => {}
        }
        false
    }
}

impl Driver {
    pub(super) fn hear(&self, item: &mut StreamItem) {
        self.shared.hear(&self.id, item);
    }

    /// The run is over; its stream may go on.
    pub(super) fn hear_out(&self, mut stream: RunStream) {
        if self.shared.hear.get().is_none() {
            return;
        }
        let (shared, id) = (std::sync::Arc::clone(&self.shared), self.id.clone());
        tokio::spawn(async move {
            let longest = Instant::now() + LONGEST;
            loop {
                let until = (Instant::now() + QUIET).min(longest);
                match timeout_at(until, stream.next()).await {
                    Ok(Some(Ok(mut item))) => {
                        if shared.hear(&id, &mut item) {
                            return;
                        }
                    }
                    _ => return shared.spoken(&id, SoundPiece::Lost),
                }
            }
        });
    }
}
