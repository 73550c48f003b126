//! Rules. What an import means to do: finding by finding while the report is read, absence by absence at its end.

use abate_entity::level::Level;
use abate_entity::lifecycle::{Resolution, State};
use chrono::{DateTime, Utc};

/// A finding of the scope as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub finding_id: i64,
    /// The risk that it supports.
    pub risk: Option<KnownRisk>,
    /// Digest of what was kept of it.
    pub content: [u8; 16],
    /// A full scan no longer saw it.
    pub missing: bool,
    /// A second one did not either.
    pub lost: bool,
}

/// The risk behind a known finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRisk {
    /// Its number.
    pub id: i64,
    /// Where it stands.
    pub state: State,
    /// Why it is closed.
    pub resolution: Option<Resolution>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// When a fix was claimed.
    pub claimed_at: Option<DateTime<Utc>>,
}

/// What a report says of a finding, as far as the plan cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Digest of what would be kept of it.
    pub content: [u8; 16],
    /// The tool or its users have put it aside.
    pub suppressed: bool,
}

/// What to do with a finding that the report has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing at all.
    Unchanged,
    /// Make it, and a risk.
    Create,
    /// Keep it without a risk.
    Attach,
    /// Write what it says now.
    Update,
    /// It is back: write what it says now, and let the lifecycle judge.
    Return,
}

/// What to do with a known finding that a full report does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Nothing: that it is gone is known.
    Nothing,
    /// Note that it was not seen.
    Miss,
    /// Let the lifecycle judge that it is gone.
    Vanish,
}

/// Decides about a finding that the report has.
#[must_use]
pub fn seen(known: Option<&Known>, seen: Seen, scanned_at: DateTime<Utc>) -> Decision {
    let Some(known) = known else {
        // What was put aside in the tool is kept and shown, but nobody has to decide about it again.
        return if seen.suppressed { Decision::Attach } else { Decision::Create };
    };
    if known.risk.is_none() && !seen.suppressed {
        return Decision::Create;
    }
    let changed = known.content != seen.content;
    let back = known.risk.as_ref().is_some_and(|risk| is_back(risk, scanned_at, changed));
    if known.missing || known.lost || back {
        Decision::Return
    } else if changed {
        Decision::Update
    } else {
        Decision::Unchanged
    }
}

/// Whether seeing it contradicts what the risk's state says.
fn is_back(risk: &KnownRisk, scanned_at: DateTime<Utc>, changed: bool) -> bool {
    match risk.state {
        State::Verification => risk.claimed_at.is_some_and(|claimed_at| scanned_at > claimed_at),
        State::Closed => match risk.resolution {
            Some(Resolution::Withdrawn) => true,
            Some(resolution) if resolution.is_dismissal() => changed,
            Some(Resolution::Transferred) | None => false,
            Some(_) => risk.closed_at.is_some_and(|closed_at| scanned_at > closed_at),
        },
        _ => false,
    }
}

/// Decides about a known finding that a full report does not have.
#[must_use]
pub fn absent(known: &Known) -> Absence {
    let verifying = known.risk.as_ref().is_some_and(|risk| risk.state == State::Verification);
    match (known.missing, known.lost) {
        (_, true) if verifying => Absence::Vanish,
        (_, true) => Absence::Nothing,
        (true, false) => Absence::Vanish,
        (false, false) => Absence::Miss,
    }
}

/// Whether absence from a scan means anything: it is whole, and no newer scan of the scope was applied before.
#[must_use]
pub fn counts_absences(
    complete: bool,
    partial: bool,
    scanned_at: DateTime<Utc>,
    head: Option<DateTime<Utc>>,
) -> bool {
    complete && !partial && head.is_none_or(|head| scanned_at >= head)
}

/// Findings below this number close without a question.
const FEW: usize = 10;
/// The share of a scope, in percent, from which closing needs a yes.
const MUCH: usize = 25;

