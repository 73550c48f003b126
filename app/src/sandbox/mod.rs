//! JIRA and Slack for the visitor: they speak HTTP and refuse what the vendors refuse. Only `abate demo` and the
//! tests mount them; `serve` cannot.

pub mod jira;
pub mod slack;
