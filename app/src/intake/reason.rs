//! Rules. Why an import means to do what it does, in a sentence for each change of its plan.

use super::status;

/// A change, as far as its reason cares.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change<'a> {
    /// What is to be done.
    pub action: &'a str,
    /// Fingerprint scheme, as `sca/1`.
    pub scheme: &'a str,
    /// The rule that decided, empty where none had to.
    pub rule: &'a str,
    /// The version of the rules.
    pub rules_version: Option<i32>,
    /// The rule confirms the risk.
    pub confirm: bool,
    /// There is a finding of this source already.
    pub known: bool,
    /// There is a risk already.
    pub has_risk: bool,
    /// The finding was missing in the scan before.
    pub was_missing: bool,
    /// The risk is closed or waits for verification.
    pub was_closed: bool,
}

/// The reason.
#[must_use]
pub fn sentence(change: &Change<'_>) -> String {
    let rule = by_rule(change);
    match change.action {
        status::CREATE if change.confirm => {
            format!("New on this asset; {rule} makes it a risk and confirms it where its owner is known.")
        }
        status::CREATE if change.known => format!("Known as a finding; {rule} makes it a risk now."),
        status::CREATE if change.rule.is_empty() => "New: the workshop names it.".to_owned(),
        status::CREATE => format!("New on this asset; {rule} makes it a risk."),
        status::ATTACH if change.has_risk => {
            format!(
                "Same because {}: another source or scope reports it on this asset.",
                alike(change.scheme)
            )
        }
        status::ATTACH => "Kept without a risk: it was put aside in the tool.".to_owned(),
        status::KEEP => format!("Kept without a risk by {rule}."),
        status::WAIT if change.rule.is_empty() => "Waits for a person: no rule covers it.".to_owned(),
        status::WAIT => format!("Waits for a person by {rule}."),
        status::SUPPRESS => format!("Suppressed by {rule}."),
        status::UPDATE => {
            format!("Same because {}; it says something else than before.", alike(change.scheme))
        }
        status::RETURN if change.was_closed => format!(
            "Back: same because {}, and its risk was closed or waits for verification.",
            alike(change.scheme)
        ),
        status::RETURN => {
            format!("Back: same because {}, and the scan before did not see it.", alike(change.scheme))
        }
        status::MISS => {
            "Not in this full scan; it counts as gone when the next one does not have it either.".to_owned()
        }
        status::VANISH if change.was_missing => "Gone: the second full scan in a row without it.".to_owned(),
        status::VANISH => "Gone: another full scan without it, after a fix was claimed.".to_owned(),
        status::PROPOSE => "A VEX statement proposes it.".to_owned(),
        status::REJECT => "This record could not be read.".to_owned(),
        _ => String::new(),
    }
}

fn by_rule(change: &Change<'_>) -> String {
    let version = change.rules_version.map(|version| format!(" (version {version})")).unwrap_or_default();
    format!("rule \"{}\"{version}", change.rule)
}

/// What makes two findings of a scheme the same.
#[must_use]
pub fn alike(scheme: &str) -> &'static str {
    match scheme.split('/').next().unwrap_or_default() {
        "sca" => "package and vulnerability are",
        "sast" => "rule, file and code are",
        "secret" => "rule, file and the secret's hash are",
        "config" => "check, file and resource are",
        "licence" => "package and licence are",
        "cloud" => "rule and resource are",
        "dynamic" => "check, place and parameter are",
        _ => "the tool's own mark of it is",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_has_a_reason_of_its_own() {
        let actions = [
            status::CREATE,
            status::ATTACH,
            status::KEEP,
            status::WAIT,
            status::SUPPRESS,
            status::UPDATE,
            status::RETURN,
            status::MISS,
            status::VANISH,
            status::PROPOSE,
            status::REJECT,
        ];
        let reasons: std::collections::BTreeSet<String> = actions
            .iter()
            .map(|action| {
                sentence(&Change { action, scheme: "sca/1", rule: "Low and up", ..Change::default() })
            })
            .collect();
        assert_eq!(reasons.len(), actions.len());
        assert!(reasons.iter().all(|reason| reason.ends_with('.')));
    }

    #[test]
    fn a_rule_is_named_with_its_version() {
        let kept =
            Change { action: status::KEEP, rule: "Information", rules_version: Some(3), ..Change::default() };
        assert_eq!(sentence(&kept), "Kept without a risk by rule \"Information\" (version 3).");
        let waits = Change { action: status::WAIT, ..Change::default() };
        assert_eq!(sentence(&waits), "Waits for a person: no rule covers it.");
    }
}
