//! What runs have said aloud: which files there are, and how far each is whole. And whether it is heard unasked.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Result, Store, gaps::Gaps};
use crate::model::run::RunId;

/// A sound of a run, with the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSound {
    /// 0 is the stream's own.
    pub place: u32,
    /// Of the text that is read; `None` for the stream's own.
    pub text_hash: Option<String>,
    pub stored_as: String,
    /// JSON: what of the file is whole.
    pub pieces: serde_json::Value,
    pub complete: bool,
}

impl Store {
    pub async fn save_sound(&self, id: &RunId, sound: &StoredSound) -> Result<()> {
        let mut writing = self.write(false).await?;
        sqlx::query(
            "INSERT INTO sound (run_id, place, text_hash, stored_as, pieces, complete) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (run_id, place) DO UPDATE SET text_hash = excluded.text_hash, \
             stored_as = excluded.stored_as, pieces = excluded.pieces, complete = excluded.complete",
        )
        .bind(&id.0)
        .bind(sound.place)
        .bind(&sound.text_hash)
        .bind(&sound.stored_as)
        .bind(serde_json::to_string(&sound.pieces)?)
        .bind(sound.complete)
        .execute(&mut *writing.transaction)
        .await?;
        writing.commit().await
    }

    /// In the order of their places.
    pub async fn sounds(&self, id: &RunId) -> Result<Vec<StoredSound>> {
        let sql = "SELECT place, text_hash, stored_as, pieces, complete FROM sound WHERE run_id = ? ORDER BY place";
        let rows = sqlx::query(sql).bind(&id.0).fetch_all(&self.pool).await?;
        let mut gaps = Gaps::default();
        let sounds = rows.iter().map(|row| stored_sound(row, &mut gaps)).collect();
        self.tell(&gaps, || format!("sounds of run {}", id.0));
        sounds
    }

    /// A sound that turned out to be none.
    pub async fn delete_sound(&self, id: &RunId, place: u32) -> Result<()> {
        let mut writing = self.write(false).await?;
        let sql = "DELETE FROM sound WHERE run_id = ? AND place = ?";
        sqlx::query(sql).bind(&id.0).bind(place).execute(&mut *writing.transaction).await?;
        writing.commit().await
    }

    /// Whether what a run says is heard as it arrives.
    pub async fn autoplay(&self) -> Result<bool> {
        let sql = "SELECT autoplay FROM speech";
        Ok(sqlx::query_scalar(sql).fetch_optional(&self.pool).await?.unwrap_or(true))
    }

    pub async fn set_autoplay(&self, autoplay: bool) -> Result<()> {
        let mut writing = self.write(false).await?;
        let sql = "INSERT OR REPLACE INTO speech (id, autoplay) VALUES (1, ?)";
        sqlx::query(sql).bind(autoplay).execute(&mut *writing.transaction).await?;
        writing.commit().await
    }
}

fn stored_sound(row: &SqliteRow, gaps: &mut Gaps) -> Result<StoredSound> {
    Ok(StoredSound {
        place: row.try_get("place")?,
        text_hash: gaps.text_or_none(row, "text_hash")?,
        stored_as: gaps.text(row, "stored_as")?,
        pieces: gaps.json(row, "pieces")?.unwrap_or_else(|| serde_json::json!([])),
        complete: row.try_get("complete")?,
    })
}
