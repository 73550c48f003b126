//! The critical asset register: what is at risk.

pub mod api;
pub mod definition;
pub mod matcher;
pub mod matching;
pub mod page;
pub mod register;
pub mod view;
