//! Work that happens after a transaction: queued in it, run with a lease, parked in sight when it keeps failing.

pub mod queue;
pub mod runner;

use std::pin::Pin;

use chrono::Duration;

use super::problem::Problem;

/// What running a job or a timer is.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<(), Problem>> + 'a>>;

/// A kind of job over the state `S`: one file each, listed at start-up.
///
/// A job carries no payload but its subject ("make this ticket true"): it reads the truth when it runs, so that
/// running it twice, or late, does no harm.
pub struct Job<S> {
    /// Its name in the queue.
    pub kind: &'static str,
    /// How long a run may take before others may take it over; every request inside must be shorter.
    pub lease: Duration,
    /// Runs it for a subject.
    pub run: for<'a> fn(&'a S, &'a str) -> Work<'a>,
}

impl<S> Clone for Job<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Job<S> {}
