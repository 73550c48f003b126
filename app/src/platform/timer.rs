//! Work that recurs by itself: each timer in one process at a time and beside the others, so that a slow one holds up
//! nobody; missed ticks are made up for at once.

use std::collections::HashMap;
use std::time::Duration as StdDuration;

use abate_entity::timer;
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbErr, EntityTrait};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::database::Database;
use super::job::Work;
use super::lease;
use super::problem::Problem;

/// How often the timers are looked at.
const TICK: StdDuration = StdDuration::from_millis(500);
/// How long one process keeps a timer without renewing.
const LEASE: Duration = Duration::seconds(30);
/// How often it is renewed while the timer runs.
const RENEWAL: StdDuration = StdDuration::from_secs(10);

/// A timer over the state `S`. It takes no input, and running it twice does no harm.
pub struct Timer<S> {
    /// Its name.
    pub name: &'static str,
    /// The time between two runs.
    pub every: Duration,
    /// Runs it.
    pub run: for<'a> fn(&'a S) -> Work<'a>,
}

impl<S> Timer<S> {
    /// The name of its lease.
    fn lease(&self) -> String {
        format!("timer:{}", self.name)
    }

    fn is_due(&self, ran_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        ran_at.is_none_or(|ran_at| now - ran_at >= self.every)
    }
}

/// Makes a timer due, so that it runs within a second.
///
/// # Errors
/// When the database refuses.
pub async fn wake(tx: &DatabaseTransaction, name: &str) -> Result<(), DbErr> {
    timer::Entity::delete_by_id(name.to_owned()).exec(tx).await?;
    Ok(())
}

impl<S> Clone for Timer<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Timer<S> {}

/// Runs the timers of one process.
#[derive(Clone)]
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

impl<S: Clone + 'static> Ticker<S> {
    /// Runs timers until `stop`, and then those that have begun to their end. Has to be called where local tasks can be
    /// spawned.
    pub async fn run(&self, stop: CancellationToken) {
        let mut running = JoinSet::new();
        let mut names = HashMap::new();
        let mut clock = self.clock.clone();
        while !stop.is_cancelled() {
            match self.due().await {
                Ok(due) => {
                    for timer in due {
                        if names.values().any(|name| *name == timer.name) {
                            continue;
                        }
                        let ticker = self.clone();
                        let task = running.spawn_local(async move { ticker.turn(&timer).await });
                        names.insert(task.id(), timer.name);
                    }
                }
                Err(problem) => tracing::error!(error = %problem, "the timers could not be read"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = clock.moved() => {}
                () = tokio::time::sleep(TICK) => {}
            }
            while let Some(ended) = running.try_join_next_with_id() {
                let id = match ended {
                    Ok((id, ())) => id,
                    Err(error) => {
                        tracing::error!(%error, "a timer broke off");
                        error.id()
                    }
                };
                names.remove(&id);
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// The timers whose time has come.
    async fn due(&self) -> Result<Vec<Timer<S>>, Problem> {
        let now = self.clock.now();
        let rows = timer::Entity::find().all(self.database.reader()).await?;
        let ran_at = |name| rows.iter().find(|row| row.name == name).map(|row| row.ran_at);
        Ok(self.timers.iter().filter(|timer| timer.is_due(ran_at(timer.name), now)).copied().collect())
    }

    /// Runs a timer, unless another process does. A failing one is logged and comes again.
    async fn turn(&self, timer: &Timer<S>) {
        let began = self.clock.now();
        let ran = async {
            if !self.database.write(async |tx| self.begin(tx, timer, began).await).await? {
                return Ok(());
            }
            tokio::select! {
                ran = (timer.run)(&self.state) => {
                    if let Err(problem) = ran {
                        tracing::error!(timer = timer.name, error = %problem, "a timer failed");
                    }
                }
                () = self.keep(timer) => {
                    tracing::warn!(timer = timer.name, "a timer was cut off: another process has taken it over");
                    return Ok(());
                }
            }
            self.database.write(async |tx| self.end(tx, timer, began).await).await
        };
        if let Err(problem) = ran.await {
            let problem: Problem = problem;
            tracing::error!(timer = timer.name, error = %problem, "a timer could not be noted");
        }
    }

    /// Takes a timer; answers false when another process has it, or was quicker.
    async fn begin(
        &self,
        tx: &DatabaseTransaction,
        timer: &Timer<S>,
        now: DateTime<Utc>,
    ) -> Result<bool, Problem> {
        if !lease::take(tx, &timer.lease(), &self.holder, now, LEASE).await? {
            return Ok(false);
        }
        let row = timer::Entity::find_by_id(timer.name).one(tx).await?;
        if timer.is_due(row.map(|row| row.ran_at), now) {
            return Ok(true);
        }
        lease::give_back(tx, &timer.lease(), &self.holder).await?;
        Ok(false)
    }

    /// Renews the lease of a timer for as long as it can; ends when another process has it.
    async fn keep(&self, timer: &Timer<S>) {
        let mut held = true;
        while held {
            tokio::time::sleep(RENEWAL).await;
            let now = self.clock.now();
            let renewed = self
                .database
                .write(async |tx| Ok(lease::take(tx, &timer.lease(), &self.holder, now, LEASE).await?));
            match renewed.await {
                Ok(still) => held = still,
                Err(problem) => {
                    tracing::warn!(timer = timer.name, error = %problem, "the lease of a timer was not renewed");
                }
            }
        }
    }

    async fn end(
        &self,
        tx: &DatabaseTransaction,
        timer: &Timer<S>,
        began: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let row = timer::ActiveModel { name: Set(timer.name.to_owned()), ran_at: Set(began) };
        let known = OnConflict::column(timer::Column::Name).update_column(timer::Column::RanAt).to_owned();
        timer::Entity::insert(row).on_conflict(known).exec_without_returning(tx).await?;
        lease::give_back(tx, &timer.lease(), &self.holder).await?;
        Ok(())
    }
}
