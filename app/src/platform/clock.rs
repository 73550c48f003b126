//! The time, handed in so that decisions can be replayed and a demo can live through months in seconds.

use std::future::pending;
use std::sync::Arc;

use chrono::{DateTime, Duration, SubsecRound, Utc};
use tokio::sync::watch;

/// Tells the time. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(watch::Receiver<i64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `start` until its hand is moved.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> (Self, ClockHand) {
        let (hand, micros) = watch::channel(start.timestamp_micros());
        (Self(Source::Manual(micros)), ClockHand(Arc::new(hand)))
    }

    /// Now, cut to microseconds, which is what both databases keep.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[allow(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
            Source::System => Utc::now().trunc_subsecs(6),
            Source::Manual(micros) => DateTime::from_timestamp_micros(*micros.borrow()).unwrap_or_default(),
        }
    }

    /// Waits until the hand of a manual clock was moved since this clone was last waited for; for ever on the machine's.
    pub async fn moved(&mut self) {
        if let Source::Manual(micros) = &mut self.0
            && micros.changed().await.is_ok()
        {
            return;
        }
        pending().await
    }
}

/// Moves a manual clock.
#[derive(Clone, Debug)]
pub struct ClockHand(Arc<watch::Sender<i64>>);

impl ClockHand {
    /// Moves the clock forward, or back for a negative duration.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|micros| *micros += by.num_microseconds().unwrap_or(0));
    }

    /// Sets the clock.
    pub fn set(&self, to: DateTime<Utc>) {
        self.0.send_replace(to.timestamp_micros());
    }
}

/// The end of time: what sort keys hold where there is no date, since they are never null.
#[must_use]
pub fn never() -> DateTime<Utc> {
    // 9999-12-31T23:59:59Z
    DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
