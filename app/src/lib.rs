//! Abate.

pub mod config;
