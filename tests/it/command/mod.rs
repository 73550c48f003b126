//! The commands, as people and scripts start them.

mod account;
mod server;
mod settings;
