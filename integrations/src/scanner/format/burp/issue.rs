//! One issue, whichever way Burp wrote it.

use serde_json::json;

use crate::scanner::address;
use crate::scanner::finding::{FindingKind, ScanFinding, Severity};
use crate::scanner::fingerprint;
use crate::scanner::markup::plain;
use crate::scanner::read::json::RecordError;
use crate::scanner::read::lenient::first_of;
use crate::scanner::read::xml::Element;
use crate::scanner::weakness::cwes;

/// What an issue says; descriptions are HTML still.
#[derive(Default)]
pub(super) struct Issue<'i> {
    /// The number of the kind of issue, where the source gives it.
    pub(super) kind: &'i str,
    pub(super) name: &'i str,
    pub(super) host: &'i str,
    pub(super) path: &'i str,
    /// The path and, in square brackets, the part of the request.
    pub(super) location: &'i str,
    pub(super) severity: &'i str,
    pub(super) confidence: &'i str,
    pub(super) detail: &'i str,
    pub(super) background: &'i str,
    pub(super) remediation: [&'i str; 2],
    pub(super) classifications: &'i str,
    pub(super) references: &'i str,
}

/// An issue of the XML report.
pub(super) fn of_xml(element: &Element) -> Issue<'_> {
    Issue {
        kind: element.text_of("type"),
        name: element.text_of("name"),
        host: element.text_of("host"),
        path: element.text_of("path"),
        location: element.text_of("location"),
        severity: element.text_of("severity"),
        confidence: element.text_of("confidence"),
        detail: element.text_of("issueDetail"),
        background: element.text_of("issueBackground"),
        remediation: [element.text_of("remediationDetail"), element.text_of("remediationBackground")],
        classifications: element.text_of("vulnerabilityClassifications"),
        references: element.text_of("references"),
    }
}

/// A failed case of Dastardly, which puts everything into one text.
pub(super) fn of_failure<'e>(element: &'e Element, around: &'e [Element]) -> Issue<'e> {
    let after = |label: &str| {
        element.text.lines().find_map(|line| line.trim().strip_prefix(label)).unwrap_or_default().trim()
    };
    let message = element.attribute("message");
    Issue {
        name: first_of(&[
            around.last().map_or("", |case| case.attribute("name")),
            message.split(" found at ").next().unwrap_or_default(),
        ]),
        host: after("Host:"),
        path: after("Path:"),
        severity: first_of(&[after("Severity:"), element.attribute("type")]),
        confidence: after("Confidence:"),
        detail: element.text.split_once("Issue Detail").map_or(&element.text, |(_, detail)| detail),
        classifications: element.text.split_once("Classifications").map_or("", |(_, list)| list),
        ..Issue::default()
    }
}

impl Issue<'_> {
    /// The finding: one for each place and parameter, so that each can be mended and tested by itself.
    pub(super) fn finding(&self) -> Result<ScanFinding, RecordError> {
        let rule = first_of(&[self.kind, self.name]);
        if rule.is_empty() {
            return Err(RecordError::Shape("it has neither type nor name".into()));
        }
        let false_positive = self.severity.to_ascii_lowercase().starts_with("false");
        let severity = match self.severity.trim() {
            _ if false_positive => Severity::Info,
            word if word.to_ascii_lowercase().starts_with("info") => Severity::Info,
            word => Severity::from_word(word).unwrap_or(Severity::Unknown),
        };
        let host = address::host(self.host);
        let path = address::path(self.path);
        let parameter = self
            .location
            .rsplit_once('[')
            .and_then(|(_, part)| part.trim_end().strip_suffix(']'))
            .unwrap_or_default();
        let place = format!("{host}{}", path.trim_end_matches('/'));
        let name = first_of(&[self.name, rule]);
        let title = match parameter {
            "" => name.to_owned(),
            parameter => format!("{name}: {parameter}"),
        };
        let description = [plain(self.detail), plain(self.background)].join("\n\n");
        let remediation = self.remediation.map(plain).join("\n\n");
        let classes = plain(self.classifications);
        let weaknesses = classes.split_whitespace().filter(|word| word.starts_with("CWE-"));
        let data = json!({
            "parameter": parameter, "confidence": self.confidence, "references": links(self.references),
            "address": format!("{}{path}", address::shown(self.host)),
        });
        Ok(ScanFinding {
            title,
            description: description.trim().to_owned(),
            path: path.to_owned(),
            resource: host,
            mitigation: remediation.trim().to_owned(),
            cwes: cwes(weaknesses),
            suppressed: false_positive,
            data: data.to_string(),
            ..ScanFinding::of(
                FindingKind::Dynamic,
                severity,
                rule,
                fingerprint::dynamic(rule, &place, parameter),
            )
        }
        .sealed())
    }
}

/// The addresses of the links in a piece of HTML.
fn links(html: &str) -> Vec<&str> {
    html.split(['"', '\'', '<', '>', ' ']).filter(|part| part.starts_with("http")).take(10).collect()
}
