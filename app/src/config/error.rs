//! What can be wrong with the settings, always with the name of the key at fault.

use std::path::PathBuf;

/// Why the settings cannot be used. The process ends with exit code 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("cannot read the settings file {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: std::io::Error,
    },
    /// The settings file is not TOML.
    #[error("the settings file is not valid TOML: {0}")]
    Malformed(String),
    /// There is no such key.
    #[error("unknown key {key}{}", suggestion.as_ref().map(|s| format!("; did you mean {s}?")).unwrap_or_default())]
    UnknownKey {
        /// The key as it was written: a name in the file, or a variable.
        key: String,
        /// The nearest key that exists.
        suggestion: Option<String>,
    },
    /// A value cannot be used.
    #[error("{key}: {problem}")]
    BadValue {
        /// The key as it was written: a name in the file, a variable or a flag.
        key: String,
        /// What is wrong and what would be right. Never the value of a secret.
        problem: String,
    },
    /// A key is required because of another one.
    #[error("{key} is missing: {because}. Set it in abate.toml or as {variable}")]
    Missing {
        /// The key.
        key: String,
        /// The variable that would set it.
        variable: String,
        /// Why it is needed.
        because: String,
    },
}

impl ConfigError {
    /// The exit code of a process that ends because of this.
    pub const EXIT_CODE: u8 = 2;
}
