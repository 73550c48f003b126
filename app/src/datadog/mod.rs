//! Datadog, looked at on a schedule: its security signals come in, and it is told how they were triaged here.
//!
//! - `connection` is an account with its keys, `api` and `page` set it up.
//! - `pull` reads what is new and hands it to the one door for reports; `position` says where it goes on.
//! - `tell` writes the triage back, once for each decision; `triage` says what a decision means there.
//! - `tidy` forgets signals of which nothing is to be told any more.

pub mod api;
mod connection;
pub mod page;
mod position;
mod pull;
mod tell;
mod tidy;
mod triage;
mod view;

pub use self::pull::{JOB, TIMER};
pub use self::tidy::TIDY;
