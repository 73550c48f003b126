//! Slack: the client and the sandbox against each other, and the application beside the sandbox.

mod client;
mod command;
mod incident;
mod interaction;
pub(crate) mod workspace;
