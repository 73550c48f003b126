//! Secrets: the key that seals them at rest, files that hold them, and how they are shown.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::document::Document;
use super::{ConfigError, DatabaseKind};

/// What stands for a secret wherever settings are shown.
pub(crate) const MASK: &str = "********";

const SHORTEST_KEY: usize = 32;

/// The key that seals secrets at rest. On PostgreSQL it must be set: replicas have no file in common.
pub(crate) fn key(document: &Document, kind: DatabaseKind) -> Result<Option<SecretString>, ConfigError> {
    let key = document.secret("secret_key")?;
    match &key {
        Some(text) if text.expose_secret().chars().count() < SHORTEST_KEY => Err(document.bad(
            "secret_key",
            format!("must have at least {SHORTEST_KEY} characters; `openssl rand -base64 32` makes one"),
        )),
        None if kind == DatabaseKind::Postgres => Err(document.missing(
            "secret_key",
            "replicas on PostgreSQL share no key file; `openssl rand -base64 32` makes a key",
        )),
        _ => Ok(key),
    }
}

/// The content of a secret's file, without the newline that editors add.
pub(crate) fn from_file(path: &Path) -> Result<SecretString, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(format!("{} is empty", path.display()));
    }
    Ok(SecretString::from(text))
}

/// A secret as it may be shown. Of an address everything but the password and the query stays, since host and
/// name are what one looks for.
pub(crate) fn masked(text: &str) -> String {
    if text.starts_with("sqlite:") {
        return text.to_owned();
    }
    match Url::parse(text) {
        Ok(mut url) if url.has_host() => {
            if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
                return MASK.to_owned();
            }
            if url.query().is_some() {
                url.set_query(Some(MASK));
            }
            url.to_string()
        }
        _ => MASK.to_owned(),
    }
}
