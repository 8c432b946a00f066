//! The way through a log, newest line first: what is asked for next, and when it is over. Pure.
//!
//! While it is read, new lines push the others to later pages. So the next page is asked for by the time of the oldest
//! line that was read, where the server knows that filter; what it lists then may have been seen, and nothing is
//! missed. Where it does not know it, pages are counted, and those that shift only repeat lines.

use std::collections::HashSet;

use crate::{dify::LogPage, model::Millis};

use super::lines::written_at;

/// Lines of a page; servers give no more.
pub const LINES: u32 = 100;
/// Servers give times in whole seconds, cut off: a line may be up to this much younger.
const SECOND: Millis = 1000;
/// A server that gives the same page so often, whichever is asked for, has lost its way.
const BARREN: u32 = 3;

#[derive(Debug)]
pub struct Walk {
    /// Only lines up to then are asked for.
    before: Option<Millis>,
    page: u32,
    /// The server does not know the filter by time.
    by_page: bool,
    /// Where it was to begin, which a server without that filter must be led to.
    from: Option<Millis>,
    down_to: Option<Millis>,
    total: Option<u64>,
    last: HashSet<String>,
    barren: u32,
}

/// What a page told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    pub newest: Option<Millis>,
    pub oldest: Option<Millis>,
    pub goes_on: GoesOn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoesOn {
    /// There is more to be read.
    Further,
    /// The server does not know the filter: the page with this time has to be looked for.
    Seek(Millis),
    /// Down to where it was to lead.
    There,
    /// There are no older lines.
    End,
    /// The server repeats itself.
    Lost,
}

impl Walk {
    /// From a time, or from the top, down to a time, or to the end.
    pub fn new(from: Option<Millis>, down_to: Option<Millis>) -> Self {
        Self {
            before: from.map(|from| from.saturating_add(SECOND)),
            page: 1,
            by_page: false,
            from,
            down_to,
            total: None,
            last: HashSet::new(),
            barren: 0,
        }
    }

    /// Which page is asked for next, and up to which time.
    pub fn next(&self) -> (u32, Option<Millis>) {
        (self.page, self.before)
    }

    /// The page at which counting goes on, once it was looked for.
    pub fn goes_on_at(&mut self, page: u32) {
        (self.by_page, self.before, self.page, self.from) = (true, None, page.max(1), None);
    }

    /// Takes in the page that was asked for.
    pub fn heard(&mut self, page: &LogPage, now: Millis) -> Heard {
        let times: Vec<_> = page.rows.iter().map(|row| written_at(row, now)).collect();
        let known = || times.iter().flatten().copied();
        let (newest, oldest) = (known().max(), known().min());
        let heard = |goes_on| Heard { newest, oldest, goes_on };
        if page.rows.is_empty() {
            // Its lines may have been no runs, and the next pages have others; but none that nobody counts.
            let is_beyond = page.total <= u64::from(self.page) * u64::from(LINES);
            if !page.has_more || is_beyond {
                return heard(GoesOn::End);
            }
            self.count_on(page.total);
            return heard(GoesOn::Further);
        }
        // It lists what is younger than was asked for.
        if let Some(before) = self.before.filter(|_| !self.by_page)
            && newest.is_some_and(|newest| newest > before.saturating_add(SECOND))
        {
            (self.by_page, self.before) = (true, None);
            if let Some(from) = self.from.take() {
                return heard(GoesOn::Seek(from));
            }
            // Page by page from the top: this was the first once more.
        }
        if self.is_barren(page) {
            return heard(GoesOn::Lost);
        }
        let is_there = self.down_to.zip(oldest).is_some_and(|(down_to, oldest)| oldest < down_to);
        if is_there {
            return heard(GoesOn::There);
        }
        let is_end = !page.has_more && page.total <= u64::from(self.page) * u64::from(LINES);
        if is_end {
            return heard(GoesOn::End);
        }
        let sorted = times.iter().all(Option::is_some) && times.is_sorted_by(|one, other| one >= other);
        let earlier = oldest.map(|oldest| oldest + SECOND);
        if !self.by_page && sorted && earlier.is_some() && (self.before.is_none() || earlier < self.before) {
            (self.before, self.page) = (earlier, 1);
        } else {
            self.count_on(page.total);
        }
        heard(GoesOn::Further)
    }

    /// The next page; an earlier one where lines were taken away meanwhile: what followed has moved up.
    fn count_on(&mut self, total: u64) {
        let fewer = self.total.replace(total).map_or(0, |before| before.saturating_sub(total));
        let back = u32::try_from(fewer.div_ceil(u64::from(LINES))).unwrap_or(u32::MAX);
        self.page = self.page.saturating_add(1).saturating_sub(back).max(1);
    }

