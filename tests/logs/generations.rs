//! The log of every generation of servers.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_tells_of_own_runs_and_of_others_when_that_is_wished() {
    for generation in Generation::ALL {
        let server = demo(Options { generation, ..Options::default() }).await;
        let house = House::new().await;
        let app = house.connect(&server, "long-run").await;
        let own = house.apps.client(&app.id).await.expect("a client");
        let other = own.as_user("somebody else");
        for number in 0..6 {
            run_elsewhere(if number % 3 == 0 { &other } else { &own }, &format!("Run {number}")).await;
        }
        let (logs, _) = logs_of(&house);
        let state = logs.update_now(&app.id).await.expect("asked");
        if generation == Generation::Spring2024 {
            assert_eq!(state.trouble, Some(LogTrouble::NoLog), "{generation}: it keeps none");
            assert_eq!(listed(&house, &app.id).await.len(), 0, "{generation}: and that changes nothing");
            continue;
        }
        assert_eq!((state.trouble, state.complete), (None, true), "{generation}");
        let mine = ledger(&server, Some(&app.user));
        assert_eq!(mine.len(), 4, "{generation}: as was started");
        assert_eq!(counted(&house, &app.id).await, once(mine), "{generation}: own runs alone, each once");

        logs.set_scope(&app.id, LogScope::All).await.expect("kept");
        let state = logs.update_now(&app.id).await.expect("asked");
        let state = if state.updating { settled(&logs, &app.id).await } else { state };
        assert_eq!(counted(&house, &app.id).await, once(ledger(&server, None)), "{generation}: all, each once");
        assert_eq!((state.runs, state.heads, state.others), (6, 6, 2), "{generation}: {state:?}");

        // Everything the log can say of a run is here.
        for head in listed(&house, &app.id).await {
            assert_eq!(head.status, RunStatus::Succeeded, "{generation}");
            assert!(head.elapsed.is_some() && head.finished_at.is_some(), "{generation}: {head:?}");
        }
        let state = logs.set_scope(&app.id, LogScope::Own).await.expect("kept");
        assert_eq!(state.others, 0, "{generation}: those of others go");
        assert_eq!(counted(&house, &app.id).await.len(), 4, "{generation}: own ones stay");
    }
}

/// Waits until nothing is read any more.
pub async fn settled(logs: &Logs, app: &AppId) -> LogState {
    let waiting = async {
        loop {
            let state = logs.state(app).await.expect("a state");
            if !state.updating && state.fetching.is_none() {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it comes to its end")
}
