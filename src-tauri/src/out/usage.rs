//! What runs took, week by week.

use super::{Error, Out, times};
use crate::{
    model::{
        Millis,
        app::AppId,
        usage::{Counting, Usage, UsageApp, Whose},
    },
    store::now,
};

impl Out {
    /// Runs, time, tokens and cost of the weeks from one time to another; of all apps where none is named. Without a
    /// beginning: from the first run on. Costs that were not counted yet are.
    pub async fn usage(
        &self,
        from: Option<Millis>,
        to: Option<Millis>,
        apps: &[AppId],
        whose: Whose,
    ) -> Result<Usage, Error> {
        self.count_costs().await?;
        let to = to.unwrap_or_else(now);
        let from = match from {
            Some(from) => from,
            None => self.store.first_run_at(whose).await?.unwrap_or(to),
        };
        let weeks = times::weeks(from, to, &self.zone);
        let begins = weeks.first().copied().unwrap_or(from);
        let mut counting = Counting::new(weeks);
        self.store.count_usage(begins, to.saturating_add(1), whose, &mut counting).await?;
        let title = |id: AppId, title: String| UsageApp { id, title };
        let connected =
            self.store.apps().await?.into_iter().map(|stored| title(stored.app.id, stored.app.branding.title));
        let gone = self.store.faces().await?.into_iter().map(|(id, branding)| title(id, branding.title));
        let mut usage = counting.done(connected.chain(gone).collect());
        if !apps.is_empty() {
            usage.rows.retain(|row| apps.contains(&row.app_id));
            usage.apps.retain(|app| apps.contains(&app.id));
        }
        Ok(usage)
    }

    /// Counts what runs cost that were written since. Ends when all are counted.
    pub async fn count_costs(&self) -> Result<(), Error> {
        let _one = self.counting.lock().await;
        while self.store.count_costs().await? {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}
