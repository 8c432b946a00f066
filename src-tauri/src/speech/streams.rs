//! What streams say aloud while their runs go on: written down as it comes, and heard at once where the run is looked
//! at.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
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
    /// What began while its run was not on screen, and when.
    unheard: Mutex<HashMap<RunId, (Instant, Arc<Track>)>>,
}

/// A short run may speak before its page is drawn: it is heard as if it had been looked at.
const JUST_BEGUN: Duration = Duration::from_secs(10);

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
        if self.has_spoken(run) {
            held(&self.shared.streams.over).insert(run.clone());
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
        held(&self.shared.streams.unheard).insert(run.clone(), (Instant::now(), track));
        if held(&self.shared.watched).as_ref() == Some(run) {
            let (speech, run) = (self.clone(), run.clone());
            tokio::spawn(async move { speech.speak_up(&run).await });
        }
    }

    /// Whether an earlier session kept what the run's stream said: one that is taken up again may say only the rest.
    fn has_spoken(&self, run: &RunId) -> bool {
        let kept = self.path_of(run, "stream").parent().and_then(|folder| std::fs::read_dir(folder).ok());
        kept.is_some_and(|mut kept| {
            kept.any(|file| {
                file.is_ok_and(|file| {
                    file.file_name().to_string_lossy().starts_with("stream.")
                        && file.metadata().is_ok_and(|known| known.len() > 0)
                })
            })
        })
    }

    /// Plays what a run that is looked at has just begun to say, unless something else is listened to, or the user
    /// wants to hear nothing unasked.
    pub(super) async fn speak_up(&self, run: &RunId) {
        let unheard = {
            let mut unheard = held(&self.shared.streams.unheard);
            let found = unheard.remove(run);
            unheard.retain(|_, (begun, _)| begun.elapsed() < JUST_BEGUN);
            found.filter(|(begun, _)| begun.elapsed() < JUST_BEGUN)
        };
        let Some((_, track)) = unheard else { return };
        let is_taken = || held(&self.shared.current).is_some() || held(&self.shared.stopped).contains(run);
        // Where that cannot be read, silence harms least.
        if is_taken() || !self.shared.store.autoplay().await.unwrap_or(false) {
            return;
        }
        match self.shared.store.run_head(run).await {
            // The user may have begun something else meanwhile.
            Ok(_) if is_taken() => {}
            Ok(head) => drop(self.show(&head, SoundOf::Stream, Some(0), track, None)),
            Err(error) => tracing::error!("a run that speaks cannot be read: {error}"),
        }
    }

    fn is_over(&self, run: &RunId, complete: bool) {
        let Some(mut live) = held(&self.shared.streams.live).remove(run) else { return };
        held(&self.shared.streams.over).insert(run.clone());
        let speech = self.clone();
        // How long a sound is, some kinds tell only when all of it is decoded.
        tokio::task::spawn_blocking(move || {
            live.track.close();
            if let Some(ended) = live.ended.take() {
                let _ = ended.send(complete);
            }
            let is_shown = held(&speech.shared.current)
                .as_ref()
                .is_some_and(|current| Arc::ptr_eq(&current.track, &live.track) && current.of == SoundOf::Stream);
            if is_shown && !complete {
                let number = speech.shared.numbers.load(std::sync::atomic::Ordering::Acquire);
                speech.order(Order::Trouble(number, Some(PlayerTrouble::Incomplete)));
            }
        });
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
