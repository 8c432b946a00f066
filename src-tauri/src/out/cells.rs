//! What stands in the cells of a table of runs.

use serde_json::Value;

use super::report::{is_file, plain, without_thinking};
use crate::{
    model::{
        Millis,
        history::Contents,
        out::{ExportColumn, ExportWords},
        run::RunStatus,
    },
    store::RunRow,
};

/// A value as a table takes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(f64),
    /// Decimal text: a number that keeps all its digits.
    Decimal(String),
    Time(Millis),
}

pub(super) fn cell(column: &ExportColumn, row: &RunRow, app: &str, words: &ExportWords) -> Cell {
    let head = &row.head;
    #[allow(clippy::cast_precision_loss, reason = "tokens and milliseconds of a run are far below 2^53")]
    let number = |number: i64| Cell::Number(number as f64);
    match column {
        ExportColumn::Started => Cell::Time(head.started_at),
        ExportColumn::App => text(app),
        ExportColumn::Title => text(&head.title),
        ExportColumn::Name => text(&row.remarks.name),
        ExportColumn::Status => text(&status(words, head.status)),
        ExportColumn::Duration => head.elapsed.map_or(Cell::Empty, Cell::Number),
        ExportColumn::Tokens => head.total_tokens.map_or(Cell::Empty, number),
        ExportColumn::Cost => match row.costs.as_slice() {
            [] => Cell::Empty,
            [one] if one.currency == "USD" => Cell::Decimal(one.amount.clone()),
            costs => {
                let cost = |cost: &crate::model::usage::Cost| format!("{} {}", cost.amount, cost.currency);
                Cell::Text(costs.iter().map(cost).collect::<Vec<_>>().join("; "))
            }
        },
        ExportColumn::Input { app, .. } | ExportColumn::Output { app, .. }
            if app.as_ref().is_some_and(|app| *app != head.app_id) =>
        {
            Cell::Empty
        }
        ExportColumn::Input { variable, .. } => {
            let input = row.inputs.iter().find(|input| &input.variable == variable);
            input.map_or(Cell::Empty, |input| value(&input.value, words))
        }
        ExportColumn::Output { variable, .. } => {
            row.outputs.get(variable).map_or(Cell::Empty, |found| value(found, words))
        }
        ExportColumn::Error => head.error.as_ref().map_or(Cell::Empty, |error| text(&error.message)),
        ExportColumn::Note => text(&row.remarks.note),
        ExportColumn::Tags => text(&row.remarks.tags.join(", ")),
        ExportColumn::Details => text(match row.contents {
            Contents::Whole => &words.whole,
            Contents::Head => &words.only_listed,
        }),
    }
}

fn text(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
}

fn status(words: &ExportWords, status: RunStatus) -> String {
    let word = words.statuses.iter().find(|known| known.status == status);
    word.map_or_else(|| status.as_str().to_owned(), |known| known.word.clone())
}

fn value(found: &Value, words: &ExportWords) -> Cell {
    match found {
        Value::Null => Cell::Empty,
        Value::Bool(flag) => text(if *flag { &words.yes } else { &words.no }),
        // A long number, such as an order's, would lose its last digits.
        Value::Number(number) => match number.as_f64().filter(|value| value.abs() < 1e15) {
            Some(value) => Cell::Number(value),
            None => Cell::Text(number.to_string()),
        },
        Value::String(said) => text(&without_thinking(said)),
        found if is_file(found) => text(&names(found).join("; ")),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            text(&items.iter().map(plain).collect::<Vec<_>>().join("; "))
        }
        found => text(&found.to_string()),
    }
}

fn names(files: &Value) -> Vec<String> {
    match files {
        Value::Array(files) => files.iter().flat_map(names).collect(),
        file => file.get("filename").and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
    }
}
