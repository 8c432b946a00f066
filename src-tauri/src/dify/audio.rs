//! Speech: texts read aloud by the server, and recordings written down. App-wide, whatever the kind of app.

use std::{io, path::Path};

use reqwest::{Response, header};
use serde_json::{Value, json};

use super::{
    Client,
    error::Error,
    files::Upload,
    http::{self, Limits},
    wire,
};
use crate::model::{
    capability::Capability,
    content::{Content, SIGNATURE},
};

/// What shall be read aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken<'a> {
    /// Providers have limits of their own for its length.
    Text(&'a str),
    /// A message of the server's, such as events name them.
    Message(&'a str),
}

/// What the sound is, by its first bytes: what servers call it is often wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechKind {
    Mp3,
    Wav,
    Ogg,
    Flac,
    Aac,
    Mp4,
    Webm,
    /// Something else that the server calls sound.
    Other,
}

/// Sound as it comes. Dropping it closes the connection.
#[derive(Debug)]
pub struct Speech {
    pub kind: SpeechKind,
    /// Came before the kind was known.
    first: Option<Vec<u8>>,
    response: Response,
    limits: Limits,
    received: usize,
}

/// The most a server takes for audio-to-text.
const LARGEST_RECORDING: u64 = 30 * 1024 * 1024;

impl Client {
    /// Has a text read aloud; `None` where the server has nothing to say, such as for a message it does not know.
    pub async fn text_to_audio(&self, what: Spoken<'_>, voice: Option<&str>) -> Result<Option<Speech>, Error> {
        // `streaming` is ignored by today's servers; older ones answered in one piece without it.
        let mut body = json!({ "user": self.user(), "streaming": true });
        match what {
            Spoken::Text(text) => body["text"] = text.into(),
            Spoken::Message(id) => body["message_id"] = id.into(),
        }
        if let Some(voice) = voice.filter(|voice| !voice.is_empty()) {
            body["voice"] = voice.into();
        }
        let request = self
            .inner
            .http
            .post(self.url(&["text-to-audio"])?)
            .header(header::ACCEPT, "audio/*")
            .header(header::ACCEPT_ENCODING, "identity")
            .json(&body);
        let answer = match self.send(request, self.limits().idle).await {
            Ok(response) => self.accept(response).await,
            Err(error) => Err(error),
        };
        Speech::open(self.observe(Capability::TextToAudio, answer)?, self.limits().clone()).await
    }

    /// Has a recording written down. Its extension tells the server what it is: mp3, m4a, wav, amr or mpga, and
    /// on newer servers also webm, mp4 and mpeg.
    pub async fn audio_to_text(&self, recording: &Path) -> Result<String, Error> {
        let size = tokio::fs::metadata(recording).await.map_err(|error| Error::file(&error))?.len();
        if size > LARGEST_RECORDING {
            return Err(Error::TooLarge { limit: LARGEST_RECORDING });
        }
        let extension = recording.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        let extension = extension.ok_or(Error::File(io::ErrorKind::InvalidFilename))?;
        // Servers compare the part's type with `audio/` and the extension, not with registered types.
        let upload = Upload {
            path: recording.to_owned(),
            name: format!("recording.{extension}"),
            mime: format!("audio/{extension}"),
        };
        let answer = self.send_file(&["audio-to-text"], upload, None, |_| {}).await;
        let value = self.observe(Capability::AudioToText, answer)?;
        match &value["text"] {
            Value::Null if !value.is_object() => Err(Error::Decode { what: "speech", reason: "not an object".into() }),
            text => Ok(wire::text(text).unwrap_or_default()),
        }
    }
}

impl Speech {
    async fn open(mut response: Response, limits: Limits) -> Result<Option<Self>, Error> {
        let status = response.status();
        let content_type = http::content_type(response.headers());
        let mut first: Vec<u8> = Vec::new();
        while first.len() < SIGNATURE {
            match http::chunk(&mut response, limits.idle).await? {
                Some(chunk) => first.extend_from_slice(&chunk),
                None => break,
            }
        }
        let kind = match SpeechKind::of(&first) {
            Some(kind) => kind,
            None if first.trim_ascii().is_empty() => return Ok(None),
            None if http::looks_like_html(&first) => return Err(http::not_dify(status, content_type, &first)),
            None if content_type.starts_with("audio/") => SpeechKind::Other,
            None => {
                // JSON under whatever name: `null` for an unknown message, or an error with status 200.
                first.extend(http::body(response, limits.json, limits.idle).await?);
                return match wire::json(&first, "speech")? {
                    Value::Null => Ok(None),
                    Value::Object(object) if object.contains_key("code") || object.contains_key("message") => {
                        let code = object.get("status").and_then(wire::int).and_then(|code| u16::try_from(code).ok());
                        Err(http::envelope(code.unwrap_or(status.as_u16()), &first, true, None))
                    }
                    _ => Err(Error::Decode { what: "speech", reason: "no sound".into() }),
                };
            }
        };
        Ok(Some(Self { kind, received: first.len(), first: Some(first), response, limits }))
    }

    /// The next bytes of the one sound file; `None` at its end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let Some(chunk) = http::chunk(&mut self.response, self.limits.idle).await? else { return Ok(None) };
        self.received += chunk.len();
        if self.received > self.limits.json {
            return Err(Error::TooLarge { limit: self.limits.json as u64 });
        }
        Ok(Some(chunk.to_vec()))
    }
}

impl SpeechKind {
    /// By the first bytes of a sound; none where they are those of no sound that is known.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Some(match Content::of(bytes)? {
            Content::Mp3 => Self::Mp3,
            Content::Aac => Self::Aac,
            Content::Wav => Self::Wav,
            Content::Ogg => Self::Ogg,
            Content::Flac => Self::Flac,
            Content::M4a | Content::Mp4 => Self::Mp4,
            Content::Webm => Self::Webm,
            _ => return None,
        })
    }
}
