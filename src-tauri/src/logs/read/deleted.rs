//! Lines of runs that were made here and deleted before they were known by an id.

use std::collections::HashSet;

use super::{Error, Reader};
use crate::{dify::LogRow, model::Millis, runs::UnderWay, store::LogPart};

/// How near a line must have begun, where nothing but the time can be compared.
const AT_ITS_TIME: Millis = 2 * 60_000;

impl Reader<'_> {
    /// Lines of runs made here that the user deleted before they said which one of the server they are: of each the
    /// nearest that its user began about then. What was deleted does not come back.
    pub(super) async fn of_deleted<'r>(
        &self,
        new: &[&'r LogRow],
        under_way: &UnderWay,
    ) -> Result<HashSet<&'r str>, Error> {
        let mut known = HashSet::new();
        let starts = || new.iter().filter_map(|row| row.created_at);
        let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return Ok(known) };
        let (from, to) = (first.saturating_sub(AT_ITS_TIME), last.saturating_add(AT_ITS_TIME));
        let store = &self.shared.store;
        let deleted = store.deleted_nameless(self.app, from, to).await?;
        if deleted.is_empty() {
            return Ok(known);
        }
        // Some were found a moment ago to be runs that are here.
        let ids: Vec<&str> = new.iter().map(|row| row.run_id.as_str()).collect();
        let unknown = store.unknown_to_us(self.app, &ids).await?;
        let user = self.client.user();
        for run in deleted {
            let is_its_users = |row: &LogRow| {
                row.session_id() == Some(&run.user)
                    || self.part == LogPart::Own && (run.user.is_empty() || run.user == user)
            };
            let apart = |row: &LogRow| row.created_at.map(|start| start.abs_diff(run.started_at));
            let may_be = |row: &&&LogRow| {
                let (id, start) = (row.run_id.as_str(), row.created_at.unwrap_or_default());
                unknown.contains(id)
                    && !known.contains(id)
                    && !under_way.has(id)
                    && !under_way.may_be(start)
                    && is_its_users(row)
                    && apart(row).is_some_and(|apart| apart <= AT_ITS_TIME.unsigned_abs())
            };
            if let Some(row) = new.iter().filter(may_be).min_by_key(|row| apart(row)) {
                known.insert(row.run_id.as_str());
                store.name_deleted(self.app, &run, &row.run_id).await?;
            }
        }
        Ok(known)
    }
}
