//! The product's tests against the real thing: built binary, sockets, databases.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in a test a panic is the answer")]

#[path = "../harness/fault_proxy.rs"]
mod fault_proxy;
mod jira;
mod slack;
