//! Foreign.

pub mod jira;
pub mod scanner;
pub mod workshop;
