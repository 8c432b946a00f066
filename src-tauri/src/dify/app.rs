//! What an app says of itself: /info, /site and /meta, and the branding made of them.

use serde_json::{Map, Value};
use url::Url;

use super::{
    Client,
    colour::colour,
    error::Error,
    http,
    parameters::{Features, Parameters},
    wire,
};
use crate::model::{
    app::{Branding, Icon},
    capability::Capability,
    form::Form,
};

/// GET /info; servers of 2024 have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    pub name: String,
    pub description: String,
    pub tags: Vec<String>,
    /// Such as `workflow` or `advanced-chat`; missing in 2024.
    pub mode: Option<String>,
    pub author: Option<String>,
}

/// GET /site, cleaned: colours and addresses are checked, texts have no control characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Site {
    pub title: String,
    pub description: String,
    pub icon: Icon,
    /// What tells its picture from another one: the link is a new one each time.
    pub icon_from: Option<String>,
    /// A signed link that expires, maybe relative, for [`Client::picture`].
    pub icon_url: Option<String>,
    pub icon_background: Option<String>,
    pub copyright: Option<String>,
    pub privacy_policy: Option<String>,
    pub custom_disclaimer: Option<String>,
    pub default_language: Option<String>,
    pub show_workflow_steps: Option<bool>,
    /// `#rrggbb`; of chat pages.
    pub chat_color_theme: Option<String>,
    pub chat_color_theme_inverted: Option<bool>,
    pub use_icon_as_answer_icon: Option<bool>,
    pub input_placeholder: Option<String>,
}

/// GET / of the API, which needs no key; may be hidden by a gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Root {
    pub welcome: Option<String>,
    pub api_version: Option<String>,
    pub server_version: Option<String>,
}

/// Everything that is needed to show an app and its form.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// `icon` is never a picture yet: see `icon_url`.
    pub branding: Branding,
    /// /site should have answered and did not: what it said before still counts.
    pub site_failed: bool,
    pub form: Form,
    pub features: Features,
    pub mode: Option<String>,
    pub icon_url: Option<String>,
    pub icon_from: Option<String>,
    pub version: Option<String>,
}

impl Client {
    pub async fn info(&self) -> Result<Info, Error> {
        let answer = self.get_json(&["info"], &[], "/info").await;
        Ok(info(&self.observe(Capability::AppInfo, answer)?))
    }

