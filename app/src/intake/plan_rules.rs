//! Rules. What an import means to do: finding by finding while the report is read, absence by absence at its end.

use abate_entity::level::Level;
use abate_entity::lifecycle::{Resolution, State};
use abate_entity::text_enum;
use chrono::{DateTime, Utc};

use super::rule::model::Effect;

text_enum! {
    /// What became of a finding.
    pub enum Intake ("state of a finding") {
        /// It supports a risk.
        Risk = "risk",
        /// It is kept without one.
        Kept = "kept",
        /// It waits for a person.
        Waiting = "waiting",
        /// A rule suppresses it.
        Suppressed = "suppressed",
        /// Its tool's users have put it aside.
        PutAside = "put_aside",
    }
}

/// A finding of the scope as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub finding_id: i64,
    /// The risk that it supports.
    pub risk: Option<KnownRisk>,
    /// What became of it.
    pub intake: Intake,
    /// A person decided to keep it without a risk.
    pub decided: bool,
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
    /// What it rested on when it was judged to be no risk; none where it was not.
    pub judged: Option<Judged>,
}

/// What a dismissal rests on, besides that somebody looked: another text alone does not shake it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// How bad it was said to be.
    pub severity: Level,
    /// The version that was looked at, empty where there is none.
    pub version: String,
}

impl Judged {
    /// Whether a report says something that the judgement did not know of: another version, or that it is
    /// worse.
    fn is_shaken_by(&self, seen: &Seen<'_>) -> bool {
        self.version != seen.version || seen.severity > self.severity
    }
}

/// What a report says of a finding, as far as the plan cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Digest of what would be kept of it.
    pub content: [u8; 16],
    /// How bad it says it is.
    pub severity: Level,
    /// The version that it speaks of, empty where there is none.
    pub version: &'a str,
    /// The tool or its users have put it aside.
    pub suppressed: bool,
    /// What the intake rules make of it, where it has no risk.
    pub effect: Effect,
}

/// What to do with a finding that the report has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing at all.
    Unchanged,
    /// Make it, and a risk.
    Create,
    /// Keep it without a risk, as this.
    Hold(Intake),
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
pub fn seen(known: Option<&Known>, seen: Seen<'_>, scanned_at: DateTime<Utc>) -> Decision {
    let Some((known, risk)) = known.and_then(|known| Some((known, known.risk.as_ref()?))) else {
        return without_risk(known, seen);
    };
    let changed = known.content != seen.content;
    let was_away = known.missing || known.lost;
    let shaken = changed && risk.judged.as_ref().is_none_or(|judged| judged.is_shaken_by(&seen));
    if is_back(risk, scanned_at, shaken) || (was_away && !stays_closed(risk)) {
        Decision::Return
    } else if changed || was_away {
        Decision::Update
    } else {
        Decision::Unchanged
    }
}

/// Decides about a finding that nobody knows, or that has no risk.
fn without_risk(known: Option<&Known>, seen: Seen<'_>) -> Decision {
    let same = known.filter(|known| known.content == seen.content);
    let intake = match seen.effect {
        // What was put aside in the tool is kept and shown, but nobody has to decide about it again.
        _ if seen.suppressed => Intake::PutAside,
        // What a person decided holds until the finding says something else.
        _ if same.is_some_and(|known| known.decided) => Intake::Kept,
        Effect::MakeRisk | Effect::Confirm => return Decision::Create,
        Effect::Wait => Intake::Waiting,
        Effect::KeepFinding => Intake::Kept,
        Effect::Suppress => Intake::Suppressed,
    };
    let as_before = same.is_some_and(|known| known.intake == intake && !known.missing && !known.lost);
    if as_before { Decision::Unchanged } else { Decision::Hold(intake) }
}

/// Whether seeing it says nothing against its end: it was judged to be no risk, or somebody else carries it.
fn stays_closed(risk: &KnownRisk) -> bool {
    let stands = |resolution: Resolution| resolution.is_dismissal() || resolution == Resolution::Transferred;
    risk.state == State::Closed && risk.resolution.is_some_and(stands)
}

/// Whether seeing it contradicts what the risk's state says.
fn is_back(risk: &KnownRisk, scanned_at: DateTime<Utc>, shaken: bool) -> bool {
    match risk.state {
        State::Verification => risk.claimed_at.is_some_and(|claimed_at| scanned_at > claimed_at),
        State::Closed => match risk.resolution {
            Some(Resolution::Withdrawn) => true,
            Some(resolution) if resolution.is_dismissal() => shaken,
            Some(Resolution::Transferred) | None => false,
            Some(_) => risk.closed_at.is_some_and(|closed_at| scanned_at > closed_at),
        },
        _ => false,
    }
}

