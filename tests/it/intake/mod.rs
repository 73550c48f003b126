//! Reports of scanners, from upload to effect.

mod bad_input;
mod canary;
mod command;
mod crash;
mod every_format;
mod identity;
mod kept_file;
mod lifecycle;
mod page;
mod plan_and_undo;
pub(crate) mod report;
mod silent;
mod variant;
