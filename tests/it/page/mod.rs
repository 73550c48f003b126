//! The pages, over HTTP.

mod account;
mod dashboard;
mod forms;
mod frame;
mod list;
mod sign_in;
