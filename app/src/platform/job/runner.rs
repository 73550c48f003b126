//! Runs jobs until told to stop.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Job, queue};
use crate::platform::clock::Clock;
use crate::platform::database::Database;
use crate::platform::ids::Ids;
use crate::platform::problem::Problem;

/// How long to wait for a commit that may have queued something before looking again: a job's time may come
/// without a commit in this process.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long a job is held without renewing: soon after its process was killed, another one may take it.
const HELD: chrono::Duration = chrono::Duration::seconds(45);
/// How often it is renewed while it runs.
const RENEWAL: Duration = Duration::from_secs(10);

/// Runs the jobs of one process.
pub struct Runner<S> {
    /// What jobs act on.
    pub state: S,
    /// Where the queue is.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// Spreads waits.
    pub ids: Ids,
    /// The kinds that this process runs.
    pub jobs: Vec<Job<S>>,
    /// Name of this process.
    pub holder: String,
}

impl<S> Runner<S> {
    /// Runs jobs, one at a time, until `stop`. Start several for several at a time.
    pub async fn run(&self, stop: CancellationToken) {
        let mut clock = self.clock.clone();
        while !stop.is_cancelled() {
            let changed = self.database.changed();
            match self.step().await {
                Ok(true) => {}
                Ok(false) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = changed => {}
                        () = clock.moved() => {}
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                    }
                }
                Err(problem) => {
                    tracing::error!(error = %problem, "the job queue could not be read");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    }
                }
            }
        }
    }

    /// Runs one due job; answers whether there was one.
    ///
    /// # Errors
    /// When the queue cannot be read. A failing job is not an error here: it goes back to the queue.
    pub async fn step(&self) -> Result<bool, Problem> {
        let now = self.clock.now();
        if !queue::is_due(self.database.reader(), now).await? {
            return Ok(false);
        }
        let lease = |kind: &str| self.jobs.iter().find(|job| job.kind == kind).map(|job| job.lease.min(HELD));
        let claimed =
            self.database.write(async |tx| Ok(queue::claim(tx, &self.holder, now, lease).await?)).await?;
        let Some(claimed) = claimed else {
            return Ok(false);
        };
        let Some(job) = self.jobs.iter().find(|job| job.kind == claimed.kind) else {
            return Ok(false);
        };
        let length = job.lease.to_std().unwrap_or(LOOK_AGAIN);
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(length, (job.run)(&self.state, &claimed.subject)) => {
                outcome.unwrap_or_else(|_| Err(Problem::unavailable(0)))
            }
            () = self.keep(&claimed) => {
                tracing::warn!(job = claimed.kind, subject = claimed.subject, "a job was cut off: another process has it");
                return Ok(true);
            }
        };
        match outcome {
            Ok(()) => {
                self.database.write(async |tx| Ok(queue::finish(tx, &claimed).await?)).await?;
            }
            Err(problem) => {
                tracing::warn!(
                    job = claimed.kind,
                    subject = claimed.subject,
                    attempt = claimed.attempt,
                    error = %problem,
                    "a job failed"
                );
                let mut byte = [0];
                self.ids.fill(&mut byte);
                let jitter = f64::from(byte[0]) / 255.0;
                let now = self.clock.now();
                let text = problem.to_string();
                self.database
                    .write(async |tx| Ok(queue::put_back(tx, &claimed, &text, jitter, now).await?))
                    .await?;
            }
        }
        Ok(true)
    }
    /// Renews the lease of a job while it runs; ends once another process has it.
    async fn keep(&self, job: &abate_entity::job::Model) {
        let mut held = true;
        while held {
            tokio::time::sleep(RENEWAL).await;
            let until = self.clock.now() + HELD;
            match self.database.write(async |tx| Ok(queue::renew(tx, job, until).await?)).await {
                Ok(still) => held = still,
                Err(problem) => {
                    tracing::warn!(job = job.kind, subject = job.subject, error = %problem, "a lease was not renewed");
                }
            }
        }
    }
}
