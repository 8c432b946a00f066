//! What the two indexes are asked: with which of them a search begins, and what of the rest is left to look up.

use rusqlite::Connection;

use super::{
    super::Result,
    conditions::{FEW, Facets, Sql, Value, Wanted},
    count_up_to, listed,
};
use crate::model::{
    query::NameGlob,
    words::{Needle, app_token, status_token},
};

/// What the two indexes are asked: all of the first, none of the second.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// Places of runs that hold a word or are called so by their servers, one list for each such word; and of those
    /// that must not be called so.
    named: Vec<Sql>,
    not_named: Vec<Sql>,
    words: Vec<String>,
    marks: Vec<String>,
    without_words: Vec<String>,
    without_marks: Vec<String>,
}

impl Asked {
    /// Few runs to begin with, each of which the search may find.
    pub fn few(&mut self) -> Option<Sql> {
        self.named.pop()
    }

    /// The index to begin with, and what it is asked; the rest is left.
    pub fn first(&mut self) -> Option<(&'static str, String)> {
        let (table, need, without) = if !self.words.is_empty() {
            ("run_words", &mut self.words, &mut self.without_words)
        } else if !self.marks.is_empty() {
            ("run_marks", &mut self.marks, &mut self.without_marks)
        } else {
            return None;
        };
        Some((table, taken(need, without)))
    }

    /// What both are asked, if something of both is needed.
    pub fn both(&mut self) -> Option<(String, String)> {
        if self.words.is_empty() || self.marks.is_empty() {
            return None;
        }
        let words = taken(&mut self.words, &mut self.without_words);
        Some((words, taken(&mut self.marks, &mut self.without_marks)))
    }

    /// What is left, as conditions on `e`. What few runs hold is listed; for the others each run is looked up.
    pub fn rest(self, sql: &mut Sql, connection: &Connection) -> Result<()> {
        for (lists, not) in [(self.named, ""), (self.not_named, "NOT ")] {
            for list in lists {
                sql.and(&format!("+e.place {not}IN ({})", list.text), list.values);
            }
        }
        let rest = [
            ("run_words", self.words.join(" AND "), ""),
            ("run_marks", self.marks.join(" AND "), ""),
            ("run_words", self.without_words.join(" OR "), "NOT "),
            ("run_marks", self.without_marks.join(" OR "), "NOT "),
        ];
        for (table, text, not) in rest.into_iter().filter(|(_, text, _)| !text.is_empty()) {
            let list = format!("SELECT m.rowid FROM {table} AS m WHERE m.{table} MATCH ?");
            let count = count_up_to(connection, &list, Some(&text), FEW)?;
            let condition = if count < FEW {
                format!("+e.place {not}IN ({list})")
            } else {
                format!("{not}EXISTS ({list} AND m.rowid = e.place)")
            };
            sql.and(&condition, [Value::Text(text)]);
        }
        Ok(())
    }
}

fn taken(need: &mut Vec<String>, without: &mut Vec<String>) -> String {
    let need = std::mem::take(need).join(" AND ");
    let without = std::mem::take(without);
    if without.is_empty() { need } else { format!("({need}) NOT ({})", without.join(" OR ")) }
}

/// No more runs are asked for by what their server calls them.
const NAMED: u32 = 500;

/// The places of the runs whose servers call them so; none where there are none, or where it is no such name.
fn named(needle: &Needle, connection: &Connection) -> Result<Option<Sql>> {
    let Some(id) = needle.run_id() else { return Ok(None) };
    let sql = "SELECT e.place FROM app CROSS JOIN run AS r ON r.app_id = app.id AND r.server_run_id >= ?1 \
        AND r.server_run_id < ?2 CROSS JOIN run_entry AS e ON e.run_id = r.id LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let places = statement.query_map((&id, format!("{id}~"), NAMED), |row| row.get(0))?;
    let places: Vec<i64> = places.collect::<rusqlite::Result<_>>()?;
    let list = Value::Text(listed(&places)?);
    Ok((!places.is_empty()).then(|| Sql { text: "SELECT value FROM json_each(?)".into(), values: vec![list] }))
}

impl Wanted {
    /// What the indexes are asked; those of apps and statuses stand where the search begins.
    pub(super) fn asked(&self, facets: Facets, connection: &Connection) -> Result<Asked> {
        let files = self.query.narrow.files.iter().flat_map(NameGlob::needles);
        let needles: Vec<Needle> = self.query.need.iter().cloned().chain(files).collect();
        let mut asked = Asked::default();
        for needle in &needles {
            let expression = needle.expression();
            if let Some(mut list) = named(needle, connection)? {
                // Texts may hold the name, too; what is asked of one index alone is looked up in them.
                if let Some(words) = expression.words {
                    list.text.push_str(" UNION SELECT m.rowid FROM run_words AS m WHERE m.run_words MATCH ?");
                    list.values.push(Value::Text(words));
                }
                asked.named.push(list);
                continue;
            }
            asked.words.extend(expression.words);
            asked.marks.extend(expression.marks);
        }
        for needle in &self.query.without {
            asked.not_named.extend(named(needle, connection)?);
        }
        // What the index is not sure of, it must not leave out.
        for expression in self.query.without.iter().map(Needle::expression).filter(|one| one.exact) {
            asked.without_words.extend(expression.words);
            asked.without_marks.extend(expression.marks);
        }
        if facets != Facets::None {
            let apps = self.apps().map(|apps| apps.iter().map(|app| app_token(&app.0)).collect::<Vec<_>>());
            // Those without a token make it unknown.
            let statuses =
                self.statuses().and_then(|all| all.into_iter().map(status_token).collect::<Option<Vec<_>>>());
            let first = if asked.words.is_empty() { &mut asked.marks } else { &mut asked.words };
            if !first.is_empty() {
                for tokens in [apps, statuses].into_iter().flatten() {
                    let tokens: Vec<_> = tokens.iter().map(|token| format!("\"{token}\"")).collect();
                    first.push(format!("({})", tokens.join(" OR ")));
                }
            }
        }
        Ok(asked)
    }
}
