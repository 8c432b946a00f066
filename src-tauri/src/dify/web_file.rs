//! A file that a link of the user's leads to, fetched here because the server cannot or may not: without the key, cookies
//! or a word about who asks.

use std::path::Path;

use url::Url;

use super::{error::Error, files::save, http::Limits, route::Route, web};

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebFile {
    pub bytes: u64,
    pub mime: Option<String>,
    /// As its server calls it.
    pub name: Option<String>,
    /// Where the link led in the end.
    pub url: Url,
}

/// Fetches what a link leads to, at most `limit` bytes, to a file. Where the user points may lie anywhere, in the same
/// network too; where that place sends on to may not lie in this computer, unless the user's place does.
pub async fn web_file(route: &Route, link: &str, to: &Path, limit: u64, limits: &Limits) -> Result<WebFile, Error> {
    let near = Url::parse(link).map_err(|_| Error::Address)?;
    let response = web::ask(route, &near, near.clone(), "*/*", limits).await?;
    // Redirects within one place are followed by the client itself.
    let url = response.url().clone();
    let saved = save(response, to, limit, limits.idle).await?;
    Ok(WebFile { bytes: saved.bytes, mime: saved.mime, name: saved.filename, url })
}
