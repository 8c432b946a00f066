//! A run whose stream broke before it said its id: which row of the server's log is it? By session, time and inputs
//! (api.md §4, step 4). Pure; `find` asks the server.

use serde_json::{Map, Value};

use crate::{
    dify::LogRow,
    model::{Millis, run::InputShown},
};

/// Clocks of servers are off by some minutes.
const CLOCKS_APART: Millis = 10 * 60_000;
/// Where inputs cannot be compared, only this near.
const NEAR: Millis = 2 * 60_000;

/// Rows that may be the run, the likeliest first. `taken`: ids of other runs.
pub(super) fn candidates<'a>(
    rows: &'a [LogRow],
    started_at: Millis,
    user: &str,
    taken: impl Fn(&str) -> bool,
) -> Vec<&'a LogRow> {
    let mut near: Vec<_> = rows
        .iter()
        // Servers that do not know the filter list everybody's.
        .filter(|row| row.session_id().is_none_or(|session| session == user))
        .filter(|row| apart(row, started_at).is_some_and(|apart| apart <= CLOCKS_APART))
        .filter(|row| !taken(&row.run_id))
        .collect();
    near.sort_by_key(|row| apart(row, started_at));
    near
}

/// Milliseconds between the row's start and ours.
fn apart(row: &LogRow, started_at: Millis) -> Option<Millis> {
    Some((row.created_at? - started_at).abs())
}

/// Whether a row without inputs is near enough to be taken at its time alone.
pub(super) fn is_near(row: &LogRow, started_at: Millis) -> bool {
    apart(row, started_at).is_some_and(|apart| apart <= NEAR)
}

/// Whether a run with the inputs `theirs` was started with `ours`; `None` where there is nothing to compare.
///
/// Files are not compared: servers describe them in their own way.
pub(super) fn same_inputs(ours: &[InputShown], theirs: &Map<String, Value>) -> Option<bool> {
    if theirs.keys().all(|key| key.starts_with("sys.")) {
        return if ours.iter().all(|input| input.is_files) { None } else { Some(false) };
    }
    let mut compared = false;
    for input in ours.iter().filter(|input| !input.is_files) {
        // Unknown inputs are dropped by the server.
        let Some(value) = theirs.get(&input.variable) else { continue };
        compared = true;
        if !same(&input.value, value) {
            return Some(false);
        }
    }
    compared.then_some(true)
}

/// NUL characters are taken out by servers, and numbers may come back as text.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::String(ours), Value::String(theirs)) => ours.replace('\0', "") == *theirs,
        (Value::Number(_), Value::Number(_)) => ours.as_f64() == theirs.as_f64(),
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            text.trim().parse::<f64>().ok() == number.as_f64()
        }
        (ours, theirs) => ours == theirs,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(variable: &str, value: Value) -> InputShown {
        InputShown { variable: variable.into(), label: variable.into(), value, is_files: false, hidden: false }
    }

    fn theirs(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn inputs_are_compared_as_servers_give_them_back() {
        let ours = [input("title", json!("A\0B")), input("days", json!(3)), input("flag", json!(true))];
        let back = theirs(json!({"title": "AB", "days": 3.0, "flag": true, "sys.user_id": "x"}));
        assert_eq!(same_inputs(&ours, &back), Some(true));
        assert_eq!(same_inputs(&ours, &theirs(json!({"title": "AB", "days": "3"}))), Some(true), "numbers as text");
        assert_eq!(same_inputs(&ours, &theirs(json!({"title": "another", "days": 3}))), Some(false));
    }

    #[test]
    fn where_there_is_nothing_to_compare_nothing_is_claimed() {
        assert_eq!(same_inputs(&[], &theirs(json!({"sys.user_id": "x"}))), None);
        let files = InputShown { is_files: true, ..input("documents", json!(["a.pdf"])) };
        assert_eq!(same_inputs(&[files], &theirs(json!({"documents": [{"filename": "a.pdf"}]}))), None);
        assert_eq!(same_inputs(&[input("title", json!("A"))], &Map::new()), Some(false), "it had inputs");
    }
}
