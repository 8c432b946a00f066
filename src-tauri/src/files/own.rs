//! Files made of what was none: what is pasted, and what a link leads to. Each lies in a folder of its own below the
//! program's data, so that it can have the name it should have.

use std::{
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::{Error, Files, look::mime_of, out::safe_name};
use crate::{
    dify::{self, WebFile},
    model::{
        Millis,
        check::extension_of,
        event::AppEvent,
        file::{FileKind, StagedFile},
        ways::{Fetched, WhyNotFetched},
    },
};

/// Between two words about how much of a link's file is here.
const NEWS: Duration = Duration::from_millis(250);

impl Files {
    /// Writes a file of our own, and takes it in.
    pub(super) async fn own_file(self: &Arc<Self>, name: &str, bytes: &[u8]) -> Result<StagedFile, Error> {
        let folder = self.new_folder().await?;
        let path = folder.join(safe_name(name));
        if let Err(error) = tokio::fs::write(&path, bytes).await {
            let _ = tokio::fs::remove_dir_all(&folder).await;
            return Err(error.into());
        }
        self.take_own(path).await
    }

    /// Fetches a file from a link and takes it in. `fetch` writes it to the place it is given, or beside it first. How
    /// far it is goes to the page.
    pub async fn fetch<F>(self: &Arc<Self>, link: &str, fetch: impl FnOnce(PathBuf) -> F) -> Result<Fetched, Error>
    where
        F: Future<Output = Result<WebFile, dify::Error>>,
    {
        let cancelled = CancellationToken::new();
        if let Some(earlier) = self.fetching().insert(link.to_owned(), cancelled.clone()) {
            earlier.cancel();
        }
        let _fetching = Fetching { files: self, link, cancelled: &cancelled };
        let folder = self.new_folder().await?;
        let part = folder.join("fetched");
        let fetched = tokio::select! {
            () = cancelled.cancelled() => Err(WhyNotFetched::Cancelled),
            result = self.telling(link, &folder, fetch(part.clone())) => result.map_err(|error| why(&error)),
        };
        let fetched = fetched.and_then(|file| judged(link, file));
        let result = match fetched {
            Ok(name) => {
                let path = folder.join(name);
                match tokio::fs::rename(&part, &path).await {
                    Ok(()) => self.take_own(path).await.map(|file| Fetched::File { file }),
                    Err(_) => Ok(Fetched::Not { why: WhyNotFetched::Disk }),
                }
            }
            Err(why) => Ok(Fetched::Not { why }),
        };
        if !matches!(result, Ok(Fetched::File { .. })) {
            let _ = tokio::fs::remove_dir_all(&folder).await;
        }
        result
    }

    /// Carries a fetch out and tells the page, while it lasts, how much lies in its folder by now.
    async fn telling<T>(&self, link: &str, folder: &Path, fetch: impl Future<Output = T>) -> T {
        let mut fetch = pin!(fetch);
        let mut news = tokio::time::interval(NEWS);
        news.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut told = 0;
        loop {
            tokio::select! {
                result = &mut fetch => return result,
                _ = news.tick() => {
                    let bytes = size_in(folder).await;
                    if bytes > told {
                        told = bytes;
                        (self.emit)(AppEvent::LinkChanged { link: link.to_owned(), bytes });
                    }
                }
            }
        }
    }

    pub fn cancel_fetch(&self, link: &str) {
        if let Some(cancelled) = self.fetching().remove(link) {
            cancelled.cancel();
        }
    }

    /// Removes files of our own that nothing names any more. What was made since `begun` may still be wanted.
    pub async fn clear_own(&self, begun: Millis) -> Result<(), Error> {
        match &self.own {
            Some(own) => self.clear_unnamed(own, begun).await,
            None => Ok(()),
        }
    }

    /// Removes what lies in `folder` since before `begun` and is named by nothing.
    pub(super) async fn clear_unnamed(&self, folder: &Path, begun: Millis) -> Result<(), Error> {
        let folder = folder.to_owned();
        let named: Vec<PathBuf> =
            self.store.staged_paths().await?.into_iter().filter(|path| path.starts_with(&folder)).collect();
        let begun = std::time::UNIX_EPOCH + std::time::Duration::from_millis(begun.try_into().unwrap_or_default());
        let clearing = tokio::task::spawn_blocking(move || {
            let Ok(entries) = std::fs::read_dir(&folder) else { return };
            for entry in entries.flatten() {
                let older = entry.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|at| at < begun);
                if older && !named.iter().any(|path| path.starts_with(entry.path())) {
                    // Another try follows at the next start.
                    let _ = std::fs::remove_dir_all(entry.path());
                }
            }
        });
        clearing.await.map_err(|_| Error::Unreadable)
    }

    async fn take_own(self: &Arc<Self>, path: PathBuf) -> Result<StagedFile, Error> {
        let ids = self.take(vec![path]).into_iter().map(|file| file.id).collect();
        self.look(ids).await.pop().ok_or(Error::Unreadable)
    }

    async fn new_folder(&self) -> Result<PathBuf, Error> {
        let own = self.own.as_ref().ok_or(Error::ReadOnly)?;
        let folder = own.join(Uuid::now_v7().to_string());
        tokio::fs::create_dir_all(&folder).await?;
        Ok(folder)
    }

    fn fetching(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<String, CancellationToken>> {
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A link that is being fetched, until that is over, however it ends.
struct Fetching<'a> {
    files: &'a Files,
    link: &'a str,
    cancelled: &'a CancellationToken,
}

impl Drop for Fetching<'_> {
    fn drop(&mut self) {
        let mut fetching = self.files.fetching();
        // Otherwise it is out already, or a later one of the same link has its place.
        if !self.cancelled.is_cancelled() {
            fetching.remove(self.link);
        }
    }
}

/// Bytes of the files in a folder; what cannot be read counts nothing.
async fn size_in(folder: &Path) -> u64 {
    let Ok(mut entries) = tokio::fs::read_dir(folder).await else { return 0 };
    let mut bytes = 0;
    while let Ok(Some(entry)) = entries.next_entry().await {
        bytes += entry.metadata().await.map_or(0, |metadata| metadata.len());
    }
    bytes
}

/// The name of what was fetched; or that it is not what the link promised.
fn judged(link: &str, file: WebFile) -> Result<String, WhyNotFetched> {
    if file.bytes == 0 {
        return Err(WhyNotFetched::Empty);
    }
    let last = |url: &Url| {
        let last = url.path_segments()?.next_back()?.to_owned();
        Some(percent_decoded(&last)).filter(|name| !name.is_empty())
    };
    let asked = Url::parse(link).ok();
    let promised = asked.as_ref().and_then(last).unwrap_or_default();
    let is_page = matches!(file.mime.as_deref(), Some("text/html" | "application/xhtml+xml"));
    let known = |extension: &str| FileKind::derive(extension, "") != FileKind::Custom;
    let extension = extension_of(&promised);
    let led_away = asked.as_ref().and_then(Url::host_str) != file.url.host_str();
    let meant_a_page = matches!(extension.as_str(), "html" | "htm");
    // A page in place of a document, or on another host than the link's, is where one signs in.
    if is_page && file.name.is_none() && !meant_a_page && (known(&extension) || led_away) {
        return Err(WhyNotFetched::SignIn);
    }
    let name = file.name.or_else(|| last(&file.url).filter(|name| known(&extension_of(name)))).unwrap_or(promised);
    let name = if name.is_empty() { file.url.host_str().unwrap_or("file").to_owned() } else { name };
    let ending = file.mime.as_deref().and_then(ending_of);
    // What the server calls it decides only where the name says nothing: "report.aspx" is a page, or a PDF.
    Ok(safe_name(&match ending {
        Some(ending) if !known(&extension_of(&name)) => format!("{name}.{ending}"),
        _ => name,
    }))
}

/// The usual ending of a type that servers know.
fn ending_of(mime: &str) -> Option<&'static str> {
    const FIRST: &[&str] = &["txt", "html", "jpg", "xml", "md"];
    let kinds = [FileKind::Document, FileKind::Image, FileKind::Audio, FileKind::Video];
    let endings = kinds.iter().flat_map(|kind| kind.extensions()).copied();
    FIRST.iter().copied().chain(endings).find(|ending| mime_of(ending) == mime)
}

