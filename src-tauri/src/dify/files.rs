//! Files on their way to the server and back. The key goes along only where the API itself takes them.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Body, Response, header,
    multipart::{Form, Part},
};
use serde_json::Value;
use tokio::{fs::File, io::AsyncWriteExt};
use url::Url;

use super::{
    Client,
    address::may_follow,
    error::{Error, Transport},
    file_names::{disposition_name, sent_name_for},
    http, picture,
    source::Source,
    unfinished::Unfinished,
    wire,
};
use crate::model::{Millis, capability::Capability};

/// A file to send.
#[derive(Debug, Clone)]
pub struct Upload {
    pub path: PathBuf,
    /// The name people know it by; what the server gets, [`sent_name_for`] says.
    pub name: String,
    /// Empty or unusable: `application/octet-stream`.
    pub mime: String,
}

/// A file the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    pub id: String,
    pub name: String,
    pub size: Option<u64>,
    /// Lower case without the dot, as the server derived it.
    pub extension: String,
    pub mime: Option<String>,
    /// The end user's id at the server; the newest document's sample has a number.
    pub created_by: Option<String>,
    pub created_at: Option<Millis>,
    /// Signed links that expire, maybe relative; newer servers only.
    pub preview_url: Option<String>,
    pub source_url: Option<String>,
    pub original_url: Option<String>,
    pub reference: Option<String>,
    pub tenant_id: Option<String>,
    pub user_id: Option<String>,
    pub conversation_id: Option<String>,
    pub file_key: Option<String>,
}

/// A fetched picture of one of the four kinds every window can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

/// A file that now lies on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    pub bytes: u64,
    pub mime: Option<String>,
    /// From Content-Disposition, without any folder in it.
    pub filename: Option<String>,
}

/// How long an answer to the head of a request is waited for.
const HEEDING: Duration = Duration::from_millis(300);
const LARGEST_PICTURE: usize = 512 * 1024;

