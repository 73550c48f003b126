//! Datadog's security signals: listed, looked up, and told how they were triaged.

mod client;
mod error;
mod signal;

pub use self::client::{DatadogAccount, DatadogClient, Question, SignalPage};
pub use self::error::DatadogError;
pub use self::signal::{Signal, Triage, TriageState};

/// The sites that Datadog has, as its API is called there: `https://api.` and the site.
pub const SITES: &[&str] = &[
    "datadoghq.com",
    "datadoghq.eu",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
];
