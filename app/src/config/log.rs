//! What is logged and how.

use std::str::FromStr;

use tracing_subscriber::EnvFilter;

use super::ConfigError;
use super::document::Document;

/// The log, which goes to standard error.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Which lines: a level, or `target=level` with commas between.
    pub filter: String,
    /// Their form.
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

impl LogConfig {
    pub(crate) fn read(document: &Document) -> Result<Self, ConfigError> {
        let filter = document.text("log").unwrap_or("info").to_owned();
        if let Err(error) = EnvFilter::builder().parse(&filter) {
            return Err(
                document.bad("log", format!("must be a level or target=level with commas between: {error}"))
            );
        }
        let format = document.parse("log_format", "auto, text or json")?.unwrap_or(LogFormat::Auto);
        Ok(Self { filter, format })
    }
}
