//! What goes on besides runs and would be lost with the program: backups, and files of many runs.

use std::time::{Duration, Instant};

use crate::model::desktop::Work;

/// How work tidies up is not told: it is looked at so often.
const LOOK: Duration = Duration::from_millis(20);

/// Other rooms' work, as far as the window's closing goes.
pub struct Besides {
    /// What is under way now.
    pub now: Box<dyn Fn() -> Vec<Work> + Send + Sync>,
    /// Breaks it off.
    pub stop: Box<dyn Fn() + Send + Sync>,
}

impl Besides {
    /// Breaks off what is under way, and waits until it has tidied up; what takes longer is cleared by the next start.
    pub async fn end(&self, patience: Duration) {
        if (self.now)().is_empty() {
            return;
        }
        (self.stop)();
        let deadline = Instant::now() + patience;
        while !(self.now)().is_empty() && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn what_is_broken_off_is_waited_for_and_not_for_ever() {
        let (stopped, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (stop, looked) = (Arc::clone(&stopped), Arc::clone(&looks));
        let is_stopped = Arc::clone(&stopped);
        let besides = Besides {
            // It takes three looks to tidy up.
            now: Box::new(move || {
                let tidied = is_stopped.load(Ordering::Relaxed) && looked.fetch_add(1, Ordering::Relaxed) == 3;
                if tidied { Vec::new() } else { vec![Work::Backup] }
            }),
            stop: Box::new(move || stop.store(true, Ordering::Relaxed)),
        };
        besides.end(Duration::from_secs(3600)).await;
        assert!(stopped.load(Ordering::Relaxed));
        assert_eq!(looks.load(Ordering::Relaxed), 4, "no longer than it takes");
        let stuck = Besides { now: Box::new(|| vec![Work::Export]), stop: Box::new(|| ()) };
        stuck.end(Duration::ZERO).await;
    }
}
