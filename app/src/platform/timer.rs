//! Work that recurs by itself: one process at a time, missed ticks made up for at once.

use std::time::Duration as StdDuration;

use abate_entity::timer;
use chrono::Duration;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::database::Database;
use super::job::Work;
use super::lease;
use super::problem::Problem;

/// How often the timers are looked at.
const TICK: StdDuration = StdDuration::from_millis(500);
/// How long one process keeps the timers without renewing.
const LEASE: Duration = Duration::seconds(30);

/// A timer over the state `S`. It takes no input, and running it twice does no harm.
pub struct Timer<S> {
    /// Its name.
    pub name: &'static str,
    /// The time between two runs.
    pub every: Duration,
    /// Runs it.
    pub run: for<'a> fn(&'a S) -> Work<'a>,
}

impl<S> Clone for Timer<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Timer<S> {}

/// Runs the timers of one process.
pub struct Ticker<S> {
    /// What timers act on.
    pub state: S,
    /// Where their last runs are kept.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// The timers.
    pub timers: Vec<Timer<S>>,
    /// Name of this process.
    pub holder: String,
}

impl<S> Ticker<S> {
    /// Runs timers until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(problem) = self.tick().await {
                tracing::error!(error = %problem, "the timers could not be read");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
        let given_back =
            self.database.write(async |tx| Ok(lease::give_back(tx, "timers", &self.holder).await?)).await;
        if let Err(problem) = given_back {
            tracing::warn!(error = %problem, "the lease of the timers was not given back; it will run out");
        }
    }

    /// Runs each timer that is due, if this process holds the timers.
    ///
    /// # Errors
    /// When the database cannot be asked. A failing timer is logged and comes again.
    pub async fn tick(&self) -> Result<(), Problem> {
        let now = self.clock.now();
        let rows = timer::Entity::find().all(self.database.reader()).await?;
        let due: Vec<_> = self
            .timers
            .iter()
            .filter(|timer| {
                rows.iter()
                    .find(|row| row.name == timer.name)
                    .is_none_or(|row| now - row.ran_at >= timer.every)
            })
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        let held = self
            .database
            .write(async |tx| Ok(lease::take(tx, "timers", &self.holder, now, LEASE).await?))
            .await?;
        if !held {
            return Ok(());
        }
        for timer in due {
            if let Err(problem) = (timer.run)(&self.state).await {
                tracing::error!(timer = timer.name, error = %problem, "a timer failed");
            }
            self.database
                .write(async |tx| {
                    timer::Entity::insert(timer::ActiveModel {
                        name: Set(timer.name.to_owned()),
                        ran_at: Set(now),
                    })
                    .on_conflict(
                        OnConflict::column(timer::Column::Name)
                            .update_column(timer::Column::RanAt)
                            .to_owned(),
                    )
                    .exec_without_returning(tx)
                    .await?;
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }
}
