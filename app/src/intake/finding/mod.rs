//! Findings without a risk: those that wait for a person, and those that are kept, suppressed or put aside.

pub mod api;
mod decision;
mod finder;
pub mod page;

pub(crate) use finder::one;
