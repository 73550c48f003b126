//! Foreign.

pub mod jira;
