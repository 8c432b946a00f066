//! Looks for words in the servers' logs: runs that are not known here yet, and those of which only the line is. It is
//! done when the user asks for it, for a few pages, and what is found is merged like all lines.
//!
//! Servers look for one piece of text in what went into a run and what came out (api.md §1.6). Of several words each is
//! asked for, and runs count that are listed for all of them. Most servers keep texts as JSON in which only ASCII is
//! spelt out, and compare the letters of that (server-1.12.1.md §15): other words are asked for in that spelling, too.

use std::{collections::HashSet, sync::Arc};

use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{
    AT_ONCE, Error, Logs, Shared,
    jobs::unless_stopped,
    read::{MOST_LINES, Reader},
    trouble_of,
    walk::{GoesOn, LINES, Walk},
};
use crate::{
    apps::now,
    dify::{LogPage, LogQuery, LogRow, LogStatus},
    model::{
        app::AppId,
        event::AppEvent,
        history::RunOrigin,
        log::{LogScope, ServerAsked, ServerFound},
        run::RunStatus,
    },
    store::{LogPart, Wanted},
};

/// Pages that are read for one spelling of one word.
const PAGES: u32 = 3;
/// Words that are asked for: the longest, which fewest runs hold.
const WORDS: usize = 3;
/// Servers use no more characters of what is looked for.
const LONGEST: usize = 30;

/// Whose runs a log tells of.
const TOLD: [RunOrigin; 3] = [RunOrigin::Server, RunOrigin::WebApp, RunOrigin::Other];

/// What is asked of one app's log.
struct Asked<'a> {
    /// Each word in all its spellings.
    words: &'a [Vec<String>],
    wanted: &'a Wanted,
    stopped: &'a CancellationToken,
}

/// What one app's log told.
#[derive(Default)]
struct Told {
    server_runs: Vec<String>,
    more: bool,
}

impl Logs {
    /// Looks for the words in the logs of all apps that are wanted, and gives what is not found here without that. A
    /// search that is under way ends; one that is stopped gives what it has.
    pub async fn search(&self, wanted: &Wanted) -> Result<ServerFound, Error> {
        let stopped = self.shared.begin_search();
        let (words, all) = words_of(wanted);
        let apps = if words.is_empty() { Vec::new() } else { self.apps_to_ask(wanted).await? };
        if apps.is_empty() {
            let nothing_to_ask = !self.readable().await?.is_empty();
            return Ok(ServerFound { nothing_to_ask, ..ServerFound::default() });
        }
        let narrow = &wanted.query.narrow;
        let inexact = !all || !wanted.query.without.is_empty() || !narrow.places.is_empty();
        let asked = Asked { words: &words, wanted, stopped: &stopped };
        let each = apps.into_iter().map(|app| self.shared.search_app(app, &asked));
        let told: Vec<_> = stream::iter(each).buffered(AT_ONCE).collect().await;
        let (mut ids, mut apps) = (Vec::new(), Vec::new());
        for (asked, server_runs) in told {
            ids.push((asked.app_id.clone(), server_runs));
            apps.push(asked);
        }
        let runs = self.shared.store.history_beside(wanted, &ids).await?;
        Ok(ServerFound { runs, apps, stopped: stopped.is_cancelled(), inexact, nothing_to_ask: false })
    }

    /// The apps whose logs may tell of what is wanted. No other server hears what is looked for.
    async fn apps_to_ask(&self, wanted: &Wanted) -> Result<Vec<AppId>, Error> {
        let narrow = &wanted.query.narrow;
        let origins = wanted.origins();
        let may_be = |origin: &RunOrigin| {
            origins.as_ref().is_none_or(|origins| origins.contains(origin)) && !narrow.not_origins.contains(origin)
        };
        let is_never = wanted.after().zip(wanted.before()).is_some_and(|(after, before)| after >= before);
        if wanted.is_impossible() || is_never || !TOLD.iter().any(may_be) {
            return Ok(Vec::new());
        }
        let mut apps: Vec<AppId> = match wanted.apps() {
            Some(wanted) => {
                let known = self.shared.apps.list().await?.into_iter().map(|app| app.id);
                known.filter(|id| wanted.contains(id)).collect()
            }
            // Of those that would have to be asked for a key nobody asked.
            None => self.readable().await?,
        };
        apps.retain(|id| !narrow.not_apps.contains(id));
        if may_be(&RunOrigin::Server) {
            return Ok(apps);
        }
        // Runs of others come of the logs alone of which they are wished.
        let mut of_others = Vec::new();
        for id in apps {
            if self.shared.store.log(&id).await?.scope == LogScope::All {
                of_others.push(id);
            }
        }
        Ok(of_others)
    }

    /// Ends the search that is under way.
    pub fn stop_search(&self) {
        self.shared.begin_search().cancel();
    }
}

impl Shared {
    /// The search from now on; the one before it ends.
    fn begin_search(&self) -> CancellationToken {
        let mut searching = self.searching.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let token = CancellationToken::new();
        std::mem::replace(&mut *searching, token.clone()).cancel();
        token
    }

    async fn search_app(self: &Arc<Self>, app: AppId, asked: &Asked<'_>) -> (ServerAsked, Vec<String>) {
        let mut told = Told::default();
        let result = self.search_log(&app, asked, &mut told).await;
        if let Err(error) = &result {
            tracing::warn!("a log could not be searched: {error}");
            if let Error::Dify(error) = error
                && error.is_unauthorized()
            {
                self.apps.refused(&app).await;
            }
        }
        let trouble = result.err().map(|error| trouble_of(&error));
        (ServerAsked { app_id: app, more: told.more, trouble }, told.server_runs)
    }

