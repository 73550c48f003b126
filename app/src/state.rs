//! What handlers, jobs and timers share.

use std::sync::Arc;

use crate::access::password::Passwords;
use crate::access::throttle::Throttle;
use crate::config::Config;
use crate::hook::certificate::Certificates;
use crate::platform::clock::Clock;
use crate::platform::database::Database;
use crate::platform::ids::Ids;
use crate::platform::outgoing::Outgoing;
use crate::platform::secret::SecretKey;
use crate::posture::store::Posture;
use crate::slack::Slack;

/// What handlers, jobs and timers share; cloning is cheap.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// Identities and secrets.
    pub ids: Ids,
    /// The key of this installation.
    pub key: SecretKey,
    /// Judges addresses that people enter before they are called.
    pub outgoing: Outgoing,
    /// Calls to other systems, guarded by `outgoing`.
    pub http: reqwest::Client,
    /// Certificates of SNS.
    pub certificates: Certificates,
    /// Password hashes.
    pub passwords: Passwords,
    /// How often a password may be tried.
    pub throttle: Throttle,
    /// What is open, late and due, counted.
    pub posture: Posture,
    /// The Slack workspace, when one is configured.
    pub slack: Option<Slack>,
}
