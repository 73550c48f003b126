//! Rules. What lets an asset through the gate: checks over facts, and waivers that end. What is not known never
//! passes.

use abate_entity::level::Level;
use abate_entity::text_enum;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::Serialize;

text_enum! {
    /// What the gate looks at.
    pub enum Check ("check") {
        /// Risks past their due date.
        Late = "late",
        /// Open risks with a vulnerability that is known to be exploited.
        Kev = "kev",
        /// Risks with a fix that this run brought in.
        Introduced = "introduced",
        /// Whether a full scan is recent enough.
        FullScan = "full_scan",
        /// Whether a person has looked at the asset.
        Reviewed = "reviewed",
        /// Whether there is anything to judge by; cannot be switched off.
        Data = "data",
    }
}

/// What a check's threshold counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The lowest level that counts.
    Level,
    /// Days.
    Days,
    /// It has none.
    Nothing,
}

impl Check {
    /// What its threshold counts in.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Late | Self::Introduced => Unit::Level,
            Self::FullScan => Unit::Days,
            Self::Kev | Self::Reviewed | Self::Data => Unit::Nothing,
        }
    }

    /// Whether it can be waived. What is not known cannot: a waiver is about a risk that somebody knows of.
    #[must_use]
    pub fn can_be_waived(self) -> bool {
        matches!(self, Self::Late | Self::Kev | Self::Introduced)
    }

    /// Whether it is a row of the rules.
    #[must_use]
    pub fn is_a_rule(self) -> bool {
        self != Self::Data
    }
}

/// A rule of the asset's tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it looks at.
    pub check: Check,
    /// The number of a level, or days.
    pub threshold: i16,
}

/// A risk that a check speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskFact {
    /// Its key; none for what another branch would bring in.
    pub risk: Option<String>,
    /// How bad it is.
    pub level: Level,
    /// What it is; empty where its text must not travel.
    pub title: String,
    /// When it has to be gone.
    pub due_on: Option<NaiveDate>,
    /// What mends it.
    pub fixed_version: String,
}

/// What is known of an asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the register has it and the caller may see it.
    pub known: bool,
    /// Whether a person has looked at it.
    pub reviewed: bool,
    /// Risks past their due date.
    pub late: Vec<RiskFact>,
    /// Open risks that are known to be exploited.
    pub kev: Vec<RiskFact>,
    /// Risks with a fix that the run brought in.
    pub introduced: Vec<RiskFact>,
    /// When the newest full scan ran.
    pub last_full_scan: Option<DateTime<Utc>>,
    /// Why there is nothing to judge the run by, one sentence each.
    pub unusable: Vec<String>,
}

/// A waiver that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Waiver {
    /// Its number.
    pub id: i64,
    /// The check that it is about, none for all that look at the risk.
    #[schema(value_type = Option<String>)]
    pub check: Option<Check>,
    /// Key of the risk that it is about, none for all of the check.
    pub risk: Option<String>,
    /// Why.
    pub reason: String,
    /// Address of who answers for it.
    pub owner: String,
    /// Its last day.
    pub until: NaiveDate,
}

impl Waiver {
    fn covers(&self, reason: &Reason) -> bool {
        reason.check.can_be_waived()
            && self.check.is_none_or(|check| check == reason.check)
            && self.risk.as_ref().is_none_or(|risk| reason.risk.as_ref() == Some(risk))
            && (self.check.is_some() || self.risk.is_some())
    }
}

/// Why the gate is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Reason {
    /// The check that failed.
    #[schema(value_type = String)]
    pub check: Check,
    /// What is wrong, in one line.
    pub text: String,
    /// Key of the risk that it is about.
    pub risk: Option<String>,
    /// How bad that is.
    #[schema(value_type = Option<String>)]
    pub level: Option<Level>,
}

/// A reason that does not count for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Waived {
    /// The reason.
    #[serde(flatten)]
    pub reason: Reason,
    /// Who decided so, until when.
    pub waiver: Waiver,
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why it is closed; empty where it is open.
    pub reasons: Vec<Reason>,
    /// What would have closed it.
    pub waived: Vec<Waived>,
}

