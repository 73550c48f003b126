//! Who owns which field of a ticket, and what became of the values that somebody gave it on the other side.
//!
//! `field_rules` decides, `compare` sets our values beside JIRA's, `ledger` keeps what differed and who won.

pub mod api;
pub(super) mod compare;
pub mod field_rules;
pub mod finder;
pub(super) mod ledger;
pub mod page;
