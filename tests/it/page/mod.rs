//! The pages, over HTTP.

mod account;
mod dashboard;
mod forms;
mod frame;
mod list;
mod new_risk;
mod refused;
mod sign_in;
