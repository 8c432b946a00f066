//! Sounds as they are kept: whole, cut off, broken, without end.

use std::{path::PathBuf, time::Duration};

use flowdeck::{
    demo::DemoServer,
    model::{
        form::{Entries, Entry},
        run::{RunId, RunStatus},
        sound::{Sound, SoundOf, SoundPiece},
    },
};

use crate::room::{Room, VOICE, sound, speaking};

fn stream_of(room: &Room, run: &RunId) -> PathBuf {
    room.house.folder.path().join("runs").join(&run.0).join("speech/stream.mp3")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_run_says_after_its_end_is_kept_with_it() {
    let demo = DemoServer::start().await.expect("the demo starts");
    let mut room = Room::new().await;
    let app = room.house.connect(&demo, "every-control").await;
    let entries = Entries::from([
        ("name".into(), Entry::Text("Anna".into())),
        ("department".into(), Entry::Text("Legal".into())),
        ("pace".into(), Entry::Text("0".into())),
        ("events".into(), Entry::Text("audio".into())),
    ]);
    let id = room.house.start(&app, entries).await.expect("started");
    let run = room.house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "{:?}", run.head.error);
    // The server speaks on after the end.
    room.sounds_that(&id, |sounds| sounds.first().is_some_and(|sound| sound.complete)).await;
    let sounds = room.speech.sounds(&id).await.expect("read");
    assert_eq!(sounds, [Sound { place: 0, of: SoundOf::Stream, complete: true }], "one sound, and all of it");
    let kept = std::fs::read(stream_of(&room, &id)).expect("in the run's folder");
    assert!(kept == VOICE, "every byte, in order");
    assert!(room.speech.player().is_none(), "nobody looks at the run, so nothing plays by itself");
    // Its page is drawn a moment later.
    room.speech.watch(Some(id.clone())).await;
    room.until("it speaks", |player| player.run_id == id && player.of == SoundOf::Stream).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speech_that_breaks_off_is_kept_and_marked() {
    let server = speaking(|_| sound(VOICE)).await;
    let room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    (room.hear)(&run, SoundPiece::Bytes(VOICE[..10_000].to_vec()));
    (room.hear)(&run, SoundPiece::Lost);
    room.sounds_that(&run, |sounds| sounds.len() == 1).await;
    // A stream that is taken up again tells everything once more.
    (room.hear)(&run, SoundPiece::Bytes(VOICE.to_vec()));
    (room.hear)(&run, SoundPiece::End);
    assert!(!room.speech.sounds(&run).await.expect("read")[0].complete, "it is not passed off as whole");
    assert_eq!(std::fs::metadata(stream_of(&room, &run)).expect("kept").len(), 10_000, "what was there stays");

    // The program ends while a run speaks: what it says next time is the truth.
    let app = room.house.apps.list().await.expect("listed").remove(0);
    let other = room.house.leave_behind(&app, RunStatus::Succeeded).await;
    (room.hear)(&other, SoundPiece::Bytes(VOICE[..20_000].to_vec()));
    room.sounds_that(&other, |sounds| sounds.len() == 1).await;
    let later = Room::on(room.leave().await).await;
    let sounds = later.speech.sounds(&other).await.expect("read");
    assert!(!sounds[0].complete, "the rest of it never came: {sounds:?}");
    // Its stream is taken up again, and speaks.
    (later.hear)(&other, SoundPiece::Bytes(VOICE[20_000..].to_vec()));
    (later.hear)(&other, SoundPiece::End);
    assert_eq!(std::fs::metadata(stream_of(&later, &other)).expect("kept").len(), 20_000, "what was there stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_sound_is_not_kept_and_harms_no_run() {
    let server = speaking(|_| sound(VOICE)).await;
    let room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    (room.hear)(&run, SoundPiece::Bytes(b"<html>an error page that somebody took for sound</html>".to_vec()));
    (room.hear)(&run, SoundPiece::Bytes(vec![0; 5000]));
    (room.hear)(&run, SoundPiece::End);
    let gone = tokio::time::timeout(Duration::from_secs(20), async {
        while stream_of(&room, &run).exists() || !room.speech.sounds(&run).await.expect("read").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(gone.await.is_ok(), "nobody could do anything with it");
    let head = room.house.store.run_head(&run).await.expect("the run");
    assert_eq!(head.status, RunStatus::Succeeded, "the run is what it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_to_hear_nothing_unasked_hears_nothing_until_it_is_asked_for() {
    let server = speaking(|_| sound(VOICE)).await;
    let room = Room::new().await;
    let (app, _) = room.run_of(&server).await;
    assert!(room.speech.autoplay().await.expect("read"), "nobody has said anything yet");
    room.speech.set_autoplay(false).await.expect("kept");

    // The wish outlives the program.
    let mut room = Room::on(room.leave().await).await;
    assert!(!room.speech.autoplay().await.expect("read"), "it was said once, and holds");
    let run = room.house.leave_behind(&app, RunStatus::Succeeded).await;
    (room.hear)(&run, SoundPiece::Bytes(VOICE.to_vec()));
    (room.hear)(&run, SoundPiece::End);
    // Looking at it is what would make it speak, and is waited for.
    room.speech.watch(Some(run.clone())).await;
    room.sounds_that(&run, |sounds| sounds.first().is_some_and(|sound| sound.complete)).await;
    room.speech.watch(Some(run.clone())).await;
    assert!(room.speech.player().is_none() && room.told().is_empty(), "looked at twice, it says nothing");
    room.speech.listen(&run, "", true).await.expect("it is there");
    room.until("what was asked for", |player| player.run_id == run && player.of == SoundOf::Stream).await;

    room.speech.set_autoplay(true).await.expect("kept");
    room.speech.stop();
    let other = room.house.leave_behind(&app, RunStatus::Succeeded).await;
    room.speech.watch(Some(other.clone())).await;
    (room.hear)(&other, SoundPiece::Bytes(VOICE.to_vec()));
    room.until("the next run", |player| player.run_id == other).await;
}
