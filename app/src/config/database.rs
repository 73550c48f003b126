//! Where the data is.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::ConfigError;
use super::document::Document;

/// The database that holds everything.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// Its address, with the password where it has one.
    pub url: SecretString,
    /// Which database that is.
    pub kind: DatabaseKind,
}

/// The databases that Abate runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatabaseKind {
    /// A file beside the process; one host.
    Sqlite,
    /// A server; any number of replicas.
    Postgres,
}

impl DatabaseConfig {
    pub(crate) fn read(document: &Document) -> Result<Self, ConfigError> {
        const KEY: &str = "database_url";
        let url = document.secret(KEY)?.ok_or_else(|| document.missing(KEY, "there is no database"))?;
        let text = url.expose_secret();
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        let kind = match scheme {
            "sqlite" if sqlite_path(text).is_some() => DatabaseKind::Sqlite,
            "postgres" | "postgresql" if Url::parse(text).is_ok_and(|url| url.path().len() > 1) => {
                DatabaseKind::Postgres
            }
            // The text may hold a password, so the message does not repeat it.
            _ => return Err(document.bad(KEY, "must be sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME")),
        };
        Ok(Self { url, kind })
    }

    /// The file of an SQLite database.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        sqlite_path(self.url.expose_secret()).map(Path::to_owned)
    }
}

fn sqlite_path(url: &str) -> Option<&Path> {
    let rest = url.strip_prefix("sqlite:")?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    (!path.is_empty() && path != ":memory:").then(|| Path::new(path))
}
