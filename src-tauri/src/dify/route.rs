//! How requests leave this computer: through which proxy, and which authorities vouch for servers besides
//! those the system trusts.

use std::{fmt, time::Duration};

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::{
    address::is_loopback,
    certificates::Certificate,
    contact::{Ear, Listener},
    error::{Error, Transport},
    trust,
};

/// The network settings, ready for use.
#[derive(Debug, Clone, Default)]
pub struct Route {
    pub proxy: Proxy,
    /// Trusted besides the system's own store, until they expire.
    pub trusted: Vec<Certificate>,
    /// Hears whether servers are reached.
    pub listener: Option<Listener>,
}

#[derive(Debug, Clone, Default)]
pub enum Proxy {
    /// The environment's (`HTTPS_PROXY` and its kin), else the system's settings on Windows and macOS.
    #[default]
    System,
    Off,
    Manual {
        /// `http`, `https`, `socks5` or `socks5h`, without a login.
        address: Url,
        login: Option<ProxyLogin>,
        /// Hosts, domains and networks that are reached without it, with commas between them.
        bypass: String,
    },
}

/// It cannot be serialised, and printing it shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyLogin {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for ProxyLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl Route {
    /// Puts these settings into a client for `near` and what it links to.
    pub(super) fn apply(&self, builder: reqwest::ClientBuilder, near: &Url) -> Result<reqwest::ClientBuilder, Error> {
        let builder = match &self.proxy {
            // A proxy cannot reach this computer's own servers, the built-in one among them.
            _ if is_loopback(near) => builder.no_proxy(),
            Proxy::System => builder,
            Proxy::Off => builder.no_proxy(),
            Proxy::Manual { address, login, bypass } => {
                let mut proxy = reqwest::Proxy::all(address.clone())?;
                if let Some(login) = login {
                    proxy = proxy.basic_auth(&login.user, &login.password);
                }
                builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_string(&bypass_list(bypass))))
            }
        };
        if self.trusted.is_empty() {
            return Ok(builder);
        }
        let added = self.trusted.iter().map(Certificate::for_tls).collect();
        let config = trust::config(added).map_err(|error| Error::transport(Transport::Tls, error.to_string()))?;
        Ok(builder.tls_backend_preconfigured(config))
    }

    /// Whether a proxy stands between this computer and that server.
    pub fn is_by_proxy(&self, near: &Url) -> bool {
        self.proxies(near).towards(near).is_some()
    }

    /// The same rules once more, to tell afterwards whether a proxy was in between.
    pub(super) fn proxies(&self, near: &Url) -> Proxies {
        let matcher = match &self.proxy {
            _ if is_loopback(near) => None,
            Proxy::Off => None,
            Proxy::System => Some(Matcher::from_system()),
            Proxy::Manual { address, bypass, .. } => {
                Some(Matcher::builder().all(address.as_str()).no(bypass_list(bypass)).build())
            }
        };
        let has_login = matches!(&self.proxy, Proxy::Manual { login: Some(_), .. });
        Proxies { matcher, has_login, ear: Ear::new(near, self.listener.clone()) }
    }
}

/// Which proxy stands between a client and a server.
#[derive(Debug)]
pub(super) struct Proxies {
    matcher: Option<Matcher>,
    has_login: bool,
    pub(super) ear: Ear,
}

/// A proxy that was on the way.
struct Between {
    host: String,
    port: u16,
    has_login: bool,
}

/// How long a proxy may take to answer the question whether it is there at all.
const KNOCK: Duration = Duration::from_secs(2);

impl Proxies {
    /// Says why a request failed: at the proxy, where there is one, or behind it.
    pub(super) async fn explain(&self, error: reqwest::Error, connect: Duration) -> Error {
        let proxy = error.url().and_then(|url| Some((self.towards(url)?, url.scheme() == "https")));
        let is_connect = error.is_connect();
        let error = match Error::from(error) {
            Error::Transport { kind: Transport::ConnectTimeout, .. } => {
                Error::waited(Transport::ConnectTimeout, connect)
            }
            other => other,
        };
        let (Some((proxy, is_tunnel)), Error::Transport { kind, detail, .. }, true) = (proxy, &error, is_connect)
        else {
            return error;
        };
        let says = |words: &str| detail.contains(words);
        // The connector's errors are not public types: they are known by their words (hyper-util, proxy::tunnel
        // and proxy::socks), which the tests hold fast.
        let kind = if says("proxy authorization required") || says("does not support user/pass authentication") {
            return proxy.login_error();
        } else if says("credentials not accepted") {
            Transport::ProxyLoginRefused
        } else if says("failed to create underlying connection") {
            Transport::ProxyUnreachable
        } else if says("unsuccessful") || says("SOCKS error") || says("tunnel error") {
            Transport::ProxyRefused
        } else if *kind == Transport::ConnectTimeout {
            // Either may have been silent; one of the two can be asked.
            if proxy.answers().await {
                return error;
            }
            Transport::ProxyUnreachable
        } else if is_tunnel {
            // The tunnel stood: what failed is the server's TLS.
            return error;
        } else {
            Transport::ProxyUnreachable
        };
        Error::transport(kind, detail.clone()).about(proxy.name())
    }

