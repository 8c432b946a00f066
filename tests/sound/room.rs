//! The speech room, joined with the others as `setup` joins them.

use std::{sync::Arc, time::Duration};

use flowdeck::{
    model::{
        app::{App, KeepKey},
        event::{AppEvent, Emit},
        run::{RunId, RunStatus},
        sound::{Hear, Player, PlayerState},
    },
    speech::Speech,
};
use tokio::sync::mpsc;

use crate::{
    house::House,
    server::{self, Server, json},
};

/// A recorded sentence of seven seconds.
pub const VOICE: &[u8] = include_bytes!("../../src-tauri/src/demo/samples/voice.mp3");

pub struct Room {
    pub house: House,
    pub speech: Speech,
    pub hear: Hear,
    events: mpsc::UnboundedReceiver<AppEvent>,
    pub player: Option<Player>,
}

impl Room {
    pub async fn new() -> Self {
        Self::on(tempfile::tempdir().expect("a folder")).await
    }

    pub async fn on(folder: tempfile::TempDir) -> Self {
        let house = House::on(folder).await;
        let (sender, events) = mpsc::unbounded_channel();
        let emit: Emit = Arc::new(move |event| drop(sender.send(event)));
        let folder = house.folder.path().join("runs");
        let speech = Speech::new(house.store.clone(), Arc::clone(&house.apps), emit, folder);
        let hear = speech.hear();
        house.runs.speak_to(Arc::clone(&hear));
        Self { house, speech, hear, events, player: None }
    }

    /// Everything but the folder goes.
    pub async fn leave(self) -> tempfile::TempDir {
        self.speech.stop();
        self.house.leave().await
    }

    /// A run of an app whose server answers `/text-to-audio` so.
    pub async fn run_of(&self, server: &Server) -> (App, RunId) {
        let app = self.house.apps.connect(server.url("/v1").as_str(), "app-key", KeepKey::Session, None).await;
        let app = app.expect("connected");
        let run = self.house.leave_behind(&app, RunStatus::Succeeded).await;
        (app, run)
    }

    /// Waits until the player is as wanted.
    pub async fn until(&mut self, wish: &str, is_so: impl Fn(&Player) -> bool) -> Player {
        let waited = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                if let Some(player) = self.player.clone().filter(|player| is_so(player)) {
                    return player;
                }
                if let AppEvent::PlayerChanged { player } = self.events.recv().await.expect("the room stands") {
                    self.player = player;
                }
            }
        });
        match waited.await {
            Ok(player) => player,
            Err(_) => panic!("waited in vain for {wish}: {:?}", self.player),
        }
    }

    pub async fn until_ended(&mut self) -> Player {
        self.until("the end", |player| player.state == PlayerState::Ended).await
    }

    /// What was told and not waited for.
    pub fn told(&mut self) -> Vec<Option<Player>> {
        let mut told = Vec::new();
        while let Ok(AppEvent::PlayerChanged { player }) = self.events.try_recv() {
            told.push(player);
        }
        if let Some(last) = told.last() {
            self.player.clone_from(last);
        }
        told
    }

    /// The run's sounds, as soon as they are as wanted.
    pub async fn sounds_that(&self, run: &RunId, is_so: impl Fn(&[flowdeck::model::sound::Sound]) -> bool) {
        let waited = tokio::time::timeout(Duration::from_secs(20), async {
            while !is_so(&self.speech.sounds(run).await.expect("read")) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "the sounds stay {:?}", self.speech.sounds(run).await);
    }
}

/// A server whose app speaks, and reads texts aloud so.
pub async fn speaking(speech: impl Fn(&str) -> server::Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.path() {
        "/v1/info" => json("200 OK", r#"{"name": "Speaker", "mode": "workflow"}"#),
        "/v1/parameters" => json(
            "200 OK",
            r#"{"user_input_form": [], "text_to_speech": {"enabled": true, "voice": "alloy", "autoPlay": "enabled"}}"#,
        ),
        "/v1/text-to-audio" if request.method == "POST" => speech(request.json()["text"].as_str().unwrap_or_default()),
        _ => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    })
    .await
}

/// The first three seconds of it, as another program writes them.
pub const OPUS: &[u8] = include_bytes!("data/voice.opus");

pub fn sound(bytes: &[u8]) -> server::Reply {
    sound_called("audio/mpeg", bytes)
}

pub fn sound_called(mime: &str, bytes: &[u8]) -> server::Reply {
    server::answer("200 OK", &format!("Content-Type: {mime}\r\n"), bytes)
}
