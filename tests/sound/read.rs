//! Texts that are read aloud.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flowdeck::model::{
    failure::{FailureCode, Reason},
    sound::{PlayerState, PlayerTrouble, Sound, SoundOf},
};

use crate::{
    computer::Computer,
    room::{Room, VOICE, sound, sound_called, speaking},
    server::json,
};

/// Four sentences, of which each is a piece of its own.
fn text() -> String {
    (1..=4).map(|n| format!("Sentence number {n} {}. ", "goes on and on".repeat(20))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_asked_for_piece_by_piece_and_only_as_far_as_it_is_heard() {
    let test = "read::a_text_is_asked_for_piece_by_piece_and_only_as_far_as_it_is_heard";
    let Some(_computer) = Computer::that_plays(test) else { return };
    let asked = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&asked);
    let server = speaking(move |text| {
        list.lock().expect("whole").push(text.to_owned());
        sound(VOICE)
    })
    .await;
    let mut room = Room::new().await;
    let (app, run) = room.run_of(&server).await;
    assert_eq!(app.speech.as_ref().and_then(|speech| speech.voice.as_deref()), Some("alloy"), "the app says so");
    room.speech.listen(&run, &format!("# Review\n\n{}", text()), true).await.expect("listened");
    let player = room.until("it plays", |player| player.state == PlayerState::Playing).await;
    assert_eq!(player.of, SoundOf::Text);
    room.until("two pieces", |player| player.duration > 13.0).await;
    room.speech.pause();
    room.until("the pause", |player| player.state == PlayerState::Paused).await;
    let so_far = asked.lock().expect("whole").len();
    assert!(so_far < 5, "what nobody has heard yet is not asked for: {so_far} pieces");
    assert!(asked.lock().expect("whole")[0].starts_with("Review."), "the heading first, without its mark");
    room.speech.seek(13.5);
    room.speech.play();
    room.until("the third piece", |player| player.duration > 20.0).await;
    room.speech.stop();
    let before = asked.lock().expect("whole").len();
    let sounds = room.speech.sounds(&run).await.expect("read");
    assert_eq!(sounds, [Sound { place: 1, of: SoundOf::Text, complete: false }], "it was left in the middle");

    // Listened to once more, it goes on with what is missing.
    let mut room = Room::on(room.leave().await).await;
    // Keys of a session end with it.
    room.house.apps.replace_key(&app.id, "app-key", flowdeck::model::app::KeepKey::Session, None).await.expect("kept");
    room.speech.listen(&run, &format!("# Review\n\n{}", text()), true).await.expect("listened");
    let player = room.until("it plays", |player| player.state == PlayerState::Playing).await;
    assert!(player.duration > 20.0, "what was there is there: {player:?}");
    assert!(asked.lock().expect("whole").len() <= before + 1, "and is not asked for again");
    room.speech.seek(player.duration - 0.5);
    room.until("the rest", |player| player.duration > 34.0 && !player.growing).await;
    room.sounds_that(&run, |sounds| sounds[0].complete).await;
    let mut pieces = asked.lock().expect("whole").clone();
    pieces.dedup();
    assert_eq!(pieces.len(), 5, "each piece once: {:?}", pieces.iter().map(String::len).collect::<Vec<_>>());

    // And then without the server.
    drop(server);
    room.speech.stop();
    room.speech.listen(&run, &format!("# Review\n\n{}", text()), true).await.expect("nobody has to be asked");
    let again = room.until("it plays", |player| player.state == PlayerState::Playing && !player.growing).await;
    assert!(again.duration > 34.0, "all of it: {again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_piece_that_fails_is_asked_for_twice_and_what_is_there_stays() {
    let test = "read::a_piece_that_fails_is_asked_for_twice_and_what_is_there_stays";
    let Some(_computer) = Computer::that_plays(test) else { return };
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = speaking(move |_| match count.fetch_add(1, Ordering::AcqRel) {
        0 => sound(VOICE),
        // A hiccup, and then one that lasts.
        1 => json("503 Service Unavailable", r#"{"code": "provider_error", "message": "busy", "status": 503}"#),
        2 => sound(VOICE),
        3 | 4 => json("503 Service Unavailable", r#"{"code": "provider_error", "message": "busy", "status": 503}"#),
        _ => sound(VOICE),
    })
    .await;
    let mut room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    room.speech.listen(&run, &text(), true).await.expect("listened");
    let two = room.until("two pieces", |player| player.duration > 13.0).await;
    assert_eq!(two.trouble, None, "one failure is nobody's business");
    room.speech.seek(13.0);
    let said = room.until("the refusal", |player| player.trouble.is_some()).await;
    let Some(PlayerTrouble::Refused { failure }) = &said.trouble else { panic!("{said:?}") };
    assert_eq!(failure.code, FailureCode::ServerError, "{failure:?}");
    assert!(said.duration > 13.0, "what was fetched stays: {said:?}");
    assert_eq!(asked.load(Ordering::Acquire), 5, "it was asked for once more, and not for ever");
    room.until("it waits", |player| player.state == PlayerState::Paused).await;
    room.speech.play();
    let on = room.until("it goes on", |player| player.duration > 20.0).await;
    assert_eq!(on.trouble, None, "what is mended is not said any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_says_why_and_is_not_pressed() {
    let test = "read::a_server_that_refuses_says_why_and_is_not_pressed";
    let Some(_computer) = Computer::that_plays(test) else { return };
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = speaking(move |_| {
        count.fetch_add(1, Ordering::AcqRel);
        json("400 BAD REQUEST", r#"{"code": "invalid_param", "message": "TTS is not enabled", "status": 400}"#)
    })
    .await;
    let mut room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    room.speech.listen(&run, "A text.", true).await.expect("listened");
    // A sound server that starves for a moment is another matter, and does not keep it from being said.
    let refused =
        |player: &flowdeck::model::sound::Player| matches!(player.trouble, Some(PlayerTrouble::Refused { .. }));
    let said = room.until("the refusal", refused).await;
    let Some(PlayerTrouble::Refused { failure }) = &said.trouble else { panic!("{said:?}") };
    assert_eq!(failure.reason, Some(Reason::VoiceOff), "the page has words for it: {failure:?}");
    assert_eq!(asked.load(Ordering::Acquire), 1, "what is refused for a reason is not asked for again");
    assert!(room.speech.sounds(&run).await.expect("read").iter().all(|sound| !sound.complete), "nothing is whole");

    let target = room.house.folder.path().join("saved.mp3");
    let saved = tokio::time::timeout(Duration::from_secs(30), room.speech.save(&target)).await.expect("answered");
    let Err(flowdeck::speech::Error::Refused(failure)) = saved else { panic!("{saved:?}") };
    assert_eq!(failure.reason, Some(Reason::VoiceOff), "whoever wants to save it hears why it does not come");
    assert_eq!(asked.load(Ordering::Acquire), 2, "and the server was asked anew for that");
    assert!(!target.exists(), "nothing is written of nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_nothing_to_read_in_code_alone() {
    let test = "read::there_is_nothing_to_read_in_code_alone";
    let Some(_computer) = Computer::without_sound(test) else { return };
    let server = speaking(|_| sound(VOICE)).await;
    let mut room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    room.speech.listen(&run, "```\nlet x = 1;\n```", true).await.expect("listened");
    room.until("the word on it", |player| player.trouble == Some(PlayerTrouble::NothingToSay)).await;
    assert!(room.speech.sounds(&run).await.expect("read").is_empty(), "nothing is kept of nothing");
    let target = room.house.folder.path().join("saved.mp3");
    assert!(room.speech.save(&target).await.is_err() && !target.exists(), "nor is an empty file called a sound");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speech_that_cannot_be_played_here_is_said_to_be_so_and_can_be_saved() {
    let test = "read::speech_that_cannot_be_played_here_is_said_to_be_so_and_can_be_saved";
    let Some(_computer) = Computer::that_plays(test) else { return };
    const ODD: &[u8] = b"\x1A\x45\xDF\xA3 sound of a kind that nothing here can play";
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = speaking(move |_| {
        count.fetch_add(1, Ordering::AcqRel);
        sound_called("audio/webm", ODD)
    })
    .await;
    let mut room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    room.speech.listen(&run, &text(), true).await.expect("listened");
    let said = room.until("the word on it", |player| player.trouble.is_some()).await;
    assert_eq!(said.trouble, Some(PlayerTrouble::UnknownKind), "not that it is broken: {said:?}");
    let stands = |player: &flowdeck::model::sound::Player| player.state == PlayerState::Paused;
    let said = room.until("it stands", stands).await;
    assert_eq!((said.trouble, said.format), (Some(PlayerTrouble::UnknownKind), Some("webm".into())), "and it stays");
    let target = room.house.folder.path().join("saved.webm");
    let saved = tokio::time::timeout(Duration::from_secs(30), room.speech.save(&target)).await.expect("answered");
    assert!(saved.expect("it can be saved"), "it was not put away meanwhile");
    assert_eq!(asked.load(Ordering::Acquire), 4, "each piece once, and the rest of them for the saving alone");
    assert_eq!(std::fs::read(&target).expect("written"), ODD.repeat(4), "every byte, for another program");
}
