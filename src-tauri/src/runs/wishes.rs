//! What others want of a run's task: a stop, an answer now, everything on the disk.

use tokio::sync::watch;

/// All wishes so far; counters grow with each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wished {
    pub stop: bool,
    pub ask: u32,
    pub settle: u32,
    /// Questions of it that were answered: it may say for a while that it still waits.
    pub answers: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Stop,
    /// Ask the server now instead of resting.
    Ask,
    /// Write what is unsaved.
    Settle,
}

/// The task's end: each wish is told once.
pub(super) struct Wishes {
    all: watch::Receiver<Wished>,
    told: Wished,
}

impl Wishes {
    pub fn new(all: watch::Receiver<Wished>) -> Self {
        Self { all, told: Wished::default() }
    }

    /// A stop or a question that was not told yet: whoever has it must not leave.
    pub fn is_due(&self) -> bool {
        let now = *self.all.borrow();
        (now.stop && !self.told.stop) || now.ask != self.told.ask
    }

    /// Whether a question was answered since the last time this was asked.
    pub fn were_answered(&mut self) -> bool {
        let answers = self.all.borrow().answers;
        std::mem::replace(&mut self.told.answers, answers) != answers
    }

    /// Waits for a stop alone; what else is wished stays due.
    pub async fn stop(&mut self) {
        loop {
            if self.all.borrow_and_update().stop && !self.told.stop {
                self.told.stop = true;
                return;
            }
            if self.all.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The next wish, if there is one.
    pub fn due(&mut self) -> Option<Wish> {
        let now = *self.all.borrow_and_update();
        if now.stop && !self.told.stop {
            self.told.stop = true;
            return Some(Wish::Stop);
        }
        if now.ask != self.told.ask {
            self.told.ask = now.ask;
            return Some(Wish::Ask);
        }
        if now.settle != self.told.settle {
            self.told.settle = now.settle;
            return Some(Wish::Settle);
        }
        None
    }

    /// The next wish. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Wish {
        loop {
            if let Some(wish) = self.due() {
                return wish;
            }
            if self.all.changed().await.is_err() {
                // Nobody is left who could wish.
                std::future::pending::<()>().await;
            }
        }
    }
}
