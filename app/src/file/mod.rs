//! Files that people attach, and that Abate makes for them: checked, hashed, encrypted, kept in parts in the database,
//! and handed out as attachments only.
//!
//! A file belongs to whatever claims it (`store::claim`); what sees that may read it. One that nothing claims is
//! tidied away after a day.

pub mod download;
pub mod kind_rules;
pub mod read;
pub mod receive;
pub mod store;
mod tidy;

pub use tidy::TIMER;
