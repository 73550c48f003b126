//! Threat-modelling workshops: a draft until a triager says that its result stands.

pub mod api;
pub mod import;
pub mod page;
mod people;
pub mod sign_off;
pub mod summary_rules;

/// Not signed off yet.
pub const DRAFT: &str = "draft";
/// A triager said that its result stands.
pub const SIGNED_OFF: &str = "signed_off";
