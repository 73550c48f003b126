//! The JIRA client against the JIRA sandbox, over a real socket.

mod board;
mod contract;
mod faults;
mod own_field;
pub(crate) mod site;
