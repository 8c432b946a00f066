//! A stream that stays open and tells nothing of its run: beside it, the run's detail is asked, now and then.
//!
//! Servers are known to ping for ever when nobody works on a run, and to hold a stream open after its end (api.md §3.4,
//! §4, §8).

use std::{pin::Pin, sync::atomic::Ordering, time::Duration};

use tokio::time::Instant;

use super::{driver::Driver, life::Happening, pace::Pace};
use crate::{
    apps::now,
    dify::{self, Client, Detail},
    model::{
        Millis,
        capability::{Capability, Support},
        run::RunStatus,
        stream::StreamEvent,
    },
};

type Asking = Pin<Box<dyn Future<Output = Result<Option<Detail>, dify::Error>> + Send>>;

/// When the detail is asked beside the stream, and the asking itself.
pub(super) struct Quiet {
    pace: Pace,
    /// When there was news of the run last; the same on the wall.
    news: Instant,
    news_at: Millis,
    pause: Duration,
    pub ask_at: Option<Instant>,
    asking: Option<Asking>,
}

/// What the detail says of a run whose stream is quiet.
pub(super) enum Beside {
    /// The run is over, or waits, and the stream did not say so.
    Over,
    Waits,
    /// The stream is followed on.
    Nothing,
}

impl Quiet {
    pub fn new(pace: &Pace) -> Self {
        let mut quiet = Self {
            pace: pace.clone(),
            news: Instant::now(),
            news_at: now(),
            pause: pace.quiet,
            ask_at: None,
            asking: None,
        };
        quiet.news();
        quiet
    }

    /// Whether an event tells something of the run.
    pub fn is_news(event: &StreamEvent) -> bool {
        use StreamEvent::{Other, Ping, Unreadable, Warning};
        !matches!(event, Ping | Unreadable { .. } | Other { .. } | Warning { .. })
    }

    /// There was news: the time counts anew.
    pub fn news(&mut self) {
        (self.news, self.news_at) = (Instant::now(), now());
        self.pause = self.pace.quiet;
        self.ask_at = Some(self.news + self.pause);
        self.asking = None;
    }

    /// Somebody wants to know now; what was heard a moment ago is not asked.
    pub fn hurry(&mut self) {
        if self.asking.is_none() {
            self.ask_at = Some(self.news + self.pace.woken);
        }
    }

    fn later(&mut self) {
        self.asking = None;
        self.pause = (self.pause * 2).min(self.pace.waiting_longest);
        self.ask_at = Some(Instant::now() + self.pause);
    }

    /// The answer, while one is waited for.
    pub async fn answer(&mut self) -> Result<Option<Detail>, dify::Error> {
        match &mut self.asking {
            Some(asking) => asking.as_mut().await,
            None => std::future::pending().await,
        }
    }
}

impl Driver {
    /// Asks beside the stream.
    pub(super) fn ask_beside(&self, quiet: &mut Quiet, client: &Client) {
        quiet.ask_at = None;
        let Some(run_id) = self.live.fold().run().head.server.run_id.clone() else {
            // It will hardly name itself now: others of its kind need not wait for that any more.
            self.live.expects_id.store(false, Ordering::Release);
            return;
        };
        if client.ability(Capability::RunDetail).support != Support::No {
            let client = client.clone();
            quiet.asking = Some(Box::pin(async move { client.run_detail(&run_id).await }));
        }
    }

    /// What the answer means. The stream is left only where the run needs nobody to follow it.
    pub(super) async fn told_beside(
        &mut self,
        quiet: &mut Quiet,
        answer: Result<Option<Detail>, dify::Error>,
        client: &mut Client,
    ) -> Beside {
        quiet.later();
        match answer {
            Ok(Some(detail)) if detail.finished.status.is_over() => {
                self.take_detail(detail, Some(quiet.news_at)).await;
                Beside::Over
            }
            Ok(Some(detail)) if detail.finished.status == RunStatus::Paused => match self.status() {
                // Known, or on the way to a stop, which has its own patience.
                RunStatus::Waiting | RunStatus::Paused | RunStatus::Stopping => Beside::Nothing,
                _ => Beside::Waits,
            },
            Ok(Some(_)) if self.status() == RunStatus::OutOfContact => {
                self.tell_contact(None);
                self.happens(Happening::GoesOn).await;
                Beside::Nothing
            }
            Ok(_) => Beside::Nothing,
            Err(error) => {
                tracing::warn!("beside a quiet stream: {error}");
                if error.is_unauthorized() {
                    match self.fresh_client().await {
                        Ok(fresh) if !fresh.has_key_of(client) => *client = fresh,
                        _ => self.shared.apps.refused(&self.app).await,
                    }
                }
                Beside::Nothing
            }
        }
    }
}
