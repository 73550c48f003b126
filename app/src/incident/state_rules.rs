//! Rules. Where an incident stands, and what has to be there before it is closed.

use chrono::{DateTime, Utc};

/// Declared; nobody has taken it on.
pub const DECLARED: &str = "declared";
/// Somebody has taken it on.
pub const ACKNOWLEDGED: &str = "acknowledged";
/// It can do no more harm.
pub const CONTAINED: &str = "contained";
/// All is done.
pub const CLOSED: &str = "closed";

/// A data breach.
pub const BREACH: &str = "breach";
/// A drill of one.
pub const DRILL: &str = "drill";

/// What an incident has, before it is closed.
#[derive(Clone, Debug, Default)]
pub struct Closing<'a> {
    /// When somebody took it on.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When it could do no more harm.
    pub contained_at: Option<DateTime<Utc>>,
    /// What happened and what was learned.
    pub summary: &'a str,
    /// Risks that follow from it.
    pub actions: u64,
    /// Why none does.
    pub no_action_reason: &'a str,
    /// Those who still have to be told.
    pub open_duties: &'a [String],
}

/// All that is missing for closing: the field, the rule, and what to do.
#[must_use]
pub fn missing(closing: &Closing<'_>) -> Vec<(&'static str, &'static str, String)> {
    let mut missing = Vec::new();
    if closing.acknowledged_at.is_none() {
        missing.push(("acknowledged_at", "acknowledged", "Acknowledge it first.".to_owned()));
    }
    if closing.contained_at.is_none() {
        missing.push(("contained_at", "contained", "Say first that it is contained.".to_owned()));
    }
    for authority in closing.open_duties {
        let detail = format!("Say when and how this was done, or why it is not needed: {authority}.");
        missing.push(("duties", "duties_settled", detail));
    }
    if closing.summary.trim().is_empty() {
        missing.push(("summary", "summed_up", "Say what happened and what was learned.".to_owned()));
    }
    if closing.actions == 0 && closing.no_action_reason.trim().is_empty() {
        let detail = "Record at least one action, or say why none follows.".to_owned();
        missing.push(("no_action_reason", "actions_or_reason", detail));
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_missing_is_said_at_once() {
        let duties = ["Authority".to_owned(), "Insurer".to_owned()];
        let bare = Closing { open_duties: &duties, ..Closing::default() };
        let fields: Vec<_> = missing(&bare).into_iter().map(|(field, ..)| field).collect();
        assert_eq!(
            fields,
            ["acknowledged_at", "contained_at", "duties", "duties", "summary", "no_action_reason"]
        );
        let now = Some(DateTime::UNIX_EPOCH);
        let whole = Closing {
            acknowledged_at: now,
            contained_at: now,
            summary: "Found and fixed",
            actions: 1,
            ..Closing::default()
        };
        assert!(missing(&whole).is_empty());
        assert_eq!(missing(&Closing { actions: 0, ..whole.clone() }).len(), 1);
        assert!(missing(&Closing { actions: 0, no_action_reason: "a drill", ..whole }).is_empty());
    }
}
