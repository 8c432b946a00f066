//! Reads an app's log: from the newest line down to what is known, through what an earlier update left open, and on to
//! its beginning. Each page is merged and noted before the next one is asked for.

mod deleted;

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Error, Shared,
    fetch::is_of_one,
    jobs::unless_stopped,
    lines,
    progress::{OLD_OVERLAP, OVERLAP, Way},
    walk::{GoesOn, LINES, Walk},
};
use crate::{
    apps::now,
    dify::{self, Client, LogPage, LogQuery, LogRow},
    model::{
        Millis,
        app::AppId,
        capability::{Capability, Support},
        event::AppEvent,
        log::LogScope,
        run::RunId,
    },
    store::{LogEntry, LogPart, Merged, Reading},
};

/// Lines of one answer that are looked at.
pub(super) const MOST_LINES: usize = 1000;
/// Servers that ask to wait longer are asked with the next update.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Runs of the log that go on, and runs made here whose end nobody knows: asked about with each update.
const ASKED_AGAIN: usize = 10;
/// How near a run made here must have begun to be a line's.
const NEAR: Millis = 10 * 60_000;

/// Reads one part of a log.
pub(super) struct Reader<'a> {
    shared: &'a Arc<Shared>,
    app: &'a AppId,
    client: &'a Client,
    part: LogPart,
    /// Whether the server lists the runs of one user alone when asked to; found out where it matters.
    knows_user: Option<bool>,
    pages_left: u32,
    told: Instant,
    untold: bool,
    /// Runs made here that were asked about already.
    tried: Vec<RunId>,
    /// From then on the server is asked nothing more.
    stopped: CancellationToken,
}

impl Shared {
    pub(super) async fn read_log(self: &Arc<Self>, app: &AppId) -> Result<(), Error> {
        let scope = self.store.log(app).await?.scope;
        if scope == LogScope::Own {
            // What the program before this one, or a file that was held, kept from going.
            self.let_others_go(app).await?;
        }
        let client = self.apps.client(app).await?;
        let parts: &[LogPart] = match scope {
            LogScope::Own => &[LogPart::Own],
            // Own runs first: some servers name another user in their lines (server-1.12.1.md §15).
            LogScope::All => &[LogPart::Own, LogPart::All],
        };
        let result = self.read_parts(app, &client, parts).await;
        if let Err(Error::Dify(error)) = &result
            && error.is_unauthorized()
        {
            self.apps.refused(app).await;
        }
        result
    }

    async fn read_parts(self: &Arc<Self>, app: &AppId, client: &Client, parts: &[LogPart]) -> Result<(), Error> {
        for &part in parts {
            let mut reader = Reader::new(self, app, client, part, CancellationToken::new());
            let result = reader.read().await;
            // What came before it broke off is here.
            if reader.untold {
                (self.emit)(AppEvent::HistoryChanged);
            }
            result?;
        }
        self.ask_about_open_heads(app, client).await
    }

