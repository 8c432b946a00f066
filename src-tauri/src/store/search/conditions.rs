//! What is looked for, as SQL: conditions on `run_entry AS e`, and the expression the index is asked.

pub(super) use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::{super::Result, count_up_to, listed};
use crate::model::{
    app::AppId,
    history::{RunFilter, RunOrigin},
    query::{Has, Query},
    run::RunStatus,
    words::Needle,
};

/// A filter that fewer runs meet decides where a search with words begins; each run costs a look into the index.
const FEW_WITH_WORDS: u32 = 64;
/// The same without words: these are put in order, where all runs would be gone through.
pub(super) const FEW: u32 = 2000;

/// Everything that is asked of the runs to be found.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub query: Query,
    pub filter: RunFilter,
}

/// Which of the filters that have counts are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facets {
    All,
    /// Neither app, status, origin, stars nor reviews; tags do.
    None,
    /// All but tags.
    NoTags,
}

/// Conditions with what stands in their places.
#[derive(Debug, Clone, Default)]
pub(super) struct Sql {
    pub text: String,
    pub values: Vec<Value>,
}

impl Sql {
    pub fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        self.text.push_str(condition);
        self.values.extend(values);
    }

    /// What is read of all rows, in their order.
    pub fn rows<T>(&self, connection: &Connection, read: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
        let mut statement = connection.prepare_cached(&self.text)?;
        statement.query_and_then(params_from_iter(&self.values), read)?.collect()
    }
}

/// What both lists allow; none where neither says anything.
fn both<T: Clone + PartialEq>(filter: &[T], typed: Option<&Vec<T>>) -> Option<Vec<T>> {
    match (filter.is_empty(), typed) {
        (true, typed) => typed.cloned(),
        (false, None) => Some(filter.to_vec()),
        (false, Some(typed)) => Some(filter.iter().filter(|one| typed.contains(one)).cloned().collect()),
    }
}

impl Wanted {
    pub fn apps(&self) -> Option<Vec<AppId>> {
        both(&self.filter.apps, self.query.narrow.apps.as_ref())
    }

    pub fn statuses(&self) -> Option<Vec<RunStatus>> {
        both(&self.filter.statuses, self.query.narrow.statuses.as_ref())
    }

    pub fn origins(&self) -> Option<Vec<RunOrigin>> {
        both(&self.filter.origins, self.query.narrow.origins.as_ref())
    }

    pub(super) fn starred(&self) -> Option<bool> {
        self.filter.starred.or(self.query.narrow.starred)
    }

    pub(super) fn reviewed(&self) -> Option<bool> {
        self.filter.reviewed.or(self.query.narrow.reviewed)
    }

    pub fn after(&self) -> Option<i64> {
        self.filter.after.max(self.query.narrow.after)
    }

    pub fn before(&self) -> Option<i64> {
        let typed = self.query.narrow.before;
        self.filter.before.map_or(typed, |before| Some(typed.map_or(before, |typed| typed.min(before))))
    }

    /// Groups of tags; of each one has to be there.
    fn tags(&self) -> Vec<Vec<String>> {
        let own = self.filter.tags.iter().map(|tag| vec![tag.clone()]);
        own.chain(self.query.narrow.tags.iter().cloned()).collect()
    }

    /// Nothing can be found, whatever there is.
    pub fn is_impossible(&self) -> bool {
        let differ = |filter: Option<bool>, typed: Option<bool>| filter.zip(typed).is_some_and(|(a, b)| a != b);
        let narrow = &self.query.narrow;
        narrow.nothing
            || differ(self.filter.starred, narrow.starred)
            || differ(self.filter.reviewed, narrow.reviewed)
            || self.apps().is_some_and(|apps| apps.is_empty())
            || self.statuses().is_some_and(|statuses| statuses.is_empty())
            || self.origins().is_some_and(|origins| origins.is_empty())
    }

    /// What the index cannot say for sure is looked up in the texts.
    pub(super) fn must_be_looked_at(&self) -> bool {
        let inexact = |needles: &[Needle]| needles.iter().any(|needle| !needle.expression().exact);
        let narrow = &self.query.narrow;
        inexact(&self.query.need)
            || inexact(&self.query.without)
            || !narrow.files.is_empty()
            || !narrow.not_files.is_empty()
            || (!narrow.places.is_empty() && !self.query.need.is_empty())
    }

