//! Messages to people: each is a row before it is sent, so that it is sent once.
//!
//! - `ledger` keeps what is wanted; `send` is the job that sends it, and knows when it cannot know.
//! - `digest` tells each owner in the morning what is due; `late` tells the channel what has become late.
//! - `notice` keeps lines for one person each, which `bundle` puts together into one message.
//! - `schedule` are the rules of when.

pub mod api;
pub mod bundle;
pub mod digest;
pub mod late;
pub mod ledger;
pub mod notice;
pub mod schedule;
pub mod send;
