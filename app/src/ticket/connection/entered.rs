//! What can be entered for a connection; each refusal names its field and never shows a secret.

use std::ops::RangeInclusive;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::page::badge::capitalised;
use crate::platform::problem::Problem;
use crate::platform::text::short;
use crate::state::AppState;

/// Longest name, account and secret.
pub(super) const LONGEST: usize = 300;
/// Longest token: those of services are signed texts.
const LONGEST_TOKEN: usize = 4_000;
/// How often changes may be asked for, in seconds.
pub(super) const POLL: RangeInclusive<i32> = 30..=3600;
/// How long wishes may be gathered, in seconds.
pub(super) const GATHER: RangeInclusive<i32> = 0..=60;
/// Longest text of JIRA, unless an administrator of a server has set another.
pub(super) const USUAL_TEXT: i32 = 32_767;
/// What a text limit may be.
pub(super) const TEXT: RangeInclusive<i32> = 1_000..=1_000_000;

pub(super) async fn address(state: &AppState, field: &str, text: &str) -> Result<Url, Problem> {
    let url: Url = text
        .trim()
        .parse()
        .map_err(|_| Problem::invalid(field, "Use a whole address, as in https://example.atlassian.net."))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(Problem::invalid(field, "Use the address alone, without account or parameters."));
    }
    state
        .outgoing
        .check_resolved(&url)
        .await
        .map_err(|error| Problem::invalid(field, format!("{}.", capitalised(&error.to_string()))))?;
    Ok(url)
}

pub(super) fn project(text: &str) -> Result<String, Problem> {
    let key = text.trim().to_uppercase();
    let fits = key.starts_with(|first: char| first.is_ascii_uppercase())
        && key.len() <= 100
        && key.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    if fits { Ok(key) } else { Err(Problem::invalid("project", "Use the project's key, as in SEC.")) }
}

pub(super) fn issue_type(text: Option<String>) -> Result<Option<String>, Problem> {
    short("issue_type", LONGEST, text)
}

pub(super) fn within(field: &str, value: i32, range: RangeInclusive<i32>) -> Result<i32, Problem> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(Problem::invalid(field, format!("Use {} to {}.", range.start(), range.end())))
}

/// A token as JIRA shows it; its text is never in the answer.
pub(super) fn token(text: SecretString) -> Result<SecretString, Problem> {
    let token = text.expose_secret().trim();
    if (4..=LONGEST_TOKEN).contains(&token.len()) && token.chars().all(|letter| !letter.is_control()) {
        return Ok(SecretString::from(token));
    }
    Err(Problem::invalid("token", "Use the token as JIRA shows it."))
}

/// The client secret of an app; its text is never in the answer.
pub(super) fn client_secret(text: SecretString) -> Result<SecretString, Problem> {
    let secret = text.expose_secret().trim();
    if (8..=LONGEST_TOKEN).contains(&secret.len()) && secret.chars().all(|letter| !letter.is_control()) {
        return Ok(SecretString::from(secret));
    }
    Err(Problem::invalid("client_secret", "Use the client secret as Atlassian's developer console shows it."))
}

pub(super) fn webhook_secret(text: Option<SecretString>) -> Result<Option<SecretString>, Problem> {
    let Some(text) = text.filter(|text| !text.expose_secret().is_empty()) else { return Ok(None) };
    if (8..=LONGEST).contains(&text.expose_secret().len()) {
        return Ok(Some(text));
    }
    Err(Problem::invalid("webhook_secret", format!("Use 8 to {LONGEST} characters, the same as in JIRA.")))
}
