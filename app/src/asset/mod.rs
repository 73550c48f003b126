//! The critical asset register: what is at risk.

pub mod api;
pub mod assessment;
pub mod data_class;
pub mod definition;
pub mod edit;
pub mod finder;
pub mod import;
pub mod matcher;
pub mod matching;
pub mod merge;
pub mod page;
pub mod register;
mod rerate;
pub mod retire;
pub mod settle;
pub mod view;
