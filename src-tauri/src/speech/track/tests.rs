use std::{
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::*;

const VOICE: &[u8] = include_bytes!("../../demo/samples/voice.mp3");

fn fresh() -> (tempfile::TempDir, Arc<Track>) {
    let folder = tempfile::tempdir().expect("a folder");
    let track = Track::create(folder.path().join("speech/stream.mp3")).expect("a file");
    (folder, track)
}

fn wav(samples: u32) -> Vec<u8> {
    let bytes = samples * 2;
    let mut wav = b"RIFF".to_vec();
    wav.extend((bytes + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend([8000_u32.to_le_bytes(), 16_000_u32.to_le_bytes()].concat());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(bytes.to_le_bytes());
    wav.extend((0..samples).flat_map(|n| (((n % 40) as i16 - 20) * 800).to_le_bytes()));
    wav
}

#[test]
fn a_reader_waits_for_what_has_not_arrived_and_gets_every_byte() {
    let (_folder, track) = fresh();
    let cancelled = Arc::new(AtomicBool::new(false));
    let reading = std::thread::spawn({
        let (track, cancelled) = (Arc::clone(&track), Arc::clone(&cancelled));
        move || {
            let part = track.wait_for_part(0, &cancelled).expect("a part comes");
            let mut bytes = Vec::new();
            let reader = track.reader(0, part.start, &cancelled);
            reader.expect("a reader").read_to_end(&mut bytes).expect("read");
            bytes
        }
    });
    // Nothing respects the frames.
    for piece in VOICE.chunks(997) {
        track.push(piece);
    }
    assert!(!reading.is_finished(), "the end is not the end as long as more may come");
    track.close();
    assert!(reading.join().expect("read") == VOICE, "what was read is what came");
    assert!((track.extent().seconds - 7.0).abs() < 0.1, "and its length is known: {}", track.extent().seconds);
}

#[test]
fn who_waits_is_let_go_when_nobody_wants_it_any_more() {
    let (_folder, track) = fresh();
    track.push(&VOICE[..3000]);
    let cancelled = Arc::new(AtomicBool::new(false));
    let reading = std::thread::spawn({
        let (track, cancelled) = (Arc::clone(&track), Arc::clone(&cancelled));
        move || track.reader(0, 0, &cancelled).expect("a reader").read_to_end(&mut Vec::new()).expect("read")
    });
    cancelled.store(true, Ordering::Release);
    let begun = std::time::Instant::now();
    while !reading.is_finished() && begun.elapsed() < Duration::from_secs(5) {
        track.wake();
        std::thread::yield_now();
    }
    assert!(reading.is_finished(), "no thread is left behind");
}

#[test]
fn a_moment_is_found_without_reading_what_is_before_it() {
    let (_folder, track) = fresh();
    track.push(VOICE);
    track.close();
    let (place, before) = track.part_at(5.0);
    let cancelled = AtomicBool::new(false);
    let part = track.wait_for_part(place, &cancelled).expect("it is there");
    let (at, moment) = part.begin(5.0 - before);
    assert!(moment <= 5.0 && moment > 4.0, "a little before it: {moment}");
    let expected = VOICE.len() as f64 * moment / track.extent().seconds;
    assert!((at as f64 - expected).abs() < 500.0, "32 kbit/s all the way: {at} for {expected}");
}

#[test]
fn what_is_no_sound_is_said_and_harms_nothing() {
    let (_folder, track) = fresh();
    track.push(b"<html><body>502 Bad Gateway</body></html>");
    track.push(VOICE);
    track.close();
    assert_eq!(track.extent().trouble, Some(Trouble::Broken), "it does not begin like any sound");
    let (_folder, track) = fresh();
    track.push(&[b"ID3\x04\0\0\0\0\0\0".as_slice(), &[7; 300_000]].concat());
    assert_eq!(track.extent().trouble, Some(Trouble::Broken), "nor does a tag alone make it one");
    let (_folder, track) = fresh();
    track.close();
    assert_eq!(track.extent().trouble, None, "silence is no trouble");
}

#[test]
fn sound_without_end_is_cut() {
    let (_folder, track) = fresh();
    let much: Vec<u8> = VOICE.iter().copied().cycle().take(8 * 1024 * 1024).collect();
    for _ in 0..20 {
        track.push(&much);
    }
    track.close();
    let extent = track.extent();
    assert_eq!(extent.trouble, Some(Trouble::TooMuch), "and that is said");
    assert!(extent.bytes <= LARGEST && extent.seconds > 3600.0, "what is there stays: {extent:?}");
}

#[test]
fn a_stream_of_another_kind_is_played_once_it_is_whole() {
    let (_folder, track) = fresh();
    let sound = wav(16_000);
    for piece in sound.chunks(999) {
        track.push(piece);
    }
    track.close();
    assert_eq!((track.extent().trouble, track.format()), (None, Some("wav")));
    assert!((track.extent().seconds - 2.0).abs() < 0.01, "two seconds: {}", track.extent().seconds);
    let (_folder, track) = fresh();
    track.push(b"\x1A\x45\xDF\xA3 a kind that is known and cannot be played here");
    track.close();
    assert_eq!(
        (track.extent().trouble, track.saved_as()),
        (Some(Trouble::UnknownKind), Some("webm")),
        "it can be saved"
    );
}

#[test]
fn pieces_that_cannot_be_played_are_kept_as_they_came() {
    let (_folder, track) = fresh();
    let odd = b"\x1A\x45\xDF\xA3 a kind that is known and cannot be played here";
    track.push_piece(odd).expect("it is kept");
    assert_eq!(track.extent().trouble, Some(Trouble::UnknownKind), "the first of them says it");
    track.push_piece(odd).expect("so is the next");
    track.close();
    assert_eq!(std::fs::read(&track.path).expect("there"), [odd.as_slice(), odd].concat(), "every byte");
    assert_eq!((track.saved_as(), track.is_saved_as_it_is()), (Some("webm"), true), "no empty sound is made of them");
    let again = Track::open(track.path.clone(), track.pieces(), true).expect("opened");
    assert_eq!(again.extent().trouble, Some(Trouble::UnknownKind), "and later it is still said");
}

#[test]
fn a_piece_that_cannot_be_played_is_a_silence_among_others_that_can() {
    let (_folder, track) = fresh();
    let odd = b"\x1A\x45\xDF\xA3 a kind that is known and cannot be played here";
    track.push_piece(&wav(8000)).expect("sound");
    track.push_piece(odd).expect("it is kept");
    assert_eq!(track.extent().trouble, None, "the rest is still worth asking for");
    track.push_piece(&wav(8000)).expect("more sound");
    assert!((track.extent().seconds - 2.0).abs() < 0.01, "all of it counts: {}", track.extent().seconds);
}

#[test]
fn pieces_are_found_again_and_half_ones_taken_back() {
    let (folder, track) = fresh();
    track.push_piece(VOICE).expect("sound");
    assert_eq!(track.push_piece(b"<html>no</html>"), Err(Trouble::Broken), "a page is no piece");
    track.push_piece(&wav(8000)).expect("sound of another kind");
    track.push_piece(b"").expect("nothing to say there");
    let (pieces, seconds) = (track.pieces(), track.extent().seconds);
    assert_eq!(track.saved_as(), Some("wav"), "an MP3 and a WAV behind each other are no file");
    track.close();
    let path = folder.path().join("speech/stream.mp3");
    // The program ended in the middle of the next one.
    let mut file = File::options().append(true).open(&path).expect("there");
    file.write_all(&VOICE[..500]).expect("written");
    let again = Track::open(path.clone(), pieces.clone(), false).expect("opened");
    assert_eq!((again.pieces(), again.extent().seconds), (pieces, seconds), "what was whole is there");
    again.push_piece(VOICE).expect("it goes on");
    assert!((again.extent().seconds - seconds - 7.0).abs() < 0.1, "behind it");
    let target = folder.path().join("joined.wav");
    again.close();
    super::super::decode::write_wav(&again, &target).expect("joined");
    let joined = Track::file(&target).expect("a sound file");
    assert!((joined.extent().seconds - again.extent().seconds).abs() < 0.2, "all of it is in the one file");
}
