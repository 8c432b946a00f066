//! The thread that plays: it owns the device and the one sound that is played, and sleeps while there is nothing to
//! do. The device is open only while it is used, and a little longer. `scene` is the sound and how far it is.

mod scene;

use std::{
    num::NonZero,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel},
    },
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    decode::{Block, Job},
    output::Output,
    track::Track,
    voice::{Shared, Voice},
};
use crate::model::sound::{Player, PlayerTrouble, SoundOf};
pub use scene::Shown;
use scene::{Scene, loudness};

/// What the thread is told, by others and by what it has begun itself.
pub enum Order {
    Show {
        number: u64,
        shown: Shown,
        track: Arc<Track>,
        play: bool,
    },
    Play,
    Pause,
    Seek(f64),
    Speed(f32),
    Volume(f32),
    Stop,
    /// What is in the way of the sound with this number, or nothing any more.
    Trouble(u64, Option<PlayerTrouble>),
    /// The track has more, or all.
    Grew,
    /// A voice has played everything.
    Ended(u64),
    /// A voice found nothing to play.
    Broken(u64),
    DeviceLost(u64),
}

/// How far the sound that is played is, for whoever fetches what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    pub number: u64,
    pub position: f64,
    /// The user wants to hear it.
    pub wanted: bool,
}

pub type Tell = Arc<dyn Fn(Option<Player>) + Send + Sync>;

/// Positions are told this often.
const TICK: Duration = Duration::from_millis(250);
/// An idle device is closed after this.
const CLOSE: Duration = Duration::from_secs(4);
/// How long a device that is missing is looked for while something is to be played.
const LOOK_AGAIN: [u64; 6] = [2, 4, 8, 16, 30, 60];
/// A device that worked for so long is sound.
const STEADY: Duration = Duration::from_secs(5);
/// How often one that is not is opened anew at once.
const HASTY: u32 = 3;
/// A device that was lost is looked for so often, in such pauses, before anybody is told: a sound server that starts anew
/// takes a moment.
const PATIENCE: u32 = 3;
const SOON: Duration = Duration::from_millis(400);
/// Blocks that wait to be played: about a second.
const AHEAD: usize = 50;

/// Starts the thread.
pub fn start(tell: Tell) -> (Sender<Order>, watch::Receiver<Progress>) {
    let (orders, inbox) = channel();
    let (progress, seen) = watch::channel(Progress::default());
    let own = orders.clone();
    let spawned = std::thread::Builder::new().name("speech".into()).spawn(move || {
        let stage = Stage {
            own,
            tell,
            progress,
            output: None,
            opened_at: Instant::now(),
            dropped: 0,
            outputs: 0,
            scene: None,
            voices: 0,
            speed: 1.0,
            volume: 1.0,
            close_at: None,
            told: None,
            told_at: Instant::now(),
            say_at: None,
        };
        stage.work(&inbox);
    });
    if let Err(error) = spawned {
        tracing::error!("nothing can be played: {error}");
    }
    (orders, seen)
}

struct Stage {
    own: Sender<Order>,
    tell: Tell,
    progress: watch::Sender<Progress>,
    output: Option<Output>,
    opened_at: Instant,
    /// How often in a row it was lost soon after.
    dropped: u32,
    /// Counts them, so that an old one's end is not taken for the new one's.
    outputs: u64,
    scene: Option<Scene>,
    voices: u64,
    speed: f32,
    volume: f32,
    close_at: Option<Instant>,
    told: Option<Player>,
    told_at: Instant,
    /// Something grew that was not told yet.
    say_at: Option<Instant>,
}

