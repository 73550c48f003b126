//! Foreign systems and formats that Abate speaks. Plain values in and out: no database, no web, no clock.

#[cfg(feature = "clients")]
pub mod datadog;
pub mod feed;
#[cfg(feature = "clients")]
pub mod jira;
pub mod register;
pub mod scanner;
#[cfg(feature = "clients")]
pub mod slack;
#[cfg(feature = "clients")]
pub mod sns;
pub mod vex;
pub mod workshop;
