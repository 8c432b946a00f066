//! Files among a run's outputs, and those its text leads to (api.md §5, server-1.12.1.md §16). Pure.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    dify::unscrambled,
    model::{
        Millis,
        check::extension_of,
        file::{FileLink, LocalCopy, RunFile, is_file_value},
        run::Run,
    },
};

/// How long servers let a link of theirs live, unless they were told otherwise.
const LINKS_LIVE: Millis = 300_000;

/// A text that names more is no longer one that leads to files.
const MOST_LINKED: usize = 100;

/// A result file and the address it can be fetched from for a short time.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputFile {
    pub file: RunFile,
    pub url: Option<String>,
    /// Its name says nothing to people: the one the server gives with the bytes may be better.
    pub nameless: bool,
    /// The server's id of it, where it gives one.
    identity: Option<String>,
}

/// Every file of a run: those marked anywhere inside the outputs, those the outputs' texts lead to, and those that are
/// only listed beside. What only a running program knows comes last, so that places stay what they are after a restart.
pub fn files_of(run: &Run, beside: &[Value]) -> Vec<OutputFile> {
    let mut found = marked(&run.outputs);
    // A name of another server is asked only where the outputs themselves name it: a text may say anything.
    let trusted: Vec<String> = found.files.iter().filter_map(|output| origin_of(output.url.as_deref()?)).collect();
    for (variable, value) in &run.outputs {
        in_texts(variable, value, &trusted, &mut found);
    }
    // After a failure the streamed text is the only copy.
    if run.outputs.is_empty() {
        run.texts.iter().for_each(|part| linked("", &part.text, &trusted, &mut found));
    }
    for value in beside {
        walk("", value, &mut found);
    }
    let ended = run.head.finished_at.unwrap_or(run.head.started_at);
    let mut found = found.files;
    for output in &mut found {
        output.file.link = output.url.as_deref().map(|url| link_of(url, ended));
    }
    found
}

/// Says of each file where it came from, which is stored in the outputs only.
pub fn tell_links(run: &mut Run) {
    if run.files.iter().all(|file| file.link.is_some()) {
        return;
    }
    let found = files_of(run, &[]);
    for file in &mut run.files {
        if let Some(output) = found.iter().find(|output| output.file.index == file.index && may_be(&output.file, file))
        {
            file.link.clone_from(&output.file.link);
        }
    }
}

/// Whether a kept file can be the one that stands there now: it may have got a better name with its bytes.
fn may_be(now: &RunFile, kept: &RunFile) -> bool {
    now.extension.is_empty() || now.extension == kept.extension || now.name == kept.name
}

/// Whether two files that stand in one place are the same: by where they came from, else by what is known of them.
pub fn is_same_file(kept: &RunFile, now: &RunFile) -> bool {
    match (&kept.link, &now.link) {
        (Some(one), Some(other)) if one.address == other.address => true,
        (Some(_), Some(_)) => kept.name == now.name && kept.size.is_some() && kept.size == now.size,
        _ => may_be(now, kept) && (now.size.is_none() || kept.size == now.size),
    }
}

/// Every file marked anywhere inside the outputs, then those that are only listed beside them.
pub fn files(outputs: &Map<String, Value>, beside: &[Value]) -> Vec<OutputFile> {
    let mut found = marked(outputs);
    for value in beside {
        walk("", value, &mut found);
    }
    found.files
}

fn marked(outputs: &Map<String, Value>) -> Finds {
    let mut found = Finds::default();
    for (variable, value) in outputs {
        walk(variable, value, &mut found);
    }
    found
}

/// Files in the order in which they were found, and by what each is known again.
#[derive(Default)]
struct Finds {
    files: Vec<OutputFile>,
    by_identity: HashMap<String, usize>,
    by_key: HashMap<String, usize>,
    /// How many a text led to.
    linked: usize,
}

impl Finds {
    /// The same file stands in `outputs` and again, signed anew, in `data.files` and in texts.
    fn same_as(&mut self, identity: Option<&str>, url: Option<&str>) -> Option<&mut OutputFile> {
        let named = identity.and_then(|identity| self.by_identity.get(identity));
        let at = *named.or_else(|| self.by_key.get(&key_of(url?)))?;
        let known = self.files.get_mut(at)?;
        // Two that the server tells apart are two, wherever they are.
        let are_two = identity.zip(known.identity.as_deref()).is_some_and(|(one, other)| one != other);
        (!are_two).then_some(known)
    }

    fn push(&mut self, file: OutputFile) {
        let at = self.files.len();
        if let Some(identity) = &file.identity {
            self.by_identity.entry(identity.clone()).or_insert(at);
        }
        if let Some(url) = &file.url {
            self.by_key.entry(key_of(url)).or_insert(at);
        }
        self.files.push(file);
    }
}

