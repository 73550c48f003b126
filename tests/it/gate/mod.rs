//! The gate: what a pipeline has to pass.

mod ask;
mod command;
mod page;
mod rule;
mod waiver;