impl Client {
    /// Sends a file straight from the disk. `progress` hears the bytes handed to the network so far.
    pub async fn upload(
        &self,
        source: Upload,
        progress: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Uploaded, Error> {
        self.upload_after(source, None, progress).await
    }

    /// The same for a file that was cut off before. A server that refuses by the head alone and closes at once cuts off
    /// who is busy sending: its answer is heard in the pause after the first piece.
    pub async fn upload_heeding(
        &self,
        source: Upload,
        progress: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Uploaded, Error> {
        self.upload_after(source, Some(HEEDING), progress).await
    }

    async fn upload_after(
        &self,
        source: Upload,
        pause: Option<Duration>,
        progress: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Uploaded, Error> {
        let answer = self.send_file(&["files", "upload"], source, pause, progress).await;
        let value = self.observe(Capability::Upload, answer)?;
        let text = |key: &str| wire::text(&value[key]).filter(|text| !text.is_empty());
        Ok(Uploaded {
            id: text("id").ok_or_else(|| Error::Decode { what: "answer to an upload", reason: "no id".into() })?,
            name: text("name").unwrap_or_default(),
            size: wire::int(&value["size"]).and_then(|size| u64::try_from(size).ok()),
            extension: text("extension").unwrap_or_default(),
            mime: text("mime_type"),
            created_by: text("created_by"),
            created_at: wire::moment(&value["created_at"]),
            preview_url: text("preview_url"),
            source_url: text("source_url"),
            original_url: text("original_url"),
            reference: text("reference"),
            tenant_id: text("tenant_id"),
            user_id: text("user_id"),
            conversation_id: text("conversation_id"),
            file_key: text("file_key"),
        })
    }

    /// Sends a file as the part `file`, with the user, and reads the JSON answer.
    pub(super) async fn send_file(
        &self,
        path: &[&str],
        source: Upload,
        pause: Option<Duration>,
        progress: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Value, Error> {
        let opened = Source::open(&source.path).await?;
        let (size, way) = (opened.size, Arc::clone(&opened.way));
        let name = sent_name_for(self.server_version().as_deref(), &source.name);
        let body = Body::wrap_stream(opened.pieces(pause, progress));
        let part = |mime: &str, body| Part::stream_with_length(body, size).file_name(name).mime_str(mime);
        // Servers refuse parts without a type with 415.
        let is_type = Part::text("").mime_str(&source.mime).is_ok();
        let mime = if is_type { source.mime.as_str() } else { "application/octet-stream" };
        let part = part(mime, body)?;
        // The user first: nothing has to be read behind a large file. Names go as raw UTF-8, as browsers send them.
        let form = Form::new().percent_encode_noop().text("user", self.user().to_owned()).part("file", part);
        let request = self.inner.http.post(self.url(path)?).multipart(form);
        let response = tokio::select! {
            response = self.send(request, Duration::MAX) => response,
            () = self.stalled(&way.sent) => Err(match way.reading.load(Ordering::Relaxed) {
                // A share that does not answer, or a disk that is broken.
                true => Error::File(io::ErrorKind::TimedOut),
                // With everything sent it is the answer that is missing.
                false => {
                    let all = way.sent.load(Ordering::Relaxed) >= size;
                    Error::waited(if all { Transport::Timeout } else { Transport::Stalled }, self.limits().idle)
                }
            }),
        };
        // Our own reading error comes back as the transport's.
        let response = response.map_err(|error| way.broken.get().map_or(error, |kind| Error::File(*kind)))?;
        self.json(response, "answer to an upload").await
    }

    /// Ends when nothing was sent, or answered after the last byte, for the idle time.
    async fn stalled(&self, sent: &AtomicU64) {
        let mut before = u64::MAX;
        loop {
            tokio::time::sleep(self.limits().idle).await;
            let now = sent.load(Ordering::Relaxed);
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// Fetches an app's picture, without the key. What it is, its first bytes say.
    pub async fn picture(&self, link: &str) -> Result<Picture, Error> {
        let response = self.fetch_any(link).await?;
        let bytes = http::body(response, LARGEST_PICTURE, self.limits().idle).await?;
        match picture::kind(&bytes) {
            Some(mime) if picture::is_small(&bytes) => Ok(Picture { mime, bytes }),
            Some(_) => Err(Error::Decode { what: "picture", reason: "too large, or broken".into() }),
            None => Err(Error::Decode { what: "picture", reason: "neither png, jpeg, gif nor webp".into() }),
        }
    }

    /// Fetches a run's file to `to`, without the key: first beside it under another name, so that a file
    /// under its own name is a whole one.
    pub async fn download(&self, link: &str, to: &Path, limit: u64) -> Result<Downloaded, Error> {
        save(self.fetch_any(link).await?, to, limit, self.limits().idle).await
    }

    /// The answer for a link, from the first of its possible places that has it.
    async fn fetch_any(&self, link: &str) -> Result<Response, Error> {
        let mut failure = None;
        for url in places(link, self.base_url())? {
            match self.fetch(url).await {
                Ok(response) => return Ok(response),
                Err(error) => {
                    let elsewhere = error.is_not_reached()
                        || error.is_missing_route()
                        || matches!(error, Error::Transport { kind: Transport::Timeout, .. });
                    let error = failure.get_or_insert(error);
                    if !elsewhere {
                        return Err(error.clone());
                    }
                }
            }
        }
        Err(failure.unwrap_or(Error::Address))
    }

    /// GET without the key, following redirects to any place a link may lead to.
    async fn fetch(&self, mut url: Url) -> Result<Response, Error> {
        for _ in 0..=http::MOST_REDIRECTS {
            let request = self.inner.http.get(url.clone()).header(header::ACCEPT_ENCODING, "identity");
            let response = self.send_bare(request, self.limits().answer).await?;
            if !response.status().is_redirection() {
                return http::accept(response, self.limits()).await;
            }
            match http::redirected_to(&response) {
                Some(next) if may_follow(&next, self.base_url()) => url = next,
                _ => return Err(Error::transport(Transport::Redirect, "redirected to no usable place")),
            }
        }
        Err(Error::transport(Transport::Redirect, "too many redirects"))
    }
}

/// Writes an answer's body to `to`, beside it first.
pub(super) async fn save(mut response: Response, to: &Path, limit: u64, idle: Duration) -> Result<Downloaded, Error> {
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(Error::TooLarge { limit });
    }
    let mime = Some(http::content_type(response.headers())).filter(|mime| mime.contains('/'));
    let filename = disposition_name(response.headers());
    let part = Unfinished::beside(to)?;
    let mut file = File::create_new(part.path()).await.map_err(|error| Error::file(&error))?;
    let mut bytes = 0_u64;
    while let Some(chunk) = http::chunk(&mut response, idle).await? {
        bytes += chunk.len() as u64;
        if bytes > limit {
            return Err(Error::TooLarge { limit });
        }
        file.write_all(&chunk).await.map_err(|error| Error::file(&error))?;
    }
    file.flush().await.map_err(|error| Error::file(&error))?;
    file.sync_all().await.map_err(|error| Error::file(&error))?;
    drop(file);
    part.finish(to)?;
    Ok(Downloaded { bytes, mime, filename })
}

/// Where a link may be meant to lead: the link itself, then the same path at the API's own place, because
/// servers hand out relative links and names only their own network knows (api.md §5).
fn places(link: &str, base: &Url) -> Result<Vec<Url>, Error> {
    // The installation's root: the base without its last segment, `v1`.
    let mut root = base.clone();
    root.path_segments_mut().map_err(|()| Error::Address)?.pop_if_empty().pop().push("");
    root.set_query(None);
    let link = link.trim();
    let url = root.join(link).map_err(|_| Error::Address)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::Address);
    }
    let is_relative = Url::parse(link).is_err();
    let mut at_root = root.clone();
    at_root.set_path(&format!("{}{}", root.path(), url.path().trim_start_matches('/')));
    at_root.set_query(url.query());
    let mut at_origin = root.clone();
    at_origin.set_path(url.path());
    at_origin.set_query(url.query());

    let own = [at_root, at_origin];
    // A host that is the API's own is asked the way the API is: encrypted, where it is.
    let is_weaker = url.host() == base.host() && url.scheme() == "http" && base.scheme() == "https";
    let given = if is_relative { Vec::new() } else { vec![url] };
    let mut places: Vec<Url> = Vec::new();
    if is_weaker {
        places.extend(own);
        places.extend(given);
    } else {
        places.extend(given);
        places.extend(own);
    }
    places.retain(|place| may_follow(place, base));
    let mut seen = Vec::new();
    places.retain(|place| {
        let new = !seen.contains(place);
        seen.push(place.clone());
        new
    });
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_the_apis_own_host_is_asked_for_encrypted_first() {
        let base = Url::parse("https://dify.example/sub/v1").expect("an address");
        let of = |link: &str| places(link, &base).expect("places").into_iter().map(String::from).collect::<Vec<_>>();
        assert_eq!(
            of("http://dify.example/files/a?sign=1"),
            [
                "https://dify.example/sub/files/a?sign=1",
                "https://dify.example/files/a?sign=1",
                "http://dify.example/files/a?sign=1"
            ],
            "many servers are told http though they stand behind https"
        );
        assert_eq!(of("http://files.example/a")[0], "http://files.example/a", "another host is as it is");
        assert_eq!(of("http://localhost/files/a")[0], "https://dify.example/sub/files/a", "this computer is not meant");
    }
}
