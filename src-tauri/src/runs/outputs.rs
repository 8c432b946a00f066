//! Files among a run's outputs (api.md §5, server-1.12.1.md §16). Pure.

use serde_json::{Map, Value};

use crate::model::{
    check::extension_of,
    file::{LocalCopy, RunFile},
};

/// A result file and the address it can be fetched from for a short time.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputFile {
    pub file: RunFile,
    pub url: Option<String>,
    /// The server's id of it, where it gives one.
    identity: Option<String>,
}

/// Every file marked anywhere inside the outputs, then those that are only listed beside them.
pub fn files(outputs: &Map<String, Value>, beside: &[Value]) -> Vec<OutputFile> {
    let mut found = Vec::new();
    for (variable, value) in outputs {
        walk(variable, value, &mut found);
    }
    for value in beside {
        walk("", value, &mut found);
    }
    found
}

fn walk(variable: &str, value: &Value, found: &mut Vec<OutputFile>) {
    match value {
        Value::Object(object)
            if object.get("dify_model_identity").and_then(Value::as_str) == Some("__dify__file__") =>
        {
            add(variable, object, found);
        }
        Value::Object(object) => object.values().for_each(|inner| walk(variable, inner, found)),
        Value::Array(list) => list.iter().for_each(|inner| walk(variable, inner, found)),
        _ => {}
    }
}

fn add(variable: &str, object: &Map<String, Value>, found: &mut Vec<OutputFile>) {
    let text = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let url = text("url").or_else(|| text("remote_url")).map(ToOwned::to_owned);
    let identity = text("related_id").or_else(|| text("id")).map(ToOwned::to_owned);
    // The same file stands in `outputs` and again, signed anew, in `data.files`.
    let same = |known: &OutputFile| match (&identity, &known.identity, &url, &known.url) {
        (Some(one), Some(other), ..) => one == other,
        (_, _, Some(one), Some(other)) => unsigned(one) == unsigned(other),
        _ => false,
    };
    if found.iter().any(same) {
        return;
    }
    let name = text("filename").map(ToOwned::to_owned).unwrap_or_else(|| {
        let last = url.as_deref().map(address_of).and_then(|address| address.rsplit('/').next());
        last.filter(|last| last.contains('.')).or(identity.as_deref()).unwrap_or("file").to_owned()
    });
    let extension =
        text("extension").map_or_else(|| extension_of(&name), |dotted| dotted.trim_start_matches('.').to_lowercase());
    found.push(OutputFile {
        file: RunFile {
            index: u32::try_from(found.len()).unwrap_or(u32::MAX),
            variable: variable.to_owned(),
            name,
            extension,
            mime_type: text("mime_type").map(ToOwned::to_owned),
            size: object.get("size").and_then(Value::as_u64),
            local: if url.is_some() { LocalCopy::Fetching } else { LocalCopy::Failed },
        },
        url,
        identity,
    });
}

fn address_of(url: &str) -> &str {
    url.split_once('?').map_or(url, |(address, _)| address)
}

/// Without the signature, which differs from place to place.
fn unsigned(url: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let signature = ["timestamp=", "nonce=", "sign="];
    let rest = query.split('&').filter(|part| !signature.iter().any(|sign| part.starts_with(sign)));
    std::iter::once(address).chain(rest).collect::<Vec<_>>().join("&")
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
}
