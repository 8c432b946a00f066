//! What runs took, week by week: how many, how many of them failed, time, tokens and cost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Millis, app::AppId, decimal::Decimal, run::RunStatus};

/// Whose runs count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Whose {
    /// The user's own: made here, or elsewhere under the same name.
    #[default]
    Own,
    /// All that are in the history: of other people, too, and those that were brought as files.
    Known,
}

/// What was used in a time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Usage {
    /// The beginning of each week, Mondays by this computer's time, first one first; also of weeks without runs.
    pub weeks: Vec<Millis>,
    /// One row for each week and app with runs: by week, then as the apps are listed.
    pub rows: Vec<UsageRow>,
    pub apps: Vec<UsageApp>,
}

/// An app that had runs in the time, also one that is no longer connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct UsageApp {
    pub id: AppId,
    pub title: String,
}

/// An app's week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct UsageRow {
    pub week: Millis,
    pub app_id: AppId,
    pub runs: u32,
    pub failed: u32,
    /// As the server measured; runs it did not measure count nothing.
    pub seconds: f64,
    pub tokens: i64,
    /// One for each currency, in the order of the alphabet.
    pub costs: Vec<Cost>,
    /// Of so many runs it is known what they cost: of others their steps are not here.
    pub priced: u32,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Cost {
    pub currency: String,
    /// Decimal text, exact.
    pub amount: String,
}

/// What counts of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct UsedRun {
    pub app: AppId,
    pub started_at: Millis,
    pub status: RunStatus,
    pub elapsed: Option<f64>,
    pub tokens: Option<i64>,
    /// What it cost is known.
    pub priced: bool,
}

/// Counts runs into weeks as they come, so that a million of them takes no memory.
#[derive(Debug)]
pub struct Counting {
    weeks: Vec<Millis>,
    /// By week's place and app.
    rows: BTreeMap<(usize, String), Row>,
}

#[derive(Debug, Default)]
struct Row {
    runs: u32,
    failed: u32,
    seconds: f64,
    tokens: i64,
    priced: u32,
    costs: BTreeMap<String, Decimal>,
}

impl Counting {
    /// `weeks` in the order of time.
    pub fn new(weeks: Vec<Millis>) -> Self {
        Self { weeks, rows: BTreeMap::new() }
    }

    fn row(&mut self, app: &AppId, at: Millis) -> Option<&mut Row> {
        let week = self.weeks.partition_point(|week| *week <= at).checked_sub(1)?;
        Some(self.rows.entry((week, app.0.clone())).or_default())
    }

    pub fn run(&mut self, run: &UsedRun) {
        let Some(row) = self.row(&run.app, run.started_at) else { return };
        row.runs = row.runs.saturating_add(1);
        row.failed += u32::from(run.status == RunStatus::Failed);
        row.priced += u32::from(run.priced);
        row.seconds += run.elapsed.filter(|seconds| seconds.is_finite() && *seconds > 0.0).unwrap_or_default();
        row.tokens = row.tokens.saturating_add(run.tokens.unwrap_or_default().max(0));
    }

    pub fn cost(&mut self, app: &AppId, started_at: Millis, cost: &Cost) {
        let Some(amount) = Decimal::read(&cost.amount) else { return };
        let Some(row) = self.row(app, started_at) else { return };
        let sum = row.costs.entry(cost.currency.clone()).or_default();
        *sum = sum.plus(amount).unwrap_or(*sum);
    }

    /// The counted weeks, with the apps in the order given; apps that nobody named come last.
    pub fn done(self, apps: Vec<UsageApp>) -> Usage {
        let place = |id: &str| apps.iter().position(|app| app.id.0 == id).unwrap_or(usize::MAX);
        let mut rows: Vec<(usize, usize, UsageRow)> = Vec::with_capacity(self.rows.len());
        for ((week, app), row) in self.rows {
            let Some(at) = self.weeks.get(week) else { continue };
            let costs = row.costs.into_iter();
            let costs = costs.map(|(currency, amount)| Cost { currency, amount: amount.to_string() }).collect();
            let Row { runs, failed, seconds, tokens, priced, .. } = Row { costs: BTreeMap::new(), ..row };
            let used = UsageRow { week: *at, app_id: AppId(app), runs, failed, seconds, tokens, costs, priced };
            rows.push((week, place(&used.app_id.0), used));
        }
        rows.sort_by_key(|(week, place, _)| (*week, *place));
        let rows: Vec<UsageRow> = rows.into_iter().map(|(_, _, row)| row).collect();
        let apps = apps.into_iter().filter(|app| rows.iter().any(|row| row.app_id == app.id)).collect();
        Usage { weeks: self.weeks, rows, apps }
    }
}

/// What of a step tells what it costs.
#[derive(Debug, Clone, Default)]
pub struct Priced {
    pub id: String,
    /// The step around it.
    pub parent: Option<String>,
    pub price: Option<String>,
    pub currency: Option<String>,
}

/// What steps cost together, by currency: a step that holds others and has a price of its own counts with it, else with
/// those of what ran in it.
pub fn cost_of(steps: &[Priced]) -> Vec<Cost> {
    let price = |price: &Option<String>| price.as_deref().and_then(Decimal::read).filter(|price| price.is_positive());
    let by_id: BTreeMap<&str, (Option<&str>, bool)> =
        steps.iter().map(|step| (step.id.as_str(), (step.parent.as_deref(), price(&step.price).is_some()))).collect();
    let counted_around = |parent: &Option<String>| {
        let mut around = parent.as_deref();
        // Deeper than any workflow: parents that lead in a circle end here.
        for _ in 0..64 {
            match around.and_then(|id| by_id.get(id)) {
                Some((_, true)) => return true,
                Some((parent, false)) => around = *parent,
                None => return false,
            }
        }
        false
    };
    let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
    for Priced { parent, price: amount, currency, .. } in steps {
        let Some(amount) = price(amount) else { continue };
        if counted_around(parent) {
            continue;
        }
        let currency = currency.as_deref().map(str::trim).filter(|word| !word.is_empty()).unwrap_or("USD");
        let sum = sums.entry(currency).or_default();
        *sum = sum.plus(amount).unwrap_or(*sum);
    }
    let cost = |(currency, amount): (&str, Decimal)| Cost { currency: currency.to_owned(), amount: amount.to_string() };
    sums.into_iter().map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_with_a_price_of_its_own_counts_once() {
        let step = |id: &str, parent: Option<&str>, price: Option<&str>, currency: Option<&str>| Priced {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            price: price.map(str::to_owned),
            currency: currency.map(str::to_owned),
        };
        let steps = [
            step("llm", None, Some("0.1"), Some("USD")),
            step("loop", None, Some("0.5"), Some("USD")),
            step("inner", Some("loop"), Some("0.25"), Some("USD")),
            step("each", None, None, None),
            step("deep", Some("each"), Some("0.2"), Some("RMB")),
            step("deeper", Some("each"), Some("0.02"), None),
            step("free", None, Some("0.0"), Some("EUR")),
            step("round", Some("round"), Some("bad"), Some("USD")),
        ];
        let cost = |currency: &str, amount: &str| Cost { currency: currency.into(), amount: amount.into() };
        assert_eq!(cost_of(&steps), [cost("RMB", "0.2"), cost("USD", "0.62")], "currencies stay apart");
    }
}
