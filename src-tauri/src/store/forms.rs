//! The forms that runs were filled in with, each of which stands once.

use sqlx::{Sqlite, Transaction};

use super::Result;
use crate::model::{form::Form, run::RunId};

/// In place of the column `form` of runs that earlier versions made; from `run_body`.
pub(super) const FORM: &str = "coalesce((SELECT form FROM run_form WHERE id = form_id), run_body.form)";

/// Its number, for `run_body.form_id`; the form is written where it is not there yet.
pub(super) async fn form_id(transaction: &mut Transaction<'_, Sqlite>, form: &Form) -> Result<i64> {
    let form = serde_json::to_string(form)?;
    let known = "SELECT id FROM run_form WHERE form = ?";
    if let Some(id) = sqlx::query_scalar(known).bind(&form).fetch_optional(&mut **transaction).await? {
        return Ok(id);
    }
    let new = "INSERT INTO run_form (form) VALUES (?) RETURNING id";
    Ok(sqlx::query_scalar(new).bind(form).fetch_one(&mut **transaction).await?)
}

/// The form of a run whose details came later.
pub(super) async fn write_form(transaction: &mut Transaction<'_, Sqlite>, run: &RunId, form: &Form) -> Result<()> {
    let form = form_id(transaction, form).await?;
    let sql = "UPDATE run_body SET form_id = ? WHERE run_id = ?";
    sqlx::query(sql).bind(form).bind(&run.0).execute(&mut **transaction).await?;
    Ok(())
}
