//! Rules. What stops an import until a person agrees: each check is a row of data with its threshold.

use abate_entity::text_enum;
use serde::{Deserialize, Serialize};

text_enum! {
    /// A reason to stop.
    pub enum Check ("guard rail") {
        /// A large share of the source's findings would count as gone; the threshold is in percent.
        VanishShare = "vanish_share",
        /// A full report without findings, after one that had at least so many.
        EmptyReport = "empty_report",
        /// Another tool or format than the scan before.
        ToolChanged = "tool_changed",
        /// Another version of the tool no longer sees a large share; the threshold is in percent.
        VersionVanish = "version_vanish",
        /// A first import of which more risks than so many would be late the moment they are made.
        Backlog = "backlog",
        /// A first import that makes more risks than so many.
        FirstImport = "first_import",
    }
}

/// A guard rail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardRail {
    /// What is looked at.
    pub check: Check,
    /// Whether it stops an import.
    pub enabled: bool,
    /// From what on; percent or a number, as the check says.
    #[serde(default)]
    pub threshold: u32,
    /// Fewer findings than this pass without a question.
    #[serde(default)]
    pub at_least: u32,
}

/// An import as the guard rails see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The report covers all of its scope and was read to its end.
    pub complete: bool,
    /// Records that it has.
    pub findings: usize,
    /// Known findings that it does not have, for the first time or again.
    pub vanished: usize,
    /// Those of them that would count as gone.
    pub closing: usize,
    /// Known findings that did not count as gone before.
    pub live: usize,
    /// Risks that it makes.
    pub created: usize,
    /// Those of them that would be late the moment they are made.
    pub late: usize,
    /// The tool, its version and the format.
    pub tool: Tool,
    /// Those of the scan before; none for the first one of the scope.
    pub before: Option<Tool>,
}

/// With what a report was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The format of its report.
    pub format: String,
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What asks.
    pub check: Check,
    /// The question, and what can be done.
    pub detail: String,
}

/// The questions to ask before an import is applied.
#[must_use]
pub fn questions(rails: &[GuardRail], facts: &Facts) -> Vec<Question> {
    rails
        .iter()
        .filter(|rail| rail.enabled)
        .filter_map(|rail| Some(Question { check: rail.check, detail: question(rail, facts)? }))
        .collect()
}

