//! Foreign systems and formats that Abate speaks. Plain values in and out: no database, no web, no clock.

pub mod feed;
pub mod jira;
pub mod scanner;
pub mod slack;
pub mod workshop;
