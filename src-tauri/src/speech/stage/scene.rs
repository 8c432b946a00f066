//! The one sound that is played, and the player that is told of it.

use std::{sync::Arc, time::Instant};

use super::super::{
    track::{Track, Trouble},
    voice::Shared,
};
use crate::model::{
    app::AppId,
    run::RunId,
    sound::{Player, PlayerState, PlayerTrouble, SoundOf},
};

/// Whom the sound that is played belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub run_id: RunId,
    pub app_id: AppId,
    pub title: String,
    pub of: SoundOf,
}

pub(super) struct Scene {
    pub(super) number: u64,
    pub(super) shown: Shown,
    pub(super) track: Arc<Track>,
    pub(super) wanted: bool,
    pub(super) ended: bool,
    /// Where it stands while nothing plays.
    pub(super) position: f64,
    pub(super) voice: Option<(u64, Arc<Shared>)>,
    /// The device is not there, or not any more.
    pub(super) deaf: Option<PlayerTrouble>,
    /// How often it is still looked for before that is told, and whether it is right now.
    pub(super) patience: u32,
    pub(super) hopes: bool,
    pub(super) look: Option<(usize, Instant)>,
    pub(super) trouble: Option<PlayerTrouble>,
}

impl Scene {
    pub(super) fn speaks(&self, voice: u64) -> bool {
        self.voice.as_ref().is_some_and(|(number, _)| *number == voice)
    }

    pub(super) fn now(&self) -> f64 {
        self.voice.as_ref().map_or(self.position, |(_, shared)| shared.position())
    }

    /// What could not be played from one moment on may play from another.
    pub(super) fn try_anew(&mut self) {
        if self.trouble == Some(PlayerTrouble::Broken) {
            self.trouble = None;
        }
    }

    pub(super) fn rest(&mut self) {
        if let Some((_, shared)) = self.voice.take() {
            shared.leave();
            self.track.wake();
        }
    }

    pub(super) fn player(&self, speed: f32, volume: f32) -> Player {
        let extent = self.track.extent();
        let deaf = self.deaf.clone().filter(|_| !self.hopes);
        let own = self.trouble.clone().or(extent.trouble.map(|trouble| match trouble {
            Trouble::NotKept { full } => PlayerTrouble::NotKept { full },
            Trouble::TooMuch => PlayerTrouble::TooMuch,
            Trouble::Broken => PlayerTrouble::Broken,
            Trouble::UnknownKind => PlayerTrouble::UnknownKind,
        }));
        // While there is nothing to hear, why there is nothing comes first.
        let trouble = if extent.seconds > 0.0 { deaf.or(own) } else { own.or(deaf) };
        let starved = self.voice.as_ref().is_some_and(|(_, shared)| shared.is_starved());
        let state = if self.ended {
            PlayerState::Ended
        } else if self.hopes && self.wanted {
            PlayerState::Loading
        } else if !self.wanted || self.deaf.is_some() || self.voice.is_none() || starved && trouble.is_some() {
            PlayerState::Paused
        } else if starved {
            PlayerState::Loading
        } else {
            PlayerState::Playing
        };
        let round = |seconds: f64| (seconds.max(0.0) * 100.0).round().abs() / 100.0;
        let duration = round(extent.seconds);
        Player {
            run_id: self.shown.run_id.clone(),
            app_id: self.shown.app_id.clone(),
            title: self.shown.title.clone(),
            of: self.shown.of.clone(),
            state,
            position: round(self.now()).min(duration),
            duration,
            // What is in the way of hearing it keeps nothing from arriving.
            growing: !extent.closed && extent.trouble.is_none(),
            speed,
            volume,
            trouble,
            format: self.track.saved_as().map(str::to_owned),
        }
    }
}

/// Half of the slider sounds about half as loud.
pub(super) fn loudness(volume: f32) -> f32 {
    volume * volume
}
