//! Details of runs that only the log knew: fetched when such a run is opened, or in advance where the user wants to
//! read them without a network.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{Error, Logs, Shared, trouble_of};
use crate::{
    apps::now,
    dify::{self, Detail},
    model::{
        app::AppId,
        capability::{Capability, Support},
        check::{is_text, title_of},
        event::AppEvent,
        form::{Control, Entries, Entry, Field, Form},
        history::Contents,
        run::{InputShown, Notice, Run, RunId},
    },
    runs::{
        fold::{Changes, Fold},
        outputs,
    },
    store,
};

/// Details in a row that may be refused or not be understood, before it is the server that is in trouble.
const ODD: u32 = 5;

impl Logs {
    /// The run with its details: those are asked for where only the log's line is here.
    pub async fn fetch(&self, id: &RunId) -> Result<Run, Error> {
        self.shared.fetch_one(id, true).await
    }

    /// Fetches a run's details where they are not here: who goes on with a run has all of it.
    pub async fn complete(&self, id: &RunId) -> Result<(), Error> {
        match self.shared.store.run_origin(id).await?.1 {
            Contents::Whole => Ok(()),
            Contents::Head => self.fetch(id).await.map(drop),
        }
    }

    /// Fetches the details of all runs of the app that have none, newest first, in the background and gently.
    pub async fn fetch_details(&self, app: &AppId) -> Result<(), Error> {
        let heads = self.shared.store.log(app).await?.heads;
        let Some((busy, stopped)) = self.shared.begin_fetching(app, heads) else { return Ok(()) };
        let (logs, app) = (self.clone(), app.clone());
        tokio::spawn(async move {
            logs.shared.tell(&app).await;
            let result = tokio::select! {
                result = logs.shared.fetch_all(&app) => Some(result),
                () = stopped.cancelled() => None,
            };
            if let Some(Err(error)) = result {
                tracing::warn!("details could not be fetched to the end: {error}");
                let _ = logs.shared.store.note_log(&app, None, Some(trouble_of(&error))).await;
            }
            // Whoever sees that it is over sees what came of it, too.
            drop(busy);
            (logs.shared.emit)(AppEvent::HistoryChanged);
            logs.shared.tell(&app).await;
        });
        Ok(())
    }
}

impl Shared {
    async fn fetch_all(self: &Arc<Self>, app: &AppId) -> Result<(), Error> {
        let (mut last, mut told, mut odd) = (None, Instant::now(), 0);
        while let Some(id) = self.store.next_head(app, last.as_ref()).await? {
            match self.fetch_one(&id, false).await {
                Ok(_) => odd = 0,
                Err(Error::Gone | Error::Store(store::Error::NotFound)) => {}
                // It would keep all older ones from being fetched, now and each time.
                Err(Error::Dify(error)) if odd < ODD && is_of_one(&error) => {
                    tracing::warn!("the details of a run are passed over: {error}");
                    odd += 1;
                }
                Err(error) => return Err(error),
            }
            self.fetched_one(app);
            // Lists are not read again after each one.
            if told.elapsed() >= self.pace.tell {
                told = Instant::now();
                (self.emit)(AppEvent::HistoryChanged);
                self.tell(app).await;
            }
            last = Some(id);
            tokio::time::sleep(self.pace.between).await;
        }
        Ok(())
    }

    /// `tell`: lists hear of it at once.
    pub(super) async fn fetch_one(self: &Arc<Self>, id: &RunId, tell: bool) -> Result<Run, Error> {
        let (_, contents) = self.store.run_origin(id).await?;
        if contents == Contents::Whole {
            return Ok(self.runs.open(id).await?);
        }
        let run = self.store.run(id).await?;
        let app = run.head.app_id.clone();
        let client = self.apps.client(&app).await?;
        let detail = client.run_detail(run.head.server.run_id.as_deref().unwrap_or_default()).await;
        if detail.as_ref().is_err_and(dify::Error::is_unauthorized) {
            self.apps.refused(&app).await;
        }
        let Some(detail) = detail? else {
            let is_able = client.ability(Capability::RunDetail).support != Support::No;
            return Err(if is_able { Error::Gone } else { Error::NoDetails });
        };
        let form = self.apps.form(&app).await.unwrap_or_default();
        let (run, entries) = filled(run, detail, &form);
        let contents = if run.head.status.is_over() { Contents::Whole } else { Contents::Head };
        match self.store.fill_run(&run, contents, &entries, &form).await {
            // Somebody else was faster, or its end was heard of meanwhile. Or it turned out to be a run made here, and is
            // not there any more.
            Err(store::Error::NotFound) => {
                self.store.run_origin(id).await?;
                return Ok(self.runs.open(id).await?);
            }
            result => result?,
        }
        if tell {
            (self.emit)(AppEvent::HistoryChanged);
        }
        if contents == Contents::Whole && !outputs::files_of(&run, &[]).is_empty() {
            // Their links may have died long ago: then that is said at the files.
            self.runs.fetch_files(id).await?;
        }
        Ok(self.runs.open(id).await?)
    }
}

