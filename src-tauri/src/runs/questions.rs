//! What runs ask people: read anew from the server, answered, and the run followed on from there.
//!
//! An answer is sent once. Where nobody said whether it arrived, the form is asked: one that was submitted tells so.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use super::{
    Error, Runs, Shared,
    care::Live,
    cause::never_ran,
    driver::Driver,
    fold::{Changes, Fold},
    save::patch_of,
};
use crate::{
    apps::now,
    dify::{self, Client},
    model::{
        answer::{self, Said},
        event::{AppEvent, RunPatch},
        failure::Reason,
        file::SizeLimits,
        form::{Entries, Form, Problem},
        human_input::{Question, QuestionState},
        run::{Run, RunId},
    },
    store,
};

/// Answers under way, by run and place of the question.
#[derive(Default)]
pub(super) struct Sent {
    /// Nobody said whether they arrived.
    doubtful: Mutex<HashMap<(RunId, u32), Answer>>,
    /// They wait for their files, each until its token is cancelled: by the user, by a newer one, or by its own end.
    waiting: Mutex<Vec<((RunId, u32), CancellationToken)>>,
}

/// What the record of an answer says.
#[derive(Debug, Clone)]
struct Answer {
    action: String,
    content: String,
}

impl Sent {
    fn doubt(&self, id: &RunId, place: u32, answer: Answer) {
        // Of two that nobody confirmed, the first to arrive counts.
        self.doubtful().entry((id.clone(), place)).or_insert(answer);
    }

    fn in_doubt(&self, id: &RunId, place: u32) -> Option<Answer> {
        self.doubtful().get(&(id.clone(), place)).cloned()
    }

    fn settled(&self, id: &RunId, place: u32) {
        self.doubtful().remove(&(id.clone(), place));
    }

    fn doubtful(&self) -> MutexGuard<'_, HashMap<(RunId, u32), Answer>> {
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<((RunId, u32), CancellationToken)>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, stop)| !stop.is_cancelled());
        waiting
    }

    fn wait(&self, id: &RunId, place: u32) -> CancellationToken {
        self.give_up(id, place);
        let stop = CancellationToken::new();
        self.waiting().push(((id.clone(), place), stop.clone()));
        stop
    }

    fn give_up(&self, id: &RunId, place: u32) {
        self.waiting().iter().filter(|((of, at), _)| of == id && *at == place).for_each(|(_, stop)| stop.cancel());
    }
}

impl Answer {
    fn state(self, here: bool) -> QuestionState {
        QuestionState::Answered { at: now(), action: self.action, content: self.content, here }
    }
}

impl Runs {
    /// The fields of a question. Questions are only ever added to a run, so that `place` names one.
    pub async fn question_form(&self, id: &RunId, place: u32) -> Result<Form, Error> {
        let run = self.open(id).await?;
        let limits = self.limits(&run).await;
        Ok(answer::form(&question_of(&run, place)?.form, &limits))
    }

    /// Everything that would have to be fixed before an answer, then what the user is warned of.
    pub async fn question_check(&self, id: &RunId, place: u32, entries: &Entries) -> Result<Vec<Problem>, Error> {
        let run = self.open(id).await?;
        let limits = self.limits(&run).await;
        let question = question_of(&run, place)?;
        Ok(self.problems(&answer::form(&question.form, &limits), entries).await)
    }

    /// Asks the server for an open question's form: its text, defaults and time as they are now. One that was answered
    /// elsewhere, or ran out of time, is settled by that.
    ///
    /// # Errors
    /// [`store::Error::NotFound`] where the server does not know the form any more.
    pub async fn question_read(&self, id: &RunId, place: u32) -> Result<Question, Error> {
        let run = self.open(id).await?;
        let question = question_of(&run, place)?;
        let (QuestionState::Open, Some(token)) = (&question.state, &question.form.token) else {
            return Ok(question.clone());
        };
        let client = self.shared.client_of(&run.head).await?;
        match client.human_form(token).await {
            Ok(form) => {
                let driver = self.change(id, |fold| fold.renew_question(at(place), form.clone())).await?;
                if let Some(mut driver) = driver {
                    let client = client.clone();
                    tokio::spawn(async move {
                        if !driver.leave_at_rest().await {
                            driver.follow_up(client).await;
                        }
                    });
                }
            }
            Err(error) => match self.settled_by(id, place, &error) {
                Some(state) => self.settle_question(id, place, state, client).await?,
                None => return Err(self.not_answered(error, &run).await),
            },
        }
        Ok(question_of(&self.open(id).await?, place)?.clone())
    }

