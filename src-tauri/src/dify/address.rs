//! From whatever users paste to the API's base address (api.md §7, "Base URL input").

use std::net::IpAddr;

use url::{Host, Url};

/// Why a text is no address at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("no address was given")]
    Empty,
    #[error("only http and https addresses can be used")]
    Scheme,
    #[error("not an address")]
    Invalid,
}

/// The API of Dify's own cloud.
const CLOUD: &str = "https://api.dify.ai/v1";
/// Hosts of the cloud's web pages, which are not its API.
const CLOUD_PAGES: [&str; 6] = ["cloud.dify.ai", "dify.ai", "www.dify.ai", "udify.app", "api.dify.ai", "docs.dify.ai"];
/// First path segments of Dify's own pages and endpoints: the installation's path ends before them.
const PAGES: [&str; 37] = [
    "activate",
    "agent",
    "api",
    "app",
    "apps",
    "audio-to-text",
    "chat",
    "chat-messages",
    "chatbot",
    "completion",
    "completion-messages",
    "console",
    "conversations",
    "datasets",
    "develop",
    "education",
    "end-users",
    "explore",
    "files",
    "form",
    "forgot-password",
    "info",
    "init",
    "install",
    "logs",
    "messages",
    "meta",
    "parameters",
    "plugins",
    "signin",
    "signup",
    "site",
    "text-to-audio",
    "tools",
    "webapp-signin",
    "workflow",
    "workflows",
];
/// Enough for every combination below; a probe asks each at most once.
const MOST_CANDIDATES: usize = 6;

/// The base addresses that may be meant, the likeliest first. None ends in a slash.
pub fn probe_addresses(typed: &str) -> Result<Vec<Url>, AddressError> {
    let text = plain(typed);
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    let (given, scheme_was_typed) = parse(&text)?;
    let host = given.host_str().ok_or(AddressError::Invalid)?;
    if CLOUD_PAGES.contains(&host) {
        return Ok(vec![Url::parse(CLOUD).map_err(|_| AddressError::Invalid)?]);
    }

    let segments: Vec<&str> =
        given.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect();
    let mut paths: Vec<Vec<&str>> = Vec::new();
    if let Some(at) = segments.iter().position(|segment| segment.eq_ignore_ascii_case("v1")) {
        // An address of the API itself, or of one of its endpoints.
        paths.push(segments[..=at].to_vec());
    } else {
        let page = segments.iter().position(|segment| PAGES.contains(segment));
        let install = &segments[..page.unwrap_or(segments.len())];
        paths.push([install, &["v1"]].concat());
        if !install.is_empty() {
            paths.push(vec!["v1"]);
        }
        paths.push(install.to_vec());
    }

    let mut candidates = Vec::new();
    let mut add = |origin: &Url, path: &[&str]| {
        let mut url = origin.clone();
        url.set_path(&path.join("/"));
        if path.is_empty() {
            url.set_path("/");
        }
        if !candidates.contains(&url) && candidates.len() < MOST_CANDIDATES {
            candidates.push(url);
        }
    };
    for path in &paths {
        add(&given, path);
    }
    if given.port() == Some(3000) {
        // The web page of a source installation; its API listens beside it.
        let mut api = given.clone();
        if api.set_port(Some(5001)).is_ok() {
            add(&api, &paths[0]);
        }
    }
    if !scheme_was_typed && given.scheme() == "https" && is_private(&given) {
        // Installations inside a network often have no certificate.
        let mut plain = given.clone();
        if plain.set_scheme("http").is_ok() {
            add(&plain, &paths[0]);
        }
    }
    Ok(candidates)
}

/// The address in what was typed or pasted: out of a command line, without quotes, with full-width
/// punctuation from an input method made plain.
fn plain(typed: &str) -> String {
    let text: String = typed
        .chars()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}'))
        .map(|c| match c {
            '：' => ':',
            '／' => '/',
            '．' | '。' => '.',
            '\u{a0}' | '\u{3000}' => ' ',
            other => other,
        })
        .collect();
    let lower = text.to_ascii_lowercase();
    let begin = ["http://", "https://"].iter().filter_map(|scheme| lower.find(scheme)).min().unwrap_or(0);
    let text = text[begin..].trim_start_matches(|c: char| c.is_whitespace() || "\"'`<(“‘「《".contains(c));
    let end = text.find(|c: char| c.is_control() || "\"'`<>”’」》".contains(c)).unwrap_or(text.len());
    let text = text[..end].trim();
    // With a scheme the address is over at the first space; without one, a space means that it is none.
    let text =
        if lower[begin..].starts_with("http") { text.split_whitespace().next().unwrap_or_default() } else { text };
    text.trim_end_matches([',', ';', ')', '，', '；', '）', '、', '\\']).to_owned()
}

