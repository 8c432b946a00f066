//! The search over the history: typed text and filters → runs. What is known around the search box (apps, tags, the
//! user's calendar) is put together here; the store finds.

mod nearby;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use tokio_util::sync::CancellationToken;

use crate::{
    model::{
        Millis,
        app::AppId,
        history::{Completion, Counts, FoundPage, Hit, Search},
        query::{self, Around, Calendar, Query},
        run::RunId,
    },
    store::{self, Store, Wanted},
};

/// A cheap handle.
#[derive(Debug, Clone)]
pub struct Find {
    store: Store,
    latest: Arc<Mutex<Latest>>,
}

/// The search that was begun last. How many others find is not counted any more: it would be in the way of the next one.
#[derive(Debug, Default)]
struct Latest {
    search: Option<Search>,
    counting: CancellationToken,
}

impl Find {
    /// From now on the index follows what is saved.
    pub fn new(store: Store) -> Self {
        store.keep_indexed();
        Self { store, latest: Arc::default() }
    }

    /// A page of the runs that are looked for, newest first; `after` is an earlier page's `next`. With another search
    /// than the one before, nobody waits for what is being counted.
    pub async fn find(&self, search: &Search, after: Option<&str>, limit: u32) -> Result<FoundPage, store::Error> {
        {
            let mut latest = self.latest();
            if latest.search.as_ref() != Some(search) {
                latest.counting.cancel();
                *latest = Latest { search: Some(search.clone()), counting: CancellationToken::new() };
            }
        }
        self.page(search, after, limit).await
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn page(&self, search: &Search, after: Option<&str>, limit: u32) -> Result<FoundPage, store::Error> {
        self.store.history_find(&self.wanted(search).await?, after, limit).await
    }

    /// Like [`Find::find`], from the oldest on; `before` is the `next` of such a page. Newest first, too.
    pub async fn last(&self, search: &Search, before: Option<&str>, limit: u32) -> Result<FoundPage, store::Error> {
        self.store.history_last(&self.wanted(search).await?, before, limit).await
    }

    /// Like [`Find::find`], for who wants no more than which they are.
    pub async fn ids(
        &self,
        search: &Search,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<RunId>, Option<String>), store::Error> {
        let page = self.page(search, after, limit).await?;
        Ok((page.runs.into_iter().map(|run| run.head.id).collect(), page.next))
    }

    /// How many there are, by each filter; [`store::Error::Stopped`] once something else is looked for.
    pub async fn counts(&self, search: &Search) -> Result<Counts, store::Error> {
        let stop = self.latest().counting.clone();
        self.store.history_counts(&self.wanted(search).await?, &stop).await
    }

    /// What the word at the caret can go on with.
    pub async fn complete(&self, text: &str, caret: u32) -> Result<Vec<Completion>, store::Error> {
        let (apps, tags) = self.store.names().await?;
        Ok(query::complete(text, caret, &apps, &tags))
    }

    /// Where in a run the words stand.
    pub async fn hits(&self, run: &RunId, text: &str) -> Result<Vec<Hit>, store::Error> {
        self.store.run_hits(run, &self.understood(text).await?.need).await
    }

    /// A search, understood.
    pub async fn wanted(&self, search: &Search) -> Result<Wanted, store::Error> {
        Ok(Wanted { query: self.understood(&search.text).await?, filter: search.filter.clone() })
    }

    async fn understood(&self, text: &str) -> Result<Query, store::Error> {
        if text.trim().is_empty() {
            return Ok(Query::default());
        }
        // Names are needed only where a field may ask for them.
        let has_fields = has_fields(text);
        let (apps, tags) = if has_fields { self.store.names().await? } else { Default::default() };
        Ok(around(&apps, &tags, |around| query::parse(text, around)))
    }
}

fn has_fields(text: &str) -> bool {
    text.contains([':', '：', '︰'])
}

/// What is known around the search box, with the user's calendar of today.
fn around<T>(apps: &[(AppId, String)], tags: &[String], then: impl FnOnce(&Around<'_>) -> T) -> T {
    let zone = TimeZone::system();
    let today = Zoned::new(Timestamp::now(), zone.clone()).date();
    let begins = |(year, month, day): (i32, u8, u8)| begin_of(year, month, day, &zone);
    let number = |part: i8| u8::try_from(part).unwrap_or(1);
    let today = (i32::from(today.year()), number(today.month()), number(today.day()));
    let calendar = Calendar { today, begins: &begins };
    then(&Around { apps, tags, calendar: &calendar })
}

/// Not every day begins at midnight: where clocks go forward then, it begins an hour later.
fn begin_of(year: i32, month: u8, day: u8, zone: &TimeZone) -> Option<Millis> {
    let (year, month, day) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let date = Date::new(year, month, day).ok()?;
    Some(date.to_zoned(zone.clone()).ok()?.start_of_day().ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn another_search_stops_what_is_counted_and_the_same_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let find = Find::new(Store::open(folder.path()).await.expect("a new store"));
        let search = |text: &str| Search { text: text.into(), ..Search::default() };
        find.find(&search("lease"), None, 5).await.expect("found");
        let counting = find.latest().counting.clone();
        find.find(&search("lease"), None, 5).await.expect("found");
        find.ids(&search("rent"), None, 5).await.expect("found");
        assert!(!counting.is_cancelled(), "it is read anew, and something is exported");
        find.find(&search("leases"), None, 5).await.expect("found");
        assert!(counting.is_cancelled(), "somebody typed on");
        assert!(!find.latest().counting.is_cancelled(), "what is found now is counted");
    }

    #[test]
    fn days_begin_where_the_user_is() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        assert_eq!(begin_of(2026, 1, 2, &berlin), Some(1_767_308_400_000), "an hour before the meridian's");
        assert_eq!(begin_of(2026, 7, 1, &berlin), Some(1_782_856_800_000), "two in summer");
        assert_eq!(begin_of(2026, 2, 30, &berlin), None);
    }
}
