//! Incidents: a person declares a data breach, or drills one. Leaders are told every hour until one of them
//! acknowledges it, the law's clocks run from the moment of awareness, and each line of who was told what is kept.
//!
//! What is known of an incident stays in Abate: messages carry its key, its kind and a link.

pub mod action;
pub mod api;
pub mod declare;
mod duty;
pub mod duty_rules;
pub mod export;
pub mod finder;
pub mod key;
mod ladder;
pub mod ladder_rules;
pub(crate) mod leaders;
mod log;
pub mod notify_rule;
pub mod page;
pub mod state_rules;
pub mod step;
pub(crate) mod told;
mod view;

pub use ladder::TIMER;
