//! Recurring obligations: cadences, and each dated run of one.

pub mod api;
pub mod broken_ceiling;
pub mod cadence;
pub mod ceiling;
pub mod default_cadence;
pub mod finder;
mod input;
pub mod page;
pub mod plan;
pub mod recurrence;
pub mod remind;
pub mod reminder;
pub mod run;
pub mod run_state;
pub mod tick;
pub mod view;
