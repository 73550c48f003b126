//! The critical asset register: what is at risk.

pub mod api;
pub mod page;
pub mod register;
pub mod view;
