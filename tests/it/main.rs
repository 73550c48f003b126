//! The integration tests: one binary, run once on each database by `tests/run`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../harness/fault_proxy.rs"]
mod fault_proxy;
#[path = "../harness/mod.rs"]
mod harness;

mod acceptance;
mod asset;
mod audit_log;
mod clock;
mod command;
mod control;
mod datadog;
mod downtime;
mod evidence;
mod evidence_pack;
mod feed;
mod gate;
mod grid;
mod hook;
mod incident;
mod intake;
mod jira;
mod message;
mod obligation;
mod owner;
mod page;
mod risk;
mod security;
mod slack;
mod ticket;
mod timer;
mod vex;
mod walk;
mod workshop;
