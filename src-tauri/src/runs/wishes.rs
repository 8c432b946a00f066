//! What others want of a run's task: a stop, an answer now, everything on the disk.

use tokio::sync::watch;

/// All wishes so far; counters grow with each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wished {
    pub stop: bool,
    pub ask: u32,
    pub settle: u32,
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

    /// The next wish. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Wish {
        loop {
            let now = *self.all.borrow_and_update();
            if now.stop && !self.told.stop {
                self.told.stop = true;
                return Wish::Stop;
            }
            if now.ask != self.told.ask {
                self.told.ask = now.ask;
                return Wish::Ask;
            }
            if now.settle != self.told.settle {
                self.told.settle = now.settle;
                return Wish::Settle;
            }
            if self.all.changed().await.is_err() {
                // Nobody is left who could wish.
                std::future::pending::<()>().await;
            }
        }
    }
}