fn question(rail: &GuardRail, facts: &Facts) -> Option<String> {
    let share = |count: usize| {
        let percent = count * 100 / facts.live.max(1);
        (count >= rail.at_least as usize && count > 0 && percent >= rail.threshold as usize)
            .then_some(percent)
    };
    let threshold = rail.threshold as usize;
    match (rail.check, &facts.before) {
        (Check::VanishShare, _) => share(facts.closing).map(|percent| {
            format!(
                "This import would count {} of {} findings of this source ({percent} %) as gone and close their risks. \
                 If the scan was whole, apply it; if not, upload a whole one.",
                facts.closing, facts.live
            )
        }),
        (Check::EmptyReport, Some(_)) => {
            let empty = facts.complete && facts.findings == 0 && facts.live >= threshold.max(1);
            empty.then(|| {
                format!(
                    "This report is empty, and the source had {} findings before. If all of them are gone, apply it; \
                     if the scan did not work, mend it and upload another one.",
                    facts.live
                )
            })
        }
        (Check::ToolChanged, Some(before)) => {
            let differ = |old: &str, new: &str| !old.is_empty() && !old.eq_ignore_ascii_case(new);
            let changed = differ(&before.name, &facts.tool.name) || differ(&before.format, &facts.tool.format);
            changed.then(|| {
                format!(
                    "This source reported with {} ({}) before, now with {} ({}). Another tool sees other things, and \
                     what it does not see would count as gone. Apply it if the source really changed its tool; else \
                     upload it under a source of its own.",
                    before.name, before.format, facts.tool.name, facts.tool.format
                )
            })
        }
        (Check::VersionVanish, Some(before)) if before.version != facts.tool.version => {
            share(facts.vanished).map(|percent| {
                format!(
                    "{} changed from version {} to {}, and {} of {} findings ({percent} %) are not in its report any \
                     more. Look whether they are gone or only seen differently, then apply it.",
                    facts.tool.name, before.version, facts.tool.version, facts.vanished, facts.live
                )
            })
        }
        (Check::Backlog, None) => (facts.late > threshold).then(|| {
            format!(
                "This is the first import of this source, and {} of its {} risks would be late at once. Apply it as a \
                 backlog, so that their clocks start today, or as it is.",
                facts.late, facts.created
            )
        }),
        (Check::FirstImport, None) => (facts.created > threshold).then(|| {
            format!(
                "This is the first import of this source, and it makes {} risks at once. Apply it as a backlog (their \
                 clocks start today, one message, tickets only on request), or as it is.",
                facts.created
            )
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::default_rule;
    use super::*;

    fn tool(name: &str, version: &str) -> Tool {
        Tool { name: name.to_owned(), version: version.to_owned(), format: "trivy".to_owned() }
    }

    fn asked(facts: &Facts) -> Vec<Check> {
        questions(&default_rule::guard_rails(), facts).into_iter().map(|question| question.check).collect()
    }

    fn usual() -> Facts {
        Facts {
            complete: true,
            findings: 100,
            live: 100,
            tool: tool("Trivy", "0.60"),
            before: Some(tool("Trivy", "0.60")),
            ..Facts::default()
        }
    }

    #[test]
    fn closing_much_needs_a_yes() {
        assert_eq!(asked(&usual()), []);
        assert_eq!(asked(&Facts { closing: 9, live: 9, vanished: 9, ..usual() }), []);
        assert_eq!(asked(&Facts { closing: 10, vanished: 10, ..usual() }), []);
        let much = Facts { closing: 31, vanished: 31, ..usual() };
        assert_eq!(asked(&much), [Check::VanishShare]);
        let question = &questions(&default_rule::guard_rails(), &much)[0];
        assert!(question.detail.contains("31 of 100") && question.detail.contains("31 %"));
    }

    #[test]
    fn an_empty_report_after_a_full_one_needs_a_yes() {
        let empty = Facts { findings: 0, vanished: 100, ..usual() };
        assert_eq!(asked(&empty), [Check::EmptyReport]);
        assert_eq!(asked(&Facts { live: 0, vanished: 0, ..empty.clone() }), []);
        assert_eq!(asked(&Facts { complete: false, ..empty.clone() }), []);
        assert_eq!(asked(&Facts { before: None, ..empty }), []);
    }

    #[test]
    fn another_tool_needs_a_yes_and_another_version_only_when_much_is_gone() {
        assert_eq!(asked(&Facts { before: Some(tool("Grype", "0.60")), ..usual() }), [Check::ToolChanged]);
        assert_eq!(asked(&Facts { before: Some(tool("trivy", "0.60")), ..usual() }), []);
        let newer = Facts { before: Some(tool("Trivy", "0.59")), ..usual() };
        assert_eq!(asked(&newer), []);
        assert_eq!(asked(&Facts { vanished: 20, ..newer.clone() }), [Check::VersionVanish]);
        assert_eq!(asked(&Facts { vanished: 19, ..newer }), []);
    }

    #[test]
    fn a_backlog_is_asked_about_on_the_first_import_only() {
        let first = Facts { before: None, live: 0, created: 900, late: 201, ..usual() };
        assert_eq!(asked(&first), [Check::Backlog]);
        assert_eq!(asked(&Facts { late: 200, ..first.clone() }), []);
        assert_eq!(asked(&Facts { before: usual().before, ..first.clone() }), []);
        let mut rails = default_rule::guard_rails();
        for rail in &mut rails {
            rail.enabled = rail.check == Check::FirstImport;
        }
        assert_eq!(questions(&rails, &first)[0].check, Check::FirstImport);
        assert!(questions(&rails, &Facts { created: 200, ..first }).is_empty());
    }
}
