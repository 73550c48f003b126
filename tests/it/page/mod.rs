//! The pages, over HTTP.

mod dashboard;
mod forms;
mod frame;
mod list;
mod sign_in;