impl Stage {
    fn work(mut self, inbox: &Receiver<Order>) {
        loop {
            let next = [self.tick_at(), self.close_at, self.look_at(), self.say_at].into_iter().flatten().min();
            let order = match next {
                None => match inbox.recv() {
                    Ok(order) => Some(order),
                    Err(_) => return,
                },
                Some(at) => match inbox.recv_timeout(at.saturating_duration_since(Instant::now())) {
                    Ok(order) => Some(order),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
            };
            let grew = matches!(order, Some(Order::Grew));
            match order {
                Some(order) => self.take(order),
                None => self.time_passed(),
            }
            // Pieces come by the dozen.
            let due = self.told_at + TICK;
            if grew && Instant::now() < due {
                self.say_at = Some(due);
            } else {
                self.say();
            }
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Show { number, shown, track, play } => {
                self.leave();
                let own = self.own.clone();
                track.tells(move || drop(own.send(Order::Grew)));
                self.scene = Some(Scene {
                    number,
                    shown,
                    track,
                    wanted: play,
                    ended: false,
                    position: 0.0,
                    voice: None,
                    deaf: None,
                    patience: 0,
                    hopes: false,
                    look: None,
                    trouble: None,
                });
                if play {
                    self.speak(0.0);
                }
            }
            Order::Play => self.play(),
            Order::Pause => {
                if let Some(scene) = &mut self.scene {
                    (scene.wanted, scene.look) = (false, None);
                    if let Some((_, shared)) = &scene.voice {
                        shared.pause(true);
                        scene.position = shared.position();
                    }
                    self.close_at = Some(Instant::now() + CLOSE);
                }
            }
            Order::Seek(seconds) => {
                let Some(scene) = &mut self.scene else { return };
                let there = scene.track.extent().seconds;
                let seconds = if seconds.is_finite() { seconds.clamp(0.0, there.max(0.0)) } else { 0.0 };
                (scene.position, scene.ended) = (seconds, false);
                scene.try_anew();
                let plays = scene.wanted;
                self.hush();
                if plays {
                    self.speak(seconds);
                }
            }
            Order::Speed(speed) => {
                self.speed = if speed.is_finite() { speed.clamp(0.5, 3.0) } else { 1.0 };
                if let Some(scene) = &mut self.scene
                    && scene.voice.is_some()
                {
                    let (at, plays) = (scene.now(), scene.wanted);
                    scene.position = at;
                    self.hush();
                    if plays {
                        self.speak(at);
                    }
                }
            }
            Order::Volume(volume) => {
                self.volume = if volume.is_finite() { volume.clamp(0.0, 1.0) } else { 1.0 };
                if let Some((_, shared)) = self.scene.as_ref().and_then(|scene| scene.voice.as_ref()) {
                    shared.set_volume(loudness(self.volume));
                }
            }
            Order::Stop => {
                self.leave();
                self.close_at = Some(Instant::now() + CLOSE);
            }
            Order::Trouble(number, trouble) => {
                if let Some(scene) = self.scene.as_mut().filter(|scene| scene.number == number) {
                    scene.trouble = trouble;
                }
            }
            Order::Grew => {}
            Order::Ended(voice) => {
                if let Some(scene) = self.scene.as_mut().filter(|scene| scene.speaks(voice)) {
                    (scene.voice, scene.ended, scene.wanted) = (None, true, false);
                    scene.position = scene.track.extent().seconds;
                    self.close_at = Some(Instant::now() + CLOSE);
                }
            }
            Order::Broken(voice) => {
                if let Some(scene) = self.scene.as_mut().filter(|scene| scene.speaks(voice)) {
                    (scene.voice, scene.wanted) = (None, false);
                    // The track may know better what is the matter.
                    let said = scene.trouble.is_some() || scene.track.extent().trouble.is_some();
                    scene.trouble = scene.trouble.take().or((!said).then_some(PlayerTrouble::Broken));
                    self.close_at = Some(Instant::now() + CLOSE);
                }
            }
            Order::DeviceLost(output) => {
                if output != self.outputs || self.output.is_none() {
                    return;
                }
                self.output = None;
                let Some(scene) = &mut self.scene else { return };
                scene.position = scene.now();
                scene.rest();
                if !scene.wanted {
                    return;
                }
                scene.deaf = Some(PlayerTrouble::DeviceLost);
                // A sound server that is busy drops a stream now and then: it is opened anew before anybody is told,
                // unless it is dropped again and again.
                self.dropped = if self.opened_at.elapsed() < STEADY { self.dropped + 1 } else { 1 };
                if self.dropped <= HASTY {
                    scene.patience = PATIENCE;
                    let from = scene.position;
                    self.speak(from);
                } else if self.dropped <= HASTY + PATIENCE {
                    scene.hopes = true;
                    scene.look = Some((0, Instant::now() + SOON));
                } else {
                    scene.look = Some((0, Instant::now() + Duration::from_secs(LOOK_AGAIN[0])));
                }
            }
        }
    }

    fn play(&mut self) {
        let Some(scene) = &mut self.scene else { return };
        scene.wanted = true;
        scene.try_anew();
        self.close_at = None;
        if let Some((_, shared)) = &scene.voice {
            shared.pause(false);
            return;
        }
        let from = if scene.ended { 0.0 } else { scene.position };
        scene.ended = false;
        self.speak(from);
    }

    /// Lets the scene's sound be heard from a moment on.
    fn speak(&mut self, from: f64) {
        self.close_at = None;
        let Some(scene) = &mut self.scene else { return };
        scene.position = from;
        if self.output.is_none() {
            self.outputs += 1;
            self.opened_at = Instant::now();
            let (own, number) = (self.own.clone(), self.outputs);
            self.output = Output::open(move || drop(own.send(Order::DeviceLost(number))));
        }
        let Some(output) = &self.output else {
            scene.deaf = scene.deaf.take().or(Some(PlayerTrouble::NoDevice));
            scene.hopes = scene.patience > 0;
            if scene.hopes {
                scene.patience -= 1;
                scene.look = Some((0, Instant::now() + SOON));
                return;
            }
            let tried = scene.look.map_or(0, |(tried, _)| tried);
            let pause = LOOK_AGAIN.get(tried).map(|seconds| Instant::now() + Duration::from_secs(*seconds));
            scene.look = pause.map(|at| (tried + 1, at));
            return;
        };
        (scene.deaf, scene.look, scene.hopes, scene.patience) = (None, None, false, 0);
        self.voices += 1;
        let number = self.voices;
        // Speech has one channel; a file may have two.
        const CHANNELS: NonZero<u16> = NonZero::new(2).expect("two is not zero");
        let channels = if matches!(scene.shown.of, SoundOf::File { .. }) { CHANNELS } else { NonZero::<u16>::MIN };
        let shared = Shared::new(from, loudness(self.volume));
        let (sender, blocks) = sync_channel::<Block>(AHEAD);
        let job = Job {
            track: Arc::clone(&scene.track),
            from,
            speed: self.speed,
            channels: channels.get(),
            rate: output.rate().get(),
            cancelled: Arc::clone(&shared.cancelled),
        };
        let own = self.own.clone();
        let decoding = std::thread::Builder::new().name("speech-decode".into()).spawn(move || {
            // A sound from elsewhere may make a decoder stumble.
            let work = std::panic::AssertUnwindSafe(|| job.run(&sender));
            let sounded = std::panic::catch_unwind(work).unwrap_or(false);
            // At the end the voice just ends.
            if !sounded && !job.began_at_end() && !job.cancelled.load(std::sync::atomic::Ordering::Acquire) {
                let _ = own.send(Order::Broken(number));
            }
        });
        if let Err(error) = decoding {
            tracing::error!("a sound cannot be decoded: {error}");
            return;
        }
        let own = self.own.clone();
        let ended = move || drop(own.send(Order::Ended(number)));
        output.play(Voice::new(blocks, Arc::clone(&shared), channels, output.rate(), ended));
        scene.voice = Some((number, shared));
    }

    fn hush(&mut self) {
        if let Some(scene) = &mut self.scene {
            scene.rest();
        }
    }

    fn leave(&mut self) {
        self.hush();
        self.scene = None;
    }

    fn time_passed(&mut self) {
        let now = Instant::now();
        if self.close_at.is_some_and(|at| at <= now) {
            self.close_at = None;
            if let Some(scene) = &mut self.scene {
                scene.position = scene.now();
                scene.rest();
            }
            self.output = None;
        }
        let due = self.scene.as_ref().is_some_and(|scene| scene.look.is_some_and(|(_, at)| at <= now));
        if due && let Some(from) = self.scene.as_ref().map(|scene| scene.position) {
            self.speak(from);
        }
    }

    fn look_at(&self) -> Option<Instant> {
        Some(self.scene.as_ref()?.look?.1)
    }

    /// While it plays the position moves on.
    fn tick_at(&self) -> Option<Instant> {
        let scene = self.scene.as_ref()?;
        let (_, shared) = scene.voice.as_ref()?;
        let waits_for_nothing = shared.is_starved() && scene.trouble.is_some();
        (scene.wanted && !waits_for_nothing).then(|| Instant::now() + TICK)
    }

    /// Tells the page and the fetching what is new.
    fn say(&mut self) {
        (self.told_at, self.say_at) = (Instant::now(), None);
        let player = self.scene.as_ref().map(|scene| scene.player(self.speed, self.volume));
        let progress = self.scene.as_ref().map_or(Progress::default(), |scene| Progress {
            number: scene.number,
            position: scene.now(),
            // What nobody can hear is not fetched.
            wanted: scene.wanted && (scene.deaf.is_none() || scene.hopes),
        });
        self.progress.send_if_modified(|known| std::mem::replace(known, progress) != progress);
        if player != self.told {
            self.told.clone_from(&player);
            (self.tell)(player);
        }
    }
}
