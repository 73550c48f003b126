//! What we decided about vulnerabilities, as VEX documents that scanners and customers read.

pub mod api;
mod gather;
mod statement_rules;
