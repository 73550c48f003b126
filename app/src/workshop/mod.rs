//! Threat-modelling workshops and threat models: a draft until a triager says that its result stands.

pub mod api;
mod asset;
mod hold;
pub mod hold_api;
pub mod import;
mod known;
mod mapping;
pub mod mapping_api;
pub mod mapping_page;
pub mod page;
mod people;
mod plan;
mod prompt;
pub mod prompt_api;
mod reading;
pub mod sign_off;
pub mod summary_rules;
mod threat_rules;
mod write;
mod write_risk;

/// Not signed off yet.
pub const DRAFT: &str = "draft";
/// A triager said that its result stands.
pub const SIGNED_OFF: &str = "signed_off";
