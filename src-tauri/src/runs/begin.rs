//! How a run begins: checked, saved, its files sent, and only then asked for.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Error, Runs, driver::Driver, fold, life::Happening};
use crate::{
    apps::now,
    dify::{self, Client, RunOptions},
    model::{
        app::AppId,
        check::{self, Checked},
        file::{StagedFile, StagedId},
        form::{Entries, Form, Issue, staged_in},
        prepared::PreparedId,
        run::{InputShown, RunHead, RunId, RunStatus, ServerIds},
        sent,
    },
    store::{self, StoredSent},
};

/// How long a refusal waits for the form to be read anew.
const REREAD: Duration = Duration::from_secs(5);
/// How often a row that cannot be deleted is tried again.
const TRIES: u32 = 60;

impl Runs {
    /// Checks the form, saves the run, waits for its files, and asks the server to start it.
    ///
    /// A refusal that comes at once (a wrong key, an input that only the server can judge, no server
    /// there) is an error, and the run, which never was one, is not kept.
    pub async fn start(&self, app_id: &AppId, entries: Entries) -> Result<RunId, Error> {
        self.start_of(app_id, entries, None).await
    }

    /// The same for one that was kept ready: it is sent once.
    pub async fn start_prepared(&self, id: &PreparedId, app_id: &AppId, entries: Entries) -> Result<RunId, Error> {
        self.start_of(app_id, entries, Some(id)).await
    }

    /// The form of an app and the title that its run would have, if it could be sent now.
    pub async fn checked(&self, app_id: &AppId, entries: &Entries) -> Result<(Form, String), Error> {
        let form = self.shared.apps.form(app_id).await?;
        self.look_at(&form, entries).await;
        let title = self.check_as_if_sent(&form, entries)?.title;
        Ok((form, title))
    }

    async fn start_of(&self, app_id: &AppId, entries: Entries, prepared: Option<&PreparedId>) -> Result<RunId, Error> {
        let stop = CancellationToken::new();
        self.shared.starting().push((app_id.clone(), stop.clone()));
        let _over = stop.clone().drop_guard();
        match self.start_once(app_id, &entries, prepared, &stop).await {
            // The server surely ran nothing, and all it misses can be sent again (api.md §5): nobody need be asked.
            Err(Error::Form(problems))
                if problems.iter().all(|problem| problem.issue == Issue::FileForgotten)
                    && self.can_send_again(&entries).await =>
            {
                self.start_once(app_id, &entries, prepared, &stop).await
            }
            result => result,
        }
    }

    /// Forgets what the server was sent before. Whether every file is still here to be sent again.
    async fn can_send_again(&self, entries: &Entries) -> bool {
        let mut all = true;
        for id in staged_in(entries) {
            all &= self.shared.files.forget_upload(id).await;
        }
        all
    }

    async fn start_once(
        &self,
        app_id: &AppId,
        entries: &Entries,
        prepared: Option<&PreparedId>,
        stop: &CancellationToken,
    ) -> Result<RunId, Error> {
        let form = self.shared.apps.form(app_id).await?;
        tokio::select! {
            () = stop.cancelled() => return Err(Error::Stopped),
            () = self.look_at(&form, entries) => {}
        }
        let Checked { shown, title, .. } = self.check_as_if_sent(&form, entries)?;
        let wanted = self.shared.apps.options(app_id).await?;
        let trace_id = Uuid::new_v4().simple().to_string();
        let options =
            RunOptions { mode: wanted.response_mode, version: wanted.workflow_id, trace_id: Some(trace_id.clone()) };
        let head = RunHead {
            title,
            server: ServerIds { trace_id: Some(trace_id), ..ServerIds::default() },
            ..RunHead::new(self.shared.store.new_run_id().await?, app_id.clone(), RunStatus::Preparing, now())
        };
        let id = head.id.clone();
        let run = fold::new_run(head, shown.clone());
        // Before it is stored: what is stored and in nobody's care is taken up as left over.
        let Some((live, wishes)) = self.shared.enter(run.clone()) else {
            return Err(store::Error::Busy.into());
        };
        if let Err(error) = self.shared.store.add_run_of(&run, entries, &form, prepared).await {
            self.shared.leave(&id);
            return Err(error.into());
        }
        let mut driver = Driver::new(Arc::clone(&self.shared), live, wishes);
        driver.announced = false;
        let mut wished = driver.live.wished.subscribe();
        let prepared = tokio::select! {
            biased;
            () = stop.cancelled() => Err(Error::Stopped),
            // By who knows all runs: the program is about to end.
            _ = wished.wait_for(|wished| wished.stop) => Err(Error::Stopped),
            ready = self.prepare(&mut driver, &form, entries) => ready,
        };
        let (client, inputs, given) = match prepared {
            Ok(ready) => ready,
            Err(error) => {
                self.take_back(driver).await;
                return Err(error);
            }
        };
        driver.live.fold().run_mut().head.server.user = Some(client.user().to_owned());
        // Durable before the request: after a crash nobody else could tell that it was asked for.
        driver.happens(Happening::Ask).await;
        if driver.is_unsaved() {
            // Killed now, the next start would say that nothing ran.
            let error = driver.why_unsaved();
            self.take_back(driver).await;
            return Err(error.into());
        }
        // Saving may have taken its time.
        if stop.is_cancelled() || driver.live.wished.borrow().stop {
            self.take_back(driver).await;
            return Err(Error::Stopped);
        }
        let (opened, answer) = oneshot::channel();
        tokio::spawn(driver.start(client, inputs, options, opened));
        tokio::pin!(answer);
        let answer = tokio::select! {
            answer = &mut answer => answer,
            () = stop.cancelled() => {
                self.shared.wish(&id, |wished| wished.stop = true);
                answer.await
            }
        };
        match answer {
            Ok(Err(refused)) => {
                let (error, driver) = *refused;
                self.take_back(driver).await;
                if error.is_unauthorized() {
                    self.shared.apps.refused(app_id).await;
                }
                Err(self.refusal(error, app_id, form, entries, &shown).await)
            }
            _ => {
                self.keep_sent(app_id, &id, given);
                let _ = self.shared.apps.changed(app_id).await;
                // It may have come when nobody waited for it any more.
                if stop.is_cancelled() {
                    self.shared.wish(&id, |wished| wished.stop = true);
                }
                Ok(id)
            }
        }
    }

