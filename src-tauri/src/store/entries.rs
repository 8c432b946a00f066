//! What stood in the form of a run, without repeating what was sent: a text that is also an input as it was typed stands
//! there only, and here as `null`. Texts are most of what a run weighs, and most are sent as they are.

use std::collections::BTreeMap;

use super::Result;
use crate::model::{
    form::{Entries, Entry},
    run::InputShown,
};

/// By variable; `None` for the text of the input.
type Stored = BTreeMap<String, Option<Entry>>;

/// As JSON for `run_body.entries`; the inputs are those that stand beside it.
pub(super) fn stored(entries: &Entries, inputs: &[InputShown]) -> Result<String> {
    let is_sent = |variable: &str, entry: &Entry| matches!(entry, Entry::Text(text) if sent(variable, inputs) == Some(text.as_str()));
    let stored: BTreeMap<&str, Option<&Entry>> = entries
        .iter()
        .map(|(variable, entry)| (variable.as_str(), Some(entry).filter(|entry| !is_sent(variable, entry))))
        .collect();
    Ok(serde_json::to_string(&stored)?)
}

/// The entries again. A text whose input is not there any more is left out.
pub(super) fn restored(stored: Stored, inputs: &[InputShown]) -> Entries {
    let entry = |variable: &str| sent(variable, inputs).map(|text| Entry::Text(text.to_owned()));
    stored
        .into_iter()
        .filter_map(|(variable, own)| own.or_else(|| entry(&variable)).map(|entry| (variable, entry)))
        .collect()
}

fn sent<'a>(variable: &str, inputs: &'a [InputShown]) -> Option<&'a str> {
    inputs.iter().find(|input| input.variable == variable && !input.is_files).and_then(|input| input.value.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn input(variable: &str, value: Value) -> InputShown {
        InputShown { variable: variable.into(), label: variable.into(), value, is_files: false, hidden: false }
    }

    #[test]
    fn what_was_sent_as_it_was_typed_stands_once_and_comes_back() {
        let inputs = [input("letter", json!("Dear all")), input("count", json!(7)), input("name", json!("Ann"))];
        let text = |text: &str| Entry::Text(text.into());
        let entries = Entries::from([
            ("letter".to_owned(), text("Dear all")),
            ("count".to_owned(), text("7 ")),
            ("name".to_owned(), text(" Ann")),
            ("gone".to_owned(), text("not sent")),
            ("agreed".to_owned(), Entry::Flag(true)),
        ]);
        let kept = stored(&entries, &inputs).expect("JSON");
        assert!(!kept.contains("Dear all") && kept.contains(" Ann"), "only what differs is there: {kept}");
        let read = |inputs: &[InputShown]| restored(serde_json::from_str(&kept).expect("read"), inputs);
        assert_eq!(read(&inputs), entries, "exactly what was typed");
        assert_eq!(read(&[]).len(), 4, "without its inputs a field is empty");
    }
}