    /// Runs that went on when their lines were read, and are too old for these to be read again.
    async fn ask_about_open_heads(self: &Arc<Self>, app: &AppId, client: &Client) -> Result<(), Error> {
        let limit = u32::try_from(ASKED_AGAIN).unwrap_or(u32::MAX);
        // Each in its turn: what waits for a person may wait for months.
        let last = self.asked_about.lock().unwrap_or_else(PoisonError::into_inner).get(app).cloned();
        for id in self.store.open_heads(app, now() - overlap_of(client), last.as_ref(), limit).await? {
            self.asked_about.lock().unwrap_or_else(PoisonError::into_inner).insert(app.clone(), id.clone());
            match self.fetch_one(&id, true).await {
                Ok(_) | Err(Error::Store(_)) => {}
                // All that was to be read of the log was read.
                Err(Error::Dify(error)) if is_of_one(&error) => {
                    tracing::warn!("a run that goes on is passed over: {error}");
                }
                // Else it would be asked about for ever, and keep others from being asked about.
                Err(Error::Gone) => {
                    self.store.give_up_head(&id, now() - lines::RUNS_AT_MOST).await?;
                    (self.emit)(AppEvent::HistoryChanged);
                }
                Err(Error::NoDetails) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        app: &'a AppId,
        client: &'a Client,
        part: LogPart,
        stopped: CancellationToken,
    ) -> Self {
        let (pages_left, told) = (shared.pace.pages, Instant::now());
        Self {
            shared,
            app,
            client,
            part,
            knows_user: None,
            pages_left,
            told,
            untold: false,
            tried: Vec::new(),
            stopped,
        }
    }

    /// Lists were not told of the last runs that came.
    pub(super) fn has_untold(&self) -> bool {
        self.untold
    }

    async fn read(&mut self) -> Result<(), Error> {
        let user = self.client.user().to_owned();
        let mut reading = self.shared.store.log_reading(self.app, self.part, &user).await?;
        let mut way = Some(Way::top(&reading));
        while let Some(now) = way {
            let before = reading.clone();
            let goes_on = self.go(now, &mut reading).await?;
            if self.pages_left == 0 || goes_on == GoesOn::Lost {
                break;
            }
            way = Way::after_top(&reading);
            // A way that leads nowhere is not gone again.
            if before == reading && !matches!(now, Way::Top { .. }) {
                break;
            }
        }
        Ok(())
    }

    /// One way through the log, page by page.
    async fn go(&mut self, way: Way, reading: &mut Reading) -> Result<GoesOn, Error> {
        let (from, down_to) = way.ends(overlap_of(self.client));
        let mut walk = Walk::new(from, down_to);
        while self.pages_left > 0 {
            let (page, before) = walk.next();
            let page = self.page(page, before).await?;
            let heard = walk.heard(&page, now());
            if let GoesOn::Seek(at) = heard.goes_on {
                let page = self.seek(at).await?;
                walk.goes_on_at(page);
                continue;
            }
            let (entries, held) = self.entries(&page).await?;
            way.page(reading, heard, held);
            let merged = self.merge(&entries, Some(reading)).await?;
            self.tell(merged).await;
            if heard.goes_on != GoesOn::Further {
                return Ok(heard.goes_on);
            }
        }
        Ok(GoesOn::Further)
    }

    pub(super) async fn merge(&self, entries: &[LogEntry], reading: Option<&Reading>) -> Result<Merged, Error> {
        let progress = (self.part, self.client.user(), reading);
        Ok(self.shared.store.merge_log(self.app, entries, lines::after, progress).await?)
    }

    /// Whose runs are asked for; none: everybody's.
    pub(super) fn session_id(&self) -> Option<String> {
        (self.part == LogPart::Own).then(|| self.client.user().to_owned())
    }

    async fn page(&mut self, page: u32, before: Option<Millis>) -> Result<LogPage, Error> {
        let query = LogQuery { page, limit: LINES, before, session_id: self.session_id(), ..LogQuery::default() };
        let mut page = self.ask(&query).await?;
        page.rows.truncate(MOST_LINES);
        Ok(page)
    }

    /// A page, asked for again where it was not had. Nothing is read of a server without a log.
    pub(super) async fn ask(&mut self, query: &LogQuery) -> Result<LogPage, Error> {
        let mut pauses = self.shared.pace.pauses.iter();
        loop {
            self.pages_left = self.pages_left.saturating_sub(1);
            let error = match self.client.logs(query).await {
                Ok(page) => return page.ok_or(Error::NoLog),
                Err(error) => error,
            };
            let Some(&pause) = pauses.next().filter(|_| passes(&error)) else { return Err(error.into()) };
            let wait = match &error {
                dify::Error::Status { retry_after: Some(seconds), .. } => Duration::from_secs(*seconds),
                _ => pause,
            };
            if wait > LONGEST_WAIT {
                return Err(error.into());
            }
            tokio::time::sleep(wait.max(pause)).await;
        }
    }

    /// The same; none where it was stopped.
    pub(super) async fn ask_unless_stopped(&mut self, query: &LogQuery) -> Result<Option<LogPage>, Error> {
        let stopped = self.stopped.clone();
        unless_stopped(&stopped, self.ask(query)).await.transpose()
    }

    /// The page that holds lines of this time, or the one before it, of a server that only counts pages.
    async fn seek(&mut self, at: Millis) -> Result<u32, Error> {
        let first = self.page(1, None).await?;
        let pages = u32::try_from(first.total.div_ceil(u64::from(LINES))).unwrap_or(u32::MAX).min(99_999);
        let (mut low, mut high) = (1, pages.max(1));
        while low < high && self.pages_left > 0 {
            let middle = low + (high - low) / 2;
            let page = self.page(middle, None).await?;
            let oldest = page.rows.iter().filter_map(|row| lines::written_at(row, now())).min();
            match oldest {
                Some(oldest) if oldest > at => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low.saturating_sub(1).max(1))
    }

    /// The lines of a page as they are kept, and the oldest one that is left for later: it may be a run that is just
    /// being started here.
    pub(super) async fn entries(&mut self, page: &LogPage) -> Result<(Vec<LogEntry>, Option<Millis>), Error> {
        let rows = self.of_user(page).await?;
        let ids: Vec<&str> = rows.iter().map(|row| row.run_id.as_str()).collect();
        let unknown = self.shared.store.unknown_to_us(self.app, &ids).await?;
        let user = self.client.user();
        let now = now();
        let (mut entries, mut held, mut beside) = (Vec::new(), None, None);
        let new: Vec<&LogRow> = rows.iter().copied().filter(|row| unknown.contains(&row.run_id)).collect();
        self.find_nameless(&new).await?;
        let under_way = self.shared.runs.known_under_way(self.app);
        let deleted = self.of_deleted(&new, &under_way).await?;
        for row in rows {
            let origin = lines::origin_of(row, user, self.part == LogPart::Own);
            let Some(entry) = lines::entry_of(row, origin, user, beside, now) else { continue };
            beside = Some(entry.started_at);
            if under_way.has(&entry.server_run_id) || deleted.contains(row.run_id.as_str()) {
                continue;
            }
            // Lines of some servers name another user: any new one may be it.
            if unknown.contains(&row.run_id) && under_way.may_be(entry.started_at) {
                held = lines::written_at(row, now).or(Some(entry.started_at)).min(held.or(Some(Millis::MAX)));
                continue;
            }
            entries.push(entry);
        }
        Ok((entries, held))
    }

    /// The lines that were asked for: servers that do not know the filter by user list everybody's.
    async fn of_user<'p>(&mut self, page: &'p LogPage) -> Result<Vec<&'p LogRow>, Error> {
        let client = self.client;
        let user = client.user();
        let is_own = |row: &LogRow| row.session_id() == Some(user);
        if self.part == LogPart::All || page.rows.iter().all(is_own) {
            return Ok(page.rows.iter().collect());
        }
        if self.knows_user.is_none() {
            self.knows_user = self.lists_nothing_for_nobody().await?;
        }
        // Of a server that was not asked, a line is whose it says.
        let knows = self.knows_user.unwrap_or(false);
        Ok(page.rows.iter().filter(|row| knows || is_own(row)).collect())
    }

    /// Whether the server knows the filter by user: then somebody who never was has no runs.
    async fn lists_nothing_for_nobody(&mut self) -> Result<Option<bool>, Error> {
        let nobody = Some(format!("nobody-{}", Uuid::now_v7()));
        let query = LogQuery { limit: 1, session_id: nobody, ..LogQuery::default() };
        Ok(self.ask_unless_stopped(&query).await?.map(|page| page.rows.is_empty()))
    }

    /// Runs made here that never learnt which one of the server they are, and began about when one of these did, are
    /// looked for first: what is found is no other run.
    async fn find_nameless(&mut self, new: &[&LogRow]) -> Result<(), Error> {
        let starts = || new.iter().filter_map(|row| row.created_at);
        let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return Ok(()) };
        let (from, to) = (first.saturating_sub(NEAR), last.saturating_add(NEAR));
        for (id, started_at) in self.shared.store.nameless_runs(self.app, from, to).await? {
            let near = starts().any(|start| start.abs_diff(started_at) <= NEAR.unsigned_abs());
            if near {
                self.ask_about(id).await;
            }
        }
        Ok(())
    }

