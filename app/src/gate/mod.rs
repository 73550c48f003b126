//! The gate of a pipeline: may this asset go on, by the rules of its tier and the waivers in force?

pub mod api;
mod facts;
pub mod page;
pub mod rule;
pub mod rule_api;
pub mod rules;
mod view;
pub mod waiver;
pub mod waiver_api;