fn walk(variable: &str, value: &Value, found: &mut Finds) {
    match value {
        Value::Object(object) if is_file_value(object) => add(variable, object, found),
        Value::Object(object) => object.values().for_each(|inner| walk(variable, inner, found)),
        Value::Array(list) => list.iter().for_each(|inner| walk(variable, inner, found)),
        _ => {}
    }
}

fn add(variable: &str, object: &Map<String, Value>, found: &mut Finds) {
    let text = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let url = text("url").or_else(|| text("remote_url")).map(ToOwned::to_owned);
    let identity = text("related_id").or_else(|| text("id")).map(ToOwned::to_owned);
    let mime_type = text("mime_type").map(ToOwned::to_owned);
    let size = object.get("size").and_then(Value::as_u64);
    if let Some(known) = found.same_as(identity.as_deref(), url.as_deref()) {
        // A text led to it first, and knows less of it.
        known.file.mime_type = known.file.mime_type.take().or(mime_type);
        known.file.size = known.file.size.or(size);
        return;
    }
    let given = text("filename").map(unscrambled);
    let extension = text("extension").map(|dotted| dotted.trim_start_matches('.').to_lowercase());
    push(found, Found { variable, given, extension, mime_type, size, url, identity });
}

/// What is known of a file before it is fetched.
struct Found<'a> {
    variable: &'a str,
    given: Option<String>,
    extension: Option<String>,
    mime_type: Option<String>,
    size: Option<u64>,
    url: Option<String>,
    identity: Option<String>,
}

fn push(found: &mut Finds, new: Found<'_>) {
    let Found { variable, given, extension, mime_type, size, url, identity } = new;
    let name = given.unwrap_or_else(|| {
        let last = url.as_deref().map(address_of).and_then(|address| address.rsplit('/').next());
        last.filter(|last| last.contains('.')).or(identity.as_deref()).unwrap_or("file").to_owned()
    });
    let extension = extension.filter(|extension| !extension.is_empty()).unwrap_or_else(|| extension_of(&name));
    let nameless = is_random(&name);
    let name = if nameless && !variable.is_empty() { with_extension(variable, &extension) } else { name };
    found.push(OutputFile {
        file: RunFile {
            index: u32::try_from(found.files.len()).unwrap_or(u32::MAX),
            variable: variable.to_owned(),
            name,
            extension,
            mime_type,
            size,
            local: if url.is_some() { LocalCopy::Fetching } else { LocalCopy::Failed },
            link: None,
        },
        url,
        nameless,
        identity,
    });
}

fn in_texts(variable: &str, value: &Value, trusted: &[String], found: &mut Finds) {
    match value {
        Value::String(text) => linked(variable, text, trusted, found),
        Value::Object(object) if object.contains_key("dify_model_identity") => {}
        Value::Object(object) => object.values().for_each(|inner| in_texts(variable, inner, trusted, found)),
        Value::Array(list) => list.iter().for_each(|inner| in_texts(variable, inner, trusted, found)),
        _ => {}
    }
}

const UUID: &str = "[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}";

/// A server's own, signed path.
static OWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let path = format!(r"/files/(?:tools/{UUID}(?:\.\w{{1,16}})?|{UUID}/(?:file|image)-preview)");
    Regex::new(&format!("^{path}$")).ok()
});

/// The same in a text, with what Markdown calls it.
static LINKED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let path = format!(r"/files/(?:tools/{UUID}(?:\.\w{{1,16}})?|{UUID}/(?:file|image)-preview)");
    let letter = r#"[^\s()<>"'\[\]]"#;
    let called = r"(?:\[(?P<name>[^\[\]\n]{0,200})\]\(<?)?";
    Regex::new(&format!(r"{called}(?P<url>(?:https?://{letter}+?)?{path}\?{letter}+)")).ok()
});

/// Files a text leads to: Markdown pictures and links of the server's own, signed files.
fn linked(variable: &str, text: &str, trusted: &[String], found: &mut Finds) {
    let Some(links) = LINKED.as_ref().filter(|_| text.contains("/files/")) else { return };
    for captures in links.captures_iter(text) {
        let url = captures["url"].replace("&amp;", "&");
        let is_signed = ["timestamp=", "nonce=", "sign="].iter().all(|part| url.contains(part));
        if !is_signed || found.same_as(None, Some(&url)).is_some() {
            continue;
        }
        if found.linked >= MOST_LINKED {
            return;
        }
        found.linked += 1;
        // Else only the API's own place is asked for it.
        let is_trusted = origin_of(&url).is_some_and(|origin| trusted.contains(&origin));
        let url = if is_trusted { url } else { pathed(&url) };
        let called = captures.name("name").map(|name| name.as_str().trim().to_owned());
        let at_path = extension_of(address_of(&url));
        let given = called.filter(|called| !called.is_empty()).map(|called| {
            let named = extension_of(&called);
            if at_path.is_empty() || named == at_path { called } else { with_extension(&called, &at_path) }
        });
        let extension = (!at_path.is_empty()).then_some(at_path);
        push(found, Found { variable, given, extension, mime_type: None, size: None, url: Some(url), identity: None });
    }
}

