//! How often a password may be tried: per address of the account and per address of the sender.

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::platform::problem::{Kind, Problem};

/// Attempts a minute for one account.
const PER_ACCOUNT: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// Attempts a minute from one address.
const PER_SENDER: NonZeroU32 = NonZeroU32::MIN.saturating_add(29);

/// Counts the attempts of the last minute.
#[derive(Clone, Debug)]
pub struct Throttle {
    accounts: Arc<DefaultKeyedRateLimiter<String>>,
    senders: Arc<DefaultKeyedRateLimiter<String>>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            accounts: Arc::new(RateLimiter::keyed(Quota::per_minute(PER_ACCOUNT))),
            senders: Arc::new(RateLimiter::keyed(Quota::per_minute(PER_SENDER))),
        }
    }
}

impl Throttle {
    /// Counts an attempt for `account` from `sender`.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn attempt(&self, account: &str, sender: &str) -> Result<(), Problem> {
        let clock = DefaultClock::default();
        self.accounts.retain_recent();
        self.senders.retain_recent();
        for outcome in
            [self.senders.check_key(&sender.to_owned()), self.accounts.check_key(&account.to_owned())]
        {
            if let Err(until) = outcome {
                let seconds = u32::try_from(until.wait_time_from(clock.now()).as_secs()).unwrap_or(60) + 1;
                return Err(Problem::new(
                    Kind::TooMany,
                    format!("Too many attempts; try again in {seconds} seconds."),
                )
                .retry_after(seconds));
            }
        }
        Ok(())
    }
}
