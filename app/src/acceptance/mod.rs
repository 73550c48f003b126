//! Acceptances: living with a risk until the end of a day.
//!
//! - `keep` keeps the rows beside the risks, for the one writer of changes; `expire` ends them by the date.
//! - `finder` and `api` are the register: what is accepted by whom until when; `decide` answers what is asked for.
//! - `notify` tells people, each once; `notice_rules` are the rules of when.

pub mod api;
mod decide;
pub mod expire;
mod finder;
pub(crate) mod keep;
mod notice_rules;
pub mod notify;
pub mod page;
mod view;

/// Where an acceptance stands.
pub mod state {
    /// Waits for an approver.
    pub const REQUESTED: &str = "requested";
    /// Was taken back by whoever asked, or the risk moved on.
    pub const WITHDRAWN: &str = "withdrawn";
    /// Was refused.
    pub const REJECTED: &str = "rejected";
    /// Holds.
    pub const IN_FORCE: &str = "in_force";
    /// Another one took its place.
    pub const SUPERSEDED: &str = "superseded";
    /// Its last day is over.
    pub const EXPIRED: &str = "expired";
    /// An approver ended it.
    pub const REVOKED: &str = "revoked";
    /// What was accepted got worse, or was never reported.
    pub const VOIDED: &str = "voided";
    /// The risk is gone.
    pub const CLOSED: &str = "closed";
    /// A claimed fix failed, and work goes on.
    pub const RESUMED: &str = "resumed";

    /// All of them.
    pub const ALL: [&str; 10] =
        [REQUESTED, WITHDRAWN, REJECTED, IN_FORCE, SUPERSEDED, EXPIRED, REVOKED, VOIDED, CLOSED, RESUMED];
}
