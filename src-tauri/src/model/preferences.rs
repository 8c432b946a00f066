//! What the user set and the page keeps: it goes into backups and comes back with them, whichever computer they are
//! read on. What belongs to a screen or its sound (widths of panes, the side bar, the volume) is none of it.
//!
//! Words of closed lists, switches and ids of apps: there is no place in it for a text, so nothing secret gets in. Each
//! value is read for itself; one that is none of ours is as if it were not there, and what is not there changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};

use super::app::AppId;

/// Preferences of ten thousand apps are shorter.
const LONGEST: usize = 1024 * 1024;

/// What the page keeps of what the user set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, optional_fields))]
pub struct Preferences {
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageChoice>,
    /// Of the first app that was connected: the page's, where the system's is none of ours and the user chose none.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub app_language: Option<Language>,
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub text_size: Option<TextSize>,
    /// What closing the window does while runs are under way.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub notify: Option<bool>,
    /// Whether notifications name the run.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub notify_titles: Option<bool>,
    /// Past runs open with their source beside the result.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub shows_source: Option<bool>,
    /// Two runs beside each other: with what is the same.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub compares_all: Option<bool>,
    /// Two runs as one text.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub compares_as_one: Option<bool>,
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub step_density: Option<StepDensity>,
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub steps_as_table: Option<bool>,
    /// How fast sounds are played, in percent; the page knows which speeds there are.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub speed: Option<u16>,
    /// Whether an app's steps are shown while a run goes on, where the user wants it otherwise than its owner.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub shows_steps: Option<BTreeMap<AppId, bool>>,
    /// The app that was on screen last.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub last_app: Option<AppId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Theme {
    System,
    Light,
    Dark,
}

/// The languages of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Language {
    En,
    Zh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum LanguageChoice {
    System,
    En,
    Zh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum TextSize {
    Small,
    Normal,
    Large,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Closing {
    Ask,
    Background,
    Stop,
}

/// How the steps of runs are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum StepDensity {
    Comfortable,
    Compact,
    Overview,
}

impl Preferences {
    /// What can be understood of a text that anybody may have written.
    pub fn of_text(text: &str) -> Self {
        if text.len() > LONGEST {
            return Self::default();
        }
        // By name only: a list of values would be read in the order they stand here.
        let named: Option<Map<String, Value>> = serde_json::from_str(text).ok();
        named.and_then(|all| serde_json::from_value(Value::Object(all)).ok()).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Without what is said of apps that are none of these.
    #[must_use]
    pub fn about(self, apps: &BTreeSet<AppId>) -> Self {
        self.named(|app| apps.contains(app).then(|| app.clone()))
    }

    /// With other ids of apps; without what is said of those that get none.
    #[must_use]
    pub fn named(self, name: impl Fn(&AppId) -> Option<AppId>) -> Self {
        let shows_steps =
            self.shows_steps.map(|all| all.into_iter().filter_map(|(app, shows)| Some((name(&app)?, shows))).collect());
        Self { shows_steps, last_app: self.last_app.and_then(|app| name(&app)), ..self }
    }
}

/// One value, if it is of ours.
fn tolerant<'de, D: Deserializer<'de>, T: DeserializeOwned>(value: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(value)?).ok())
}

/// All of them out of a text that holds more: what cannot be read of them spoils nothing around them.
pub fn anything<'de, D: Deserializer<'de>>(value: D) -> Result<Preferences, D::Error> {
    let text: Box<RawValue> = Deserialize::deserialize(value)?;
    Ok(Preferences::of_text(text.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(id: &str) -> AppId {
        AppId(id.into())
    }

    #[test]
    fn what_is_none_of_ours_is_passed_over_and_the_rest_counts() {
        let read = Preferences::of_text(
            r#"{"theme":"neon","language":"zh","textSize":["large"],"notify":"yes","notifyTitles":false,
                "showsSteps":{"a":1},"lastApp":7,"speed":"fast","key":"app-secret","closing":null}"#,
        );
        let language = Some(LanguageChoice::Zh);
        assert_eq!(read, Preferences { language, notify_titles: Some(false), ..Preferences::default() });
        assert!(!serde_json::to_string(&read).expect("a text").contains("secret"), "what has no place is not kept");
    }

    #[test]
    fn what_is_no_list_of_values_says_nothing() {
        let deep = format!("{}1{}", r#"{"theme":["#.repeat(100_000), "]}".repeat(100_000));
        let long = format!(r#"{{"theme":"dark","language":"{}"}}"#, "zh".repeat(LONGEST));
        for text in ["", "null", "7", "[]", "\"dark\"", "{", r#"["dark"]"#, &deep, &long] {
            assert!(Preferences::of_text(text).is_empty(), "{}", &text[..text.len().min(40)]);
        }
    }

    #[test]
    fn what_is_said_of_apps_follows_their_ids() {
        let shows_steps = Some(BTreeMap::from([(app("a"), true), (app("gone"), false)]));
        let all = Preferences { shows_steps, last_app: Some(app("gone")), ..Preferences::default() };
        let new = all.clone().named(|id| (id.0 == "a").then(|| app("b")));
        assert_eq!(new.shows_steps, Some(BTreeMap::from([(app("b"), true)])));
        assert_eq!(new.last_app, None, "an app that is not there was not on screen");
        assert_eq!(all.about(&BTreeSet::from([app("a")])).shows_steps, Some(BTreeMap::from([(app("a"), true)])));
    }
}