/// Letters and digits only a machine could have thought of.
pub(super) fn is_random(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let digits = stem.chars().filter(|c| *c != '-').count();
    digits == 32 && stem.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

pub(super) fn with_extension(stem: &str, extension: &str) -> String {
    if extension.is_empty() { stem.to_owned() } else { format!("{stem}.{extension}") }
}

fn link_of(url: &str, ended: Millis) -> FileLink {
    let until = url.contains("sign=").then_some(ended + LINKS_LIVE);
    FileLink { address: key_of(url), until }
}

/// What tells a file from others, wherever its link stands: of a server's own files the path.
fn key_of(url: &str) -> String {
    let path = address_of(&pathed(url)).to_owned();
    // Installations may stand below a folder of their host.
    let own = path.find("/files/").map(|at| path[at..].to_owned());
    own.filter(|own| OWN.as_ref().is_some_and(|known| known.is_match(own))).unwrap_or_else(|| unsigned(url))
}

/// Path and query of a link.
fn pathed(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) => match parsed.query() {
            Some(query) => format!("{}?{query}", parsed.path()),
            None => parsed.path().to_owned(),
        },
        Err(_) => url.to_owned(),
    }
}

fn origin_of(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}

fn address_of(url: &str) -> &str {
    url.split_once('?').map_or(url, |(address, _)| address)
}