    /// Looks at the files of a form before it is checked. A disk that does not answer is waited for as long as the user
    /// likes.
    pub(super) async fn look_at(&self, form: &Form, entries: &Entries) {
        // What was edited after it was sent is sent again: the run works with what the user sees.
        self.shared.files.look_into(check::worth_a_look(form, entries)).await;
        // Of a file that nobody has looked at yet, nothing is known that could be checked.
        self.shared.files.look_at_unseen(staged_in(entries)).await;
    }

    /// Checks a form whose files are still on their way: they count as there, and are waited for afterwards.
    pub(super) fn check_as_if_sent(&self, form: &Form, entries: &Entries) -> Result<Checked, Error> {
        let files = |id: &_| self.shared.files.get(id).map(StagedFile::as_if_uploaded);
        check::check(form, entries, files).map_err(Error::Form)
    }

    /// Fetches the key and sends what is not sent yet. With what the run is given, as it is now: nobody waits with the
    /// form until the server has answered.
    async fn prepare(
        &self,
        driver: &mut Driver,
        form: &Form,
        entries: &Entries,
    ) -> Result<(Client, serde_json::Map<String, serde_json::Value>, Vec<StoredSent>), Error> {
        let client = self.shared.apps.client(&driver.app).await?;
        let unsent = self.unsent(&client, entries);
        if !unsent.is_empty() {
            driver.happens(Happening::Upload).await;
            self.send(&client, unsent, form, entries).await?;
        }
        // Before it is checked: whatever is missing here is missing there as well.
        let given = self.given(form, entries);
        let checked = check::check(form, entries, |id| self.shared.files.get(id)).map_err(Error::Form)?;
        Ok((client, checked.inputs, given))
    }

    /// The files that this server does not have yet.
    pub(super) fn unsent(&self, client: &Client, entries: &Entries) -> Vec<StagedId> {
        staged_in(entries).filter(|id| !self.shared.files.is_at(client, id)).cloned().collect()
    }

    /// Waits for files on their way, and sends the others.
    pub(super) async fn send(
        &self,
        client: &Client,
        unsent: Vec<StagedId>,
        form: &Form,
        entries: &Entries,
    ) -> Result<(), Error> {
        // How many at a time, they know themselves. One that fails takes no other with it, which somebody else may wait
        // for and would have to send from its beginning.
        let sent = join_all(unsent.iter().map(|id| self.shared.files.uploaded(client, id))).await;
        let Err(error) = sent.into_iter().try_for_each(|sent| sent.map(drop)) else { return Ok(()) };
        // A file that was emptied meanwhile is said at its field.
        Err(match self.check_as_if_sent(form, entries) {
            Err(Error::Form(problems)) if problems.iter().any(|problem| problem.issue == Issue::FileEmpty) => {
                Error::Form(problems)
            }
            _ => error.into(),
        })
    }

    /// What a run is given, as it is now.
    pub(super) fn given(&self, form: &Form, entries: &Entries) -> Vec<StoredSent> {
        self.shared.files.noted(sent::given(form, entries))
    }

    /// Keeps what was sent with the run, behind it.
    pub(super) fn keep_sent(&self, app: &AppId, id: &RunId, given: Vec<StoredSent>) {
        let (files, app, id) = (Arc::clone(&self.shared.files), app.clone(), id.clone());
        tokio::spawn(async move { files.keep_sent(&app, &id, given).await });
    }

    /// It never was a run: nothing of it stays.
    async fn take_back(&self, driver: Driver) {
        self.shared.files.forget_sent(&driver.id).await;
        // Left only then: what is stored and in nobody's care is taken up as left over.
        match self.shared.store.delete_run(&driver.id).await {
            Ok(()) => self.shared.leave(&driver.id),
            Err(error) => {
                tracing::error!("a refused run could not be taken back yet: {error}");
                let shared = Arc::clone(&self.shared);
                tokio::spawn(async move {
                    for _ in 0..TRIES {
                        tokio::time::sleep(shared.pace.save * 5).await;
                        if shared.store.delete_run(&driver.id).await.is_ok() {
                            break;
                        }
                    }
                    shared.leave(&driver.id);
                });
            }
        }
    }

    /// A refusal of what was entered, at its fields where it names them. The form may have changed since it was
    /// read (api.md §2, end), so it is read anew first; what was typed stays with the page.
    async fn refusal(
        &self,
        error: dify::Error,
        app: &AppId,
        mut form: Form,
        entries: &Entries,
        shown: &[InputShown],
    ) -> Error {
        let dify::Error::Status { status: 400, message, .. } = &error else { return Error::NotStarted(error) };
        if !error.is_too_many_requests() && !error.is_not_published() && !error.is_not_workflow() {
            let fresh = tokio::time::timeout(REREAD, self.shared.apps.refresh(app)).await;
            if let Ok(Ok(app)) = fresh {
                form = app.form;
            }
        }
        match dify::problems_in_refusal(message, &form, entries, shown) {
            problems if problems.is_empty() => Error::NotStarted(error),
            problems => Error::Form(problems),
        }
    }
}
