//! How many runs there are by each filter, as if that one were not set.

use std::{collections::HashMap, time::Duration};

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::{
    super::{Error, Result, Store},
    conditions::{Facets, Sql, Value, Wanted},
    find::Source,
    listed,
    reader::What,
};
use crate::model::{
    app::AppId,
    history::{Counts, RunOrigin},
    run::RunStatus,
};

/// The newest that are counted; more take longer than anyone looks.
const MOST: u32 = 100_000;
/// The same for those whose texts have to be looked at.
const MOST_LOOKED_AT: usize = 2_000;
const PATIENCE: Duration = Duration::from_millis(200);
/// Of SQLite's machine, until it is asked again whether somebody waits: far less than a millisecond.
const STEPS: i32 = 1000;

/// Runs that are alike in everything that is counted by.
struct Alike {
    app: AppId,
    status: RunStatus,
    origin: RunOrigin,
    starred: bool,
    reviewed: bool,
    count: u32,
    /// The place that is counted last of them.
    lowest: i64,
}

impl Store {
    /// [`Error::Stopped`] as soon as `stop` is called, because it takes much longer than a search.
    pub async fn history_counts(&self, wanted: &Wanted, stop: &CancellationToken) -> Result<Counts> {
        self.count(wanted, MOST, stop).await
    }

    async fn count(&self, wanted: &Wanted, most: u32, stop: &CancellationToken) -> Result<Counts> {
        if wanted.query.narrow.nothing {
            return Ok(Counts::default());
        }
        let (wanted, stop) = (wanted.clone(), stop.clone());
        let counted = self.search(What::Part, move |connection| {
            let stop = stop.clone();
            connection.progress_handler(STEPS, Some(move || stop.is_cancelled()))?;
            let counted = count(&wanted, most, connection);
            connection.progress_handler(0, None::<fn() -> bool>)?;
            // No error of the connection, which would have to begin anew.
            if matches!(counted, Err(Error::Stopped)) { Ok(None) } else { counted.map(Some) }
        });
        counted.await?.ok_or(Error::Stopped)
    }
}

fn count(wanted: &Wanted, most: u32, connection: &Connection) -> Result<Counts> {
    // One more tells whether there are more.
    let (found, looked_all) = found(wanted, Facets::None, most + 1, connection)?;
    let grouped = Sql {
        text: format!(
            "SELECT app_id, status, origin, starred, reviewed, count(*), min(place) FROM ({}) GROUP BY 1, 2, 3, 4, 5",
            found.text
        ),
        values: found.values,
    };
    let mut groups = grouped.rows(connection, |row| {
        let (status, origin): (String, String) = (row.get(1)?, row.get(2)?);
        let count: i64 = row.get(5)?;
        Ok(Alike {
            app: AppId(row.get(0)?),
            status: RunStatus::from_word(&status),
            origin: RunOrigin::from_word(&origin),
            starred: row.get(3)?,
            reviewed: row.get(4)?,
            count: u32::try_from(count).unwrap_or(u32::MAX),
            lowest: row.get(6)?,
        })
    })?;
    let mut counted: u32 = groups.iter().map(|group| group.count).sum();
    let all = looked_all && counted <= most;
    if counted > most
        && let Some(last) = groups.iter_mut().min_by_key(|group| group.lowest)
    {
        (last.count, counted) = (last.count - 1, counted - 1);
        groups.retain(|group| group.count > 0);
    }
    let mut counts = sums(wanted, &groups);
    counts.counted = (!all).then_some(counted);
    if connection.prepare_cached("SELECT 1 FROM run_tag LIMIT 1")?.exists([])? {
        counts.tags = tags(wanted, connection)?;
    }
    Ok(counts)
}

/// The runs that fit but for the facets, as a statement; whether they are all.
fn found(wanted: &Wanted, facets: Facets, most: u32, connection: &Connection) -> Result<(Sql, bool)> {
    let source = Source::of(wanted, facets, connection)?;
    if !wanted.must_be_looked_at() {
        return Ok((source.all(most), true));
    }
    let (found, all) = source.gather(wanted, MOST_LOOKED_AT, PATIENCE, connection)?;
    let places: Vec<i64> = found.iter().map(|found| found.place).collect();
    let text = "SELECT e.place, e.run_id, e.app_id, e.status, e.origin, e.starred, e.reviewed FROM run_entry AS e \
        WHERE e.place IN (SELECT value FROM json_each(?))";
    Ok((Sql { text: text.into(), values: vec![Value::Text(listed(&places)?)] }, all))
}

