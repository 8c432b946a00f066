//! The network settings: kept in the store, their password in the keychain, and made into the way that
//! requests take. What is changed here holds from the next request on. `reach` knows whether servers are reached.

mod reach;

use std::sync::Arc;

use url::Url;

use crate::{
    dify::{self, CertificateError, Proxy, ProxyLogin, Route},
    keys::{self, Keys, Secret},
    model::{
        Millis,
        app::{KeepKey, KeyState},
        network::{AddedCertificate, AddedCertificates, ManualProxy, NetworkSettings, ProxyChoice},
    },
    store::{self, Store, StoredCertificates, StoredNetwork},
};

pub struct Network {
    store: Store,
    keys: Arc<Keys>,
    /// Changes are made one after the other: each reads, alters and writes the whole.
    changing: tokio::sync::Mutex<()>,
    reach: Arc<reach::Reach>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Keys(#[from] keys::Error),
    #[error("not the address of a proxy")]
    ProxyAddress,
    #[error(transparent)]
    Certificates(#[from] CertificateError),
}

/// The keychain's entry of the proxy's password; apps have UUIDs.
const PASSWORD: &str = "network-proxy";

impl Network {
    pub fn new(store: Store, keys: Arc<Keys>) -> Self {
        Self { store, keys, changing: tokio::sync::Mutex::default(), reach: Arc::default() }
    }

    pub async fn settings(&self, now: Millis) -> Result<NetworkSettings, Error> {
        Ok(self.shown(self.store.network().await?, now))
    }

    /// The way out for the next client. Certificates that have expired in the meantime vouch for nothing.
    pub async fn route(&self, now: Millis) -> Result<Route, Error> {
        let stored = self.store.network().await?;
        let trusted = match &stored.certificates {
            Some(kept) => dify::read_certificates(kept.pem.as_bytes(), now).unwrap_or_default(),
            None => Vec::new(),
        };
        let proxy = match stored.proxy {
            ProxyChoice::Off => Proxy::Off,
            ProxyChoice::Manual if !stored.manual.address.is_empty() => self.manual(&stored).await?,
            ProxyChoice::System | ProxyChoice::Manual => Proxy::System,
        };
        let reach = Arc::clone(&self.reach);
        let listener = dify::Listener::new(move |origin, contact| reach.hears(origin, contact));
        Ok(Route { proxy, trusted, listener: Some(listener) })
    }

    /// An address may be given as people write it, also with a login in it.
    pub async fn set_proxy(
        &self,
        proxy: ProxyChoice,
        mut manual: ManualProxy,
        now: Millis,
    ) -> Result<NetworkSettings, Error> {
        let mut password = None;
        if !manual.address.trim().is_empty() {
            let entered = proxy_address(&manual.address).ok_or(Error::ProxyAddress)?;
            manual.address = entered.address;
            if let Some(user) = entered.user {
                manual.user = user;
            }
            password = entered.password;
        } else {
            manual.address.clear();
        }
        manual.user = manual.user.trim().to_owned();
        manual.bypass = manual.bypass.trim().to_owned();
        let mut elsewhere = false;
        self.change(now, |stored| {
            elsewhere = !stored.manual.address.is_empty() && stored.manual.address != manual.address;
            stored.proxy = proxy;
            stored.manual = manual;
        })
        .await?;
        match password {
            // The old proxy's password is not the new one's to know.
            None if elsewhere => self.set_password("", now).await,
            Some(password) => self.set_password(&password, now).await,
            None => self.settings(now).await,
        }
    }

    /// Keeps the manual proxy's password in the keychain, or for this session where there is none that opens.
    /// An empty one is forgotten.
    pub async fn set_password(&self, password: &str, now: Millis) -> Result<NetworkSettings, Error> {
        let state = if password.is_empty() {
            match self.keys.remove(PASSWORD).await {
                Ok(()) | Err(keys::Error::NoKeychain(_)) => KeyState::Missing,
                Err(error) => return Err(error.into()),
            }
        } else {
            match self.keys.keep(PASSWORD, Secret::new(password.to_owned()), KeepKey::Keychain).await {
                Ok(()) => KeyState::Keychain,
                Err(_) => {
                    self.keys.keep(PASSWORD, Secret::new(password.to_owned()), KeepKey::Session).await?;
                    KeyState::Session
                }
            }
        };
        self.change(now, |stored| stored.password = state).await
    }

    /// Trusts the certificates of a file, in place of those added before.
    pub async fn add_certificates(&self, file_name: &str, file: &[u8], now: Millis) -> Result<NetworkSettings, Error> {
        let certificates = dify::read_certificates(file, now)?;
        // Written anew: only certificates are kept, whatever else was in the file.
        let pem = dify::write_certificates(&certificates);
        let kept = StoredCertificates { file_name: file_name.to_owned(), pem };
        self.change(now, |stored| stored.certificates = Some(kept)).await
    }

    pub async fn remove_certificates(&self, now: Millis) -> Result<NetworkSettings, Error> {
        self.change(now, |stored| stored.certificates = None).await
    }

    async fn change(&self, now: Millis, alter: impl FnOnce(&mut StoredNetwork)) -> Result<NetworkSettings, Error> {
        let _one_at_a_time = self.changing.lock().await;
        let mut stored = self.store.network().await?;
        alter(&mut stored);
        self.store.save_network(&stored).await?;
        Ok(self.shown(stored, now))
    }

    async fn manual(&self, stored: &StoredNetwork) -> Result<Proxy, Error> {
        let ManualProxy { address, user, bypass } = stored.manual.clone();
        let address = Url::parse(&address).map_err(|_| Error::ProxyAddress)?;
        let kept = match stored.password {
            KeyState::Missing => Ok(None),
            KeyState::Session if !self.keys.is_in_session(PASSWORD) => Err(keys::Error::Missing),
            _ => self.keys.fetch(PASSWORD).await.map(|secret| Some(secret.reveal().to_owned())),
        };
        let login = match kept {
            // A login without its password would be a wrong one, again and again, until the account is locked.
            // Without any the proxy says what it wants, which is clearer than a word about keychains here.
            Err(_) => None,
            Ok(None) if user.is_empty() => None,
            Ok(password) => Some(ProxyLogin { user, password: password.unwrap_or_default() }),
        };
        Ok(Proxy::Manual { address, login, bypass })
    }

    fn shown(&self, stored: StoredNetwork, now: Millis) -> NetworkSettings {
        let password = match stored.password {
            KeyState::Session if !self.keys.is_in_session(PASSWORD) => KeyState::Missing,
            state => state,
        };
        let certificates = stored.certificates.map(|kept| AddedCertificates {
            file_name: kept.file_name,
            certificates: dify::read_certificates(kept.pem.as_bytes(), Millis::MIN)
                .unwrap_or_default()
                .into_iter()
                .map(|certificate| AddedCertificate {
                    expired: certificate.expires_at <= now,
                    expires_at: certificate.expires_at,
                    name: certificate.name,
                })
                .collect(),
        });
        NetworkSettings { proxy: stored.proxy, manual: stored.manual, password, certificates }
    }
}

struct ProxyAddress {
    address: String,
    user: Option<String>,
    password: Option<String>,
}

/// `proxy.example:3128`, `socks5://10.0.0.1`, `http://user:password@proxy.example:3128/`.
fn proxy_address(typed: &str) -> Option<ProxyAddress> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let with_scheme = if typed.contains("://") { typed } else { format!("http://{typed}") };
    let mut url = Url::parse(&with_scheme).ok()?;
    let sound = matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h")
        && url.host_str().is_some_and(|host| {
            host.contains(|c: char| c.is_alphanumeric())
                && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._[]:".contains(c))
        })
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none();
    if !sound {
        return None;
    }
    let decoded = |text: &str| {
        url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
            .filter(|value| !value.is_empty())
    };
    let (user, password) = (decoded(url.username()), url.password().and_then(decoded));
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(ProxyAddress { address: url.as_str().trim_end_matches('/').to_owned(), user, password })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_understood_as_people_write_them() {
        for (typed, address, user, password) in [
            ("proxy.example:3128", "http://proxy.example:3128", None, None),
            (" http://proxy.example:3128/ ", "http://proxy.example:3128", None, None),
            ("10.0.0.1:8080", "http://10.0.0.1:8080", None, None),
            ("[fd00::1]:8080", "http://[fd00::1]:8080", None, None),
            ("https://proxy.example", "https://proxy.example", None, None),
            ("socks5://10.0.0.1:1080", "socks5://10.0.0.1:1080", None, None),
            ("http://anna:p%40ss+1@proxy.example:3128", "http://proxy.example:3128", Some("anna"), Some("p@ss+1")),
            ("anna@proxy.example:3128", "http://proxy.example:3128", Some("anna"), None),
        ] {
            let found = proxy_address(typed).unwrap_or_else(|| panic!("{typed} is a proxy"));
            assert_eq!(found.address, address, "{typed}");
            assert_eq!((found.user.as_deref(), found.password.as_deref()), (user, password), "{typed}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        for typed in
            ["", "http://", "ftp://proxy.example", "http://proxy.example/proxy.pac", "socks4://a:1", "a b:c", ":3128"]
        {
            assert!(proxy_address(typed).is_none(), "{typed:?}");
        }
    }
}
