//! The JIRA sites that tickets are kept in: their rows, their clients, what is wrong with them, and who hears of it.
//!
//! A site of the settings has a row of its own, so that everything else finds it like one that somebody made here.

mod active;
pub mod alert;
pub mod api;
pub mod app;
pub mod check;
mod entered;
mod health;
pub mod health_rules;
mod make;
pub mod page;
mod secret_change;
mod secrets;
mod settings;
mod store;
mod view;

pub use active::{
    Active, every, first, for_job, is_any, of_rule, of_settings, of_site, one, usable, webhook_proofs,
};
pub use health::{Shows, note_account, note_failure, note_success, rest};
pub use settings::write_configured;
pub use view::ConnectionView;

pub(super) use health::{jitter, own_account};
pub(super) use store::{BY_HAND, row};