    /// What a 407 means; `None` if no proxy is known that could have said it.
    pub(super) fn login_error(&self, url: &Url) -> Option<Error> {
        Some(self.towards(url)?.login_error())
    }

    /// The proxies' own names, for links as well as for `near`.
    pub(super) fn hosts(&self, near: &Url) -> Vec<String> {
        let elsewhere = ["http://flowdeck.invalid", "https://flowdeck.invalid"].map(|url| Url::parse(url).ok());
        let urls = elsewhere.into_iter().flatten().chain([near.clone()]);
        urls.filter_map(|url| Some(self.towards(&url)?.host)).collect()
    }

    fn towards(&self, url: &Url) -> Option<Between> {
        let url = url.as_str().parse().ok()?;
        let found = self.matcher.as_ref()?.intercept(&url)?;
        let uri = found.uri();
        let default = match uri.scheme_str() {
            Some("https") => 443,
            Some(socks) if socks.starts_with("socks") => 1080,
            _ => 80,
        };
        Some(Between {
            host: uri.host()?.to_owned(),
            port: uri.port_u16().unwrap_or(default),
            has_login: self.has_login || found.basic_auth().is_some() || found.raw_auth().is_some(),
        })
    }
}

impl Between {
    fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn login_error(&self) -> Error {
        let kind = if self.has_login { Transport::ProxyLoginRefused } else { Transport::ProxyLoginNeeded };
        Error::transport(kind, "HTTP 407").about(self.name())
    }

    async fn answers(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        matches!(tokio::time::timeout(KNOCK, tokio::net::TcpStream::connect((host, self.port))).await, Ok(Ok(_)))
    }
}

/// As people write such lists: with semicolons, spaces, lines and stars.
fn bypass_list(typed: &str) -> String {
    typed
        .split(|c: char| c.is_whitespace() || ",;，；、".contains(c))
        .map(|entry| entry.strip_prefix("*.").unwrap_or(entry))
        .filter(|entry| !entry.is_empty())
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manual(bypass: &str) -> Route {
        let address = Url::parse("http://proxy.example:3128").expect("a sound address");
        let login = Some(ProxyLogin { user: "u".into(), password: "secret".into() });
        Route { proxy: Proxy::Manual { address, login, bypass: bypass.into() }, ..Route::default() }
    }

    #[test]
    fn only_what_is_not_listed_goes_through_the_proxy() {
        let near = Url::parse("https://dify.example/v1").expect("a sound address");
        let proxies = manual("*.intern.example; 10.0.0.0/8，wiki").proxies(&near);
        for (url, expected) in [
            ("https://dify.example/v1", true),
            ("http://dify.example/v1", true),
            ("https://a.intern.example/v1", false),
            ("https://intern.example/v1", false),
            ("http://10.1.2.3/v1", false),
            ("http://11.1.2.3/v1", true),
            ("http://wiki/v1", false),
        ] {
            let url = Url::parse(url).expect("a sound address");
            assert_eq!(proxies.towards(&url).is_some(), expected, "{url}");
        }
    }

    #[test]
    fn this_computer_is_never_behind_a_proxy() {
        for near in ["http://localhost:5001/v1", "http://127.0.0.1/v1", "http://[::1]:80/v1"] {
            let near = Url::parse(near).expect("a sound address");
            assert!(manual("").proxies(&near).towards(&near).is_none(), "{near}");
        }
    }

    #[test]
    fn printing_a_route_shows_no_password() {
        assert!(!format!("{:?}", manual("")).contains("secret"), "routes end up in logs through Debug");
    }
}
