//! VEX: what we decided about vulnerabilities, as documents that scanners and customers read, and what others say, as
//! proposals on our risks.

pub mod api;
mod gather;
pub mod import;
mod match_rules;
mod plan;
mod staged;
mod statement_rules;