    /// Conditions on `e`. `+` keeps SQLite from going by an index whose order is not that of places.
    pub(super) fn conditions(&self, facets: Facets) -> Result<Sql> {
        let narrow = &self.query.narrow;
        let mut sql = Sql::default();
        sql.and("e.hidden = 0", []);
        if matches!(facets, Facets::All | Facets::NoTags) {
            let text = |word: &str| Value::Text(word.to_owned());
            let words = |words: Vec<&str>| -> Result<[Value; 1]> { Ok([Value::Text(listed(&words)?)]) };
            match self.apps().as_deref() {
                Some([app]) => sql.and("e.app_id = ?", [text(&app.0)]),
                Some(apps) => {
                    sql.and(
                        "+e.app_id IN (SELECT value FROM json_each(?))",
                        words(apps.iter().map(|app| &app.0[..]).collect())?,
                    );
                }
                None => {}
            }
            match self.statuses().as_deref() {
                Some([status]) => sql.and("e.status = ?", [text(status.as_str())]),
                Some(list) => sql.and(
                    "+e.status IN (SELECT value FROM json_each(?))",
                    words(list.iter().map(|status| status.as_str()).collect())?,
                ),
                None => {}
            }
            if let Some(origins) = self.origins() {
                let list = words(origins.into_iter().map(RunOrigin::as_str).collect())?;
                sql.and("+e.origin IN (SELECT value FROM json_each(?))", list);
            }
            if let Some(starred) = self.starred() {
                sql.and("+e.starred = ?", [Value::Integer(i64::from(starred))]);
            }
            if let Some(reviewed) = self.reviewed() {
                sql.and("+e.reviewed = ?", [Value::Integer(i64::from(reviewed))]);
            }
            if !narrow.not_apps.is_empty() {
                let list = words(narrow.not_apps.iter().map(|app| &app.0[..]).collect())?;
                sql.and("+e.app_id NOT IN (SELECT value FROM json_each(?))", list);
            }
            if !narrow.not_statuses.is_empty() {
                let list = words(narrow.not_statuses.iter().map(|status| status.as_str()).collect())?;
                sql.and("+e.status NOT IN (SELECT value FROM json_each(?))", list);
            }
            if !narrow.not_origins.is_empty() {
                let list = words(narrow.not_origins.iter().map(|origin| origin.as_str()).collect())?;
                sql.and("+e.origin NOT IN (SELECT value FROM json_each(?))", list);
            }
        }
        if facets != Facets::NoTags {
            for group in self.tags() {
                let exists = "EXISTS (SELECT 1 FROM run_tag AS t WHERE t.run_id = e.run_id \
                    AND t.tag IN (SELECT value FROM json_each(?)))";
                sql.and(exists, [Value::Text(listed(&group)?)]);
            }
            if !narrow.not_tags.is_empty() {
                let none = "NOT EXISTS (SELECT 1 FROM run_tag AS t WHERE t.run_id = e.run_id \
                    AND t.tag IN (SELECT value FROM json_each(?)))";
                sql.and(none, [Value::Text(listed(&narrow.not_tags)?)]);
            }
        }
        self.bounds(&mut sql);
        for (has, wanted) in &narrow.has {
            let exists = match has {
                Has::Note => "EXISTS (SELECT 1 FROM run_note AS n WHERE n.run_id = e.run_id)",
                Has::Tag => "EXISTS (SELECT 1 FROM run_tag AS t WHERE t.run_id = e.run_id)",
                Has::File => {
                    "(EXISTS (SELECT 1 FROM run_file AS f WHERE f.run_id = e.run_id) \
                      OR EXISTS (SELECT 1 FROM sent_file AS f WHERE f.run_id = e.run_id))"
                }
                Has::Error => "EXISTS (SELECT 1 FROM run AS r WHERE r.id = e.run_id AND r.error IS NOT NULL)",
                Has::Name => "EXISTS (SELECT 1 FROM run AS r WHERE r.id = e.run_id AND r.name <> '')",
            };
            sql.and(&format!("{}{exists}", if *wanted { "" } else { "NOT " }), []);
        }
        Ok(sql)
    }

    fn bounds(&self, sql: &mut Sql) {
        let narrow = &self.query.narrow;
        let mut bound = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                sql.and(condition, [value]);
            }
        };
        bound("+e.started_at >= ?", self.after().map(Value::Integer));
        bound("+e.started_at < ?", self.before().map(Value::Integer));
        for (least, most) in
            [(self.filter.min_elapsed, self.filter.max_elapsed), (narrow.min_elapsed, narrow.max_elapsed)]
        {
            bound("e.elapsed >= ?", least.map(Value::Real));
            bound("e.elapsed <= ?", most.map(Value::Real));
        }
        for (least, most) in [(self.filter.min_tokens, self.filter.max_tokens), (narrow.min_tokens, narrow.max_tokens)]
        {
            bound("e.tokens >= ?", least.map(Value::Integer));
            bound("e.tokens <= ?", most.map(Value::Integer));
        }
    }

    /// The filter that fewest runs meet, if they are few: as a list of places.
    pub(super) fn few(&self, connection: &Connection, with_words: bool) -> Result<Option<Sql>> {
        let mut most = if with_words { FEW_WITH_WORDS } else { FEW };
        let mut best = None;
        let place = |list: &str| format!("SELECT x.place FROM run_entry AS x WHERE {list}");
        let of_run = |table: &str, condition: &str| {
            format!(
                "SELECT x.place FROM {table} AS t CROSS JOIN run_entry AS x ON x.run_id = t.run_id WHERE {condition}"
            )
        };
        let mut candidates: Vec<(String, Option<String>)> = Vec::new();
        if self.starred() == Some(true) {
            candidates.push((place("x.starred = 1"), None));
        }
        if let Some(statuses) = self.statuses() {
            let words: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
            candidates.push((place("x.status IN (SELECT value FROM json_each(?))"), Some(listed(&words)?)));
        }
        if let Some(origins) = self.origins().filter(|origins| !origins.contains(&RunOrigin::Here)) {
            let words: Vec<_> = origins.into_iter().map(RunOrigin::as_str).collect();
            let list = "x.origin <> 'here' AND x.origin IN (SELECT value FROM json_each(?))";
            candidates.push((place(list), Some(listed(&words)?)));
        }
        if let Some(apps) = self.apps() {
            candidates.push((place("x.app_id IN (SELECT value FROM json_each(?))"), Some(listed(&apps)?)));
        }
        for group in self.tags() {
            candidates.push((of_run("run_tag", "t.tag IN (SELECT value FROM json_each(?))"), Some(listed(&group)?)));
        }
        if self.query.narrow.has.contains(&(Has::Note, true)) {
            candidates.push((of_run("run_note", "true"), None));
        }
        for (sql, list) in candidates {
            let count = count_up_to(connection, &sql, list.as_deref(), most)?;
            if count < most {
                most = count;
                best = Some(Sql { text: sql, values: list.map(Value::Text).into_iter().collect() });
            }
        }
        Ok(best)
    }
}
