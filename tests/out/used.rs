//! What runs used, week by week, against a plain computation.

use std::collections::BTreeMap;

use flowdeck::model::{
    app::AppId,
    history::Contents,
    run::{RunId, RunStatus},
    usage::{Cost, Usage, Whose},
};

use super::{Desk, STARTED, id_at, run, step, variables::database};

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
    let usage = desk.out.usage(None, Some(MONDAY + 5 * WEEK - 1), &[], Whose::Known).await.expect("counted");
    assert_eq!(usage.weeks, (-1..5).map(|week| MONDAY + week * WEEK).collect::<Vec<_>>(), "every week, Mondays first");
    let found: BTreeMap<(i64, String), Sum> = usage.rows.iter().map(as_sum).collect();
    assert_eq!(found, plain);
    let names: Vec<&str> = usage.apps.iter().map(|app| app.title.as_str()).collect();
    assert_eq!(names, ["Review", "Other"], "as the apps are listed");
    let one = desk.out.usage(Some(MONDAY), Some(MONDAY + HOUR), &apps[..1], Whose::Known).await.expect("counted");
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
    let Usage { rows, .. } = desk.out.usage(None, None, &[], Whose::Known).await.expect("counted");
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

#[tokio::test]
async fn runs_of_others_count_only_where_that_is_wanted() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let origins = ["here", "server", "web_app", "other", "file"];
    for (place, origin) in (0..).zip(origins) {
        let mut run = run(&app);
        // The first of all is not one's own.
        run.head.id = id_at(STARTED + (4 - place) * WEEK);
        run.head.started_at = STARTED + (4 - place) * WEEK;
        run.head.server.run_id = Some(format!("server-run-{place}"));
        let id = desk.keep(run).await;
        let mut database = database(&desk).await;
        let sql = "UPDATE run SET origin = ? WHERE id = ?";
        sqlx::query(sql).bind(origin).bind(&id.0).execute(&mut database).await.expect("written");
    }
    let until = Some(STARTED + 5 * WEEK);
    let counted = async |whose| desk.out.usage(None, until, &[], whose).await.expect("counted");
    let (own, all) = (counted(Whose::Own).await, counted(Whose::Known).await);
    let runs = |usage: &Usage| usage.rows.iter().map(|row| row.runs).sum::<u32>();
    assert_eq!((runs(&own), runs(&all)), (2, 5));
    assert_eq!((own.rows[0].week, all.rows[0].week), (MONDAY + 3 * WEEK, MONDAY), "from the first of these runs on");
    let cost = |usage: &Usage| usage.rows.iter().flat_map(|row| &row.costs).count();
    assert_eq!((cost(&own), cost(&all)), (2, 5), "and so do their costs");
}

#[tokio::test]
async fn it_is_said_of_how_many_runs_the_cost_is_known() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let at = |place: i64| (id_at(STARTED + place), STARTED + place);
    let keep = async |place: i64, change: &dyn Fn(&mut flowdeck::model::run::Run), contents| {
        let mut run = run(&app);
        (run.head.id, run.head.started_at) = at(place);
        change(&mut run);
        desk.keep_as(run, contents).await
    };
    keep(0, &|_| (), Contents::Whole).await;
    keep(1, &|run| run.steps.iter_mut().for_each(|step| step.price = None), Contents::Whole).await;
    keep(2, &|run| run.steps.clear(), Contents::Whole).await;
    keep(3, &|run| run.steps.clear(), Contents::Head).await;
    let refused = |run: &mut flowdeck::model::run::Run| {
        run.steps.clear();
        run.head.server.run_id = None;
        run.head.status = RunStatus::Failed;
    };
    keep(4, &refused, Contents::Whole).await;
    let lost = |run: &mut flowdeck::model::run::Run| {
        refused(run);
        run.head.status = RunStatus::Unknown;
    };
    keep(5, &lost, Contents::Whole).await;
    let usage = desk.out.usage(None, None, &[], Whose::Known).await.expect("counted");
    let [row] = &usage.rows[..] else { panic!("one week of one app: {:?}", usage.rows) };
    let known = "with a price, with steps that cost nothing, and one that the server never took";
    assert_eq!((row.priced, row.runs), (3, 6), "{known}");
}