    /// Answers a question with one of its actions once its files are there, and follows the run on. The answer is stored
    /// before this returns; where the disk does not take it, that is said, and tried again.
    ///
    /// # Errors
    /// [`Error::Form`] for what has to be fixed first. Whatever the server refuses, or whatever was in the way, leaves
    /// the question open, unless it was answered elsewhere or its time is over: that is stored, too.
    pub async fn answer(&self, id: &RunId, place: u32, entries: &Entries, action: &str) -> Result<(), Error> {
        self.send_papers(id, place, entries).await?;
        let run = self.open(id).await?;
        let question = open_question(&run, place)?;
        let token = question.form.token.as_ref().ok_or(store::Error::NotFound)?;
        let button = question.form.actions.iter().find(|known| known.id == action).ok_or(store::Error::NotFound)?;
        let title = if button.title.is_empty() { &button.id } else { &button.title };
        let limits = self.limits(&run).await;
        let form = answer::form(&question.form, &limits);
        // Before it is checked: what is sent was there then, and a form that is emptied later empties no record of it.
        let given = self.given(&form, entries);
        let Said { inputs, content } =
            answer::check(&question.form, &limits, entries, |id| self.shared.files.get(id)).map_err(Error::Form)?;
        let client = self.shared.client_of(&run.head).await?;
        let answer = Answer { action: title.clone(), content };
        let Err(error) = client.submit_human_form(token, inputs, action).await else {
            self.keep_sent(&run.head.app_id, id, given);
            return self.settle_question(id, place, answer.state(true), client).await;
        };
        if !never_ran(&error) {
            // Nobody said whether it arrived, and it must not be sent again unasked: the form knows.
            match client.human_form(token).await {
                Err(told) if told.reason() == Some(Reason::AnswerGiven) => {
                    let arrived = self.shared.sent.in_doubt(id, place).unwrap_or_else(|| answer.clone());
                    let as_wanted = arrived.action == answer.action;
                    self.settle_question(id, place, arrived.state(true), client).await?;
                    return if as_wanted { Ok(()) } else { Err(Error::NotAsked(told)) };
                }
                // It is still open, so nothing arrived.
                Ok(_) => {}
                // Should another answer be refused because one arrived, it was this.
                Err(_) => self.shared.sent.doubt(id, place, answer),
            }
            return Err(self.not_answered(error, &run).await);
        }
        match self.settled_by(id, place, &error) {
            Some(state) => {
                let as_wanted = matches!(
                    &state,
                    QuestionState::Answered { here: true, action, .. } if *action == answer.action
                );
                self.settle_question(id, place, state, client).await?;
                if as_wanted { Ok(()) } else { Err(Error::NotAsked(error)) }
            }
            None => Err(self.not_answered(error, &run).await),
        }
    }

    /// Gives an answer up that still waits for its files.
    pub fn stop_answering(&self, id: &RunId, place: u32) {
        self.shared.sent.give_up(id, place);
    }

    /// Waits for the files of an answer that has nothing else to fix.
    async fn send_papers(&self, id: &RunId, place: u32, entries: &Entries) -> Result<(), Error> {
        let run = self.open(id).await?;
        let question = open_question(&run, place)?;
        let form = answer::form(&question.form, &self.limits(&run).await);
        let stop = self.shared.sent.wait(id, place);
        let _over = stop.clone().drop_guard();
        let sending = async {
            self.look_at(&form, entries).await;
            self.check_as_if_sent(&form, entries)?;
            let client = self.shared.client_of(&run.head).await?;
            let unsent = self.unsent(&client, entries);
            self.send(&client, unsent, &form, entries).await
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(Error::Stopped),
            sent = sending => sent,
        }
    }

