//! The judges of the soak (`examples/soak`): each rule is broken once here, so that a soak that holds has proved it.
//!
//! The soak itself needs minutes and processes of its own: `cargo xtask soak`, and a short one in `cargo xtask test`.

#[path = "../examples/soak/compare.rs"]
mod compare;
#[path = "../examples/soak/measure.rs"]
#[allow(dead_code, reason = "processes are measured by the soak only")]
mod measure;
#[path = "../examples/soak/words.rs"]
#[allow(dead_code, reason = "processes talk in the soak only")]
mod words;

use compare::{Findings, Row, Watched, compare};
use flowdeck::model::{
    app::AppId,
    run::{Run, RunError, RunErrorCause, RunHead, RunId, RunStatus, ServerIds},
};
use measure::trend;
use serde_json::{Value, json};
use words::{Asked, TrueRun, Truth};

/// The row of run `n`, which succeeded as its server says.
fn row(n: u32) -> Run {
    let server =
        ServerIds { run_id: Some(format!("run-{n}")), trace_id: Some(format!("trace-{n}")), ..ServerIds::default() };
    Run {
        head: RunHead {
            title: format!("Soak {n}"),
            finished_at: Some(1_000_001),
            server,
            ..RunHead::new(RunId(format!("row-{n}")), AppId("app".into()), RunStatus::Succeeded, 1_000_000)
        },
        inputs: Vec::new(),
        steps: Vec::new(),
        texts: Vec::new(),
        outputs: outputs("first").as_object().expect("an object").clone(),
        files: Vec::new(),
        notices: Vec::new(),
        questions: Vec::new(),
        unknown_events: Vec::new(),
    }
}

/// With a file, whose link is signed anew in each answer.
fn outputs(link: &str) -> Value {
    json!({"text": "done", "file": {"dify_model_identity": "__dify__file__", "filename": "a.txt", "url": link}})
}

fn true_run(n: u32) -> TrueRun {
    TrueRun {
        id: format!("run-{n}"),
        title: format!("Soak {n}"),
        status: "succeeded".into(),
        is_over: true,
        told: Some("succeeded".into()),
        is_in_logs: true,
        outputs: outputs("second"),
    }
}

fn asked(n: u32, run: bool, refused: Option<u16>) -> Asked {
    Asked { trace_id: format!("trace-{n}"), run: run.then(|| format!("run-{n}")), refused }
}

/// One server with one run, and a store that has it.
struct Case {
    truth: Truth,
    rows: Vec<Run>,
    watched: Watched,
}

impl Case {
    fn whole() -> Self {
        let truth = Truth { generation: "today".into(), runs: vec![true_run(1)], asked: vec![asked(1, true, None)] };
        Self { truth, rows: vec![row(1)], watched: Watched { promised: vec!["row-1".into()], kills: Vec::new() } }
    }

    fn judged(self) -> Findings {
        let rows: Vec<Row> = self.rows.into_iter().map(|run| Row { generation: "today".into(), run }).collect();
        compare(&[self.truth], &rows, &self.watched)
    }

    /// What is broken when this is done to it; the reasons for what is allowed behind a `+`.
    fn with(harm: impl FnOnce(&mut Self)) -> String {
        let mut case = Self::whole();
        harm(&mut case);
        let findings = case.judged();
        let broken = findings.violations.iter().map(|violation| violation.rule.to_owned());
        let allowed = findings.allowed.keys().map(|reason| format!("+{reason}"));
        broken.chain(allowed).collect::<Vec<_>>().join(", ")
    }
}

fn ended(run: &mut Run, status: RunStatus, cause: Option<RunErrorCause>) {
    run.head.status = status;
    run.head.error =
        cause.map(|cause| RunError { cause, message: String::new(), step: None, reason: None, network: None });
    if !matches!(status, RunStatus::Succeeded | RunStatus::PartlySucceeded) {
        run.outputs.clear();
    }
}

#[test]
fn a_store_that_has_everything_breaks_no_rule() {
    let findings = Case::whole().judged();
    assert!(findings.violations.is_empty() && findings.allowed.is_empty(), "{findings:?}");
    assert_eq!((findings.server_runs, findings.local_runs, findings.asked), (1, 1, 1), "and it was counted");
}

#[test]
fn every_way_to_lose_or_double_a_run_is_found() {
    assert_eq!(Case::with(|case| case.rows.clear()), "lost, promised");
    assert_eq!(Case::with(|case| case.rows[0].head.id.0 = "row-9".into()), "promised");
    assert_eq!(
        Case::with(|case| {
            let mut twin = row(1);
            twin.head.id.0 = "row-2".into();
            case.rows.push(twin);
        }),
        "doubled, doubled, doubled",
        "by its id, and both rows by their title"
    );
    assert_eq!(Case::with(|case| case.truth.asked.push(asked(1, false, None))), "asked twice");
    assert_eq!(Case::with(|case| case.rows[0].head.server.run_id = Some("run-9".into())), "not found again, invented");
    assert_eq!(
        Case::with(|case| case.rows[0].head.server.trace_id = Some("trace-9".into())),
        "taken for another",
        "a run that was found in the logs, and was another's"
    );
    assert_eq!(Case::with(|case| case.rows[0].head.title = "Soak 9".into()), "taken for another");
    assert_eq!(
        Case::with(|case| {
            case.rows[0].head.server.run_id = None;
            ended(&mut case.rows[0], RunStatus::Unknown, Some(RunErrorCause::Lost));
        }),
        "not found again",
        "the logs show it"
    );
}

