//! Speech: what runs say aloud, heard while it arrives, kept with them, and played again without a network.
//!
//! `stage` is the one thread that plays, `output` its device, `voice` what the device takes samples from. `track` is a
//! sound on the disk that may still grow, `mp3` finds its way in it, `decode` turns it into samples on a thread of its
//! own, with `opus` for what rodio has no decoder for, `resample` and `stretch` fit them to device and speed. `reading`
//! has texts read aloud: `plain` says what is read of Markdown, `sentences` in which pieces. This file is the door, and
//! the only home of rodio, symphonia, ropus and timestretch is this room.

mod decode;
mod mp3;
mod opus;
mod output;
mod plain;
mod reading;
mod resample;
mod sentences;
mod stage;
mod streams;
mod stretch;
mod track;
mod voice;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::Sender,
    },
};

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    apps::{self, Apps},
    files,
    model::{
        event::{AppEvent, Emit},
        failure::{Failure, FailureCode},
        run::{RunHead, RunId},
        sound::{Player, PlayerTrouble, Sound, SoundOf},
    },
    store::{self, Store, StoredSound},
};
use reading::{Reading, Wish};
use stage::{Order, Progress, Shown};
use streams::Streams;
use track::{Piece, Track};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Apps(#[from] apps::Error),
    #[error(transparent)]
    Files(#[from] files::Error),
    /// There is nothing to be heard of it, and its app does not speak.
    #[error("no sound")]
    Nothing,
    /// The rest of a text is not read.
    #[error("not read on")]
    Refused(Box<Failure>),
}

#[derive(Clone)]
pub struct Speech {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    apps: Arc<Apps>,
    /// Sounds are in `<folder>/<run id>/speech/`.
    folder: PathBuf,
    orders: Sender<Order>,
    progress: watch::Receiver<Progress>,
    numbers: AtomicU64,
    /// As the page was told last.
    told: watch::Sender<Option<Player>>,
    current: Mutex<Option<Current>>,
    /// The run that is looked at.
    watched: Mutex<Option<RunId>>,
    /// Runs whose speech was stopped: it does not begin again by itself.
    stopped: Mutex<HashSet<RunId>>,
    streams: Streams,
    /// Two wishes at once would have one file written by two readings.
    listening: tokio::sync::Mutex<()>,
}

/// What is on the stage.
struct Current {
    run: RunId,
    /// Place among the run's sounds; `None` for a result file.
    place: Option<u32>,
    of: SoundOf,
    track: Arc<Track>,
    /// Of a text that is being read.
    reading: Option<(CancellationToken, Arc<Wish>)>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Speech {
    pub fn new(store: Store, apps: Arc<Apps>, emit: Emit, folder: PathBuf) -> Self {
        let told = watch::Sender::new(None);
        let known = told.clone();
        let (orders, progress) = stage::start(Arc::new(move |player: Option<Player>| {
            known.send_replace(player.clone());
            emit(AppEvent::PlayerChanged { player });
        }));
        let shared = Shared {
            store,
            apps,
            folder,
            orders,
            progress,
            numbers: AtomicU64::new(0),
            told,
            current: Mutex::default(),
            watched: Mutex::default(),
            stopped: Mutex::default(),
            streams: Streams::default(),
            listening: tokio::sync::Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The player as it stands.
    pub fn player(&self) -> Option<Player> {
        self.shared.told.borrow().clone()
    }

    /// What of a run can be heard without a network.
    pub async fn sounds(&self, run: &RunId) -> Result<Vec<Sound>, Error> {
        let sounds = self.shared.store.sounds(run).await?.into_iter();
        Ok(sounds
            .map(|sound| Sound {
                place: sound.place,
                of: if sound.text_hash.is_none() { SoundOf::Stream } else { SoundOf::Text },
                complete: sound.complete,
            })
            .collect())
    }

    /// Which run is on screen: the one that may begin to speak by itself.
    pub async fn watch(&self, run: Option<RunId>) {
        held(&self.shared.watched).clone_from(&run);
        if let Some(run) = run {
            self.speak_up(&run).await;
        }
    }

    /// Whether a run that is looked at is heard as it speaks, unasked.
    pub async fn autoplay(&self) -> Result<bool, Error> {
        Ok(self.shared.store.autoplay().await?)
    }

    pub async fn set_autoplay(&self, autoplay: bool) -> Result<(), Error> {
        Ok(self.shared.store.set_autoplay(autoplay).await?)
    }

    /// Plays what the run has said itself, or has a text of its result read aloud. `whole`: the text is what the run's
    /// own speech says.
    pub async fn listen(&self, run: &RunId, markdown: &str, whole: bool) -> Result<(), Error> {
        let _one_at_a_time = self.shared.listening.lock().await;
        held(&self.shared.stopped).remove(run);
        let head = self.shared.store.run_head(run).await?;
        let stream = self.shared.streams.track(run);
        if let Some(track) = stream.filter(|_| whole) {
            self.show(&head, SoundOf::Stream, Some(0), track, None);
            return Ok(());
        }
        let sounds = self.shared.store.sounds(run).await?;
        let own = sounds.iter().find(|sound| sound.text_hash.is_none()).filter(|_| whole);
        if let Some(sound) = own.filter(|sound| sound.complete)
            && self.replay(&head, sound, false).await.is_ok()
        {
            return Ok(());
        }
        let text = plain::speakable(markdown);
        let hash = hash_of(&text);
        let read = sounds.iter().find(|sound| sound.text_hash.as_ref() == Some(&hash));
        if let Some(sound) = read.filter(|sound| sound.complete)
            && self.replay(&head, sound, false).await.is_ok()
        {
            return Ok(());
        }
        let app = self.shared.apps.get(&head.app_id).await.ok();
        let removed = !self.shared.apps.list().await?.iter().any(|app| app.id == head.app_id);
        match app.and_then(|app| app.speech).filter(|_| !removed) {
            Some(speech) => {
                let place = sounds.iter().map(|sound| sound.place + 1).max().unwrap_or(1).max(1);
                let sound = read.cloned().unwrap_or_else(|| StoredSound {
                    place,
                    text_hash: Some(hash),
                    stored_as: format!("text-{place}.mp3"),
                    pieces: serde_json::json!([]),
                    complete: false,
                });
                self.read(&head, sound, sentences::pieces(&text), speech.voice).await
            }
            // What is there of it is better than nothing.
            None => match read.or(own) {
                Some(sound) => self.replay(&head, sound, true).await,
                None => Err(Error::Nothing),
            },
        }
    }

    /// Plays a result file.
    pub async fn play_file(&self, run: &RunId, index: u32, path: PathBuf, name: String) -> Result<(), Error> {
        let head = self.shared.store.run_head(run).await?;
        let track = blocking(move || Track::file(&path)).await?;
        self.show(&head, SoundOf::File { index, name }, None, track, None);
        Ok(())
    }

    pub fn play(&self) {
        if let Some((_, wish)) = held(&self.shared.current).as_ref().and_then(|current| current.reading.as_ref()) {
            wish.again.notify_waiters();
        }
        self.order(Order::Play);
    }

    pub fn pause(&self) {
        self.order(Order::Pause);
    }

    /// To a moment in seconds, as far as the sound is there.
    pub fn seek(&self, seconds: f64) {
        self.order(Order::Seek(seconds));
    }

    pub fn set_speed(&self, speed: f32) {
        self.order(Order::Speed(speed));
    }

    pub fn set_volume(&self, volume: f32) {
        self.order(Order::Volume(volume));
    }

    /// Puts the player away. What of a run still arrives is kept, and not heard unless it is asked for.
    pub fn stop(&self) {
        if let Some(current) = self.end_current() {
            held(&self.shared.stopped).insert(current.run);
        }
        self.order(Order::Stop);
    }

    /// Writes what is played to a place of the user's, all of it: what is missing of a text that is being read is
    /// fetched first, heard or not. False where it was put away meanwhile.
    pub async fn save(&self, target: &Path) -> Result<bool, Error> {
        let current = {
            let current = held(&self.shared.current);
            current.as_ref().map(|current| (Arc::clone(&current.track), current.reading.clone()))
        };
        let (track, reading) = current.ok_or(Error::Nothing)?;
        if let Some((cancelled, wish)) = reading
            && !fetch_all(&cancelled, &wish).await?
        {
            return Ok(false);
        }
        track.saved_as().ok_or(Error::Nothing)?;
        if track.is_saved_as_it_is() {
            files::copy(&track.path, target).await?;
            return Ok(true);
        }
        // Sounds that cannot stand behind each other become one WAV file first.
        let joined = track.path.with_file_name(format!("joined-{}.wav", Uuid::new_v4().simple()));
        let path = joined.clone();
        let done = match blocking(move || decode::write_wav(&track, &path)).await {
            Ok(()) => files::copy(&joined, target).await.map_err(Error::from),
            Err(error) => Err(error),
        };
        let _ = tokio::fs::remove_file(&joined).await;
        done.map(|()| true)
    }

    fn order(&self, order: Order) {
        // The thread ends with the program only.
        let _ = self.shared.orders.send(order);
    }

    fn end_current(&self) -> Option<Current> {
        let current = held(&self.shared.current).take()?;
        if let Some((reading, _)) = &current.reading {
            reading.cancel();
        }
        Some(current)
    }

    /// Puts a sound on the stage; its number.
    fn show(
        &self,
        head: &RunHead,
        of: SoundOf,
        place: Option<u32>,
        track: Arc<Track>,
        trouble: Option<PlayerTrouble>,
    ) -> u64 {
        {
            let current = held(&self.shared.current);
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.track, &track)) {
                drop(current);
                self.play();
                return self.shared.numbers.load(Ordering::Acquire);
            }
        }
        self.put(head, of, place, track, trouble, None, true)
    }

    #[allow(clippy::too_many_arguments, reason = "it is the one place where all of it meets")]
    fn put(
        &self,
        head: &RunHead,
        of: SoundOf,
        place: Option<u32>,
        track: Arc<Track>,
        trouble: Option<PlayerTrouble>,
        reading: Option<(CancellationToken, Arc<Wish>)>,
        play: bool,
    ) -> u64 {
        self.end_current();
        let number = self.shared.numbers.fetch_add(1, Ordering::AcqRel) + 1;
        *held(&self.shared.current) =
            Some(Current { run: head.id.clone(), place, of: of.clone(), track: Arc::clone(&track), reading });
        let shown = Shown { run_id: head.id.clone(), app_id: head.app_id.clone(), title: head.title.clone(), of };
        self.order(Order::Show { number, shown, track, play });
        if trouble.is_some() {
            self.order(Order::Trouble(number, trouble));
        }
        number
    }

    fn path_of(&self, run: &RunId, stored_as: &str) -> PathBuf {
        self.shared.folder.join(&run.0).join("speech").join(files::safe_name(stored_as))
    }

    /// Plays a kept sound.
    async fn replay(&self, head: &RunHead, sound: &StoredSound, incomplete: bool) -> Result<(), Error> {
        let of = if sound.text_hash.is_none() { SoundOf::Stream } else { SoundOf::Text };
        if self.is_current(&head.id, sound.place) {
            self.play();
            return Ok(());
        }
        let path = self.path_of(&head.id, &sound.stored_as);
        let pieces = pieces_of(sound);
        let track = blocking(move || {
            // A stream that the end of the program cut off has noted no piece yet.
            if pieces.is_empty() { Track::file(&path) } else { Track::open(path, pieces, true) }
        })
        .await?;
        let trouble = incomplete.then_some(PlayerTrouble::Incomplete);
        self.show(head, of, Some(sound.place), track, trouble);
        Ok(())
    }

    fn is_current(&self, run: &RunId, place: u32) -> bool {
        let current = held(&self.shared.current);
        current.as_ref().is_some_and(|current| current.run == *run && current.place == Some(place))
    }

    /// Has a text read aloud, from where it was left.
    async fn read(
        &self,
        head: &RunHead,
        sound: StoredSound,
        texts: Vec<String>,
        voice: Option<String>,
    ) -> Result<(), Error> {
        if self.is_current(&head.id, sound.place) {
            self.play();
            return Ok(());
        }
        let path = self.path_of(&head.id, &sound.stored_as);
        let pieces = pieces_of(&sound);
        let track = blocking(move || {
            if pieces.is_empty() || !path.exists() { Track::create(path) } else { Track::open(path, pieces, false) }
        })
        .await?;
        self.shared.store.save_sound(&head.id, &sound).await?;
        let (cancelled, wish) = (CancellationToken::new(), Arc::<Wish>::default());
        let trouble = texts.is_empty().then_some(PlayerTrouble::NothingToSay);
        let reading = Some((cancelled.clone(), Arc::clone(&wish)));
        let (play, place) = (!texts.is_empty(), Some(sound.place));
        let number = self.put(head, SoundOf::Text, place, Arc::clone(&track), trouble, reading, play);
        if texts.is_empty() {
            track.close();
            wish.read.send_replace(true);
            return Ok(self.shared.store.delete_sound(&head.id, sound.place).await?);
        }
        let reading = Reading {
            number,
            app: head.app_id.clone(),
            run: head.id.clone(),
            voice,
            texts,
            track,
            sound,
            apps: Arc::clone(&self.shared.apps),
            store: self.shared.store.clone(),
            orders: self.shared.orders.clone(),
            progress: self.shared.progress.clone(),
            wish,
        };
        tokio::spawn(reading.work(cancelled));
        Ok(())
    }
}

/// Fetches what is missing of a text that is read; false where it was put away meanwhile.
async fn fetch_all(cancelled: &CancellationToken, wish: &Wish) -> Result<bool, Error> {
    // A refusal from before is no answer to this wish: the server is asked once more.
    let (mut refused, mut read) = (wish.refused.subscribe(), wish.read.subscribe());
    wish.all.store(true, Ordering::Release);
    wish.again.notify_waiters();
    let refusal = tokio::select! {
        () = cancelled.cancelled() => None,
        _ = refused.changed() => refused.borrow().clone(),
        _ = read.wait_for(|read| *read) => None,
    };
    wish.all.store(false, Ordering::Release);
    match refusal {
        None => Ok(!cancelled.is_cancelled()),
        Some(PlayerTrouble::Refused { failure }) => Err(Error::Refused(Box::new(failure))),
        Some(PlayerTrouble::NotKept { full: true }) => Err(files::Error::DiskFull.into()),
        Some(PlayerTrouble::NotKept { full: false }) => Err(files::Error::ReadOnly.into()),
        Some(_) => {
            let failure = Failure::new(FailureCode::NotUnderstood, "a piece of speech is no sound, or too much");
            Err(Error::Refused(Box::new(failure)))
        }
    }
}

fn pieces_of(sound: &StoredSound) -> Vec<Piece> {
    serde_json::from_value(sound.pieces.clone()).unwrap_or_default()
}

fn hash_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Where waiting for a slow disk is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| std::io::Error::other("it broke off"));
    done.flatten().map_err(|error| Error::Files(error.into()))
}
