//! News of what a run was given: at once, and while more comes no oftener than the page can read it. Each of its files is
//! copied by itself, and with each piece of news the page reads all of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::model::{
    event::{AppEvent, Emit},
    run::RunId,
};

/// Between two pieces of news of one run.
const PAUSE: Duration = Duration::from_millis(250);

/// Runs of which was told just now, and whether there is more to tell.
#[derive(Clone, Default)]
pub(in crate::files) struct News(Arc<Mutex<HashMap<RunId, bool>>>);

impl News {
    /// Says so at once, or once the pause is over: the last one is always said.
    pub(super) fn of(&self, run: &RunId, emit: &Emit) {
        {
            let mut told = self.told();
            if let Some(more) = told.get_mut(run) {
                *more = true;
                return;
            }
            told.insert(run.clone(), false);
        }
        let say = {
            let (run, emit) = (run.clone(), Arc::clone(emit));
            move || emit(AppEvent::SentChanged { run_id: Some(run.clone()) })
        };
        say();
        let (news, run) = (self.clone(), run.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PAUSE).await;
                if !news.takes(&run) {
                    return;
                }
                say();
            }
        });
    }

    /// Whether there is more to tell; where not, nobody waits any more.
    fn takes(&self, run: &RunId) -> bool {
        let mut told = self.told();
        let more = told.get_mut(run).is_some_and(std::mem::take);
        if !more {
            told.remove(run);
        }
        more
    }

    fn told(&self) -> MutexGuard<'_, HashMap<RunId, bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_changes_at_once_are_told_twice_and_the_last_one_always() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        let emit: Emit = Arc::new(move |event| heard.lock().expect("whole").push(event));
        let count = || said.lock().expect("whole").len();
        let (news, run, other) = (News::default(), RunId("a".into()), RunId("b".into()));
        for _ in 0..1000 {
            news.of(&run, &emit);
        }
        assert_eq!(count(), 1, "the first at once");
        news.of(&other, &emit);
        assert_eq!(count(), 2, "another run waits for nobody");
        while !news.told().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(count(), 3, "the others in one, and nothing of a run of which there is no more");
        news.of(&run, &emit);
        assert_eq!(count(), 4, "after a while it is news again, at once");
    }
}
