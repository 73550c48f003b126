//! The demo: an invented company with some months of history, a JIRA and a Slack of its own, and four people whom
//! a visitor can be. Everything in it was done by the real engine.

pub mod data;
pub mod guide;
pub mod history;
pub mod page;
pub mod people;
pub mod sandbox;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use self::guide::Progress;
use self::people::Cast;
use self::sandbox::Sandboxes;

/// What a running demo knows of itself. Clones share it.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The people.
    pub cast: Cast,
    /// The two sandboxes.
    pub sandboxes: Sandboxes,
    /// When the visitor came.
    pub started_at: DateTime<Utc>,
    progress: Arc<Mutex<Progress>>,
}

impl Demo {
    /// A demo whose visitor has done nothing yet.
    #[must_use]
    pub fn new(cast: Cast, sandboxes: Sandboxes, started_at: DateTime<Utc>) -> Self {
        Self { cast, sandboxes, started_at, progress: Arc::default() }
    }

    /// What the visitor has done so far.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}
