//! A connected Dify app: where it is, how it presents itself, which form it asks for.

use serde::{Deserialize, Serialize};

use super::{Millis, capability::Ability, form::Form, run::RunHead, sound::AppSpeech};

/// Our own id of a connected app (UUIDv7 text). Servers never see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct AppId(pub String);

/// A connected app as the page shows it. Everything but `key` is the cached copy of what the server
/// said last, so it can be drawn with no network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct App {
    pub id: AppId,
    pub origin: Origin,
    /// Normalised base address, such as `https://api.dify.ai/v1`. Empty for the demo, whose port changes.
    pub base_url: String,
    pub branding: Branding,
    pub form: Form,
    pub key: KeyState,
    /// The `user` of every request: the owner of this connection's runs and files at the server (api.md §7).
    pub user: String,
    pub options: ConnectionOptions,
    /// What it can say aloud; none where it does not speak.
    pub speech: Option<AppSpeech>,
    /// `X-Version` of the last answer; a hint only (api.md §11).
    pub server_version: Option<String>,
    /// What its server can do, line by line of the one table.
    pub abilities: Vec<Ability>,
    /// When `branding` and `form` were last read from the server.
    pub refreshed_at: Millis,
    /// Runs of this app kept on this computer.
    pub run_count: i64,
}

/// How an app's runs are asked for, where the user wants it otherwise than usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ConnectionOptions {
    /// Id of the published version to run (a UUID); without one the latest runs. Servers know it since about 1.8.
    pub workflow_id: Option<String>,
    pub response_mode: ResponseMode,
}

/// What the server is asked to answer a run with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ResponseMode {
    /// Events as they happen.
    #[default]
    Streaming,
    /// The whole result at its end; gateways cut it after a minute or two (api.md §4).
    Blocking,
}

/// Where an app's server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Origin {
    /// A Dify server the user connected to.
    Server,
    /// The server built into this program.
    Demo,
}

/// Whether the app's key can be used now. The key itself never leaves Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum KeyState {
    /// In the system keychain.
    Keychain,
    /// In memory until the program quits.
    Session,
    /// Removed, or kept for an earlier session only: the user is asked for it.
    Missing,
    /// The server refused it the last time.
    Refused,
}

/// Where the user wants a key to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum KeepKey {
    Keychain,
    Session,
}

/// How the app presents itself, from /site and, where that is missing, /info (api.md §1.7).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Branding {
    /// Never empty: the site's title, else the app's name, else the server's host name.
    pub title: String,
    pub description: String,
    pub icon: Icon,
    /// CSS colour `#rrggbb`, checked.
    pub icon_background: Option<String>,
    pub copyright: Option<String>,
    /// An http(s) address, checked.
    pub privacy_policy: Option<String>,
    pub custom_disclaimer: Option<String>,
    /// As the server gives it, such as `zh-Hans`.
    pub default_language: Option<String>,
    /// The owner's wish; `true` where the server does not say.
    pub show_workflow_steps: bool,
    pub tags: Vec<String>,
    pub author: Option<String>,
}

/// The picture of an app.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Icon {
    /// Nothing usable was given: the page draws the title's first character.
    #[default]
    Initial,
    /// One emoji, already resolved from a short name.
    Emoji(String),
    /// `data:image/…;base64,…` of a png, jpeg, gif or webp picture, fetched once.
    Image(String),
}

/// Which part of connecting is under way (ui.md §9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ConnectStage {
    Address,
    Key,
    Form,
    Saving,
}

/// What the settings say of this program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct About {
    pub version: String,
    /// Where the local history is kept.
    pub data_folder: String,
    /// A damaged history that was moved aside at this start.
    pub history_set_aside: Option<HistorySetAside>,
    /// Runs that the program before this one ended too early to send.
    pub not_sent: Vec<RunHead>,
}

/// A damaged history, and what of it is in the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HistorySetAside {
    /// Its name beside the new one.
    pub file: String,
    pub apps: u64,
    pub runs: u64,
    /// Everything in it could be read.
    pub whole: bool,
}