/// Decides about a known finding that a full report does not have.
#[must_use]
pub fn absent(known: &Known, scanned_at: DateTime<Utc>) -> Absence {
    let verifying = known.risk.as_ref().filter(|risk| risk.state == State::Verification);
    // Where somebody has said that it is fixed, the first look after that shows it.
    let shows_the_fix =
        verifying.and_then(|risk| risk.claimed_at).is_some_and(|claimed| scanned_at > claimed);
    match (known.missing, known.lost) {
        (_, true) if verifying.is_some() => Absence::Vanish,
        (_, true) => Absence::Nothing,
        (true, false) => Absence::Vanish,
        (false, false) if shows_the_fix => Absence::Vanish,
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
        let risk = KnownRisk {
            id: 1,
            state,
            resolution,
            closed_at: Some(at(10)),
            claimed_at: Some(at(10)),
            judged: Some(Judged { severity: Level::Medium, version: "1.0".to_owned() }),
        };
        Known { finding_id: 7, risk: Some(risk), ..without(Intake::Risk) }
    }

    fn without(intake: Intake) -> Known {
        Known {
            finding_id: 7,
            risk: None,
            intake,
            decided: false,
            content: [1; 16],
            missing: false,
            lost: false,
        }
    }

    const SAME: Seen<'_> = Seen {
        content: [1; 16],
        severity: Level::Medium,
        version: "1.0",
        suppressed: false,
        effect: Effect::MakeRisk,
    };
    const REWORDED: Seen<'_> = Seen { content: [2; 16], ..SAME };
    const OTHER: Seen<'_> = Seen { version: "1.1", ..REWORDED };

    #[test]
    fn what_nobody_knows_makes_a_risk_unless_it_was_put_aside() {
        assert_eq!(seen(None, SAME, at(0)), Decision::Create);
        let aside = Seen { suppressed: true, ..SAME };
        assert_eq!(seen(None, aside, at(0)), Decision::Hold(Intake::PutAside));
        let kept = without(Intake::PutAside);
        assert_eq!(seen(Some(&kept), aside, at(0)), Decision::Unchanged);
        assert_eq!(seen(Some(&kept), SAME, at(0)), Decision::Create);
    }

    #[test]
    fn the_rules_decide_about_what_has_no_risk_and_about_nothing_else() {
        for (effect, intake) in [
            (Effect::Wait, Intake::Waiting),
            (Effect::KeepFinding, Intake::Kept),
            (Effect::Suppress, Intake::Suppressed),
        ] {
            let said = Seen { effect, ..SAME };
            assert_eq!(seen(None, said, at(0)), Decision::Hold(intake));
            assert_eq!(seen(Some(&without(intake)), said, at(0)), Decision::Unchanged);
            assert_eq!(seen(Some(&without(intake)), SAME, at(0)), Decision::Create);
            let missing = Known { missing: true, ..without(intake) };
            assert_eq!(seen(Some(&missing), said, at(0)), Decision::Hold(intake));
            assert_eq!(seen(Some(&known(State::New, None)), said, at(0)), Decision::Unchanged);
        }
    }

    #[test]
    fn what_a_person_kept_stays_so_until_it_says_something_else() {
        let kept = Known { decided: true, ..without(Intake::Kept) };
        let waits = Seen { effect: Effect::Wait, ..SAME };
        assert_eq!(seen(Some(&kept), waits, at(0)), Decision::Unchanged);
        assert_eq!(seen(Some(&kept), SAME, at(0)), Decision::Unchanged);
        let other = Seen { effect: Effect::Wait, ..OTHER };
        assert_eq!(seen(Some(&kept), other, at(0)), Decision::Hold(Intake::Waiting));
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
        assert_eq!(absent(&known, at(11)), Absence::Miss);
        known.missing = true;
        assert_eq!(absent(&known, at(11)), Absence::Vanish);
        known.lost = true;
        assert_eq!(absent(&known, at(11)), Absence::Nothing);
        known.risk = known.risk.map(|risk| KnownRisk { state: State::Verification, ..risk });
        assert_eq!(absent(&known, at(11)), Absence::Vanish);
    }

    /// A regression: a person's claim waited for two clean scans.
    #[test]
    fn one_full_scan_after_a_claim_shows_the_fix_and_an_older_one_does_not() {
        let claimed = known(State::Verification, None);
        assert_eq!(absent(&claimed, at(10)), Absence::Miss);
        assert_eq!(absent(&claimed, at(11)), Absence::Vanish);
    }

    /// A regression: a dismissed risk was challenged when its finding was away for a while, though it said the same.
    #[test]
    fn what_was_dismissed_or_transferred_stays_so_when_its_finding_flickers() {
        for resolution in [Resolution::FalsePositive, Resolution::Duplicate, Resolution::Transferred] {
            let away = Known { missing: true, ..known(State::Closed, Some(resolution)) };
            assert_eq!(seen(Some(&away), SAME, at(11)), Decision::Update, "{resolution}");
            let dismissed = resolution.is_dismissal();
            let changed = if dismissed { Decision::Return } else { Decision::Update };
            assert_eq!(seen(Some(&away), OTHER, at(11)), changed, "{resolution}");
        }
    }

    /// A regression: a false positive came back each time a scanner mended its description.
    #[test]
    fn a_dismissal_is_challenged_by_another_version_or_a_worse_severity_and_by_no_other_text() {
        let dismissed = known(State::Closed, Some(Resolution::NotAffected));
        let says = |said: Seen<'_>| seen(Some(&dismissed), said, at(11));
        assert_eq!(says(REWORDED), Decision::Update);
        assert_eq!(says(Seen { severity: Level::Low, ..REWORDED }), Decision::Update);
        assert_eq!(says(Seen { severity: Level::High, ..REWORDED }), Decision::Return);
        assert_eq!(says(OTHER), Decision::Return);
    }

    #[test]
    fn partial_failed_and_late_scans_say_nothing_about_absence() {
        assert!(counts_absences(true, false, at(5), Some(at(5))));
        assert!(counts_absences(true, false, at(5), None));
        assert!(!counts_absences(false, false, at(5), None));
        assert!(!counts_absences(true, true, at(5), None));
        assert!(!counts_absences(true, false, at(4), Some(at(5))));
    }

    proptest! {
        #[test]
        fn the_same_again_writes_nothing(state in 0..6_usize, scan in 0..100_i64) {
            let states = [State::New, State::Triage, State::Open, State::InProgress, State::Blocked, State::Accepted];
            prop_assert_eq!(seen(Some(&known(states[state], None)), SAME, at(scan)), Decision::Unchanged);
        }
    }
}