#[test]
fn another_status_or_other_outputs_are_found() {
    for status in [RunStatus::Failed, RunStatus::Stopped, RunStatus::Unknown, RunStatus::PartlySucceeded] {
        assert_eq!(Case::with(|case| ended(&mut case.rows[0], status, None)), "status", "{status:?}");
    }
    assert_eq!(Case::with(|case| ended(&mut case.rows[0], RunStatus::Running, None)), "status, never over");
    assert_eq!(Case::with(|case| drop(case.rows[0].outputs.insert("text".into(), json!("do")))), "outputs");
    assert_eq!(Case::with(|case| case.rows[0].outputs.clear()), "outputs", "also when there are none");
    assert_eq!(Case::with(|case| case.truth.runs[0].is_over = false), "the server's end");
    // Servers of 2024 have no word for it: what they tell counts, not what they know.
    assert_eq!(Case::with(|case| case.truth.runs[0].status = "partial-succeeded".into()), "");
}

#[test]
fn the_servers_own_contradictions_are_allowed_and_counted() {
    let forgotten = |status| {
        Case::with(|case| {
            (case.truth.runs[0].status, case.truth.runs[0].told) = ("stopped".into(), Some("running".into()));
            case.truth.runs[0].outputs = json!({});
            ended(&mut case.rows[0], status, None);
        })
    };
    assert_eq!(forgotten(RunStatus::Stopped), "+stopped, which the server's store forgot");
    assert_eq!(forgotten(RunStatus::Unknown), "+unknown: stopped out of sight, and the server's store says running");
    assert_eq!(forgotten(RunStatus::Succeeded), "status", "but nothing else is");
}

#[test]
fn rows_without_a_run_are_judged_by_what_became_of_their_request() {
    // Beside run 1, a second row whose request is `asked`.
    let second = |request: Option<Asked>, status, cause, kills: &[i64]| {
        Case::with(|case| {
            let mut other = row(2);
            other.head.server.run_id = None;
            ended(&mut other, status, cause);
            case.rows.push(other);
            case.truth.asked.extend(request);
            case.watched.kills = kills.to_vec();
        })
    };
    let lost = Some(RunErrorCause::Lost);
    let gateway = Some(asked(2, false, Some(502)));
    assert_eq!(second(gateway, RunStatus::Unknown, lost, &[]), "+unknown: a gateway answered for the server");
    assert_eq!(second(Some(asked(2, false, Some(502))), RunStatus::Failed, lost, &[]), "no run");
    let refused = || Some(asked(2, false, Some(429)));
    assert_eq!(second(refused(), RunStatus::Unknown, lost, &[]), "refused", "no row may be left");
    assert_eq!(second(refused(), RunStatus::Unknown, lost, &[1_001_000]), "+refused while the program was killed");
    assert_eq!(second(refused(), RunStatus::Unknown, lost, &[1_009_000]), "refused", "that kill came later");
    let not_sent = Some(RunErrorCause::NotSent);
    assert_eq!(second(None, RunStatus::Stopped, not_sent, &[]), "+it never reached the server");
    assert_eq!(second(None, RunStatus::Succeeded, None, &[]), "never sent");
}

#[test]
fn a_leak_is_seen_under_noise_and_noise_is_no_leak() {
    let series = |value: fn(f64) -> f64| -> Vec<(f64, f64)> {
        (0..600).map(|n| (f64::from(n) * 2.0, value(f64::from(n)) + (f64::from(n) * 12.9898).sin() * 5.0)).collect()
    };
    let flat = trend("flat", &series(|_| 100.0), 8.0);
    assert!(flat.holds && flat.growth.abs() < 1.0, "{flat:?}");
    let leak = trend("leak", &series(|n| 100.0 + n / 30.0), 8.0);
    assert!(!leak.holds && leak.per_hour.is_some_and(|grown| (grown - 60.0).abs() < 3.0), "{leak:?}");
    let slow = trend("slow", &series(|n| 400.0 + n / 60.0), 8.0);
    assert!(!slow.holds && slow.growth < 40.0, "less than a tenth, but 30 an hour: {slow:?}");
    let spike = trend("spike", &series(|n| if n == 300.0 { 900.0 } else { 100.0 }), 8.0);
    assert!(spike.holds && spike.most > 890.0, "one large answer is no leak: {spike:?}");
    let short = trend("short", &series(|n| 100.0 + n / 30.0)[..60], 8.0);
    assert!(short.holds && short.per_hour.is_none(), "a minute says nothing about an hour: {short:?}");
    assert!(!trend("none", &[], 8.0).holds, "nothing measured is nothing proved");
}
