//! API keys in the system keychain, or in memory until the program quits. Nothing else ever holds one.

use std::{collections::HashMap, fmt, sync::Mutex};

use crate::model::app::KeepKey;

/// A key. It cannot be serialised, and printing it shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// For the one place that puts it into a request's header.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// Why a key could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no keychain service, or none answers.
    #[error("no keychain service: {0}")]
    NoKeychain(String),
    /// There is one, and it is locked.
    #[error("the keychain is locked: {0}")]
    Locked(String),
    #[error("no key is stored")]
    Missing,
}

/// The keychain's entries of this program, and the keys of this session.
#[derive(Debug)]
pub struct Keys {
    service: String,
    session: Mutex<HashMap<String, Secret>>,
}

impl Keys {
    pub fn new(service: &str) -> Self {
        Self { service: service.to_owned(), session: Mutex::new(HashMap::new()) }
    }

    /// Keeps `secret` for `account`, in place of any earlier one.
    pub async fn keep(&self, account: &str, secret: Secret, place: KeepKey) -> Result<(), Error> {
        match place {
            KeepKey::Session => {
                self.session().insert(account.to_owned(), secret);
                // An earlier key in the keychain must not outlive its replacement.
                let _ = self.in_keychain(account, |entry| entry.delete_credential()).await;
            }
            KeepKey::Keychain => {
                let password = secret.reveal().to_owned();
                self.in_keychain(account, move |entry| entry.set_password(&password)).await?;
                self.session().remove(account);
            }
        }
        Ok(())
    }

    pub async fn fetch(&self, account: &str) -> Result<Secret, Error> {
        if let Some(secret) = self.session().get(account) {
            return Ok(secret.clone());
        }
        self.in_keychain(account, |entry| entry.get_password()).await.map(Secret)
    }

    /// Forgets the key everywhere. Having none is fine.
    pub async fn remove(&self, account: &str) -> Result<(), Error> {
        self.session().remove(account);
        match self.in_keychain(account, |entry| entry.delete_credential()).await {
            Err(Error::Missing) => Ok(()),
            result => result,
        }
    }

    pub fn is_in_session(&self, account: &str) -> bool {
        self.session().contains_key(account)
    }

    fn session(&self) -> std::sync::MutexGuard<'_, HashMap<String, Secret>> {
        self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The keychain may wait for the user's password: it is called on a thread that may wait.
    async fn in_keychain<T: Send + 'static>(
        &self,
        account: &str,
        action: impl FnOnce(&keyring_core::Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (service, account) = (self.service.clone(), account.to_owned());
        tokio::task::spawn_blocking(move || {
            open_store()?;
            let entry = keyring_core::Entry::new(&service, &account).map_err(explain)?;
            action(&entry).map_err(explain)
        })
        .await
        .unwrap_or_else(|error| Err(Error::NoKeychain(error.to_string())))
    }
}

/// keyring chooses its store once and keeps a failure for good; a keychain that starts later is
/// found by choosing again.
fn open_store() -> Result<(), Error> {
    if keyring_core::get_default_store().is_some() {
        return Ok(());
    }
    match keyring::Entry::store_status() {
        Ok(()) => Ok(()),
        Err(first) => {
            #[cfg(target_os = "linux")]
            {
                let _ = first;
                let store = zbus_secret_service_keyring_store::Store::new().map_err(explain)?;
                keyring_core::set_default_store(store);
                Ok(())
            }
            #[cfg(not(target_os = "linux"))]
            Err(Error::NoKeychain(first.to_string()))
        }
    }
}

fn explain(error: keyring_core::Error) -> Error {
    match error {
        keyring_core::Error::NoEntry => Error::Missing,
        keyring_core::Error::NoStorageAccess(reason) => Error::Locked(reason.to_string()),
        other => Error::NoKeychain(other.to_string()),
    }
}