    async fn search_log(self: &Arc<Self>, app: &AppId, asked: &Asked<'_>, told: &mut Told) -> Result<(), Error> {
        let scope = self.store.log(app).await?.scope;
        let Some(client) = unless_stopped(asked.stopped, self.apps.client(app)).await else {
            told.more = true;
            return Ok(());
        };
        let client = client?;
        let parts: &[LogPart] = match scope {
            LogScope::Own => &[LogPart::Own],
            LogScope::All => &[LogPart::Own, LogPart::All],
        };
        for &part in parts {
            let mut reader = Reader::new(self, app, &client, part, asked.stopped.clone());
            let result = reader.search(asked, told).await;
            if reader.has_untold() {
                (self.emit)(AppEvent::HistoryChanged);
                self.tell(app).await;
            }
            result?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// One part of a log: the lines that are listed for every word are merged.
    async fn search(&mut self, asked: &Asked<'_>, told: &mut Told) -> Result<(), Error> {
        let mut rows: Vec<LogRow> = Vec::new();
        for (number, word) in asked.words.iter().enumerate() {
            let mut these = Vec::new();
            for spelling in word {
                these.extend(self.rows_with(spelling, asked, told).await?);
            }
            if number == 0 {
                let mut seen = HashSet::new();
                rows = these;
                rows.retain(|row| seen.insert(row.run_id.clone()));
            } else {
                let these: HashSet<&str> = these.iter().map(|row| &row.run_id[..]).collect();
                rows.retain(|row| these.contains(&row.run_id[..]));
            }
            if asked.stopped.is_cancelled() {
                told.more = true;
                // What was not held against all words is not known to hold them.
                if number + 1 < asked.words.len() {
                    return Ok(());
                }
            }
            if rows.is_empty() {
                return Ok(());
            }
        }
        let page = LogPage { rows, ..LogPage::default() };
        let (entries, _) = self.entries(&page).await?;
        let merged = self.merge(&entries, None).await?;
        self.tell(merged).await;
        told.server_runs.extend(entries.into_iter().map(|entry| entry.server_run_id));
        Ok(())
    }

    /// The lines that are listed for a piece of text, newest first, a few pages of them.
    async fn rows_with(&mut self, text: &str, asked: &Asked<'_>, told: &mut Told) -> Result<Vec<LogRow>, Error> {
        let (after, before) = (asked.wanted.after(), asked.wanted.before());
        let mut walk = Walk::new(before, after);
        let mut rows = Vec::new();
        for _ in 0..PAGES {
            let (page, before) = walk.next();
            let query = LogQuery {
                keyword: Some(text.to_owned()),
                status: status_of(asked.wanted),
                page,
                limit: LINES,
                before,
                after,
                session_id: self.session_id(),
                ..LogQuery::default()
            };
            let Some(page) = self.ask_unless_stopped(&query).await? else {
                told.more = true;
                return Ok(rows);
            };
            let goes_on = walk.heard(&page, now()).goes_on;
            rows.extend(page.rows.into_iter().take(MOST_LINES));
            match goes_on {
                GoesOn::Further => {}
                // By pages, from the top.
                GoesOn::Seek(_) => walk.goes_on_at(2),
                GoesOn::There | GoesOn::End | GoesOn::Lost => return Ok(rows),
            }
        }
        told.more = true;
        Ok(rows)
    }
}

/// Servers filter by some states alone; the others are told apart here.
fn status_of(wanted: &Wanted) -> Option<LogStatus> {
    match wanted.statuses().as_deref() {
        Some([RunStatus::Succeeded]) => Some(LogStatus::Succeeded),
        Some([RunStatus::Failed]) => Some(LogStatus::Failed),
        Some([RunStatus::Stopped]) => Some(LogStatus::Stopped),
        _ => None,
    }
}

/// The longest words, each in all spellings that a server may have, and whether these are all that was typed.
fn words_of(wanted: &Wanted) -> (Vec<Vec<String>>, bool) {
    let mut seen = HashSet::new();
    let mut words: Vec<&str> = wanted.query.typed.iter().map(|typed| typed.text.trim()).collect();
    words.retain(|word| !word.is_empty() && seen.insert(word.to_lowercase()));
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut all = words.len() <= WORDS;
    words.truncate(WORDS);
    let spelt = words.into_iter().map(|word| {
        let (spellings, whole) = spellings(word);
        all &= whole;
        spellings
    });
    (spelt.collect(), all)
}

/// A word as servers may keep it, as far as they look, and whether it is whole in each.
fn spellings(word: &str) -> (Vec<String>, bool) {
    let plain: String = word.chars().take(LONGEST).collect();
    let mut whole = plain == word;
    let mut ascii = String::new();
    for c in word.chars() {
        let sign = match c {
            '"' | '\\' => format!("\\{c}"),
            ' '..='~' => c.to_string(),
            c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        if ascii.len() + sign.len() > LONGEST {
            whole = false;
            break;
        }
        ascii.push_str(&sign);
    }
    (if ascii == plain { vec![plain] } else { vec![ascii, plain] }, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &str) -> Vec<String> {
        spellings(word).0
    }

    #[test]
    fn words_are_spelt_as_servers_keep_them() {
        assert_eq!(of("notice period"), ["notice period"]);
        assert_eq!(of("预算"), [r"\u9884\u7b97", "预算"]);
        assert_eq!(of("GPT-4模型"), [r"GPT-4\u6a21\u578b", "GPT-4模型"]);
        assert_eq!(of(r"C:\a"), [r"C:\\a", r"C:\a"]);
        assert_eq!(of("一二三四五六七")[0].len(), 30, "no sign is cut");
        assert_eq!(of(&"x".repeat(50)), ["x".repeat(30)], "servers use no more");
        assert_eq!(of("👍")[0], r"\ud83d\udc4d");
    }
}
