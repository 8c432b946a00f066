//! A file that a link of the user's leads to, fetched here because the server cannot or may not: without the key, cookies
//! or a word about who asks.

use std::path::Path;

use reqwest::header;
use url::Url;

use super::{
    address::may_follow,
    error::{Error, Transport},
    files::save,
    http::{self, Limits},
    route::Route,
    web_picture::outside_only,
};

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
    let mut url = near.clone();
    for _ in 0..=http::MOST_REDIRECTS {
        if !may_follow(&url, &near) || !url.has_host() {
            return Err(Error::Address);
        }
        // A login in an address is for whoever wrote it, not for us to try.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let proxies = route.proxies(&url);
        let client = http::client_with(limits, route, &url, |builder| outside_only(builder, &near, &proxies))?;
        // As it is: a file that is packed on the way would be judged by its packed size.
        let request = client.get(url.clone()).header(header::ACCEPT_ENCODING, "identity");
        let response = http::send(request, limits.answer, &proxies, limits).await?;
        if response.status().is_redirection() {
            url = http::redirected_to(&response)
                .ok_or_else(|| Error::transport(Transport::Redirect, "redirected to no usable place"))?;
            continue;
        }
        let response = http::accept(response, limits).await?;
        // Redirects within one place are followed by the client itself.
        let url = response.url().clone();
        let saved = save(response, to, limit, limits.idle).await?;
        return Ok(WebFile { bytes: saved.bytes, mime: saved.mime, name: saved.filename, url });
    }
    Err(Error::transport(Transport::Redirect, "too many redirects"))
}
