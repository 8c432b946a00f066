//! How a link that a user or a server gave is asked for: without the key, cookies or a word about who asks, and not from
//! this computer or its neighbours' automatic addresses, unless that is where it belongs.

use std::{net::IpAddr, sync::Arc};

use reqwest::{
    ClientBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
};
use url::Url;

use super::{
    address::{is_loopback, may_follow},
    error::{Error, Transport},
    http::{self, Limits},
    route::{Proxies, Route},
};

/// What the link leads to, over however many redirects: none of them leads where `near` may not lead.
pub(super) async fn ask(
    route: &Route,
    near: &Url,
    mut url: Url,
    accept: &'static str,
    limits: &Limits,
) -> Result<Response, Error> {
    for _ in 0..=http::MOST_REDIRECTS {
        if !may_follow(&url, near) || !url.has_host() {
            return Err(Error::Address);
        }
        // A login in an address is for whoever wrote it, not for us to try.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let proxies = route.proxies(&url);
        let client = http::client_with(limits, route, &url, |builder| outside_only(builder, near, &proxies))?;
        // As it is: what is packed on the way would be judged by its packed size.
        let request =
            client.get(url.clone()).header(header::ACCEPT, accept).header(header::ACCEPT_ENCODING, "identity");
        let response = http::send(request, limits.answer, &proxies, limits).await?;
        if !response.status().is_redirection() {
            return http::accept(response, limits).await;
        }
        url = http::redirected_to(&response)
            .ok_or_else(|| Error::transport(Transport::Redirect, "redirected to no usable place"))?;
    }
    Err(Error::transport(Transport::Redirect, "too many redirects"))
}

/// For whatever follows links that a server gave: no name of theirs leads into this computer, unless `near`, the API,
/// is in it.
pub(super) fn outside_only(builder: ClientBuilder, near: &Url, proxies: &Proxies) -> ClientBuilder {
    if is_loopback(near) {
        return builder;
    }
    // These the user chose: an installation or a proxy may have a name that stands for this computer.
    let chosen = near.host_str().map(str::to_owned).into_iter().chain(proxies.hosts(near)).collect();
    builder.dns_resolver(Arc::new(Outside { chosen }))
}

/// Names that turn out to be this computer, or a device beside it, lead nowhere.
struct Outside {
    /// Names that may lead anywhere.
    chosen: Arc<[String]>,
}

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        let chosen = self.chosen.iter().any(|chosen| chosen.eq_ignore_ascii_case(name.as_str()));
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let outside: Vec<_> = found.filter(|address| chosen || is_outside(address.ip())).collect();
            if outside.is_empty() {
                return Err("the name leads nowhere outside".into());
            }
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

    #[tokio::test]
    async fn only_a_name_that_the_user_chose_leads_into_this_computer() {
        let resolver = Outside { chosen: Arc::new(["LocalHost".to_owned()]) };
        let name = || "localhost".parse::<Name>().expect("a name");
        assert!(resolver.resolve(name()).await.expect("addresses").next().is_some(), "the API may be here by any name");
        let strict = Outside { chosen: Arc::new([]) };
        assert!(strict.resolve(name()).await.is_err(), "a name in a result may not");
    }

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
