//! How requests leave this computer, as the settings show it. For all apps alike.

use serde::{Deserialize, Serialize};

use super::{Millis, app::KeyState};

/// The network settings. A password is never among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NetworkSettings {
    pub proxy: ProxyChoice,
    /// What was entered for `ProxyChoice::Manual`, kept while another is chosen.
    pub manual: ManualProxy,
    /// Where the password of the manual proxy is; `Missing` if there is none.
    pub password: KeyState,
    pub certificates: Option<AddedCertificates>,
}

/// Which proxy is used. This computer itself is never asked through one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ProxyChoice {
    /// What the environment and, on Windows and macOS, the system's settings say.
    #[default]
    System,
    Off,
    /// Like `System` as long as no address was entered.
    Manual,
}

/// A proxy as the user entered it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ManualProxy {
    /// Normalised, such as `http://proxy.example:3128`; empty until it is entered. No login in it.
    pub address: String,
    pub user: String,
    /// Hosts, domains and networks that are reached without the proxy, as typed.
    pub bypass: String,
}

/// A file of certificates that are trusted besides the system's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct AddedCertificates {
    /// The name of the file they came from; a copy is kept with the local history.
    pub file_name: String,
    pub certificates: Vec<AddedCertificate>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct AddedCertificate {
    pub name: String,
    pub expires_at: Millis,
    /// It no longer vouches for anything.
    pub expired: bool,
}
