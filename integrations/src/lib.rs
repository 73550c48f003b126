//! Foreign.

pub mod jira;
pub mod scanner;
