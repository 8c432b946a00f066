//! What streams say aloud while their runs go on: written down as it comes, and heard at once where the run is looked
//! at.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use tokio::sync::oneshot;

use super::{
    Order, Speech, held,
    track::{Track, Trouble, extension},
};
use crate::{
    dify::SpeechKind,
    model::{
        run::RunId,
        sound::{Hear, PlayerTrouble, SoundOf, SoundPiece},
    },
    store::{Store, StoredSound},
};

#[derive(Default)]
pub struct Streams {
    live: Mutex<HashMap<RunId, Live>>,
    /// Whose speech is over: what a stream that was taken up again repeats is not written over it.
    over: Mutex<HashSet<RunId>>,
}

struct Live {
    track: Arc<Track>,
    /// Whether the server said that this was all.
    ended: Option<oneshot::Sender<bool>>,
}

impl Streams {
    /// The sound of a run that is still speaking.
    pub fn track(&self, run: &RunId) -> Option<Arc<Track>> {
        held(&self.live).get(run).map(|live| Arc::clone(&live.track))
    }
}

impl Speech {
    /// For the runs: what their streams say goes here.
    pub fn hear(&self) -> Hear {
        let speech = self.clone();
        Arc::new(move |run, piece| speech.heard(run, piece))
    }

    fn heard(&self, run: &RunId, piece: SoundPiece) {
        match piece {
            SoundPiece::Bytes(bytes) if bytes.is_empty() => {}
            SoundPiece::Bytes(bytes) => match self.shared.streams.track(run) {
                Some(track) => track.push(&bytes),
                None => self.begins(run, &bytes),
            },
            SoundPiece::End => self.is_over(run, true),
            SoundPiece::Lost => self.is_over(run, false),
        }
    }

    fn begins(&self, run: &RunId, bytes: &[u8]) {
        if held(&self.shared.streams.over).contains(run) {
            return;
        }
        let stored_as = format!("stream.{}", SpeechKind::of(bytes).map_or("mp3", extension));
        let track = match Track::create(self.path_of(run, &stored_as)) {
            Ok(track) => track,
            Err(error) => {
                tracing::error!("what a run says cannot be kept: {}", error.kind());
                held(&self.shared.streams.over).insert(run.clone());
                return;
            }
        };
        track.push(bytes);
        let (ended, end) = oneshot::channel();
        let live = Live { track: Arc::clone(&track), ended: Some(ended) };
        held(&self.shared.streams.live).insert(run.clone(), live);
        tokio::spawn(keep(self.shared.store.clone(), run.clone(), stored_as, Arc::clone(&track), end));
        let is_looked_at = held(&self.shared.watched).as_ref() == Some(run);
        let is_free = held(&self.shared.current).is_none();
        if is_looked_at && is_free && !held(&self.shared.stopped).contains(run) {
            let (speech, run) = (self.clone(), run.clone());
            tokio::spawn(async move {
                match speech.shared.store.run_head(&run).await {
                    Ok(head) => drop(speech.show(&head, SoundOf::Stream, Some(0), track, None)),
                    Err(error) => tracing::error!("a run that speaks cannot be read: {error}"),
                }
            });
        }
    }

    fn is_over(&self, run: &RunId, complete: bool) {
        let Some(mut live) = held(&self.shared.streams.live).remove(run) else { return };
        held(&self.shared.streams.over).insert(run.clone());
        live.track.close();
        if let Some(ended) = live.ended.take() {
            let _ = ended.send(complete);
        }
        let is_shown = held(&self.shared.current)
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(&current.track, &live.track) && current.of == SoundOf::Stream);
        if is_shown && !complete {
            let number = self.shared.numbers.load(std::sync::atomic::Ordering::Acquire);
            self.order(Order::Trouble(number, Some(PlayerTrouble::Incomplete)));
        }
    }
}

/// Notes the sound with its run: as incomplete until it is whole, so that an end of the program leaves the truth.
async fn keep(store: Store, run: RunId, stored_as: String, track: Arc<Track>, end: oneshot::Receiver<bool>) {
    let mut sound =
        StoredSound { place: 0, text_hash: None, stored_as, pieces: serde_json::json!([]), complete: false };
    let mut noted = store.save_sound(&run, &sound).await;
    let said = end.await.unwrap_or(false);
    let trouble = track.extent().trouble;
    if matches!(trouble, Some(Trouble::Broken)) && track.pieces().is_empty() {
        // It is no sound: nobody could do anything with it.
        noted = store.delete_sound(&run, 0).await;
        let _ = tokio::fs::remove_file(&track.path).await;
    } else if noted.is_ok() {
        sound.pieces = serde_json::to_value(track.pieces()).unwrap_or_default();
        sound.complete = said && trouble.is_none();
        noted = store.save_sound(&run, &sound).await;
    }
    if let Err(error) = noted {
        tracing::error!("what a run said could not be noted: {error}");
    }
}
