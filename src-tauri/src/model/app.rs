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
    /// What the user calls it, where that is something else than its server does.
    pub given_name: Option<String>,
    /// What its server calls it.
    pub server_title: String,
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
    /// Never empty: the site's title, else the app's name, else the server's host name. What is shown of an app has
    /// the name that the user gave it here.
    pub title: String,
    /// The server gave no name: `title` is its host's.
    pub untitled: bool,
    pub description: String,
    pub icon: Icon,
    /// CSS colour `#rrggbb`, checked. What is shown of an app with an initial and no colour has one of its own.
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

impl Branding {
    /// As it is shown here: under the name that the user gave it, and in a colour of its own where it has neither
    /// picture nor colour.
    pub fn shown(mut self, id: &AppId, given_name: Option<&str>) -> Self {
        if let Some(name) = given_name {
            name.clone_into(&mut self.title);
        }
        if self.icon == Icon::Initial && self.icon_background.is_none() {
            self.icon_background = Some(own_colour(id));
        }
        self
    }
}

/// A name as a user types it, in one line and without what could turn around the text beside it.
pub fn clean_name(typed: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = typed.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(100).collect::<String>().trim_end().to_owned()
}

/// The same for an app at every start, and as different as hues are for others: light enough for a dark initial.
fn own_colour(id: &AppId) -> String {
    // FNV-1a, whose values will never change.
    let hash = id.0.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let hue = (hash >> 8) % 360;
    // The rounds of a hue between the same darkest and lightest part: hsl(hue, 55 %, 84 %) in whole numbers.
    let (low, high) = (192_u32, 237_u32);
    let within = hue % 60;
    let rising = low + (high - low) * within / 60;
    let falling = high - (high - low) * within / 60;
    let (red, green, blue) = match hue / 60 {
        0 => (high, rising, low),
        1 => (falling, high, low),
        2 => (low, high, rising),
        3 => (low, falling, high),
        4 => (rising, low, high),
        _ => (high, low, falling),
    };
    format!("#{red:02x}{green:02x}{blue:02x}")
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
    /// The operating system, for whoever has to help.
    pub system: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_without_a_picture_has_a_colour_of_its_own_that_stays() {
        let branding = |id: &str| Branding::default().shown(&AppId(id.into()), None).icon_background.expect("one");
        assert_eq!(branding("0197-a"), branding("0197-a"), "at every start");
        let colours: std::collections::HashSet<String> = (0..40).map(|n| branding(&format!("0197-{n}"))).collect();
        assert!(colours.len() > 25, "apps are told apart by it: {}", colours.len());
        assert!(colours.iter().all(|colour| colour.len() == 7 && colour.starts_with('#')), "{colours:?}");
    }

    #[test]
    fn what_the_server_says_of_its_colour_and_picture_is_left_alone() {
        let id = AppId("0197-a".into());
        let given = Branding { icon_background: Some("#123456".into()), ..Branding::default() };
        assert_eq!(given.clone().shown(&id, None), given);
        let emoji = Branding { icon: Icon::Emoji("🦜".into()), ..Branding::default() };
        assert_eq!(emoji.clone().shown(&id, None), emoji, "an emoji stands on the usual ground");
    }

    #[test]
    fn a_name_is_one_line_and_cannot_disguise_what_stands_beside_it() {
        assert_eq!(clean_name("  Contracts\n of\u{202e} 2026\t"), "Contracts of 2026");
        assert_eq!(clean_name(" \u{2066} "), "", "nothing is left: the server's name counts again");
        assert_eq!(clean_name(&"合".repeat(300)).chars().count(), 100);
    }

    #[test]
    fn the_name_that_the_user_gave_is_the_one_that_is_shown() {
        let titled = Branding { title: "dify.example".into(), untitled: true, ..Branding::default() };
        let shown = titled.clone().shown(&AppId("a".into()), Some("Contracts"));
        assert_eq!(shown.title, "Contracts");
        assert_eq!(titled.shown(&AppId("a".into()), None).title, "dify.example", "taken back");
    }
}