/// The parsed address without user, query and fragment, and whether its scheme was typed.
fn parse(text: &str) -> Result<(Url, bool), AddressError> {
    if text.contains(char::is_whitespace) {
        return Err(AddressError::Invalid);
    }
    let text = &with_whole_scheme(text);
    let (mut url, typed) = match text.split_once("://") {
        Some((scheme, _)) if ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
            (Url::parse(text).map_err(|_| AddressError::Invalid)?, true)
        }
        Some(_) => return Err(AddressError::Scheme),
        None => {
            let rest = text.trim_start_matches('/');
            let url = Url::parse(&format!("https://{rest}")).map_err(|_| AddressError::Invalid)?;
            let http = is_loopback(&url).then(|| Url::parse(&format!("http://{rest}"))).and_then(Result::ok);
            (http.unwrap_or(url), false)
        }
    };
    let host = url.host_str().ok_or(AddressError::Invalid)?;
    if !host.contains(|c: char| c.is_ascii_alphanumeric()) {
        return Err(AddressError::Invalid);
    }
    // A user name would become an Authorization header of its own and displace the key.
    url.set_username("").map_err(|()| AddressError::Invalid)?;
    url.set_password(None).map_err(|()| AddressError::Invalid)?;
    url.set_query(None);
    url.set_fragment(None);
    Ok((url, typed))
}

/// `https:/host`, `https//host` and `https:\\host` as they were meant.
fn with_whole_scheme(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    for scheme in ["https", "http"] {
        if let Some(rest) = lower.strip_prefix(scheme) {
            let host = rest.trim_start_matches([':', '/', '\\']);
            let between = &rest[..rest.len() - host.len()];
            if between.len() > 1 || between == ":" && !host.starts_with(|c: char| c.is_ascii_digit()) {
                return format!("{scheme}://{}", &text[text.len() - host.len()..]);
            }
        }
    }
    text.to_owned()
}

/// This computer, by name or number.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => is_here(ip.into()),
        Some(Host::Ipv6(ip)) => is_here(ip.into()),
        None => false,
    }
}

/// Whichever way it is written.
fn is_here(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_loopback() || ip.is_unspecified()
}

/// Others in the network could read along: not encrypted, and not within this computer.
pub fn is_plain_http(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

/// A host that only exists inside some network.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            !name.contains('.') || [".local", ".lan", ".internal", ".home"].iter().any(|end| name.ends_with(end))
        }
        Some(Host::Ipv4(ip)) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_loopback(),
        None => false,
    }
}