/// Whether this run's detail is what is wrong, rather than the way to the server, or the key.
pub(super) fn is_of_one(error: &dify::Error) -> bool {
    let refused = error.status().is_some_and(|status| !matches!(status, 401 | 403 | 502..=504));
    matches!(error, dify::Error::Decode { .. } | dify::Error::TooLarge { .. })
        || refused && !error.is_unauthorized() && !error.is_too_many_requests()
}

/// The run with what its detail says. Pure but for the clock.
fn filled(run: Run, detail: Detail, form: &Form) -> (Run, Entries) {
    let mut fold = Fold::new(run);
    let (inputs, entries, title) = inputs_of(detail.inputs, form);
    let (started_at, elapsed) = (fold.run().head.started_at, detail.finished.elapsed);
    #[allow(clippy::cast_possible_truncation, reason = "`as` keeps floats within the bounds of the integer")]
    let after = |seconds: f64| started_at.saturating_add((seconds * 1000.0) as i64);
    let known = detail.finished_at.or(fold.run().head.finished_at).or(elapsed.map(after));
    let at = known.filter(|at| (started_at..=now()).contains(at)).unwrap_or(started_at);
    fold.finished(detail.finished, at, &mut Changes::default());
    let mut run = fold.run().clone();
    let head = &mut run.head;
    head.server.workflow_id = head.server.workflow_id.take().or(detail.workflow_id);
    if !title.is_empty() {
        head.title = title;
    }
    run.inputs = inputs;
    run.notices.retain(|notice| !matches!(notice, Notice::OnlyHead | Notice::FromServer));
    run.notices.push(if run.head.status.is_over() { Notice::FromServer } else { Notice::OnlyHead });
    (run, entries)
}

/// Inputs as the form names them, what fills the form again, and a title.
fn inputs_of(mut theirs: Map<String, Value>, form: &Form) -> (Vec<InputShown>, Entries, String) {
    theirs.retain(|variable, value| !variable.starts_with("sys.") && !value.is_null());
    let (mut shown, mut entries) = (Vec::new(), Entries::new());
    let (mut title, mut file_title) = (String::new(), String::new());
    for field in &form.fields {
        let Some(value) = theirs.remove(&field.variable) else { continue };
        if title.is_empty() && !field.hidden && is_text(&field.control) {
            title = title_of(value.as_str().unwrap_or_default());
        }
        entries.extend(entry_of(field, &value).map(|entry| (field.variable.clone(), entry)));
        shown.push(input(&field.variable, &field.label, value, field.hidden));
    }
    // Of an earlier form.
    for (variable, value) in theirs {
        shown.push(input(&variable, &variable, value, false));
    }
    for input in shown.iter().filter(|input| input.is_files) {
        if file_title.is_empty() {
            file_title = input.value[0].as_str().unwrap_or_default().to_owned();
        }
    }
    if title.is_empty() {
        let text = shown.iter().find_map(|input| input.value.as_str().filter(|text| !text.trim().is_empty()));
        title = if file_title.is_empty() { title_of(text.unwrap_or_default()) } else { file_title };
    }
    (shown, entries, title)
}

fn input(variable: &str, label: &str, value: Value, hidden: bool) -> InputShown {
    let names = names_of_files(&value);
    let is_files = names.is_some();
    let value = names.unwrap_or(value);
    InputShown { variable: variable.to_owned(), label: label.to_owned(), value, is_files, hidden }
}

/// Names of files, where the value is one or several of them as servers describe them.
fn names_of_files(value: &Value) -> Option<Value> {
    let name = |value: &Value| {
        let object = value.as_object()?;
        let is_file =
            ["dify_model_identity", "transfer_method", "upload_file_id"].iter().any(|key| object.contains_key(*key));
        let text = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let name = ["filename", "name", "related_id", "upload_file_id", "remote_url", "url"].into_iter().find_map(text);
        is_file.then(|| Value::String(name.unwrap_or("file").to_owned()))
    };
    match value {
        Value::Array(list) if !list.is_empty() => list.iter().map(name).collect::<Option<Vec<_>>>().map(Value::Array),
        value => name(value).map(|name| Value::Array(vec![name])),
    }
}

/// What stands in the form for a value; files of another computer are none of it.
fn entry_of(field: &Field, value: &Value) -> Option<Entry> {
    match (&field.control, value) {
        (Control::File { .. } | Control::FileList { .. } | Control::External, _) => None,
        (Control::Checkbox { .. }, value) => value.as_bool().map(Entry::Flag),
        (_, Value::String(text)) => Some(Entry::Text(text.clone())),
        (_, Value::Object(_) | Value::Array(_)) => serde_json::to_string_pretty(value).ok().map(Entry::Text),
        (_, value) => Some(Entry::Text(value.to_string())),
    }
}
