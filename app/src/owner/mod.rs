//! Who answers for what: people and teams as risks need them.
//!
//! - `directory` knows who answers for a risk, who leads a team and who holds a role.
//! - `quiet_rules` say when somebody is not to be disturbed.

pub mod directory;
pub mod page;
pub mod quiet_rules;
