//! Texts that somebody enters.

use super::problem::Problem;

/// A short text without control characters; blank is none.
///
/// # Errors
/// 422 naming `field` when it is longer than `longest` bytes, or has control characters.
pub(crate) fn short(field: &str, longest: usize, value: Option<String>) -> Result<Option<String>, Problem> {
    let Some(value) = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    if value.chars().any(char::is_control) || value.len() > longest {
        let text = format!("Use at most {longest} bytes, and no control characters.");
        return Err(Problem::invalid(field, text));
    }
    Ok(Some(value))
}
