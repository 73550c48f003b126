//! Rules. The cadences that are offered at set-up, as data. An organisation takes what it wants and edits it.

use abate_entity::cadence::CadenceKind;

/// A cadence that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultCadence {
    /// What it is.
    pub kind: CadenceKind,
    /// What people call it.
    pub name: &'static str,
    /// What has to be done, and what shows that it was.
    pub description: &'static str,
    /// When it falls due.
    pub rule: &'static str,
    /// How many days before it is due it can be done.
    pub lead_days: u16,
    /// How many days after it was due it can still be done, late.
    pub grace_days: u16,
    /// The most calendar months between two runs.
    pub ceiling_months: Option<u32>,
    /// Whether a run on a day off is due on the business day before.
    pub back_to_business_day: bool,
}

const fn offered(
    kind: CadenceKind,
    name: &'static str,
    rule: &'static str,
    description: &'static str,
) -> DefaultCadence {
    DefaultCadence {
        kind,
        name,
        description,
        rule,
        lead_days: 7,
        grace_days: 7,
        ceiling_months: None,
        back_to_business_day: false,
    }
}

/// The two that every organisation gets unless it says no.
pub const AT_SET_UP: [CadenceKind; 2] = [CadenceKind::AsvsAudit, CadenceKind::PatchReview];

/// Everything that is offered, the two of set-up first.
pub const DEFAULTS: [DefaultCadence; 12] = [
    DefaultCadence {
        lead_days: 28,
        grace_days: 14,
        ..offered(
            CadenceKind::AsvsAudit,
            "ASVS audit",
            "FREQ=YEARLY;BYMONTH=3,9;BYDAY=2MO",
            "Verify the application against the OWASP ASVS: all of the chosen level in one half of the year, \
             level 1, changed chapters and last failures in the other. Evidence: the signed report with a result \
             for each requirement.",
        )
    },
    DefaultCadence {
        lead_days: 1,
        grace_days: 5,
        ..offered(
            CadenceKind::PatchReview,
            "Patch review",
            "FREQ=MONTHLY;BYDAY=WE;BYMONTHDAY=9,10,11,12,13,14,15",
            "Go through the patches of the day before, the second Tuesday of the month. Evidence: the list with a \
             decision for each, the test in staging, the tickets.",
        )
    },
    DefaultCadence {
        lead_days: 14,
        ceiling_months: Some(6),
        back_to_business_day: true,
        ..offered(
            CadenceKind::SecurityReview,
            "Security review by management",
            "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=10",
            "Show management what is open, late and accepted, and take its decisions. Evidence: minutes with \
             attendees and decisions.",
        )
    },
    DefaultCadence {
        lead_days: 28,
        grace_days: 14,
        ..offered(
            CadenceKind::ThreatModelRefresh,
            "Threat model refresh",
            "FREQ=YEARLY;BYMONTH=10;BYDAY=1MO",
            "Hold the workshop again with what has changed since. Evidence: the workshop's record.",
        )
    },
    offered(
        CadenceKind::IncidentDrill,
        "Incident drill",
        "FREQ=YEARLY;BYMONTH=2,8;BYDAY=3WE",
        "Play through an incident. Evidence: the report afterwards, with its actions recorded as risks.",
    ),
    DefaultCadence {
        lead_days: 28,
        grace_days: 28,
        ..offered(
            CadenceKind::Training,
            "Security training",
            "FREQ=YEARLY;BYMONTH=5;BYDAY=1MO",
            "Train everybody, and developers in their own matters. Evidence: the list of completions, 95 % at least.",
        )
    },
    DefaultCadence {
        ceiling_months: Some(7),
        ..offered(
            CadenceKind::AccessReview,
            "Access review",
            "FREQ=YEARLY;BYMONTH=4,10;BYMONTHDAY=1",
            "Go through who can do what, and take away what is no longer needed. Evidence: reviewer, list, changes.",
        )
    },
    offered(
        CadenceKind::KeyRotation,
        "Key rotation",
        "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1",
        "Rotate the master keys. Evidence: the ids of the keys and of the entries in the cloud's trail.",
    ),
    offered(
        CadenceKind::RestoreTest,
        "Backup restore test",
        "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO",
        "Restore a backup and use it. Evidence: the log of the restore and the time that it took.",
    ),
    DefaultCadence {
        lead_days: 28,
        grace_days: 28,
        ..offered(
            CadenceKind::PenetrationTest,
            "Penetration test",
            "FREQ=YEARLY;BYMONTH=11;BYDAY=1MO",
            "Have the system attacked by people who know how. Evidence: the report and the re-test.",
        )
    },
    DefaultCadence {
        lead_days: 2,
        grace_days: 3,
        ..offered(
            CadenceKind::VulnerabilityScan,
            "Vulnerability scan",
            "FREQ=WEEKLY;BYDAY=MO",
            "Scan everything in scope. Evidence: the import.",
        )
    },
    DefaultCadence {
        lead_days: 3,
        ..offered(
            CadenceKind::ChaosExperiment,
            "Chaos experiment",
            "FREQ=MONTHLY;BYDAY=3TH",
            "Break something on purpose in business hours. Evidence: what was expected and what happened.",
        )
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono_tz::Tz;

    use super::*;
    use crate::obligation::ceiling::DueRule;
    use crate::obligation::recurrence::Recurrence;

    #[test]
    fn every_default_is_a_rule_that_keeps_its_ceiling() {
        let start = "2027-01-01T09:00:00".parse().unwrap();
        for cadence in DEFAULTS {
            let recurrence = Recurrence::new(cadence.rule, start, Tz::Europe__London).unwrap();
            let rule = DueRule {
                ceiling_months: cadence.ceiling_months,
                back_to_business_day: cadence.back_to_business_day,
                ..DueRule::default()
            };
            let planned = rule.preview(&recurrence, None, start.date(), 24);
            assert_eq!(planned.map(|runs| runs.len()), Ok(24), "{}", cadence.name);
        }
    }

    #[test]
    fn names_are_unique_and_the_set_up_is_among_them() {
        let names: BTreeSet<_> = DEFAULTS.iter().map(|cadence| cadence.name).collect();
        assert_eq!(names.len(), DEFAULTS.len());
        for kind in AT_SET_UP {
            assert!(DEFAULTS.iter().any(|cadence| cadence.kind == kind));
        }
    }
}
