//! Packs of evidence: what auditors ask for, of a period, in one file whose totals equal its rows.
//!
//! A pack reads only what never changes and what was recorded before its cut: events of risks, entries of the log, versions
//! of policies. So the same days give the same bytes, whatever was done since. `section/` has one file for each table in it.

pub mod api;
mod archive;
pub mod ask;
mod context;
mod cut;
pub mod make;
pub mod manifest_rules;
pub mod page;
mod part;
pub mod period_rules;
mod section;
