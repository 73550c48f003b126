//! Rules. How many days the United States' directive BOD 26-04 gives a weakness, by four questions.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::event::Judgement;

/// The four questions about a weakness on an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Questions {
    /// Whether KEV lists it.
    pub kev_listed: bool,
    /// Whether the asset is exposed to the public.
    pub exposed: bool,
    /// Whether an attack can be automated.
    pub automatable: bool,
    /// Whether an attack takes over everything.
    pub total_impact: bool,
}

/// What the directive asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Calendar days; none means at the next upgrade of the system.
    pub days: Option<u32>,
    /// Whether traces of an attack have to be looked for.
    pub forensics: bool,
}

/// The row of the directive's table.
#[must_use]
pub const fn outcome(questions: Questions) -> Outcome {
    let Questions { kev_listed, exposed, automatable, total_impact } = questions;
    let (days, forensics) = match (kev_listed, exposed, automatable, total_impact) {
        (true, true, _, true) | (true, _, true, true) => (Some(3), true),
        (true, true, true, false) | (false, true, true, true) => (Some(3), false),
        (true, ..) | (false, true, true, false) | (false, true, false, true) => (Some(14), false),
        (false, true, false, false) | (false, false, true, _) => (Some(60), false),
        (false, false, false, _) => (None, false),
    };
    Outcome { days, forensics }
}

/// What is answered about a weakness; none is not assessed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// Whether an attack can be automated.
    pub automatable: Option<bool>,
    /// Whether an attack takes over everything.
    pub total_impact: Option<bool>,
}

/// Judges a weakness. What is not assessed counts as no, and the row says so.
#[must_use]
pub fn judge(cve: &str, kev_added: Option<NaiveDate>, exposed: bool, answers: Answers) -> Judgement {
    let outcome = outcome(Questions {
        kev_listed: kev_added.is_some(),
        exposed,
        automatable: answers.automatable == Some(true),
        total_impact: answers.total_impact == Some(true),
    });
    let listed = kev_added.map_or_else(|| "not in KEV".to_owned(), |day| format!("in KEV since {day}"));
    let exposed = if exposed { "internet-facing" } else { "not internet-facing" };
    let automatable = match answers.automatable {
        Some(true) => "automatable",
        Some(false) => "not automatable",
        None => "automatable: not assessed",
    };
    let impact = match answers.total_impact {
        Some(true) => "total impact",
        Some(false) => "partial impact",
        None => "impact: not assessed",
    };
    Judgement {
        cve: cve.to_owned(),
        kev_added,
        days: outcome.days,
        forensics: outcome.forensics,
        row: [listed.as_str(), exposed, automatable, impact].join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_assessed_counts_as_no_and_is_said() {
        let added = NaiveDate::from_ymd_opt(2026, 10, 10);
        let judged = judge("CVE-2026-1", added, true, Answers::default());
        assert_eq!((judged.days, judged.forensics), (Some(14), false));
        let said =
            "in KEV since 2026-10-10, internet-facing, automatable: not assessed, impact: not assessed";
        assert_eq!(judged.row, said);
        let total = Answers { automatable: None, total_impact: Some(true) };
        assert_eq!(judge("CVE-2026-1", added, true, total).days, Some(3));
        assert!(judge("CVE-2026-1", added, true, total).forensics);
        assert_eq!(judge("CVE-2026-1", None, false, Answers::default()).days, None);
    }

    /// The sixteen rows by the letters of what is true: K listed, P exposed, A automatable, T total impact.
    const ROWS: [(&str, Option<u32>, bool); 16] = [
        ("", None, false),
        ("T", None, false),
        ("P", Some(60), false),
        ("A", Some(60), false),
        ("AT", Some(60), false),
        ("PA", Some(14), false),
        ("PT", Some(14), false),
        ("PAT", Some(3), false),
        ("K", Some(14), false),
        ("KP", Some(14), false),
        ("KA", Some(14), false),
        ("KT", Some(14), false),
        ("KPA", Some(3), false),
        ("KPT", Some(3), true),
        ("KAT", Some(3), true),
        ("KPAT", Some(3), true),
    ];

    #[test]
    fn every_row_of_the_table() {
        for (letters, days, forensics) in ROWS {
            let has = |letter| letters.contains(letter);
            let questions = Questions {
                kev_listed: has('K'),
                exposed: has('P'),
                automatable: has('A'),
                total_impact: has('T'),
            };
            assert_eq!(outcome(questions), Outcome { days, forensics }, "{letters}");
        }
    }
}