fn percent_decoded(text: &str) -> String {
    // A form's way of writing, where these mean something else than in a path.
    let pairs = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(pairs.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn why(error: &dify::Error) -> WhyNotFetched {
    match error {
        dify::Error::Status { status: 401 | 403 | 407, .. } => WhyNotFetched::SignIn,
        dify::Error::Status { status: 404 | 410, .. } => WhyNotFetched::Gone,
        dify::Error::Status { status, .. } | dify::Error::NotDify { status, .. } => match status {
            404 | 405 | 410 => WhyNotFetched::Gone,
            status => WhyNotFetched::Refused { status: *status },
        },
        dify::Error::TooLarge { limit } => WhyNotFetched::TooLarge { limit: *limit },
        dify::Error::File(_) => WhyNotFetched::Disk,
        dify::Error::Address => WhyNotFetched::Address,
        _ => WhyNotFetched::NotReached,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(at: &str, mime: &str, name: Option<&str>) -> WebFile {
        WebFile {
            bytes: 1,
            mime: Some(mime.to_owned()),
            name: name.map(str::to_owned),
            url: Url::parse(at).expect("an address"),
        }
    }

    #[test]
    fn a_fetched_file_gets_the_best_name_there_is() {
        for (link, at, mime, said, name) in [
            ("https://a.example/f/Report%202026.pdf?x=1", "", "application/pdf", None, "Report 2026.pdf"),
            ("https://a.example/get?id=7", "", "application/pdf", Some("Offer.pdf"), "Offer.pdf"),
            ("https://a.example/get?id=7", "", "application/pdf", None, "get.pdf"),
            ("https://a.example/view.aspx", "", "text/html", None, "view.aspx.html"),
            ("https://a.example/short", "https://a.example/f/long.docx", "application/octet-stream", None, "long.docx"),
            ("https://a.example/", "", "image/png", None, "a.example.png"),
            ("https://a.example/a%2F..%2F..%2Fetc", "", "text/plain", None, "a_.._.._etc.txt"),
            ("https://a.example/C%2B%2B+x.txt", "", "text/plain", None, "C+++x.txt"),
        ] {
            let at = if at.is_empty() { link } else { at };
            let kept = judged(link, fetched(at, mime, said));
            assert_eq!(kept.as_deref(), Ok(name), "{link}");
        }
    }

    #[tokio::test]
    async fn a_fetch_that_could_not_begin_is_not_under_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = crate::store::Store::open(folder.path()).await.expect("a store");
        let in_the_way = folder.path().join("a file");
        std::fs::write(&in_the_way, "").expect("written");
        let files = Arc::new(Files::new(store, Arc::new(|_| ())).with_own_folder(in_the_way));
        let never = |_| async { Err(dify::Error::Address) };
        assert!(files.fetch("https://a.example/a.pdf", never).await.is_err(), "there is no place for it");
        assert!(files.fetching().is_empty());
    }

    #[test]
    fn a_page_in_place_of_a_document_is_no_document() {
        let link = "https://a.example/report.pdf";
        assert_eq!(judged(link, fetched(link, "text/html", None)), Err(WhyNotFetched::SignIn));
        let away = fetched("https://login.example/?back=x", "text/html", None);
        assert_eq!(judged("https://a.example/d/7", away), Err(WhyNotFetched::SignIn), "it led to a place to sign in");
        let page = "https://a.example/news.html";
        assert_eq!(judged(page, fetched(page, "text/html", None)).as_deref(), Ok("news.html"), "a page was asked for");
    }
}