    fn is_barren(&mut self, page: &LogPage) -> bool {
        let ids: HashSet<String> = page.rows.iter().map(|row| row.run_id.clone()).collect();
        // The first page up to another time may well hold what was just seen.
        let is_again = self.page > 1 && self.last == ids;
        self.barren = if is_again { self.barren + 1 } else { 0 };
        self.last = ids;
        self.barren >= BARREN
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{dify::LogRow, model::run::RunStatus};

    const NOW: Millis = 1_790_000_000_000;

    fn row(number: u32, at: Millis) -> LogRow {
        LogRow {
            id: String::new(),
            run_id: number.to_string(),
            version: None,
            status: RunStatus::Succeeded,
            triggered_from: None,
            error: None,
            elapsed: None,
            total_tokens: None,
            total_steps: None,
            exceptions: None,
            created_at: Some(at),
            finished_at: None,
            details: None,
            created_from: None,
            created_by_role: None,
            account: None,
            end_user: None,
            logged_at: Some(at),
        }
    }

    /// A log that grows at its top while it is read, and may lose lines.
    struct Log {
        rows: Vec<LogRow>,
        knows_time: bool,
    }

    impl Log {
        /// `apart` ms between two lines; 0: all in the same second.
        fn of(lines: u32, apart: Millis, knows_time: bool) -> Self {
            let rows = (0..lines).map(|n| row(n, (NOW - Millis::from(n) * apart) / 1000 * 1000)).collect();
            Self { rows, knows_time }
        }

        fn page(&self, (page, before): (u32, Option<Millis>)) -> LogPage {
            let fits = |row: &&LogRow| {
                !self.knows_time || before.is_none_or(|before| row.logged_at.is_some_and(|at| at <= before))
            };
            let rows: Vec<_> = self.rows.iter().filter(fits).collect();
            let (total, first) = (rows.len(), (page as usize - 1) * LINES as usize);
            let rows: Vec<LogRow> = rows.into_iter().skip(first).take(LINES as usize).cloned().collect();
            let has_more = total > first + rows.len();
            LogPage { page, limit: LINES, total: total as u64, has_more, rows }
        }
    }

    /// Reads all of it; before each page something happens to the log.
    fn read(log: &mut Log, mut meanwhile: impl FnMut(&mut Log, usize)) -> (BTreeSet<u32>, usize, GoesOn) {
        let (mut walk, mut seen, mut pages) = (Walk::new(None, None), BTreeSet::new(), 0);
        loop {
            let page = log.page(walk.next());
            seen.extend(page.rows.iter().map(|row| row.run_id.parse::<u32>().expect("a number")));
            pages += 1;
            let goes_on = walk.heard(&page, NOW).goes_on;
            if goes_on != GoesOn::Further || pages > 500 {
                return (seen, pages, goes_on);
            }
            meanwhile(log, pages);
        }
    }

    #[test]
    fn every_line_is_read_while_new_ones_arrive() {
        for knows_time in [true, false] {
            for apart in [0, 10, 1000, 60_000] {
                let mut log = Log::of(1234, apart, knows_time);
                let arrive = |log: &mut Log, page: usize| {
                    for n in 0..37 {
                        log.rows.insert(0, row(100_000 + page as u32 * 100 + n, NOW));
                    }
                };
                let (seen, _, end) = read(&mut log, arrive);
                assert_eq!(end, GoesOn::End, "filter {knows_time}, {apart} ms apart");
                let missed: Vec<_> = (0..1234).filter(|n| !seen.contains(n)).collect();
                assert_eq!(missed, [0; 0], "filter {knows_time}, {apart} ms apart");
            }
        }
    }

    #[test]
    fn every_line_is_read_while_others_are_taken_away() {
        for knows_time in [true, false] {
            let mut log = Log::of(1000, 60_000, knows_time);
            // From the newest on, which moves all others up.
            let (seen, _, end) = read(&mut log, |log, _| drop(log.rows.drain(..20)));
            assert_eq!(end, GoesOn::End, "filter {knows_time}");
            let there: Vec<u32> = log.rows.iter().map(|row| row.run_id.parse().expect("a number")).collect();
            let missed: Vec<_> = there.iter().filter(|n| !seen.contains(n)).collect();
            assert!(missed.is_empty(), "filter {knows_time}: {missed:?}");
        }
    }

    #[test]
    fn a_page_without_runs_is_the_end_only_where_nothing_follows() {
        let log = Log::of(250, 60_000, true);
        let mut walk = Walk::new(None, None);
        let without = LogPage { rows: Vec::new(), ..log.page(walk.next()) };
        for page in [2, 3] {
            assert_eq!(walk.heard(&without, NOW).goes_on, GoesOn::Further, "its lines may have been none");
            assert_eq!(walk.next(), (page, None));
        }
        assert_eq!(walk.heard(&without, NOW).goes_on, GoesOn::End, "there are 250 lines, whatever it says");
        let last = LogPage { has_more: false, ..without };
        assert_eq!(Walk::new(None, None).heard(&last, NOW).goes_on, GoesOn::End);
    }

    #[test]
    fn a_server_that_repeats_itself_is_left() {
        let log = Log::of(100, 60_000, true);
        let mut walk = Walk::new(None, None);
        for pages in 1.. {
            let page = LogPage { has_more: true, total: 1_000_000, ..log.page((1, None)) };
            if walk.heard(&page, NOW).goes_on == GoesOn::Lost {
                break;
            }
            assert!(pages < 10, "the same page again and again");
        }
    }

    #[test]
    fn it_ends_where_it_was_to_lead_and_says_when_the_place_must_be_looked_for() {
        let log = Log::of(1000, 60_000, true);
        let mut walk = Walk::new(None, Some(NOW - 150 * 60_000));
        assert_eq!(walk.heard(&log.page(walk.next()), NOW).goes_on, GoesOn::Further, "100 lines are 100 minutes");
        assert_eq!(walk.heard(&log.page(walk.next()), NOW).goes_on, GoesOn::There, "200 are enough");
        let from = NOW - 700 * 60_000;
        let log = Log::of(1000, 60_000, false);
        let mut walk = Walk::new(Some(from), None);
        assert_eq!(walk.heard(&log.page(walk.next()), NOW).goes_on, GoesOn::Seek(from), "it lists the newest instead");
    }

    #[test]
    fn lines_without_dates_are_read_all_the_same() {
        let mut log = Log::of(450, 60_000, true);
        for row in log.rows.iter_mut().step_by(7) {
            row.logged_at = Some(if row.run_id.len() == 1 { 0 } else { i64::MAX });
            row.created_at = row.logged_at;
        }
        log.knows_time = false;
        let (seen, _, end) = read(&mut log, |_, _| ());
        assert_eq!((seen.len(), end), (450, GoesOn::End), "by counting pages");
    }
}
