//! Who answers for what, and what they are told until it is done.
//!
//! - `directory` knows who answers for a risk, who leads a team and who holds a role; `roster` is the same read once, for
//!   work that asks about many.
//! - `ladder` tells them that a risk comes due or is late, `unowned` that nobody answers for it; `ladder_rules` say whom
//!   and when, `quiet_rules` when somebody is not to be disturbed.
//! - `snooze` puts that off; `hand_over` gives the work of somebody who leaves to others.

pub mod api;
pub mod directory;
pub mod hand_over;
pub mod ladder;
pub mod ladder_rules;
mod overtaken;
pub mod page;
pub mod quiet_rules;
pub mod roster;
pub mod snooze;
pub mod unowned;
