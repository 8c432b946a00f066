//! Sound from the server and to it.

use std::time::Duration;

use flowdeck::dify::{Error, Limits, Speech, SpeechKind, Spoken};
use serde_json::json;

use crate::{
    USER, client_of, client_with,
    recording::Recording,
    server::{Reply, Server, Step, answer, html, json as json_answer, pieces},
};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: close\r\n\r\n";

fn sound(bytes: &[u8], size: usize) -> Reply {
    let mut reply = vec![Step::Write(HEAD.into())];
    reply.extend(pieces(bytes, size));
    reply.push(Step::Close);
    reply
}

async fn spoken(reply: Reply) -> Result<Option<Speech>, Error> {
    let server = Server::always(reply).await;
    client_of(&server).text_to_audio(Spoken::Text("hello"), None).await
}

async fn whole(mut speech: Speech) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = speech.next().await? {
        bytes.extend(piece);
    }
    Ok(bytes)
}

#[tokio::test]
async fn a_text_or_a_message_is_read_aloud_for_this_user() {
    let server = Server::always(sound(b"ID3\x04\0\0\0\0\0\0sound", 4)).await;
    let client = client_of(&server);
    client.text_to_audio(Spoken::Text("你好"), Some("alloy")).await.expect("sound");
    client.text_to_audio(Spoken::Message("m-1"), Some("")).await.expect("sound");
    let bodies: Vec<_> = server.requests().iter().map(|request| (request.path().to_owned(), request.json())).collect();
    assert_eq!(
        bodies,
        [
            (
                "/v1/text-to-audio".to_owned(),
                json!({"user": USER, "streaming": true, "text": "你好", "voice": "alloy"})
            ),
            ("/v1/text-to-audio".to_owned(), json!({"user": USER, "streaming": true, "message_id": "m-1"})),
        ],
        "an empty voice is none"
    );
}

#[tokio::test]
async fn the_sound_comes_whole_and_its_kind_is_what_its_bytes_say() {
    for (begin, kind) in [
        (&b"ID3\x04"[..], SpeechKind::Mp3),
        (b"\xFF\xFB\x90\x64", SpeechKind::Mp3),
        (b"\xFF\xF3\x84\xC4", SpeechKind::Mp3),
        (b"\xFF\xF1\x50\x80", SpeechKind::Aac),
        (b"RIFF\x24\x08\0\0WAVEfmt ", SpeechKind::Wav),
        (b"OggS\0\x02", SpeechKind::Ogg),
        (b"fLaC\0\0\0\x22", SpeechKind::Flac),
        (b"\0\0\0\x20ftypM4A ", SpeechKind::Mp4),
        (b"\x1A\x45\xDF\xA3\x01", SpeechKind::Webm),
        (b"something else that is called sound", SpeechKind::Other),
    ] {
        let bytes: Vec<u8> = begin.iter().copied().chain((0..5000_u16).map(|n| n.to_le_bytes()[0])).collect();
        for size in [1, 7, 4096] {
            let speech = spoken(sound(&bytes, size)).await.expect("sound").expect("something to say");
            assert_eq!(speech.kind, kind, "{begin:?} in pieces of {size}");
            assert!(whole(speech).await.expect("to the end") == bytes, "{kind:?}: not a byte is lost");
        }
    }
    let short = spoken(sound(b"ID3", 1)).await.expect("sound").expect("something");
    assert_eq!(whole(short).await, Ok(b"ID3".to_vec()), "even the shortest");
}

#[tokio::test]
async fn what_is_no_sound_is_nothing_or_the_reason() {
    for nothing in [json_answer("200 OK", "null\n"), answer("200 OK", "Content-Type: audio/mpeg\r\n", "")] {
        assert!(spoken(nothing).await.expect("no error").is_none(), "an unknown message, or nothing to say");
    }
    let refused = |status: u16| move |error: &Error| error.status() == Some(status);
    let not_dify = |error: &Error| matches!(error, Error::NotDify { .. });
    let decode = |error: &Error| matches!(error, Error::Decode { .. });
    let disabled = r#"{"code":"invalid_param","message":"TTS is not enabled","status":400}"#;
    for (reply, fits, what) in [
        (
            json_answer("400 BAD REQUEST", disabled),
            Box::new(refused(400)) as Box<dyn Fn(&Error) -> bool>,
            "switched off",
        ),
        (json_answer("200 OK", disabled), Box::new(refused(400)), "the same under a good status"),
        (html("500 INTERNAL SERVER ERROR", "<title>500</title>"), Box::new(refused(500)), "the provider is down"),
        (html("200 OK", "<!doctype html><title>Login</title>"), Box::new(not_dify), "a login page"),
        (json_answer("200 OK", "[1, 2, 3, 4, 5, 6]"), Box::new(decode), "something else"),
        (json_answer("200 OK", "{\"a\": "), Box::new(decode), "broken JSON"),
    ] {
        let error = spoken(reply).await.map(|_| ()).expect_err(what);
        assert!(fits(&error), "{what}: {error:?}");
    }
}

