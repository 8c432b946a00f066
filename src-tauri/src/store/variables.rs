//! What runs hold that can be a column of a table, by app. Of an app not all of them are read: the newest, some of every
//! time, and some of each form. Runs of which only the head is known hold nothing.

use std::fmt;

use futures_util::TryStreamExt as _;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use sqlx::Row as _;

use super::{Result, Store, gaps::Gaps};
use crate::model::{
    app::AppId,
    out::{AppVariables, VariableNamed},
    run::RunId,
};

/// So many of an app's newest runs are read, where there are few apps.
const NEWEST: u32 = 200;
/// And one of each of so many equal parts of the time since its first.
const PARTS: u32 = 100;
/// Of more apps, fewer of each.
const FEW_APPS: u32 = 8;
/// And of the newest forms so many runs each, whichever app's they are.
const FORMS: u32 = 200;
const OF_EACH_FORM: u32 = 10;

/// The names of an object's values: what these are is only passed over.
#[derive(Default)]
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct OfMap;
        impl<'de> Visitor<'de> for OfMap {
            type Value = Keys;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(OfMap)
    }
}

/// What a form asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AskedFor {
    fields: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    hidden: bool,
    #[serde(flatten)]
    named: VariableNamed,
}

impl Store {
    /// Apps that have runs, in the order they are listed.
    pub async fn apps_with_runs(&self) -> Result<Vec<AppId>> {
        let sql = "SELECT id FROM app WHERE EXISTS (SELECT 1 FROM run WHERE app_id = app.id AND deleted_at IS NULL) \
                   ORDER BY removed_at IS NOT NULL, position, id";
        let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.pool).await?;
        Ok(ids.into_iter().map(AppId).collect())
    }

    /// Runs of these apps which hold what others hold as well.
    pub async fn telling_runs(&self, apps: &[AppId]) -> Result<Vec<RunId>> {
        let share = u32::try_from(apps.len()).unwrap_or(u32::MAX).div_ceil(FEW_APPS).max(1);
        let mut runs = self.whole_of_each_form(apps).await?;
        for app in apps {
            runs.extend(self.newest_whole(app, NEWEST / share).await?);
            runs.extend(self.whole_of_all_times(app, (PARTS / share).max(1)).await?);
        }
        Ok(runs)
    }

    async fn newest_whole(&self, app: &AppId, most: u32) -> Result<Vec<RunId>> {
        let sql = "SELECT id FROM run WHERE app_id = ? AND contents = 'whole' AND deleted_at IS NULL \
                   ORDER BY id DESC LIMIT ?";
        let ids: Vec<String> = sqlx::query_scalar(sql).bind(&app.0).bind(most).fetch_all(&self.pool).await?;
        Ok(ids.into_iter().map(RunId).collect())
    }

    /// What an app gives may change while its form stays as it is.
    async fn whole_of_all_times(&self, app: &AppId, parts: u32) -> Result<Vec<RunId>> {
        let sql = "SELECT (SELECT min(id) FROM run WHERE app_id = ?1), (SELECT max(id) FROM run WHERE app_id = ?1)";
        let (first, last): (Option<String>, Option<String>) =
            sqlx::query_as(sql).bind(&app.0).fetch_one(&self.pool).await?;
        let Some((first, last)) = began(first).zip(began(last)) else { return Ok(Vec::new()) };
        // From behind the one up to the other, so that each id is passed once, whatever is found.
        let bound = |part: u32| before(first + last.saturating_sub(first) * u64::from(part) / u64::from(parts));
        let parts: Vec<_> = (0..parts).map(|part| (bound(part), bound(part + 1))).collect();
        let sql = "SELECT (SELECT id FROM run WHERE app_id = ?1 AND id >= json_extract(value, '$[0]') \
                   AND id < json_extract(value, '$[1]') AND contents = 'whole' AND deleted_at IS NULL \
                   ORDER BY id DESC LIMIT 1) FROM json_each(?2)";
        let ids: Vec<Option<String>> =
            sqlx::query_scalar(sql).bind(&app.0).bind(serde_json::to_string(&parts)?).fetch_all(&self.pool).await?;
        Ok(ids.into_iter().flatten().map(RunId).collect())
    }

    async fn whole_of_each_form(&self, apps: &[AppId]) -> Result<Vec<RunId>> {
        let sql = "WITH some AS (SELECT id FROM run_form ORDER BY id DESC LIMIT ?2) \
                   SELECT run.id FROM some CROSS JOIN run_body ON run_body.rowid IN (SELECT rowid FROM run_body AS of \
                   WHERE of.form_id = some.id ORDER BY rowid DESC LIMIT ?3) CROSS JOIN run ON run.id = run_id \
                   WHERE app_id IN (SELECT value FROM json_each(?1)) AND contents = 'whole' AND deleted_at IS NULL";
        let ids: Vec<String> = sqlx::query_scalar(sql)
            .bind(serde_json::to_string(apps)?)
            .bind(FORMS)
            .bind(OF_EACH_FORM)
            .fetch_all(&self.pool)
            .await?;
        Ok(ids.into_iter().map(RunId).collect())
    }

    /// What these runs hold, by app, in the order of the newest that has it. `asked`: and what their forms ask for.
    pub async fn variables_of(&self, mut runs: Vec<RunId>, asked: bool) -> Result<Vec<AppVariables>> {
        runs.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        runs.dedup();
        let (mut gaps, mut found) = (Gaps::default(), Vec::new());
        let wanted = serde_json::to_string(&runs)?;
        let sql = "WITH wanted AS (SELECT key AS place, value AS wanted FROM json_each(?)) \
                   SELECT app_id, inputs, outputs FROM wanted JOIN run ON run.id = wanted JOIN run_body ON run_id = wanted \
                   WHERE deleted_at IS NULL ORDER BY place";
        let mut rows = sqlx::query(sql).bind(&wanted).fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            let app = of(&mut found, AppId(row.try_get("app_id")?));
            for input in gaps.json_or_default::<Vec<VariableNamed>>(&row, "inputs")? {
                add(app, input);
            }
            for variable in gaps.json_or_default::<Keys>(&row, "outputs")?.0 {
                if !app.outputs.contains(&variable) {
                    app.outputs.push(variable);
                }
            }
        }
        drop(rows);
        if asked {
            let sql = "SELECT app_id, form FROM (SELECT DISTINCT app_id, form_id FROM run_body JOIN run ON run.id = run_id \
                       WHERE run_id IN (SELECT value FROM json_each(?))) JOIN run_form ON run_form.id = form_id \
                       ORDER BY form_id DESC";
            for row in sqlx::query(sql).bind(&wanted).fetch_all(&self.pool).await? {
                let app = of(&mut found, AppId(row.try_get("app_id")?));
                for Asked { hidden, named } in gaps.json_or_default::<AskedFor>(&row, "form")?.fields {
                    if !hidden {
                        add(app, named);
                    }
                }
            }
        }
        Ok(found)
    }
}

fn of(found: &mut Vec<AppVariables>, app_id: AppId) -> &mut AppVariables {
    let place = found.iter().position(|known| known.app_id == app_id).unwrap_or_else(|| {
        found.push(AppVariables { app_id, inputs: Vec::new(), outputs: Vec::new() });
        found.len() - 1
    });
    &mut found[place]
}

fn add(app: &mut AppVariables, input: VariableNamed) {
    if app.inputs.iter().all(|known| known.variable != input.variable) {
        app.inputs.push(input);
    }
}

/// The time that an id of ours begins with.
fn began(id: Option<String>) -> Option<u64> {
    let id = id?;
    let (first, second) = (id.get(..8)?, id.get(9..13)?);
    u64::from_str_radix(&format!("{first}{second}"), 16).ok()
}

/// Less than all ids of this time, and more than those of any earlier one.
fn before(at: u64) -> String {
    format!("{:08x}-{:04x}", at >> 16, at & 0xffff)
}
