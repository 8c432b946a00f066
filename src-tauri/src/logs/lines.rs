//! Lines of a server's log as they are kept: pure. Servers are not trusted: what is too long is cut, what cannot be is
//! left out, and a date that nobody can believe counts for nothing.

use crate::{
    dify::{self, LogRow},
    model::{
        Millis,
        history::RunOrigin,
        run::{RunError, RunErrorCause, RunStatus},
    },
    runs::life::{self, Happening},
    store::LogEntry,
};

/// There was no such server before 2023.
const EARLIEST: Millis = 1_672_531_200_000;
/// Ids of servers are UUIDs.
const LONGEST_ID: usize = 128;
/// Characters of an error that are kept.
const LONGEST_ERROR: usize = 4000;
/// A run that began this long ago and still counts as running was stopped or lost (server-1.12.1.md §12): servers end
/// runs after 20 minutes themselves.
pub(super) const RUNS_AT_MOST: Millis = 24 * 3600 * 1000;
/// Ten years, in seconds.
const LONGEST_RUN: f64 = 315_360_000.0;

/// When the line was written, as far as that can be believed.
pub fn written_at(row: &LogRow, now: Millis) -> Option<Millis> {
    row.logged_at.or(row.created_at).filter(|&at| is_believable(at, now))
}

fn is_believable(at: Millis, now: Millis) -> bool {
    // Clocks differ; a day is no clock.
    (EARLIEST..=now + 24 * 3600 * 1000).contains(&at)
}

/// Whose run it is. `user` is the connection's; `own`: the server was asked for that user's runs alone.
pub fn origin_of(row: &LogRow, user: &str, own: bool) -> RunOrigin {
    if own || row.session_id() == Some(user) {
        RunOrigin::Server
    } else if row.created_from.as_deref() == Some("web-app") {
        RunOrigin::WebApp
    } else {
        RunOrigin::Other
    }
}

/// What is kept of a line; `None` where its run has no usable id. `beside` is when its neighbour began: for lines
/// without a date.
pub fn entry_of(row: &LogRow, origin: RunOrigin, user: &str, beside: Option<Millis>, now: Millis) -> Option<LogEntry> {
    let id = row.run_id.trim();
    if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        return None;
    }
    let believable = |at: &Millis| is_believable(*at, now);
    let finished_at = row.finished_at.filter(believable).map(|at| at.min(now));
    let known = row.created_at.filter(believable).or(row.logged_at.filter(believable));
    // In the future it would stand above everything that is still to come.
    let started_at = known.or(finished_at).or(beside).unwrap_or(now).min(now);
    let status = match row.status {
        RunStatus::Running if started_at < now - RUNS_AT_MOST => RunStatus::Unknown,
        status => status,
    };
    let over = status.is_over();
    let error = row.error.as_deref().map(|error| cut(error, LONGEST_ERROR)).map(|message| RunError {
        reason: dify::reason_of_run(&message, None),
        cause: RunErrorCause::Workflow,
        message,
        step: None,
        network: None,
    });
    let count = |count: Option<i64>| count.filter(|&count| over && (0..=i64::from(u32::MAX)).contains(&count));
    Some(LogEntry {
        server_run_id: id.to_owned(),
        status,
        started_at,
        finished_at: finished_at.filter(|_| over).map(|at| at.max(started_at)),
        elapsed: row.elapsed.filter(|&elapsed| over && (0.0..LONGEST_RUN).contains(&elapsed)),
        total_tokens: count(row.total_tokens),
        total_steps: count(row.total_steps),
        error,
        user: (origin == RunOrigin::Server).then(|| user.to_owned()),
        origin,
    })
}

/// What a run that only the log knows becomes by the log's next word.
pub fn after(now: RunStatus, said: RunStatus) -> RunStatus {
    life::after(
        now,
        match said {
            RunStatus::Unknown => Happening::GivenUp,
            end if end.is_over() => Happening::Ends(end),
            RunStatus::Paused | RunStatus::Waiting => Happening::Pauses,
            _ if now == RunStatus::Unknown => Happening::Revived,
            _ => Happening::GoesOn,
        },
    )
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_790_000_000_000;

    fn row() -> LogRow {
        LogRow {
            id: "line".into(),
            run_id: "0199-run".into(),
            version: None,
            status: RunStatus::Succeeded,
            triggered_from: None,
            error: None,
            elapsed: Some(1.5),
            total_tokens: Some(7),
            total_steps: Some(3),
            exceptions: None,
            created_at: Some(NOW - 10_000),
            finished_at: Some(NOW - 8_000),
            details: None,
            created_from: None,
            created_by_role: None,
            account: None,
            end_user: None,
            logged_at: Some(NOW - 10_000),
        }
    }

    fn entry(row: &LogRow) -> Option<LogEntry> {
        entry_of(row, RunOrigin::Server, "me", Some(NOW - 60_000), NOW)
    }

    #[test]
    fn a_date_that_nobody_can_believe_counts_for_nothing() {
        for wrong in [0, 1, -5, i64::MIN, i64::MAX, 253_402_300_799_000] {
            let odd = LogRow { created_at: Some(wrong), logged_at: Some(wrong), finished_at: Some(wrong), ..row() };
            let kept = entry(&odd).expect("the run is there all the same");
            assert_eq!(kept.started_at, NOW - 60_000, "beside its neighbour: {wrong}");
            assert_eq!((kept.finished_at, written_at(&odd, NOW)), (None, None), "{wrong}");
        }
        let ahead = LogRow { created_at: Some(NOW + 60_000), ..row() };
        assert_eq!(entry(&ahead).map(|kept| kept.started_at), Some(NOW), "nothing stands above what is to come");
    }

    #[test]
    fn numbers_and_texts_are_bounded() {
        let odd = LogRow {
            error: Some("长".repeat(10_000_000)),
            elapsed: Some(1e300),
            total_tokens: Some(-4),
            total_steps: Some(i64::MAX),
            ..row()
        };
        let kept = entry(&odd).expect("a run");
        assert_eq!((kept.elapsed, kept.total_tokens, kept.total_steps), (None, None, None), "impossible numbers");
        assert_eq!(kept.error.map(|error| error.message.chars().count()), Some(LONGEST_ERROR + 1), "cut");
        for id in ["", "  ", "a\0b", &"x".repeat(129)] {
            assert_eq!(entry(&LogRow { run_id: id.into(), ..row() }), None, "{id:?} can be no id");
        }
    }

    #[test]
    fn a_run_that_goes_on_has_no_end_and_one_that_never_ended_is_not_believed() {
        let running = LogRow { status: RunStatus::Running, elapsed: Some(0.0), total_steps: Some(0), ..row() };
        let kept = entry(&running).expect("a run");
        assert_eq!((kept.status, kept.elapsed, kept.total_steps), (RunStatus::Running, None, None), "0 says nothing");
        let old = LogRow { created_at: Some(NOW - 2 * RUNS_AT_MOST), ..running };
        assert_eq!(entry(&old).map(|kept| kept.status), Some(RunStatus::Unknown), "it was stopped, and nobody says so");
    }

    #[test]
    fn an_end_is_never_taken_back() {
        use RunStatus::*;
        for end in [Succeeded, PartlySucceeded, Failed, Stopped] {
            for said in [Running, Paused, Unknown] {
                assert_eq!(after(end, said), end, "{said:?} came late");
            }
            assert_eq!(after(Running, end), end, "the log's word on the end");
            assert_eq!(after(Unknown, end), end, "which nobody knew");
        }
        assert_eq!((after(Running, Paused), after(Paused, Running)), (Paused, Running), "it moves on");
    }
}
