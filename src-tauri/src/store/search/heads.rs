//! What lists show of runs.

use std::collections::HashMap;

use sqlx::{Row, SqliteConnection};

use super::{
    super::{Result, Store, gaps::Gaps, history},
    listed,
};
use crate::model::history::{Contents, PastRun, RunOrigin};

impl Store {
    /// The runs with these ids, in their order.
    pub(super) async fn past_heads(&self, ids: &[String], connection: &mut SqliteConnection) -> Result<Vec<PastRun>> {
        let sql = format!(
            "SELECT {}, origin, contents, name, starred, reviewed, \
             EXISTS (SELECT 1 FROM run_note AS n WHERE n.run_id = run.id) AS has_note, \
             (SELECT json_group_array(tag) FROM (SELECT tag FROM run_tag AS t WHERE t.run_id = run.id ORDER BY tag)) AS tags \
             FROM run WHERE id IN (SELECT value FROM json_each(?))",
            history::HEAD
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(listed(ids)?).fetch_all(connection).await?;
        let mut runs = HashMap::with_capacity(rows.len());
        for row in &rows {
            let mut gaps = Gaps::default();
            let head = history::run_head(row, &mut gaps)?;
            let run = PastRun {
                origin: RunOrigin::from_word(&gaps.text(row, "origin")?),
                contents: if gaps.text(row, "contents")? == "head" { Contents::Head } else { Contents::Whole },
                name: gaps.text(row, "name")?,
                starred: row.try_get("starred")?,
                reviewed: row.try_get("reviewed")?,
                has_note: row.try_get("has_note")?,
                tags: gaps.json_or_default(row, "tags")?,
                snippet: None,
                head,
            };
            self.tell(&gaps, || format!("run {}", run.head.id.0));
            runs.insert(run.head.id.0.clone(), run);
        }
        Ok(ids.iter().filter_map(|id| runs.remove(id)).collect())
    }
}
