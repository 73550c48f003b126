//! Reports of scanners, from upload to effect.

mod backlog;
mod bad_input;
mod branches;
mod canary;
mod command;
mod crash;
mod every_format;
mod guard_rails;
mod identity;
mod kept_file;
mod lifecycle;
mod page;
mod parts;
mod plan_and_undo;
pub(crate) mod report;
mod rules;
mod side_by_side;
mod silent;
mod variant;
mod verification;
