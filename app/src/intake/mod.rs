//! Imports: a report comes in, is read and compared, becomes a plan, and the plan is applied or undone.

pub mod api;
pub mod apply;
mod apply_sql;
mod backlog;
pub mod branch_rules;
mod compare;
mod consequence;
pub mod finding;
pub mod finish;
pub mod guard_rail;
mod kept_file;
mod known;
pub(crate) mod origin;
pub mod page;
mod part;
mod placement;
pub mod plan;
pub mod plan_rules;
pub mod reason;
pub mod receive;
mod row;
pub mod rule;
mod ruling_share;
pub mod scope;
pub mod silent;
pub mod silent_rules;
pub mod source;
pub mod source_api;
pub mod stage;
mod stage_sql;
pub mod status;
mod tidy;
pub mod undo;
pub mod view;

pub use apply::JOB;
pub use tidy::TIMER;
