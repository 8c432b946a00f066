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
    files::{Picture, picture_type},
    http::{self, Limits},
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
        let mime = picture_type(&bytes).ok_or_else(|| broken("neither png, jpeg, gif nor webp"))?;
        let (width, height) = size_of(&bytes).ok_or_else(|| broken("without a size"))?;
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

/// Width and height from the first bytes of a picture.
fn size_of(bytes: &[u8]) -> Option<(u32, u32)> {
    let big = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let big_short = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let little = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let three = |at: usize| Some(u32::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?, *bytes.get(at + 2)?, 0]));
    match picture_type(bytes)? {
        "image/png" => Some((big(16)?, big(20)?)),
        "image/gif" => Some((little(6)?, little(8)?)),
        "image/webp" => match bytes.get(12..16)? {
            b"VP8X" => Some((three(24)? + 1, three(27)? + 1)),
            b"VP8 " => Some((little(26)? & 0x3FFF, little(28)? & 0x3FFF)),
            b"VP8L" => {
                let bits = u32::from_le_bytes(bytes.get(21..25)?.try_into().ok()?);
                Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
            }
            _ => None,
        },
        _ => {
            // JPEG: segments until the one that begins a frame.
            let mut at = 2;
            loop {
                let marker = *bytes.get(at + 1)?;
                if *bytes.get(at)? != 0xFF {
                    return None;
                }
                match marker {
                    0xFF => at += 1,
                    0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                        return Some((big_short(at + 7)?, big_short(at + 5)?));
                    }
                    0x01 | 0xD0..=0xD8 => at += 2,
                    _ => at += 2 + big_short(at + 2)? as usize,
                }
            }
        }
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

    #[test]
    fn sizes_stand_in_the_first_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x02\0";
        let gif = b"GIF89a\x03\0\x04\0";
        let webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x04\0\0\x05\0\0";
        let lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x02\x40\0\0";
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x07\0\x08";
        assert_eq!(size_of(png), Some((256, 512)));
        assert_eq!(size_of(gif), Some((3, 4)));
        assert_eq!(size_of(webp), Some((5, 6)));
        assert_eq!(size_of(lossless), Some((3, 2)));
        assert_eq!(size_of(jpeg), Some((8, 7)));
        assert_eq!(size_of(b"\xff\xd8\xff"), None, "cut off");
        assert_eq!(size_of(b"<svg/>"), None, "no picture of these kinds");
    }
}
