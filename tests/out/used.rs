//! What runs used, week by week, against a plain computation.

use std::collections::BTreeMap;

use flowdeck::model::{
    app::AppId,
    run::{RunId, RunStatus},
    usage::{Cost, Usage},
};

use super::{Desk, STARTED, id_at, run, step};

const HOUR: i64 = 3_600_000;
const WEEK: i64 = 7 * 24 * HOUR;
/// Monday, 2026-03-02, midnight in Shanghai.
const MONDAY: i64 = STARTED - 20 * HOUR;

type Sum = (u32, u32, f64, i64, BTreeMap<String, i64>);

#[tokio::test]
async fn weeks_are_summed_up_as_by_hand() {
    let desk = Desk::new().await;
    let apps = [desk.app("Review").await, desk.app("Other").await];
    let mut plain: BTreeMap<(i64, String), Sum> = BTreeMap::new();
    for place in 0..120_i64 {
        let app = &apps[usize::from(place % 3 == 0)];
        // Around the midnight of each Monday, too.
        let at = MONDAY + (place % 5) * WEEK - 2 + place % 4;
        let mut run = run(app);
        run.head.id = id_at(at);
        run.head.started_at = at;
        run.head.status = if place % 7 == 0 { RunStatus::Failed } else { RunStatus::Succeeded };
        run.head.elapsed = (place % 4 != 0).then_some(0.25 * place as f64);
        run.head.total_tokens = (place % 5 != 0).then_some(place * 11);
        run.steps = vec![step("a", &format!("0.000000{}", place + 100)), step("b", "1E-9")];
        if place % 2 == 0 {
            run.steps[1].currency = Some("RMB".into());
        }
        let week = MONDAY + (at - MONDAY).div_euclid(WEEK) * WEEK;
        let sum = plain.entry((week, app.0.clone())).or_default();
        sum.0 += 1;
        sum.1 += u32::from(run.head.status == RunStatus::Failed);
        sum.2 += run.head.elapsed.unwrap_or_default();
        sum.3 += run.head.total_tokens.unwrap_or_default();
        *sum.4.entry("USD".into()).or_default() += place + 100;
        *sum.4.entry(if place % 2 == 0 { "RMB" } else { "USD" }.into()).or_default() += 1;
        desk.keep(run).await;
    }
    let usage = desk.out.usage(None, Some(MONDAY + 5 * WEEK - 1), &[]).await.expect("counted");
    assert_eq!(usage.weeks, (-1..5).map(|week| MONDAY + week * WEEK).collect::<Vec<_>>(), "every week, Mondays first");
    let found: BTreeMap<(i64, String), Sum> = usage.rows.iter().map(as_sum).collect();
    assert_eq!(found, plain);
    let names: Vec<&str> = usage.apps.iter().map(|app| app.title.as_str()).collect();
    assert_eq!(names, ["Review", "Other"], "as the apps are listed");
    let one = desk.out.usage(Some(MONDAY), Some(MONDAY + HOUR), &apps[..1]).await.expect("counted");
    assert_eq!((one.weeks, one.apps.len()), (vec![MONDAY], 1));
    assert!(one.rows.iter().all(|row| row.app_id == apps[0]));
}

/// Amounts in the ninth place.
fn as_sum(row: &flowdeck::model::usage::UsageRow) -> ((i64, String), Sum) {
    let units = |cost: &Cost| {
        let (whole, places) = cost.amount.split_once('.').expect("less than one");
        assert_eq!(whole, "0");
        format!("{places:0<9}").parse().expect("nine places")
    };
    let costs = row.costs.iter().map(|cost| (cost.currency.clone(), units(cost))).collect();
    ((row.week, row.app_id.0.clone()), (row.runs, row.failed, row.seconds, row.tokens, costs))
}

async fn costs(desk: &Desk) -> Vec<Cost> {
    let Usage { rows, .. } = desk.out.usage(None, None, &[]).await.expect("counted");
    rows.into_iter().flat_map(|row| row.costs).collect()
}

#[tokio::test]
async fn a_price_that_comes_later_counts_as_well() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let id = kept(&desk, &app).await;
    let cost = |currency: &str, amount: &str| Cost { currency: currency.into(), amount: amount.into() };
    assert_eq!(costs(&desk).await, [cost("USD", "1.200042")]);
    let mut more = step("c", "0.3");
    more.currency = Some("RMB".into());
    let save = flowdeck::store::RunSave { steps: vec![more], ..Default::default() };
    desk.store.save_run(&id, &save).await.expect("saved");
    assert_eq!(costs(&desk).await, [cost("RMB", "0.3"), cost("USD", "1.200042")], "currencies are kept apart");
    let save = flowdeck::store::RunSave { steps: vec![step("a", "0.5")], ..Default::default() };
    desk.store.save_run(&id, &save).await.expect("saved");
    assert_eq!(costs(&desk).await, [cost("RMB", "0.3"), cost("USD", "1.7")], "a step's last price counts, once");
}

async fn kept(desk: &Desk, app: &AppId) -> RunId {
    desk.keep(run(app)).await
}
