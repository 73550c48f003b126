//! The JIRA client against the JIRA sandbox, over a real socket.

mod board;
mod contract;
mod faults;
pub(crate) mod site;
