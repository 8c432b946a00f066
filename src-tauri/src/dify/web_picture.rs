//! A picture of the web that a result names, fetched because somebody asked for it.

use url::Url;

use super::{
    error::Error,
    files::Picture,
    http::{self, Limits},
    picture,
    route::Route,
    web,
};

const LARGEST: usize = 12 * 1024 * 1024;

/// `near` is the API of the app whose result it is: what lies beside it may be fetched, too.
pub async fn web_picture(route: &Route, near: &Url, link: &str, limits: &Limits) -> Result<Picture, Error> {
    let url = Url::parse(link).map_err(|_| Error::Address)?;
    let response = web::ask(route, near, url, "image/png,image/jpeg,image/gif,image/webp", limits).await?;
    let bytes = http::body(response, LARGEST, limits.idle).await?;
    let broken = |reason: &str| Error::Decode { what: "picture", reason: reason.into() };
    let mime = picture::kind(&bytes).ok_or_else(|| broken("neither png, jpeg, gif nor webp"))?;
    picture::sides(&bytes).ok_or_else(|| broken("without a size"))?;
    if picture::is_vast(&bytes) {
        return Err(broken("too many pixels"));
    }
    Ok(Picture { mime, bytes })
}
