//! What a device has played, beside what was said.

use std::time::Duration;

use flowdeck::model::sound::{PlayerState, PlayerTrouble, SoundPiece};

use crate::{
    computer::Computer,
    ear,
    room::{OPUS, Room, VOICE, sound, sound_called, speaking},
};

/// A machine that builds something else at the same time may tear a sound: it is then played once more.
const TRIES: usize = 5;

/// Whether a sound was played as it was said; if not, why.
fn compare(heard: &[f32], said: &[f32]) -> Result<(), String> {
    let heard = ear::sounding(heard);
    let (took, takes) = (ear::seconds(heard), ear::seconds(ear::sounding(said)));
    if (took - takes).abs() > 0.12 {
        return Err(format!("it took {took:.2} s and is {takes:.2} s long"));
    }
    let likeness = ear::likeness(heard, ear::sounding(said));
    if likeness < 0.95 {
        return Err(format!("it is alike by {likeness:.3} only"));
    }
    // A pause of speech is never this silent: the recording has a hiss.
    let longest = |samples| ear::silences(samples, 0.02).into_iter().map(|(from, to)| to - from).max().unwrap_or(0);
    let (gap, allowed) = (longest(heard), longest(ear::sounding(said)) + 44_100 / 25);
    if gap > allowed {
        return Err(format!("it has a gap of {gap} samples, where {allowed} are allowed"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_are_heard_without_a_gap_while_they_arrive() {
    let Some(mut computer) = Computer::that_plays("heard::pieces_are_heard_without_a_gap_while_they_arrive") else {
        return;
    };
    // Two files behind each other, as servers send them, in pieces that cut frames.
    let tag = [b"ID3\x04\0\0\0\0\0\x40".as_slice(), &[0; 64]].concat();
    let stream = [VOICE, &tag, VOICE].concat();
    let once = ear::said(VOICE);
    let said = [once.clone(), once].concat();
    let server = speaking(|_| sound(VOICE)).await;
    let mut failed = Vec::new();
    for _ in 0..TRIES {
        let mut room = Room::new().await;
        let (_, run) = room.run_of(&server).await;
        computer.forget();
        room.speech.watch(Some(run.clone())).await;
        let (hear, pieces) = (std::sync::Arc::clone(&room.hear), stream.clone());
        let id = run.clone();
        let sending = tokio::spawn(async move {
            // Twice as fast as it is spoken.
            for piece in pieces.chunks(1009) {
                hear(&id, SoundPiece::Bytes(piece.to_vec()));
                tokio::time::sleep(Duration::from_millis(120)).await;
            }
            hear(&id, SoundPiece::End);
        });
        let player = room.until("the first sound", |player| player.state == PlayerState::Playing).await;
        assert!(player.growing && player.duration < 10.0, "it plays before it is there: {player:?}");
        let player = room.until_ended().await;
        sending.await.expect("sent");
        assert!((player.duration - 14.0).abs() < 0.3 && !player.growing, "all of it was there: {player:?}");
        tokio::time::sleep(Duration::from_millis(400)).await;
        match compare(&computer.heard(), &said) {
            Ok(()) => return,
            Err(why) => failed.push(why),
        }
    }
    panic!("what was played is not what was said: {failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_loses_nothing_and_time_stands_still_in_it() {
    let Some(mut computer) = Computer::that_plays("heard::a_pause_loses_nothing_and_time_stands_still_in_it") else {
        return;
    };
    let server = speaking(|_| sound(VOICE)).await;
    let mut room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    let mut failed = Vec::new();
    for _ in 0..TRIES {
        computer.forget();
        room.speech.listen(&run, "A text.", true).await.expect("listened");
        room.until("two seconds", |player| player.position > 2.0).await;
        room.speech.pause();
        let paused = room.until("the pause", |player| player.state == PlayerState::Paused).await;
        // Longer than the device stays open: it is closed meanwhile and opened again.
        tokio::time::sleep(Duration::from_millis(5500)).await;
        let later = room.told();
        assert!(later.len() <= 1, "nothing moves in a pause, and nothing is told: {later:?}");
        assert!(room.player.as_ref().is_some_and(|now| (now.position - paused.position).abs() < 0.3), "nor does time");
        room.speech.play();
        room.until_ended().await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        room.speech.stop();
        room.told();
        let heard = computer.heard();
        let heard = ear::sounding(&heard);
        let Some((from, to)) = ear::silences(heard, 4.0).first().copied() else {
            failed.push("no pause was heard".to_owned());
            continue;
        };
        assert!((to - from) as f64 / 44_100.0 > 5.0, "as long as it was wanted");
        match compare(&[&heard[..from], &heard[to..]].concat(), &ear::said(VOICE)) {
            Ok(()) => return,
            Err(why) => failed.push(why),
        }
    }
    panic!("around the pause it is not what was said: {failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_is_heard_again_offline_from_any_moment_and_faster() {
    let test = "heard::what_was_said_is_heard_again_offline_from_any_moment_and_faster";
    let Some(mut computer) = Computer::that_plays(test) else { return };
    let server = speaking(|_| sound(VOICE)).await;
    let room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    for piece in VOICE.chunks(4096) {
        (room.hear)(&run, SoundPiece::Bytes(piece.to_vec()));
    }
    (room.hear)(&run, SoundPiece::End);
    room.sounds_that(&run, |sounds| sounds.first().is_some_and(|sound| sound.complete)).await;
    let folder = room.leave().await;
    drop(server);

    let mut room = Room::on(folder).await;
    let said = ear::said(VOICE);
    let mut failed = Vec::new();
    for _ in 0..TRIES {
        failed.clear();
        computer.forget();
        room.speech.stop();
        room.player = None;
        room.speech.set_speed(1.0);
        room.speech.listen(&run, "", true).await.expect("nobody has to be asked");
        room.until_ended().await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        failed.extend(compare(&computer.heard(), &said).err());

        computer.forget();
        room.speech.seek(4.0);
        room.speech.play();
        room.until("it plays on", |player| player.state == PlayerState::Playing && player.position >= 4.0).await;
        room.until_ended().await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        failed.extend(compare(&computer.heard(), &said[4 * 44_100..]).err().map(|why| format!("from 4 s on: {why}")));

        computer.forget();
        room.speech.set_speed(1.5);
        room.speech.seek(0.0);
        room.speech.play();
        let fast = |player: &flowdeck::model::sound::Player| player.state == PlayerState::Playing && player.speed > 1.4;
        room.until("it plays faster", fast).await;
        room.until_ended().await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        let heard = computer.heard();
        let took = ear::seconds(ear::sounding(&heard));
        let takes = ear::seconds(ear::sounding(&said)) / 1.5;
        if (took - takes).abs() > 0.3 {
            failed.push(format!("faster it took {took:.2} s, not {takes:.2}"));
        }
        if failed.is_empty() {
            return;
        }
    }
    panic!("{failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_is_pulled_out_is_missed_and_found_again() {
    let test = "heard::a_device_that_is_pulled_out_is_missed_and_found_again";
    let Some(mut computer) = Computer::that_plays(test) else { return };
    let server = speaking(|_| sound(VOICE)).await;
    let mut room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    room.speech.listen(&run, "A text.", true).await.expect("listened");
    room.until("it plays", |player| player.position > 1.0).await;
    computer.pull_out();
    let lost = room.until("the loss", |player| player.trouble == Some(PlayerTrouble::DeviceLost)).await;
    assert_eq!(lost.state, PlayerState::Paused, "it waits where it is: {lost:?}");
    assert!(lost.position >= 1.0, "and forgets nothing: {lost:?}");
    computer.plug_in();
    let found = room.until("it plays on", |player| player.state == PlayerState::Playing).await;
    assert!(found.trouble.is_none() && found.position >= lost.position - 0.1, "by itself: {found:?}");
    room.until_ended().await;
    let heard = computer.heard();
    let rest = 7.0 - lost.position;
    let took = ear::seconds(ear::sounding(&heard));
    assert!((took - rest).abs() < 1.0, "the rest was heard: {took:.1} s of {rest:.1}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_device_that_is_said_and_everything_else_works() {
    let test = "heard::without_a_device_that_is_said_and_everything_else_works";
    let Some(_computer) = Computer::without_sound(test) else { return };
    let server = speaking(|_| sound(VOICE)).await;
    let mut room = Room::new().await;
    let (_, run) = room.run_of(&server).await;
    room.speech.watch(Some(run.clone())).await;
    for piece in VOICE.chunks(4096) {
        (room.hear)(&run, SoundPiece::Bytes(piece.to_vec()));
    }
    let deaf = room.until("the missing device", |player| player.trouble == Some(PlayerTrouble::NoDevice)).await;
    assert_eq!(deaf.state, PlayerState::Paused, "nothing pretends to play: {deaf:?}");
    (room.hear)(&run, SoundPiece::End);
    let whole = room.until("all of it", |player| !player.growing).await;
    assert!((whole.duration - 7.0).abs() < 0.1, "it is kept all the same: {whole:?}");
    room.sounds_that(&run, |sounds| sounds.first().is_some_and(|sound| sound.complete)).await;
    let target = room.house.folder.path().join("saved.mp3");
    assert!(room.speech.save(&target).await.expect("it can be saved"), "it was not put away meanwhile");
    assert!(std::fs::read(target).expect("read") == VOICE, "as it came");
    room.speech.seek(3.0);
    room.speech.stop();
    while room.speech.player().is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn voice_messages_are_heard_whether_they_are_asked_for_or_come() {
    let test = "heard::voice_messages_are_heard_whether_they_are_asked_for_or_come";
    let Some(mut computer) = Computer::that_plays(test) else { return };
    let server = speaking(|_| sound_called("audio/ogg", OPUS)).await;
    let said = ear::said(VOICE)[..3 * 44_100].to_vec();
    let mut failed = Vec::new();
    for _ in 0..TRIES {
        failed.clear();
        let mut room = Room::new().await;
        let (app, run) = room.run_of(&server).await;
        computer.forget();
        room.speech.listen(&run, "A text.", true).await.expect("listened");
        let player = room.until_ended().await;
        assert_eq!((player.trouble, player.format.as_deref()), (None, Some("ogg")), "the server read it aloud so");
        // The pause between the two, longer than any of theirs.
        tokio::time::sleep(Duration::from_millis(1500)).await;

        // What a run says itself, in pieces that keep to nothing.
        let run = room.house.leave_behind(&app, flowdeck::model::run::RunStatus::Succeeded).await;
        for piece in OPUS.chunks(333) {
            (room.hear)(&run, SoundPiece::Bytes(piece.to_vec()));
        }
        (room.hear)(&run, SoundPiece::End);
        room.sounds_that(&run, |sounds| sounds.first().is_some_and(|sound| sound.complete)).await;
        room.speech.listen(&run, "", true).await.expect("nobody has to be asked");
        let other = |player: &flowdeck::model::sound::Player| player.run_id == run;
        room.until("the other run", other).await;
        let player = room.until_ended().await;
        assert!((player.duration - 3.0).abs() < 0.1 && player.trouble.is_none(), "all of it: {player:?}");
        tokio::time::sleep(Duration::from_millis(400)).await;
        let heard = computer.heard();
        let heard = ear::sounding(&heard);
        let Some((from, to)) = ear::silences(heard, 1.0).into_iter().max_by_key(|(from, to)| to - from) else {
            failed.push("two sounds were not heard".to_owned());
            continue;
        };
        failed.extend(compare(&heard[..from], &said).err().map(|why| format!("asked for: {why}")));
        failed.extend(compare(&heard[to..], &said).err().map(|why| format!("from Ogg: {why}")));
        if failed.is_empty() {
            return;
        }
    }
    panic!("{failed:?}");
}
