//! Rules. What a risk says about its vulnerability to people outside.

use abate_entity::lifecycle::{Resolution, State, VexJustification};
use chrono::NaiveDate;

/// A risk, as far as it says something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decided {
    /// Where it stands.
    pub(super) state: State,
    /// Why it is closed.
    pub(super) resolution: Option<Resolution>,
    /// Why it does not affect us.
    pub(super) justification: Option<VexJustification>,
    /// Last day of the acceptance in force.
    pub(super) accepted_until: Option<NaiveDate>,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does not hurt here.
    NotAffected(VexJustification),
    /// The fixed versions no longer have it.
    Fixed,
    /// Nobody has judged it yet.
    UnderInvestigation,
    /// It is there, with how it is treated; empty where it is simply to be fixed.
    Affected(String),
}

/// The verdict of a risk; none where another risk speaks for it, or where nothing certain can be said.
pub(super) fn verdict(risk: &Decided) -> Option<Verdict> {
    match risk.state {
        State::New | State::Triage => Some(Verdict::UnderInvestigation),
        State::Open | State::InProgress | State::Blocked | State::Verification => {
            Some(Verdict::Affected(String::new()))
        }
        State::Accepted => Some(Verdict::Affected(
            risk.accepted_until
                .map_or_else(|| "Accepted for a time.".to_owned(), |day| format!("Accepted until {day}.")),
        )),
        State::Closed => closed(risk),
    }
}

fn closed(risk: &Decided) -> Option<Verdict> {
    let carried = |how: &str| Verdict::Affected(how.to_owned());
    match risk.resolution? {
        Resolution::Remediated | Resolution::Vanished => Some(Verdict::Fixed),
        Resolution::FalsePositive => {
            let why = risk.justification.unwrap_or(VexJustification::VulnerableCodeNotPresent);
            Some(Verdict::NotAffected(why))
        }
        // Without a reason nobody may rely on it; the lifecycle asks for one.
        Resolution::NotAffected => risk.justification.map(Verdict::NotAffected),
        // The vulnerability is still there: a scanner has to go on showing it.
        Resolution::MitigatedByControl => Some(carried("A control keeps it from being used.")),
        Resolution::Transferred => Some(carried("Somebody else carries it by contract.")),
        Resolution::Avoided | Resolution::Duplicate | Resolution::Withdrawn => None,
    }
}

/// What to do about an affected package, in words of ours: what people wrote in the risk stays inside.
pub(super) fn action(treated: &str, package: &str, version: &str, fixed: &str) -> String {
    let remedy = match versions(fixed).next() {
        Some(_) => format!("Update {package} from {version} to {}.", fixed.trim()),
        None => format!("No fixed version of {package} is known yet."),
    };
    if treated.is_empty() { remedy } else { format!("{treated} {remedy}") }
}

/// The versions of a text such as `1.1.4, 2.0.1`.
pub(super) fn versions(fixed: &str) -> impl Iterator<Item = &str> {
    fixed.split(',').map(str::trim).filter(|version| !version.is_empty())
}

/// The leading id of a vulnerability and its other ones: the first CVE, else what the scanner matched.
pub(super) fn named(ids: &[String], rule: &str) -> Option<(String, Vec<String>)> {
    let mut ids: Vec<String> =
        ids.iter().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    ids.sort();
    ids.dedup();
    let leading = ids
        .iter()
        .find(|id| id.starts_with("CVE-"))
        .or_else(|| ids.iter().find(|id| *id == rule.trim()))
        .or(ids.first())?
        .clone();
    ids.retain(|id| *id != leading);
    Some((leading, ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(state: State, resolution: Option<Resolution>) -> Decided {
        Decided { state, resolution, justification: None, accepted_until: None }
    }

    #[test]
    fn only_a_dismissal_says_not_affected_and_only_a_fix_says_fixed() {
        for resolution in Resolution::ALL.iter().copied() {
            let decided = Decided {
                justification: Some(VexJustification::VulnerableCodeNotInExecutePath),
                ..at(State::Closed, Some(resolution))
            };
            let said = verdict(&decided);
            let dismissed = resolution.is_dismissal() && resolution != Resolution::Duplicate;
            assert_eq!(matches!(said, Some(Verdict::NotAffected(_))), dismissed, "{resolution}");
            let fixed = matches!(resolution, Resolution::Remediated | Resolution::Vanished);
            assert_eq!(said == Some(Verdict::Fixed), fixed, "{resolution}");
        }
        assert_eq!(
            verdict(&at(State::Closed, Some(Resolution::NotAffected))),
            None,
            "no reason, no statement"
        );
    }

    #[test]
    fn what_is_not_closed_lets_nothing_pass() {
        for state in State::ALL.iter().copied().filter(|state| *state != State::Closed) {
            let said = verdict(&at(state, None)).unwrap();
            match state {
                State::New | State::Triage => assert_eq!(said, Verdict::UnderInvestigation),
                _ => assert!(matches!(said, Verdict::Affected(_)), "{state}"),
            }
        }
        let accepted =
            Decided { accepted_until: NaiveDate::from_ymd_opt(2026, 12, 31), ..at(State::Accepted, None) };
        let said = Verdict::Affected("Accepted until 2026-12-31.".to_owned());
        assert_eq!(verdict(&accepted), Some(said));
        let action = action("Accepted until 2026-12-31.", "fig", "1.0", "1.1, 2.0");
        assert_eq!(action, "Accepted until 2026-12-31. Update fig from 1.0 to 1.1, 2.0.");
        assert_eq!(super::action("", "fig", "1.0", ""), "No fixed version of fig is known yet.");
    }

    #[test]
    fn the_cve_leads() {
        let ids = ["GHSA-2222".to_owned(), "CVE-2026-1".to_owned()];
        let expected = ("CVE-2026-1".to_owned(), vec!["GHSA-2222".to_owned()]);
        assert_eq!(named(&ids, "GHSA-2222"), Some(expected));
        assert_eq!(named(&[], "rule"), None);
        assert_eq!(versions("1.1, 2.0,").collect::<Vec<_>>(), ["1.1", "2.0"]);
    }
}