    /// `None` where the server has no such path, or the app has no site (403).
    pub async fn site(&self) -> Result<Option<Site>, Error> {
        let answer = self.get_json(&["site"], &[], "/site").await;
        match self.observe(Capability::Site, answer) {
            Ok(value) => Ok(Some(site(&value))),
            Err(error) if error.is_missing_route() || error.is_forbidden() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Icons of tools by name: an address, or `{background, content}`. Empty where the server has no such path.
    pub async fn tool_icons(&self) -> Result<Map<String, Value>, Error> {
        let answer = self.get_json(&["meta"], &[], "/meta").await;
        match self.observe(Capability::ToolIcons, answer) {
            Ok(mut value) => {
                Ok(value.get_mut("tool_icons").map(Value::take).map_or_else(Map::new, |icons| match icons {
                    Value::Object(icons) => icons,
                    _ => Map::new(),
                }))
            }
            Err(error) if error.is_missing_route() => Ok(Map::new()),
            Err(error) => Err(error),
        }
    }

    /// What `GET /v1/` says of the server; `None` where that is hidden or missing.
    pub async fn root(&self) -> Result<Option<Root>, Error> {
        match self.get_json(&[""], &[], "/").await {
            Ok(value) => Ok(Some(Root {
                welcome: clean(&value, "welcome", 200),
                api_version: clean(&value, "api_version", 40),
                server_version: clean(&value, "server_version", 40),
            })),
            Err(error) if error.is_missing_route() || error.is_forbidden() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for everything at once. Only /parameters is needed; but a refused key is always reported as that,
    /// and so is an app of another kind, whose /parameters fails with a riddle.
    pub async fn describe(&self) -> Result<Described, Error> {
        let (info, site, parameters) = tokio::join!(self.info(), self.site(), self.parameters());
        for error in [info.as_ref().err(), site.as_ref().err(), parameters.as_ref().err()].into_iter().flatten() {
            if error.is_unauthorized() {
                return Err(error.clone());
            }
        }
        if let Err(error) = &info {
            tracing::debug!(%error, "no /info");
        }
        if let Err(error) = &site {
            tracing::debug!(%error, "no /site");
        }
        let info = info.ok();
        if let Some(mode) = info.as_ref().and_then(|info| info.mode.as_deref())
            && !mode.contains("workflow")
        {
            return Err(Error::NotWorkflow { mode: mode.to_owned() });
        }
        let Parameters { form, features } = parameters?;
        let site_failed = site.is_err();
        let site = site.ok().flatten();
        let icon_url = site.as_ref().and_then(|site| site.icon_url.clone());
        let mode = info.as_ref().and_then(|info| info.mode.clone());
        let host = self.base_url().host_str().unwrap_or_default().to_owned();
        let (info, site) = (info.unwrap_or_default(), site.unwrap_or_default());
        let icon_from = site.icon_from.clone();
        let branding = branding(info, site, host);
        let version = match self.server_version() {
            Some(version) => Some(version),
            // Servers before 1.0, and gateways that take the header away.
            None => {
                let version = self.root().await.ok().flatten().and_then(|root| root.server_version);
                version.inspect(|version| self.learn_version(version))
            }
        };
        Ok(Described { branding, site_failed, form, features, mode, icon_url, icon_from, version })
    }
}

fn branding(info: Info, site: Site, host: String) -> Branding {
    Branding {
        untitled: site.title.is_empty() && info.name.is_empty(),
        title: [site.title, info.name, host]
            .into_iter()
            .find(|title| !title.is_empty())
            .unwrap_or_else(|| "Dify".into()),
        description: if site.description.is_empty() { info.description } else { site.description },
        icon: site.icon,
        icon_background: site.icon_background,
        copyright: site.copyright,
        privacy_policy: site.privacy_policy,
        custom_disclaimer: site.custom_disclaimer,
        default_language: site.default_language,
        show_workflow_steps: site.show_workflow_steps.unwrap_or(true),
        tags: info.tags,
        author: info.author,
    }
}

fn info(value: &Value) -> Info {
    Info {
        name: clean(value, "name", 200).unwrap_or_default(),
        description: clean(value, "description", 4000).unwrap_or_default(),
        tags: value["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tag| wire::text(tag).or_else(|| wire::text(&tag["name"])))
            .map(|tag| shown(&tag, 100))
            .filter(|tag| !tag.is_empty())
            .take(50)
            .collect(),
        mode: clean(value, "mode", 50),
        author: clean(value, "author_name", 200),
    }
}

fn site(value: &Value) -> Site {
    let icon_text = clean(value, "icon", 2000);
    let kind = clean(value, "icon_type", 20);
    let icon_url = clean(value, "icon_url", 4000).or_else(|| {
        // `link` has the address in `icon`.
        icon_text.clone().filter(|icon| icon.starts_with("http://") || icon.starts_with("https://"))
    });
    let icon = match kind.as_deref() {
        Some("image" | "link") => Icon::Initial,
        _ => icon_text.as_deref().and_then(emoji).map_or(Icon::Initial, Icon::Emoji),
    };
    // A picture that stands beside an emoji is an old one.
    let icon_url = icon_url.filter(|_| icon == Icon::Initial);
    // Signature and date are in the query.
    let unsigned = |link: &str| link.split(['?', '#']).next().unwrap_or_default().to_owned();
    let icon_from = icon_url.as_deref().map(|link| match kind.as_deref() {
        Some("image") => icon_text.clone().unwrap_or_else(|| unsigned(link)),
        Some("link") => link.to_owned(),
        _ => unsigned(link),
    });
    Site {
        title: clean(value, "title", 200).unwrap_or_default(),
        description: clean(value, "description", 4000).unwrap_or_default(),
        icon_url,
        icon_from,
        icon,
        icon_background: clean(value, "icon_background", 50).and_then(|text| colour(&text)),
        copyright: clean(value, "copyright", 500),
        privacy_policy: clean(value, "privacy_policy", 2000).and_then(|text| web_address(&text)),
        custom_disclaimer: clean(value, "custom_disclaimer", 4000),
        default_language: clean(value, "default_language", 35)
            .filter(|tag| tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')),
        show_workflow_steps: wire::flag(&value["show_workflow_steps"]),
        chat_color_theme: clean(value, "chat_color_theme", 50).and_then(|text| colour(&text)),
        chat_color_theme_inverted: wire::flag(&value["chat_color_theme_inverted"]),
        use_icon_as_answer_icon: wire::flag(&value["use_icon_as_answer_icon"]),
        input_placeholder: clean(value, "input_placeholder", 500),
    }
}

fn clean(value: &Value, key: &str, most: usize) -> Option<String> {
    wire::text(&value[key]).map(|text| shown(&text, most)).filter(|text| !text.is_empty())
}

/// A server's text, fit to be shown beside our own: bidirectional overrides could turn that around.
pub(super) fn shown(text: &str, most: usize) -> String {
    let text: String =
        text.chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect();
    http::clip(text.trim(), most)
}

/// One emoji, from itself or from its short name in any of the spellings in use.
fn emoji(text: &str) -> Option<String> {
    if let Some(found) = emojis::get(text) {
        return Some(found.as_str().to_owned());
    }
    let name = text.trim_matches(':').to_ascii_lowercase().replace('-', "_");
    let by_name = |name: &str| emojis::get_by_shortcode(name);
    let found = by_name(&name)
        .or_else(|| by_name(name.strip_suffix("_face")?))
        .or_else(|| emojis::iter().find(|emoji| emoji.name().replace([' ', '-'], "_") == name));
    if let Some(found) = found {
        return Some(found.as_str().to_owned());
    }
    // Newer than our table: pictographs and what joins them, nothing else.
    let pictograph = |c: char| matches!(c, '\u{1f000}'..='\u{1faff}');
    let joins = |c: char| matches!(c, '\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '\u{e0020}'..='\u{e007f}');
    (text.starts_with(pictograph) && text.chars().count() <= 10 && text.chars().all(|c| pictograph(c) || joins(c)))
        .then(|| text.to_owned())
}

fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let sound = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    (sound && url.has_host()).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_icon_is_an_emoji_a_short_name_a_picture_or_nothing() {
        let emoji = |text: &str| Icon::Emoji(text.to_owned());
        for (value, icon, url) in [
            (json!({"icon_type": "emoji", "icon": "🦜"}), emoji("🦜"), None),
            (json!({"icon_type": "emoji", "icon": "robot_face"}), emoji("🤖"), None),
            (json!({"icon": ":grinning:"}), emoji("😀"), None),
            (json!({"icon_type": "emoji", "icon": "sun_with_face"}), emoji("🌞"), None),
            (json!({"icon_type": "emoji", "icon": "❤️"}), emoji("❤️"), None),
            (json!({"icon_type": "emoji", "icon": "👩‍💻"}), emoji("👩‍💻"), None),
            (json!({"icon_type": "emoji", "icon": "<img src=x>"}), Icon::Initial, None),
            (json!({"icon_type": "emoji", "icon": "hello"}), Icon::Initial, None),
            (json!({"icon_type": "image", "icon": "2f9a", "icon_url": "/files/a"}), Icon::Initial, Some("/files/a")),
            (json!({"icon_type": "link", "icon": "https://a.b/c.png"}), Icon::Initial, Some("https://a.b/c.png")),
            (json!({"icon_type": null, "icon": null, "icon_url": null}), Icon::Initial, None),
            (json!({"icon": ["🦜"], "icon_url": 5}), Icon::Initial, Some("5")),
            (json!([]), Icon::Initial, None),
        ] {
            let site = site(&value);
            assert_eq!((site.icon, site.icon_url.as_deref()), (icon, url), "{value}");
        }
    }

    #[test]
    fn a_picture_is_told_from_another_whatever_its_link_is_this_time() {
        let from = |value: Value| site(&value).icon_from;
        let signed =
            |sign: &str| json!({"icon_type": "image", "icon": "2f9a", "icon_url": format!("/files/2f9a?sign={sign}")});
        assert_eq!(from(signed("a")).as_deref(), Some("2f9a"));
        assert_eq!(from(signed("a")), from(signed("b")), "each answer signs it anew");
        let bare = |sign: &str| json!({"icon_type": "image", "icon_url": format!("/files/2f9a?sign={sign}")});
        assert_eq!(from(bare("a")), from(bare("b")), "without an id the link's path is it");
        let link = json!({"icon_type": "link", "icon": "https://a.b/c.png?v=2"});
        assert_eq!(from(link).as_deref(), Some("https://a.b/c.png?v=2"), "its owner's own address, with all of it");
        assert_eq!(from(json!({"icon_type": "emoji", "icon": "🦜"})), None);
    }

    #[test]
    fn addresses_that_could_do_harm_are_dropped() {
        for (address, sound) in [
            ("https://example.com/privacy", true),
            ("javascript:alert(1)", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
            ("https://user@example.com", false),
            ("none", false),
        ] {
            assert_eq!(web_address(address).is_some(), sound, "{address}");
        }
    }

    #[test]
    fn texts_lose_what_could_disguise_them_and_are_not_endless() {
        let value = json!({"title": format!("a\u{202e}b\u{0}c{}", "x".repeat(1000)), "description": 7});
        let site = site(&value);
        assert!(
            site.title.starts_with("abc") && site.title.chars().count() == 200,
            "no overrides, no controls, 200 characters"
        );
        assert_eq!(site.description, "7", "a number is shown as it is");
    }

    #[test]
    fn the_title_falls_back_to_the_name_and_then_to_the_host() {
        let named = Info { name: "name".into(), ..Info::default() };
        let titled = Site { title: "title".into(), ..Site::default() };
        assert_eq!(
            branding(named.clone(), titled, "host".into()).title,
            "title",
            "the site's title is what its users know"
        );
        assert_eq!(branding(named, Site::default(), "host".into()).title, "name", "apps without a site have a name");
        assert_eq!(branding(Info::default(), Site::default(), "host".into()).title, "host", "old servers say neither");
    }
}
