//! A picture of the web that a result names, fetched because somebody asked for it: without the key, cookies or a word
//! about who asks, and never from this computer or its neighbours' automatic addresses.

use std::{net::IpAddr, sync::Arc};

use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header,
};
use url::Url;

use super::{
    address::{is_loopback, may_follow},
    error::{Error, Transport},
    files::Picture,
    http::{self, Limits},
    picture,
    route::Route,
};

const LARGEST: usize = 12 * 1024 * 1024;
/// Width times height: a few bytes can stand for a picture that no memory holds.
const MOST_PIXELS: u64 = 50_000_000;

/// `near` is the API of the app whose result it is: what lies beside it may be fetched, too.
pub async fn web_picture(route: &Route, near: &Url, link: &str, limits: &Limits) -> Result<Picture, Error> {
    let mut url = Url::parse(link).map_err(|_| Error::Address)?;
    for _ in 0..=http::MOST_REDIRECTS {
        if !may_follow(&url, near) || !url.has_host() {
            return Err(Error::Address);
        }
        // A login in an address is for whoever wrote it, not for us to try.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let client = http::client_with(limits, route, &url, |builder| {
            if is_loopback(near) { builder } else { builder.dns_resolver(Arc::new(Outside)) }
        })?;
        let request = client
            .get(url.clone())
            .header(header::ACCEPT, "image/png,image/jpeg,image/gif,image/webp")
            .header(header::ACCEPT_ENCODING, "identity");
        let response = http::send(request, limits.answer, &route.proxies(&url), limits).await?;
        if response.status().is_redirection() {
            url = http::redirected_to(&response)
                .ok_or_else(|| Error::transport(Transport::Redirect, "redirected to no usable place"))?;
            continue;
        }
        let response = http::accept(response, limits).await?;
        let bytes = http::body(response, LARGEST, limits.idle).await?;
        let broken = |reason: &str| Error::Decode { what: "picture", reason: reason.into() };
        let mime = picture::kind(&bytes).ok_or_else(|| broken("neither png, jpeg, gif nor webp"))?;
        let (width, height) = picture::sides(&bytes).ok_or_else(|| broken("without a size"))?;
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(broken("too many pixels"));
        }
        return Ok(Picture { mime, bytes });
    }
    Err(Error::transport(Transport::Redirect, "too many redirects"))
}

/// Names that turn out to be this computer, or a device beside it, lead nowhere.
struct Outside;

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let outside: Vec<_> = found.filter(|address| is_outside(address.ip())).collect();
            Ok(Box::new(outside.into_iter()) as Addrs)
        })
    }
}

fn is_outside(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_unspecified() || ip.is_link_local() || ip.is_broadcast()),
        IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unspecified() || ip.is_unicast_link_local()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_computer_and_automatic_addresses_are_not_outside() {
        for inside in ["127.0.0.1", "0.0.0.0", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1", "::"] {
            assert!(!is_outside(inside.parse().expect("an address")), "{inside}");
        }
        for outside in ["93.184.216.34", "10.0.0.7", "2001:db8::1"] {
            assert!(is_outside(outside.parse().expect("an address")), "{outside}");
        }
    }
}