/// Without the signature, which differs from place to place.
fn unsigned(url: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let signature = ["timestamp=", "nonce=", "sign="];
    let rest = query.split('&').filter(|part| !part.is_empty() && !signature.iter().any(|sign| part.starts_with(sign)));
    let rest = rest.collect::<Vec<_>>().join("&");
    if rest.is_empty() { address.to_owned() } else { format!("{address}?{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_found_once_wherever_it_stands() {
        let file = |sign: &str| {
            json!({
                "dify_model_identity": "__dify__file__", "filename": "review.md", "extension": ".md",
                "mime_type": "text/markdown", "size": 12, "url": format!("/files/tools/a.md?sign={sign}")
            })
        };
        let outputs = json!({"text": "x", "list": [{"deep": file("1")}]});
        let found = files(outputs.as_object().expect("an object"), &[file("2")]);
        assert_eq!(found.len(), 1, "data.files repeats the file with another signature");
        assert_eq!(found[0].file.variable, "list");
        assert_eq!(found[0].file.extension, "md");
        assert_eq!(found[0].url.as_deref(), Some("/files/tools/a.md?sign=1"));
    }

    #[test]
    fn two_files_of_one_address_are_two() {
        let file = |id: u32| json!({"dify_model_identity": "__dify__file__", "filename": "a.md", "url": format!("https://h/get?id={id}&sign=x")});
        let outputs = json!({"files": [file(1), file(2)]});
        assert_eq!(files(outputs.as_object().expect("an object"), &[]).len(), 2);
    }

    #[test]
    fn a_file_without_an_address_is_listed_as_not_to_be_had() {
        let outputs = json!({"f": {"dify_model_identity": "__dify__file__", "related_id": "abc"}});
        let found = files(outputs.as_object().expect("an object"), &[]);
        assert_eq!((found[0].file.name.as_str(), found[0].file.local), ("abc", LocalCopy::Failed));
    }

    fn run_with(outputs: Value, streamed: &str) -> Run {
        let head = serde_json::from_value(json!({
            "id": "r", "appId": "a", "title": "", "status": "succeeded", "startedAt": 0, "finishedAt": 1000,
            "elapsed": null, "totalTokens": null, "totalSteps": null, "error": null,
            "server": {"runId": null, "taskId": null, "workflowId": null, "traceId": null}
        }));
        let mut run = super::super::fold::new_run(head.expect("a head"), Vec::new());
        run.outputs = outputs.as_object().cloned().unwrap_or_default();
        run.texts.push(crate::model::run::TextPart { source: String::new(), text: streamed.to_owned() });
        run
    }

    const A: &str = "28da2d65-37bc-43c4-bc6a-c2e280413c05";
    const SIGNED: &str = "timestamp=1&nonce=2&sign=3=";

    #[test]
    fn a_picture_in_a_text_is_a_file_once() {
        let object = json!({
            "dify_model_identity": "__dify__file__", "related_id": A, "filename": "plan.png", "size": 9,
            "url": format!("http://api:5001/files/tools/{A}.png?timestamp=7&nonce=8&sign=9")
        });
        let text = format!("![plan](/files/tools/{A}.png?{SIGNED}) and [the rest](/files/{A}/file-preview?{SIGNED}).");
        let found = files_of(&run_with(json!({"text": text, "file": object}), ""), &[]);
        let names: Vec<_> = found.iter().map(|output| output.file.name.as_str()).collect();
        assert_eq!(names, ["plan.png", "the rest"], "another host and another signature do not make another file");
        let link = found[0].file.link.clone().expect("a link");
        assert_eq!(link.address, format!("/files/tools/{A}.png"), "by which links in texts are known again");
        assert_eq!(link.until, Some(301_000), "signed links die 300 s after the end");
    }

    #[test]
    fn a_text_leads_to_no_other_server_than_the_outputs_do() {
        let text = format!(
            "![x](https://elsewhere.example/files/tools/{A}.png?{SIGNED}&leak=1) https://elsewhere.example/a.png"
        );
        let found = files_of(&run_with(json!({ "text": text.clone() }), ""), &[]);
        assert_eq!(found.len(), 1, "only what looks like the server's own file");
        assert_eq!(
            found[0].url.as_deref(),
            Some(&*format!("/files/tools/{A}.png?{SIGNED}&leak=1")),
            "asked at home only"
        );
        let object = json!({"dify_model_identity": "__dify__file__", "filename": "b.png", "url": "https://elsewhere.example/files/b"});
        let found = files_of(&run_with(json!({"text": text, "file": object}), ""), &[]);
        assert!(
            found[1].url.as_deref().is_some_and(|url| url.starts_with("https://elsewhere.example/")),
            "files' own host"
        );
        assert_eq!(found[0].file.link.clone().expect("a link").until, None, "nobody knows how long it lives");
    }

    #[test]
    fn a_text_leads_to_a_hundred_files_at_most() {
        let link = |n: u32| format!("![](/files/tools/28da2d65-37bc-43c4-bc6a-{n:012x}.png?{SIGNED}) ");
        let text: String = (0..5000).flat_map(|n| [link(n), link(0)]).collect();
        assert_eq!(files_of(&run_with(json!({ "text": text }), ""), &[]).len(), 100);
    }

    #[test]
    fn a_kept_file_is_known_by_more_than_its_place() {
        let file = |name: &str, url: String| json!({"dify_model_identity": "__dify__file__", "filename": name, "size": 9, "url": url});
        let kept = |outputs: Value| files_of(&run_with(outputs, ""), &[]).remove(0).file;
        let first = kept(json!({"f": file("a.png", format!("/files/tools/{A}.png?{SIGNED}"))}));
        let again = kept(
            json!({"f": file("b.png", format!("http://api:5001/files/tools/{A}.png?timestamp=8&nonce=1&sign=2"))}),
        );
        let other = kept(json!({"f": file("b.pdf", format!("/files/{A}/file-preview?{SIGNED}"))}));
        assert!(is_same_file(&first, &again), "a new signature does not make another file");
        assert!(!is_same_file(&first, &other), "a corrected end may have another file in the first place");

        let mut run = run_with(json!({"f": file("b.pdf", format!("/files/{A}/file-preview?{SIGNED}"))}), "");
        run.files = vec![RunFile { link: None, ..first }];
        tell_links(&mut run);
        assert_eq!(run.files[0].link, None, "the link of another file is not told of it");
    }

    #[test]
    fn after_a_failure_the_streamed_text_leads_to_its_files() {
        let text = format!("Here: [report.pdf](http://localhost/files/tools/{A}.pdf?{SIGNED})");
        assert_eq!(files_of(&run_with(json!({}), &text), &[])[0].file.name, "report.pdf");
        assert_eq!(files_of(&run_with(json!({"a": 1}), &text), &[]), [], "else the outputs say what there is");
    }

    #[test]
    fn a_random_name_gives_way_to_that_of_its_output() {
        let file = json!({"dify_model_identity": "__dify__file__", "filename": "7237ec6dfb664bb98eca87a77cb743c1.png", "url": "/x"});
        let found = files(json!({ "picture": file }).as_object().expect("an object"), &[]);
        assert_eq!((found[0].file.name.as_str(), found[0].nameless), ("picture.png", true));
        assert!(!is_random("2026-annual-report.pdf") && !is_random("deadbeef.png"), "names of people stay");
    }
}
