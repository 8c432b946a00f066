//! A text that is read aloud: the sound of a few sentences after the other, each asked for while the one before it
//! plays, so that nothing is asked for that nobody hears.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc::Sender,
};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{
    stage::{Order, Progress},
    track::{Track, Trouble},
};
use crate::{
    apps::{self, Apps},
    dify::{self, Spoken},
    model::{
        app::AppId,
        failure::{Failure, FailureCode, Reason},
        run::RunId,
        sound::PlayerTrouble,
    },
    store::{Store, StoredSound},
};

/// So many seconds are there before they are needed.
const AHEAD: f64 = 12.0;
/// A piece of speech is a minute at most.
const LARGEST_PIECE: usize = 16 * 1024 * 1024;

pub struct Reading {
    pub number: u64,
    pub app: AppId,
    pub run: RunId,
    pub voice: Option<String>,
    /// The text, as it is sent.
    pub texts: Vec<String>,
    pub track: Arc<Track>,
    pub sound: StoredSound,
    pub apps: Arc<Apps>,
    pub store: Store,
    pub orders: Sender<Order>,
    pub progress: watch::Receiver<Progress>,
    pub wish: Arc<Wish>,
}

/// What is wished of a reading besides being heard.
#[derive(Default)]
pub struct Wish {
    /// The user presses play again, or wants all of it.
    pub again: Notify,
    /// All of it, heard or not: it is to be saved.
    pub all: AtomicBool,
    /// Told each time the server refuses, or what came cannot be kept.
    pub refused: watch::Sender<Option<PlayerTrouble>>,
    /// All of it is there.
    pub read: watch::Sender<bool>,
}

enum Refusal {
    Apps(apps::Error),
    Dify(dify::Error),
    Trouble(Trouble),
    TooLarge,
}

impl Reading {
    /// Until the text is read, or nobody wants it any more.
    pub async fn work(mut self, cancelled: CancellationToken) {
        tokio::select! {
            () = cancelled.cancelled() => {}
            () = self.read() => {}
        }
        // What is there stays; the rest is asked for when it is wanted again.
        self.track.close();
    }

    async fn read(&mut self) {
        loop {
            let done = self.track.pieces().len();
            let Some(text) = self.texts.get(done).cloned() else { break };
            if self.until_needed().await.is_err() {
                return;
            }
            if let Err(refusal) = self.fetch_twice(&text).await {
                let trouble = self.trouble_of(refusal).await;
                let wish = Arc::clone(&self.wish);
                // From here on a wish is heard: whoever hears of the refusal may wish at once.
                let again = wish.again.notified();
                let _ = self.orders.send(Order::Trouble(self.number, Some(trouble.clone())));
                wish.refused.send_replace(Some(trouble));
                again.await;
                let _ = self.orders.send(Order::Trouble(self.number, None));
                continue;
            }
            self.save(false).await;
        }
        self.track.close();
        self.save(true).await;
        self.wish.read.send_replace(true);
    }

    async fn until_needed(&mut self) -> Result<(), watch::error::RecvError> {
        let (number, track, wish) = (self.number, &self.track, &self.wish);
        let needed = |progress: &Progress| {
            let extent = track.extent();
            // More of what cannot be played would be fetched for nobody.
            let sounds = extent.trouble != Some(Trouble::UnknownKind);
            progress.number == number && progress.wanted && sounds && extent.seconds - progress.position < AHEAD
        };
        loop {
            let again = wish.again.notified();
            if wish.all.load(Ordering::Acquire) {
                return Ok(());
            }
            tokio::select! {
                heard = self.progress.wait_for(needed) => return heard.map(drop),
                () = again => {}
            }
        }
    }

    async fn fetch_twice(&self, text: &str) -> Result<(), Refusal> {
        match self.fetch(text).await {
            // What was refused for a reason is refused again.
            Err(Refusal::Dify(error)) if !error.status().is_some_and(|status| (400..500).contains(&status)) => {
                tracing::info!("a piece of speech is asked for again: {error}");
                self.fetch(text).await
            }
            Err(Refusal::Trouble(Trouble::Broken)) => self.fetch(text).await,
            result => result,
        }
    }

    async fn fetch(&self, text: &str) -> Result<(), Refusal> {
        let client = self.apps.client(&self.app).await.map_err(Refusal::Apps)?;
        let speech = client.text_to_audio(Spoken::Text(text), self.voice.as_deref()).await.map_err(Refusal::Dify)?;
        let mut bytes = Vec::new();
        if let Some(mut speech) = speech {
            while let Some(piece) = speech.next().await.map_err(Refusal::Dify)? {
                bytes.extend_from_slice(&piece);
                if bytes.len() > LARGEST_PIECE {
                    return Err(Refusal::TooLarge);
                }
            }
        }
        let track = Arc::clone(&self.track);
        let pushed = tokio::task::spawn_blocking(move || track.push_piece(&bytes)).await;
        pushed.unwrap_or(Err(Trouble::Broken)).map_err(Refusal::Trouble)
    }

    async fn trouble_of(&self, refusal: Refusal) -> PlayerTrouble {
        let failure = match refusal {
            Refusal::Apps(error) => error.into(),
            Refusal::Dify(error) => {
                if error.is_unauthorized() {
                    self.apps.refused(&self.app).await;
                }
                error.into()
            }
            Refusal::TooLarge => Failure {
                reason: Some(Reason::AnswerTooLarge),
                ..Failure::new(FailureCode::NotUnderstood, "a piece of speech is too large")
            },
            Refusal::Trouble(Trouble::NotKept { full }) => return PlayerTrouble::NotKept { full },
            Refusal::Trouble(Trouble::TooMuch) => return PlayerTrouble::TooMuch,
            Refusal::Trouble(_) => return PlayerTrouble::Broken,
        };
        PlayerTrouble::Refused { failure }
    }

    async fn save(&mut self, complete: bool) {
        self.sound.complete = complete;
        self.sound.pieces = serde_json::to_value(self.track.pieces()).unwrap_or_default();
        if let Err(error) = self.store.save_sound(&self.run, &self.sound).await {
            tracing::error!("a sound could not be noted: {error}");
        }
    }
}