fn tags(wanted: &Wanted, connection: &Connection) -> Result<Vec<(String, u32)>> {
    let (found, _) = found(wanted, Facets::NoTags, MOST, connection)?;
    let sql = Sql {
        text: format!(
            "SELECT t.tag, count(*) FROM ({}) AS f CROSS JOIN run_tag AS t ON t.run_id = f.run_id GROUP BY 1 ORDER BY 2 DESC, 1",
            found.text
        ),
        values: found.values,
    };
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    sql.rows(connection, |row| Ok((row.get(0)?, count(row.get(1)?))))
}

fn sums(wanted: &Wanted, groups: &[Alike]) -> Counts {
    let narrow = &wanted.query.narrow;
    let (apps, statuses, origins) = (wanted.apps(), wanted.statuses(), wanted.origins());
    let (starred, reviewed) = (wanted.starred(), wanted.reviewed());
    let mut counts = Counts::default();
    let mut by_app: HashMap<&AppId, u32> = HashMap::new();
    let mut by_status: Vec<(RunStatus, u32)> = Vec::new();
    let mut by_origin: Vec<(RunOrigin, u32)> = Vec::new();
    for group in groups {
        let fits = [
            apps.as_ref().is_none_or(|apps| apps.contains(&group.app)) && !narrow.not_apps.contains(&group.app),
            statuses.as_ref().is_none_or(|list| list.contains(&group.status))
                && !narrow.not_statuses.contains(&group.status),
            origins.as_ref().is_none_or(|list| list.contains(&group.origin))
                && !narrow.not_origins.contains(&group.origin),
            starred.is_none_or(|starred| starred == group.starred),
            reviewed.is_none_or(|reviewed| reviewed == group.reviewed),
        ];
        // Whether it fits all filters but one.
        let but = |one: usize| fits.iter().enumerate().all(|(place, fits)| *fits || place == one);
        if but(usize::MAX) {
            counts.total += group.count;
        }
        if but(0) {
            *by_app.entry(&group.app).or_default() += group.count;
        }
        if but(1) {
            add(&mut by_status, group.status, group.count);
        }
        if but(2) {
            add(&mut by_origin, group.origin, group.count);
        }
        if but(3) && group.starred {
            counts.starred += group.count;
        }
        if but(4) {
            *(if group.reviewed { &mut counts.reviewed } else { &mut counts.not_reviewed }) += group.count;
        }
    }
    counts.apps = by_app.into_iter().map(|(app, count)| (app.clone(), count)).collect();
    counts.apps.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.0.cmp(&b.0.0)));
    (counts.statuses, counts.origins) = (by_status, by_origin);
    counts
}

fn add<T: PartialEq>(list: &mut Vec<(T, u32)>, what: T, count: u32) {
    match list.iter_mut().find(|(known, _)| *known == what) {
        Some((_, sum)) => *sum += count,
        None => list.push((what, count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn as_many_as_are_counted_are_all_and_one_more_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a new store");
        let add = async |place: i64, status: &str| {
            let sql = "INSERT INTO run_entry VALUES (?1, 'r' || ?1, 'a', ?2, 'here', abs(?1), NULL, NULL, 0, 0, 0)";
            sqlx::query(sql).bind(place).bind(status).execute(&store.pool).await.expect("an entry");
        };
        for place in 1..=4 {
            add(place, if place == 1 { "failed" } else { "succeeded" }).await;
        }
        let stop = CancellationToken::new();
        let count = async || store.count(&Wanted::default(), 4, &stop).await.expect("counted");
        let exactly = count().await;
        assert_eq!((exactly.total, exactly.counted), (4, None), "they are all, and nothing is said of more");
        add(5, "succeeded").await;
        let counts = count().await;
        assert_eq!((counts.total, counts.counted), (4, Some(4)), "there are more than are counted");
        assert_eq!(counts.statuses, [(RunStatus::Succeeded, 4)], "the oldest is the one that is left out");
    }

    #[tokio::test]
    async fn counting_ends_when_nobody_waits_and_begins_anew_on_the_same_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("a new store");
        let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000) \
                   INSERT INTO run_entry SELECT i, 'r' || i, 'a', 'failed', 'here', i, NULL, NULL, 0, 0, 0 FROM n";
        sqlx::query(sql).execute(&store.pool).await.expect("entries");
        let stop = CancellationToken::new();
        stop.cancel();
        let stopped = store.history_counts(&Wanted::default(), &stop).await;
        assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
        let counts = store.history_counts(&Wanted::default(), &CancellationToken::new()).await.expect("counted");
        assert_eq!(counts.total, 2000);
    }
}