/// The question to a person, when an import would close a large share of what its source reports.
#[must_use]
pub fn question(closing: usize, live: usize) -> Option<String> {
    let percent = closing * 100 / live.max(1);
    (closing >= FEW && percent >= MUCH).then(|| {
        format!(
            "This import would count {closing} of {live} findings of this source ({percent} %) as gone and close their \
             risks. If the scan was whole, apply it; if not, upload a whole one."
        )
    })
}

/// Likelihood of a severity that the tool does not give: as medium, for what is unknown is not harmless.
pub const UNKNOWN_SEVERITY: Level = Level::Medium;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn known(state: State, resolution: Option<Resolution>) -> Known {
        let risk = KnownRisk { id: 1, state, resolution, closed_at: Some(at(10)), claimed_at: Some(at(10)) };
        Known { finding_id: 7, risk: Some(risk), content: [1; 16], missing: false, lost: false }
    }

    const SAME: Seen = Seen { content: [1; 16], suppressed: false };
    const OTHER: Seen = Seen { content: [2; 16], suppressed: false };

    #[test]
    fn what_nobody_knows_makes_a_risk_unless_it_was_put_aside() {
        assert_eq!(seen(None, SAME, at(0)), Decision::Create);
        let aside = Seen { suppressed: true, ..SAME };
        assert_eq!(seen(None, aside, at(0)), Decision::Attach);
        let kept = Known { risk: None, ..known(State::New, None) };
        assert_eq!(seen(Some(&kept), aside, at(0)), Decision::Unchanged);
        assert_eq!(seen(Some(&kept), SAME, at(0)), Decision::Create);
    }

    #[test]
    fn a_risk_comes_back_only_by_a_scan_newer_than_its_end() {
        for (state, resolution, later, changed) in [
            (State::Closed, Some(Resolution::Remediated), Decision::Return, Decision::Return),
            (State::Closed, Some(Resolution::Vanished), Decision::Return, Decision::Return),
            (State::Closed, Some(Resolution::FalsePositive), Decision::Unchanged, Decision::Return),
            (State::Closed, Some(Resolution::Transferred), Decision::Unchanged, Decision::Update),
            (State::Verification, None, Decision::Return, Decision::Return),
            (State::Accepted, None, Decision::Unchanged, Decision::Update),
            (State::New, None, Decision::Unchanged, Decision::Update),
        ] {
            let known = known(state, resolution);
            assert_eq!(seen(Some(&known), SAME, at(11)), later, "{state} {resolution:?}");
            assert_eq!(seen(Some(&known), OTHER, at(11)), changed, "{state} {resolution:?}");
            if resolution != Some(Resolution::FalsePositive) {
                assert_ne!(seen(Some(&known), SAME, at(10)), Decision::Return, "{state} {resolution:?}");
            }
        }
    }

    #[test]
    fn two_full_scans_make_an_absence() {
        let mut known = known(State::Open, None);
        assert_eq!(absent(&known), Absence::Miss);
        known.missing = true;
        assert_eq!(absent(&known), Absence::Vanish);
        known.lost = true;
        assert_eq!(absent(&known), Absence::Nothing);
        known.risk = known.risk.map(|risk| KnownRisk { state: State::Verification, ..risk });
        assert_eq!(absent(&known), Absence::Vanish);
    }

    #[test]
    fn partial_failed_and_late_scans_say_nothing_about_absence() {
        assert!(counts_absences(true, false, at(5), Some(at(5))));
        assert!(counts_absences(true, false, at(5), None));
        assert!(!counts_absences(false, false, at(5), None));
        assert!(!counts_absences(true, true, at(5), None));
        assert!(!counts_absences(true, false, at(4), Some(at(5))));
    }

    #[test]
    fn closing_much_needs_a_yes() {
        assert_eq!(question(9, 9), None);
        assert_eq!(question(10, 100), None);
        assert!(question(31, 100).unwrap().contains("31 %"));
    }

    proptest! {
        #[test]
        fn the_same_again_writes_nothing(state in 0..6_usize, scan in 0..100_i64) {
            let states = [State::New, State::Triage, State::Open, State::InProgress, State::Blocked, State::Accepted];
            prop_assert_eq!(seen(Some(&known(states[state], None)), SAME, at(scan)), Decision::Unchanged);
        }
    }
}