    /// Asks about a run made here: once, and about few of them.
    async fn ask_about(&mut self, id: RunId) {
        if self.tried.len() < ASKED_AGAIN && !self.tried.contains(&id) {
            // What is heard of it is saved, also when nobody waits for it any more.
            let (runs, asked) = (self.shared.runs.clone(), id.clone());
            let asking = tokio::spawn(async move { runs.check_again(&asked).await });
            let _ = unless_stopped(&self.stopped, asking).await;
            self.tried.push(id);
        }
    }

    /// Tells lists of new runs, not after each page. Runs made here whose end the log knows are asked about.
    pub(super) async fn tell(&mut self, merged: Merged) {
        for id in merged.ended {
            self.ask_about(id).await;
        }
        self.untold |= merged.added + merged.changed > 0;
        if self.untold && self.told.elapsed() >= self.shared.pace.tell {
            (self.told, self.untold) = (Instant::now(), false);
            (self.shared.emit)(AppEvent::HistoryChanged);
            self.shared.tell(self.app).await;
        }
    }
}

/// How far below the newest known line this server's log is read again.
fn overlap_of(client: &Client) -> Millis {
    let is_steady = client.ability(Capability::SteadyRuns).support == Support::Yes;
    if is_steady { OVERLAP } else { OLD_OVERLAP }
}

/// Whether it may be had a moment later.
fn passes(error: &dify::Error) -> bool {
    error.is_too_many_requests()
        || error.is_lost_stream()
        || matches!(error, dify::Error::Transport { .. } | dify::Error::Decode { .. })
        || error.status().is_some_and(|status| status >= 500)
}
