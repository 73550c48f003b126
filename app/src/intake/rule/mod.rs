//! Intake rules: which findings become risks, which wait for a person, which are confirmed or suppressed.
//!
//! All rules together are one version; a version is never changed once it was made. An import and each risk that it
//! makes name the version that decided.

pub mod api;
pub mod decide;
pub mod default_rule;
mod draft;
mod glob;
pub mod model;
pub mod page;
mod preview;
pub mod store;
