//! What lists show of runs.

use std::collections::HashMap;

use rusqlite::Connection;

use super::{
    super::{
        Result, Store,
        gaps::{Cells, Gaps, Named},
        history,
    },
    listed,
};
use crate::model::history::{Contents, PastRun, RunOrigin};

/// The runs with these ids, in their order.
pub(super) fn past_heads(store: &Store, ids: &[String], connection: &Connection) -> Result<Vec<PastRun>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {}, origin, contents, name, starred, reviewed, \
         EXISTS (SELECT 1 FROM run_note AS n WHERE n.run_id = run.id) AS has_note, \
         (SELECT json_group_array(tag) FROM (SELECT tag FROM run_tag AS t WHERE t.run_id = run.id ORDER BY tag)) AS tags \
         FROM run WHERE id IN (SELECT value FROM json_each(?))",
        history::HEAD
    ))?;
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut rows = statement.query([listed(ids)?])?;
    let mut runs = HashMap::with_capacity(ids.len());
    while let Some(row) = rows.next()? {
        let mut gaps = Gaps::default();
        let run = past_run(&Named { row, names: &names }, &mut gaps)?;
        store.tell(&gaps, || format!("run {}", run.head.id.0));
        runs.insert(run.head.id.0.clone(), run);
    }
    Ok(ids.iter().filter_map(|id| runs.remove(id)).collect())
}

fn past_run(row: &Named<'_, '_>, gaps: &mut Gaps) -> Result<PastRun> {
    let is = |column: &str| Ok::<_, super::super::Error>(row.int(column)?.is_some_and(|is| is != 0));
    Ok(PastRun {
        origin: RunOrigin::from_word(&gaps.text(row, "origin")?),
        contents: if gaps.text(row, "contents")? == "head" { Contents::Head } else { Contents::Whole },
        name: gaps.text(row, "name")?,
        starred: is("starred")?,
        reviewed: is("reviewed")?,
        has_note: is("has_note")?,
        tags: gaps.json_or_default(row, "tags")?,
        snippet: None,
        head: history::run_head(row, gaps)?,
    })
}
