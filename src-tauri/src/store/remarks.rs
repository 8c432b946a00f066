//! What the user says of runs: names, notes, stars, whether they were reviewed, and tags.

use sqlx::{Row, Sqlite, Transaction};

use super::{Error, Result, Store, gaps::Gaps};
use crate::model::{
    history::{Remarks, RemarksChange},
    remarks::{clean_name, clean_note, clean_tag, retagged, sort_tags, spelt},
    run::RunId,
};

/// Written in one go: others who write get their turn in between.
const AT_ONCE: usize = 200;
/// Tags are few and runs many: only the different ones are looked at, by jumping from one to the next in the index.
const TAGS: &str = "WITH RECURSIVE different (tag) AS (SELECT min(tag) FROM run_tag UNION ALL \
    SELECT (SELECT min(tag) FROM run_tag WHERE run_tag.tag > different.tag) FROM different WHERE tag IS NOT NULL) ";

impl Store {
    pub async fn remarks(&self, id: &RunId) -> Result<Remarks> {
        let row = sqlx::query(
            "SELECT name, starred, reviewed, note FROM run LEFT JOIN run_note ON run_note.run_id = run.id \
             WHERE run.id = ? AND deleted_at IS NULL",
        )
        .bind(&id.0)
        .fetch_one(&self.pool)
        .await?;
        let mut gaps = Gaps::default();
        let mut tags: Vec<String> = Vec::new();
        for row in sqlx::query("SELECT tag FROM run_tag WHERE run_id = ?").bind(&id.0).fetch_all(&self.pool).await? {
            tags.push(gaps.text(&row, "tag")?);
        }
        sort_tags(&mut tags);
        let remarks = Remarks {
            name: gaps.text(&row, "name")?,
            note: gaps.text(&row, "note")?,
            starred: row.try_get("starred")?,
            reviewed: row.try_get("reviewed")?,
            tags,
        };
        self.tell(&gaps, || format!("remarks on run {}", id.0));
        Ok(remarks)
    }

    /// Changes remarks on many runs; those that are not there any more are passed over, unless none is.
    pub async fn remark(&self, ids: &[RunId], change: &RemarksChange) -> Result<()> {
        let mut found = ids.is_empty();
        for ids in ids.chunks(AT_ONCE) {
            let mut writing = self.write(false).await?;
            let transaction = &mut writing.transaction;
            let known: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                "{TAGS} SELECT tag FROM different WHERE tag IS NOT NULL"
            )))
            .fetch_all(&mut **transaction)
            .await?;
            let change = Clean::of(change, &known);
            for id in ids {
                found |= change.apply(transaction, id).await?;
            }
            writing.commit().await?;
        }
        if found { Ok(()) } else { Err(Error::NotFound) }
    }

    /// All tags with the number of runs that have them, in the order of the alphabet.
    pub async fn tags(&self) -> Result<Vec<(String, u32)>> {
        let sql = format!(
            "{TAGS} SELECT tag, (SELECT count(*) FROM run_tag CROSS JOIN run ON run.id = run_id WHERE \
             run_tag.tag = different.tag AND deleted_at IS NULL) AS runs FROM different WHERE tag IS NOT NULL"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        let mut gaps = Gaps::default();
        let mut tags: Vec<(String, u32)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let runs: u32 = row.try_get("runs")?;
            if runs > 0 {
                tags.push((gaps.text(row, "tag")?, runs));
            }
        }
        self.tell(&gaps, || "tags".to_owned());
        tags.sort_by_cached_key(|(tag, _)| (tag.to_lowercase(), tag.clone()));
        Ok(tags)
    }
}

/// A change as it is written.
struct Clean {
    name: Option<String>,
    note: Option<String>,
    starred: Option<bool>,
    reviewed: Option<bool>,
    add: Vec<String>,
    remove: Vec<String>,
}

impl Clean {
    fn of(change: &RemarksChange, known: &[String]) -> Self {
        Self {
            name: change.name.as_deref().map(clean_name),
            note: change.note.as_deref().map(clean_note),
            starred: change.starred,
            reviewed: change.reviewed,
            add: change.add_tags.iter().filter_map(|tag| Some(spelt(clean_tag(tag)?, known))).collect(),
            remove: change.remove_tags.iter().filter_map(|tag| clean_tag(tag)).collect(),
        }
    }

    /// Whether the run is there.
    async fn apply(&self, transaction: &mut Transaction<'_, Sqlite>, id: &RunId) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE run SET name = CASE WHEN ?2 IS NULL THEN name ELSE nullif(?2, '') END, \
             starred = coalesce(?3, starred), reviewed = coalesce(?4, reviewed) WHERE id = ?1 AND deleted_at IS NULL",
        )
        .bind(&id.0)
        .bind(&self.name)
        .bind(self.starred)
        .bind(self.reviewed)
        .execute(&mut **transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        if let Some(note) = &self.note {
            let sql = if note.is_empty() {
                "DELETE FROM run_note WHERE run_id = ?1"
            } else {
                "INSERT INTO run_note (run_id, note) VALUES (?1, ?2) ON CONFLICT (run_id) DO UPDATE SET note = ?2"
            };
            sqlx::query(sql).bind(&id.0).bind(note).execute(&mut **transaction).await?;
        }
        if self.add.is_empty() && self.remove.is_empty() {
            return Ok(true);
        }
        let before: Vec<String> = sqlx::query_scalar("SELECT tag FROM run_tag WHERE run_id = ? ORDER BY tag")
            .bind(&id.0)
            .fetch_all(&mut **transaction)
            .await?;
        let now = retagged(before.clone(), &self.add, &self.remove);
        for tag in before.iter().filter(|tag| !now.contains(tag)) {
            let sql = "DELETE FROM run_tag WHERE run_id = ? AND tag = ?";
            sqlx::query(sql).bind(&id.0).bind(tag).execute(&mut **transaction).await?;
        }
        for tag in now.iter().filter(|tag| !before.contains(tag)) {
            let sql = "INSERT INTO run_tag (run_id, tag) VALUES (?, ?)";
            sqlx::query(sql).bind(&id.0).bind(tag).execute(&mut **transaction).await?;
        }
        Ok(true)
    }
}
