//! The critical asset register.

mod assessment;
mod command;
mod import;
mod page;
mod placing;
mod register;
mod replaced;
mod review;
