//! Posture: what is open, late and due, by team, level and state, and how that went over time.

pub mod api;
mod board;
pub mod cube;
pub mod page;
pub mod snapshot;
pub mod store;
pub mod view;
