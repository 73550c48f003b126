//! Controls: the measures that mitigate risks, what proves that they work, and what they answer for in frameworks.
//!
//! A control whose proof is older than agreed is degraded, and said so on every risk that relies on it. That raises no
//! rating by itself: how much worse a risk is without the control, a person judges.

pub mod api;
pub mod catalogue;
pub mod coverage;
pub mod coverage_api;
pub mod decay;
pub mod decay_rules;
pub mod edit;
pub mod evidence;
pub mod gather;
pub mod page;
pub mod relied;
pub mod store;
pub mod view;