    /// What a refusal says of the question. An earlier answer of ours that nobody confirmed was the one that arrived.
    fn settled_by(&self, id: &RunId, place: u32, error: &dify::Error) -> Option<QuestionState> {
        match error.reason()? {
            Reason::AnswerGiven => Some(match self.shared.sent.in_doubt(id, place) {
                Some(answer) => answer.state(true),
                None => Answer { action: String::new(), content: String::new() }.state(false),
            }),
            Reason::AnswerTooLate => Some(QuestionState::Expired { at: now() }),
            _ => None,
        }
    }

    async fn not_answered(&self, error: dify::Error, run: &Run) -> Error {
        if error.is_unauthorized() {
            self.shared.apps.refused(&run.head.app_id).await;
        }
        if error.status() == Some(404) && !error.is_unknown_path() && matches!(error, dify::Error::Status { .. }) {
            return store::Error::NotFound.into();
        }
        Error::NotAsked(error)
    }

    /// Stores what became of a question, then follows the run on.
    async fn settle_question(&self, id: &RunId, place: u32, state: QuestionState, client: Client) -> Result<(), Error> {
        let answered = matches!(state, QuestionState::Answered { .. });
        match self.change(id, |fold| fold.settle_question(at(place), state.clone(), now())).await? {
            Some(mut driver) => {
                driver.answered = answered;
                tokio::spawn(driver.follow_up(client));
            }
            // Its task asks how it goes on; if it left meanwhile, another does.
            None if self.shared.wish(id, |wished| {
                wished.ask += 1;
                wished.answers += u32::from(answered);
            }) => {}
            None => {
                if let Some(mut driver) = self.take_in(id).await? {
                    driver.answered = answered;
                    tokio::spawn(driver.follow_up(client));
                }
            }
        }
        self.shared.sent.settled(id, place);
        Ok(())
    }

    /// Changes a run, stores that, and tells the page. The run is in our care from then on where nobody else's.
    async fn change(&self, id: &RunId, change: impl Fn(&mut Fold) -> Changes) -> Result<Option<Driver>, Error> {
        loop {
            if let Some((live, patch)) = self.shared.change_live(id, &change) {
                let Some(patch) = patch else { return Ok(None) };
                // What cannot be written is said, and tried again, by the task that follows the run.
                if let Err(error) = live.write(&self.shared.store, id, true).await {
                    tracing::error!("an answer could not be saved: {error}");
                    self.shared.wish(id, |wished| wished.settle += 1);
                }
                self.shared.settled.notify_waiters();
                (self.shared.emit)(AppEvent::RunChanged { patch });
                return Ok(None);
            }
            if let Some(mut driver) = self.take_in(id).await? {
                let changes = change(&mut driver.live.fold());
                driver.keep_and_show(changes).await;
                return Ok(Some(driver));
            }
        }
    }

    /// The server's limits; of an app that is gone, what servers use when they do not say.
    async fn limits(&self, run: &Run) -> SizeLimits {
        self.shared.apps.form(&run.head.app_id).await.map(|form| form.limits).unwrap_or_default()
    }
}

impl Shared {
    /// Changes a run that a task follows: not while that one leaves it.
    /// Without a patch nothing of it changed.
    fn change_live(&self, id: &RunId, change: impl Fn(&mut Fold) -> Changes) -> Option<(Live, Option<RunPatch>)> {
        let all = self.all_live();
        let live = all.get(id)?;
        let mut fold = live.fold();
        let changes = change(&mut fold);
        let patch = (changes != Changes::default()).then(|| patch_of(id, &changes, fold.run()));
        live.unsaved().mark(changes, fold.run());
        Some((live.clone(), patch))
    }
}

fn question_of(run: &Run, place: u32) -> Result<&Question, Error> {
    Ok(run.questions.get(at(place)).ok_or(store::Error::NotFound)?)
}

/// A question that can be answered.
fn open_question(run: &Run, place: u32) -> Result<&Question, Error> {
    let question = question_of(run, place)?;
    match question.state {
        QuestionState::Open => Ok(question),
        QuestionState::Expired { .. } => Err(too_late()),
        QuestionState::Answered { .. } | QuestionState::Dropped => Err(given()),
    }
}

fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

fn given() -> Error {
    Error::NotAsked(dify::Error::refused(412, Some("human_input_form_submitted"), ""))
}

fn too_late() -> Error {
    Error::NotAsked(dify::Error::refused(412, Some("human_input_form_expired"), ""))
}