/// Whether a link the server gave may be followed from here: not to this computer or to its network
/// neighbours' automatic addresses, unless the server itself is there (api.md §5 wants the API's
/// origin instead of such hosts anyway).
pub fn may_follow(link: &Url, base: &Url) -> bool {
    let link_local = match link.host() {
        Some(Host::Ipv4(ip)) => ip.is_link_local(),
        Some(Host::Ipv6(ip)) => match ip.to_canonical() {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        },
        _ => false,
    };
    matches!(link.scheme(), "http" | "https")
        && (link.host() == base.host() || (!link_local && (!is_loopback(link) || is_loopback(base))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(typed: &str) -> Vec<String> {
        probe_addresses(typed).expect("an address").into_iter().map(String::from).collect()
    }

    #[test]
    fn the_likeliest_address_comes_first_whatever_was_pasted() {
        for (typed, first) in [
            ("https://api.dify.ai/v1", "https://api.dify.ai/v1"),
            ("api.dify.ai", "https://api.dify.ai/v1"),
            ("http://api.dify.ai/", "https://api.dify.ai/v1"),
            ("https://cloud.dify.ai/app/0b1c/workflow?x=1#y", "https://api.dify.ai/v1"),
            ("https://udify.app/workflow/AbC", "https://api.dify.ai/v1"),
            ("  https://dify.example.com/v1/ \n", "https://dify.example.com/v1"),
            ("https://dify.example.com/v1", "https://dify.example.com/v1"),
            ("https://dify.example.com/V1/workflows/run", "https://dify.example.com/V1"),
            ("dify.example.com", "https://dify.example.com/v1"),
            ("DIFY.Example.COM:8443", "https://dify.example.com:8443/v1"),
            ("https://dify.example.com/workflow/xyz", "https://dify.example.com/v1"),
            ("https://dify.example.com/app/0b1c/develop", "https://dify.example.com/v1"),
            ("https://dify.example.com/tools/dify/app/0b1c", "https://dify.example.com/v1"),
            ("https://example.com/dify", "https://example.com/dify/v1"),
            ("https://example.com/dify/app/0b1c", "https://example.com/dify/v1"),
            ("https://example.com/dify/v1/info", "https://example.com/dify/v1"),
            ("http://localhost", "http://localhost/v1"),
            ("localhost:5001", "http://localhost:5001/v1"),
            ("127.0.0.1:5001/v1", "http://127.0.0.1:5001/v1"),
            ("[::1]:5001", "http://[::1]:5001/v1"),
            ("192.168.1.5", "https://192.168.1.5/v1"),
            ("https://user:pass@dify.example.com/v1", "https://dify.example.com/v1"),
            ("\"https://dify.example.com/v1\",", "https://dify.example.com/v1"),
            ("curl -X POST 'https://dify.example.com/v1/workflows/run' \\\n --header", "https://dify.example.com/v1"),
            ("API: https://dify.example.com/v1", "https://dify.example.com/v1"),
            ("https：／／dify。example。com／v1", "https://dify.example.com/v1"),
            ("\u{feff}https://dify.example.com/v1\u{200b}", "https://dify.example.com/v1"),
            ("https://知识.example/v1", "https://xn--k7y073b.example/v1"),
            ("//dify.example.com/v1", "https://dify.example.com/v1"),
            ("https:/dify.example.com/v1", "https://dify.example.com/v1"),
            ("https//dify.example.com", "https://dify.example.com/v1"),
            ("http:dify.example.com", "http://dify.example.com/v1"),
            ("https:\\\\dify.example.com\\v1", "https://dify.example.com/v1"),
            ("HTTPS://dify.example.com", "https://dify.example.com/v1"),
            ("https.example.com/v1", "https://https.example.com/v1"),
            ("[Dify](https://dify.example.com/v1)", "https://dify.example.com/v1"),
            ("Base URL https://example.com/ai/dify/v1/chat-messages", "https://example.com/ai/dify/v1"),
            ("https://dify.example.com/v1?user=x#y", "https://dify.example.com/v1"),
            ("https://example.com/dify/workflow/AbC", "https://example.com/dify/v1"),
            ("https://example.com/ai/console/api/apps", "https://example.com/ai/v1"),
            ("https://dify.example.com/chat-messages", "https://dify.example.com/v1"),
            ("https://dify.example.com/explore/installed/0b1c", "https://dify.example.com/v1"),
            ("https://dify.example.com./v1", "https://dify.example.com./v1"),
        ] {
            assert_eq!(candidates(typed)[0], first, "{typed:?}");
        }
    }

    #[test]
    fn further_candidates_cover_sub_paths_other_ports_and_missing_certificates() {
        assert_eq!(
            candidates("https://example.com/dify"),
            ["https://example.com/dify/v1", "https://example.com/v1", "https://example.com/dify"],
            "the path may be the installation's or just a page of it"
        );
        assert_eq!(candidates("https://example.com/v1"), ["https://example.com/v1"], "a whole address is not doubted");
        assert_eq!(
            candidates("http://localhost:3000/app/x"),
            ["http://localhost:3000/v1", "http://localhost:3000/", "http://localhost:5001/v1"],
            "the page of a source installation leads to its API"
        );
        assert_eq!(
            candidates("192.168.1.5/v1"),
            ["https://192.168.1.5/v1", "http://192.168.1.5/v1"],
            "inside a network there may be no certificate"
        );
        assert_eq!(
            candidates("dify.example.com/v1"),
            ["https://dify.example.com/v1"],
            "a public host is never tried in the clear unless the user typed http"
        );
    }

    #[test]
    fn what_is_no_address_is_said_to_be_none() {
        for (typed, why) in [
            ("", AddressError::Empty),
            (" \u{200b}\n", AddressError::Empty),
            ("ftp://host/v1", AddressError::Scheme),
            ("file:///etc/passwd", AddressError::Scheme),
            ("my dify server", AddressError::Invalid),
            ("https://", AddressError::Invalid),
            ("https://host:99999", AddressError::Invalid),
            ("...", AddressError::Invalid),
            ("://", AddressError::Scheme),
        ] {
            assert_eq!(probe_addresses(typed), Err(why), "{typed:?}");
        }
    }

    #[test]
    fn links_to_this_computer_are_followed_only_if_the_server_is_here() {
        let url = |text: &str| Url::parse(text).expect("a sound address");
        for (link, base, expected) in [
            ("https://files.example.com/a", "https://dify.example.com/v1", true),
            ("http://192.168.1.9/a", "http://192.168.1.5/v1", true),
            ("http://localhost/files/a", "https://dify.example.com/v1", false),
            ("http://127.0.0.1:8080/a", "https://dify.example.com/v1", false),
            ("http://[::ffff:127.0.0.1]/a", "https://dify.example.com/v1", false),
            ("http://[::ffff:0.0.0.0]:80/a", "https://dify.example.com/v1", false),
            ("http://[::]/a", "https://dify.example.com/v1", false),
            ("http://[::ffff:169.254.1.1]/a", "https://dify.example.com/v1", false),
            ("http://169.254.169.254/latest", "https://dify.example.com/v1", false),
            ("http://127.0.0.1:9/a", "http://localhost:5001/v1", true),
            ("file:///etc/passwd", "http://localhost:5001/v1", false),
        ] {
            assert_eq!(may_follow(&url(link), &url(base)), expected, "{link} given by {base}");
        }
    }
}