impl Verdict {
    /// Whether the asset may pass.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Judges an asset by the rules of its tier.
#[must_use]
pub fn judge(asset: &str, facts: &Facts, rules: &[Rule], waivers: &[Waiver], now: DateTime<Utc>) -> Verdict {
    if !facts.known {
        let text = format!(
            "The register has no asset {asset} that you may see. Import a report for it, or check the key."
        );
        return Verdict { reasons: vec![plain(Check::Data, text)], waived: Vec::new() };
    }
    let mut found: Vec<Reason> = facts.unusable.iter().map(|text| plain(Check::Data, text.clone())).collect();
    for rule in rules {
        found.extend(failures(asset, facts, *rule, now));
    }
    let mut verdict = Verdict { reasons: Vec::new(), waived: Vec::new() };
    for reason in found {
        match waivers.iter().find(|waiver| waiver.covers(&reason)) {
            Some(waiver) => verdict.waived.push(Waived { reason, waiver: waiver.clone() }),
            None => verdict.reasons.push(reason),
        }
    }
    verdict
}

fn failures(asset: &str, facts: &Facts, rule: Rule, now: DateTime<Utc>) -> Vec<Reason> {
    let at_least = |risk: &&RiskFact| risk.level.as_i16() >= rule.threshold;
    match rule.check {
        Check::Late => facts.late.iter().filter(at_least).map(late).collect(),
        Check::Kev => facts.kev.iter().map(kev).collect(),
        Check::Introduced => facts.introduced.iter().filter(at_least).map(introduced).collect(),
        Check::FullScan => full_scan(asset, facts.last_full_scan, rule.threshold, now).into_iter().collect(),
        Check::Reviewed if !facts.reviewed => {
            let text = format!(
                "Nobody has reviewed the asset {asset} yet. Let a triager look at it in the register."
            );
            vec![plain(Check::Reviewed, text)]
        }
        Check::Reviewed | Check::Data => Vec::new(),
    }
}

fn late(risk: &RiskFact) -> Reason {
    let due = risk.due_on.map(|day| format!(", was due on {day}")).unwrap_or_default();
    of_risk(Check::Late, risk, &format!("is late{due}"))
}

fn kev(risk: &RiskFact) -> Reason {
    of_risk(Check::Kev, risk, "is open and known to be exploited")
}

fn introduced(risk: &RiskFact) -> Reason {
    let fix =
        if risk.fixed_version.is_empty() { String::new() } else { format!(" in {}", risk.fixed_version) };
    of_risk(Check::Introduced, risk, &format!("came in with this run and has a fix{fix}"))
}

fn full_scan(asset: &str, last: Option<DateTime<Utc>>, days: i16, now: DateTime<Utc>) -> Option<Reason> {
    let text = match last {
        None => format!("There is no full scan of {asset} yet. Import one."),
        Some(at) if now - at > Duration::days(i64::from(days)) => {
            format!(
                "The last full scan of {asset} is of {}, older than {days} days. Import a new one.",
                at.date_naive()
            )
        }
        Some(_) => return None,
    };
    Some(plain(Check::FullScan, text))
}

fn of_risk(check: Check, risk: &RiskFact, what: &str) -> Reason {
    let subject = risk.risk.as_deref().unwrap_or("A finding of this branch");
    let title = if risk.title.is_empty() { String::new() } else { format!(": {}", risk.title) };
    let text = format!("{subject} ({}) {what}{title}", risk.level);
    Reason { check, text, risk: risk.risk.clone(), level: Some(risk.level) }
}

fn plain(check: Check, text: String) -> Reason {
    Reason { check, text, risk: None, level: None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn risk(key: &str, level: Level) -> RiskFact {
        RiskFact {
            risk: Some(key.to_owned()),
            level,
            title: "SQL in the search".to_owned(),
            due_on: NaiveDate::from_ymd_opt(2026, 3, 1),
            fixed_version: "1.1".to_owned(),
        }
    }

    fn fine() -> Facts {
        Facts { known: true, reviewed: true, last_full_scan: Some(now()), ..Facts::default() }
    }

    fn rules() -> Vec<Rule> {
        [
            (Check::Late, 3),
            (Check::Kev, 0),
            (Check::Introduced, 3),
            (Check::FullScan, 7),
            (Check::Reviewed, 0),
        ]
        .map(|(check, threshold)| Rule { check, threshold })
        .to_vec()
    }

    fn checks(facts: &Facts, waivers: &[Waiver]) -> Vec<Check> {
        let verdict = judge("web", facts, &rules(), waivers, now());
        assert_eq!(verdict.passed(), verdict.reasons.is_empty());
        verdict.reasons.iter().map(|reason| reason.check).collect()
    }

    fn waiver(check: Option<Check>, risk: Option<&str>) -> Waiver {
        Waiver {
            id: 1,
            check,
            risk: risk.map(str::to_owned),
            reason: "frozen".to_owned(),
            owner: "ana@example.org".to_owned(),
            until: NaiveDate::from_ymd_opt(2027, 1, 31).unwrap(),
        }
    }

    #[test]
    fn each_check_closes_the_gate() {
        assert_eq!(checks(&fine(), &[]), []);
        let late = vec![risk("R-1", Level::High), risk("R-2", Level::Medium)];
        assert_eq!(checks(&Facts { late, ..fine() }, &[]), [Check::Late]);
        assert_eq!(checks(&Facts { kev: vec![risk("R-3", Level::Low)], ..fine() }, &[]), [Check::Kev]);
        let introduced = vec![risk("R-4", Level::Critical), risk("R-5", Level::Low)];
        assert_eq!(checks(&Facts { introduced, ..fine() }, &[]), [Check::Introduced]);
        assert_eq!(checks(&Facts { reviewed: false, ..fine() }, &[]), [Check::Reviewed]);
        let old = Some(now() - Duration::days(7) - Duration::seconds(1));
        assert_eq!(checks(&Facts { last_full_scan: old, ..fine() }, &[]), [Check::FullScan]);
        assert_eq!(checks(&Facts { last_full_scan: None, ..fine() }, &[]), [Check::FullScan]);
    }

    #[test]
    fn what_is_not_known_never_passes_whatever_is_waived_or_switched_off() {
        let everything: Vec<Waiver> = Check::ALL.iter().map(|check| waiver(Some(*check), None)).collect();
        for facts in [Facts::default(), Facts { unusable: vec!["Import 3 failed.".to_owned()], ..fine() }] {
            assert!(!judge("web", &facts, &[], &everything, now()).passed(), "{facts:?}");
        }
        assert_eq!(checks(&Facts { last_full_scan: None, ..fine() }, &everything), [Check::FullScan]);
    }

    #[test]
    fn a_waiver_covers_its_check_or_its_risk_and_nothing_else() {
        let facts = Facts {
            late: vec![risk("R-1", Level::High), risk("R-2", Level::High)],
            kev: vec![risk("R-1", Level::High)],
            ..fine()
        };
        assert_eq!(checks(&facts, &[waiver(Some(Check::Late), None)]), [Check::Kev]);
        assert_eq!(checks(&facts, &[waiver(None, Some("R-1"))]), [Check::Late]);
        assert_eq!(checks(&facts, &[waiver(Some(Check::Kev), Some("R-1"))]), [Check::Late, Check::Late]);
        assert_eq!(checks(&facts, &[waiver(Some(Check::Introduced), Some("R-9"))]).len(), 3);
    }

    proptest! {
        #[test]
        fn every_failure_is_either_a_reason_or_waived(late in 0..6_usize, kev in 0..6_usize, waive in any::<bool>()) {
            let many = |count: usize| (0..count).map(|number| risk(&format!("R-{number}"), Level::High)).collect();
            let facts = Facts { late: many(late), kev: many(kev), ..fine() };
            let waivers = if waive { vec![waiver(Some(Check::Late), None)] } else { vec![] };
            let verdict = judge("web", &facts, &rules(), &waivers, now());
            prop_assert_eq!(verdict.reasons.len() + verdict.waived.len(), late + kev);
            prop_assert_eq!(verdict.waived.len(), if waive { late } else { 0 });
        }
    }
}