#[tokio::test]
async fn endless_and_silent_sound_is_given_up() {
    let limits = Limits { json: 10_000, ..Limits::default() };
    let server = Server::always(sound(&[b"ID3".as_slice(), &[0; 20_000]].concat(), 1000)).await;
    let speech = client_with(&server, limits.clone()).text_to_audio(Spoken::Text("a"), None).await;
    let error = whole(speech.expect("sound").expect("some")).await.expect_err("too much");
    assert_eq!(error, Error::TooLarge { limit: 10_000 }, "memory is bounded");
    let server = Server::always(vec![Step::Write(format!("{HEAD}ID3 and more bytes").into()), Step::Silence]).await;
    let limits = Limits { idle: Duration::from_millis(1500), ..limits };
    let speech = client_with(&server, limits).text_to_audio(Spoken::Text("a"), None).await;
    let error = whole(speech.expect("sound").expect("some")).await.expect_err("silence");
    assert!(error.is_lost_stream(), "{error:?}");
}

#[tokio::test]
async fn a_recording_is_sent_with_the_type_servers_compare_with() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("会议 1.M4A");
    std::fs::write(&path, "sound").expect("a file");
    let server = Server::always(json_answer("200 OK", r#"{"text": "你好"}"#)).await;
    assert_eq!(client_of(&server).audio_to_text(&path).await.as_deref(), Ok("你好"), "what was said");
    let request = &server.requests()[0];
    let body = String::from_utf8_lossy(&request.body).into_owned();
    assert_eq!(request.path(), "/v1/audio-to-text", "the path");
    assert!(body.contains("name=\"user\"\r\n\r\ndesk-1\r\n"), "for this user: {body}");
    assert!(body.contains("filename=\"recording.m4a\"\r\nContent-Type: audio/m4a\r\n\r\nsound\r\n"), "{body}");

    for (answer, text) in [(r#"{"text": null}"#, ""), (r#"{"text": 5}"#, "5"), ("{}", "")] {
        let server = Server::always(json_answer("200 OK", answer)).await;
        assert_eq!(client_of(&server).audio_to_text(&path).await.as_deref(), Ok(text), "{answer}");
    }
    let server = Server::always(json_answer("200 OK", "null")).await;
    assert!(matches!(client_of(&server).audio_to_text(&path).await, Err(Error::Decode { .. })), "no answer at all");
}

#[tokio::test]
async fn a_recording_that_no_server_takes_is_not_sent() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let large = folder.path().join("large.mp3");
    let file = std::fs::File::create(&large).expect("a file");
    file.set_len(30 * 1024 * 1024 + 1).expect("room");
    let nameless = folder.path().join("nameless");
    std::fs::write(&nameless, "x").expect("a file");
    let server = Server::always(json_answer("200 OK", "{}")).await;
    let client = client_of(&server);
    assert_eq!(client.audio_to_text(&large).await, Err(Error::TooLarge { limit: 30 << 20 }), "too long");
    for path in [nameless, folder.path().join("gone.mp3")] {
        assert!(matches!(client.audio_to_text(&path).await, Err(Error::File(_))), "{}", path.display());
    }
    assert!(server.requests().is_empty(), "nothing was sent");
    let server = Server::always(Recording::load("a2t").reply(100)).await;
    let small = folder.path().join("small.wav");
    std::fs::write(&small, "x").expect("a file");
    let error = client_of(&server).audio_to_text(&small).await.expect_err("switched off");
    assert!(
        matches!(&error, Error::Status { status: 400, message, .. } if message == "Speech to text is not enabled"),
        "{error:?}"
    );
}
