//! What every noun stands on: database, time, identities, errors, paging, jobs. Knows no noun.

pub mod clock;
mod copy_text;
pub mod database;
pub mod ids;
pub mod job;
pub mod lease;
pub mod outgoing;
pub mod paging;
pub mod problem;
pub mod reference;
pub mod search;
pub mod secret;
pub mod setting;
pub mod telemetry;
pub(crate) mod text;
pub mod timer;
pub mod trace;
