//! What a plugin found on a port of a host, however it was exported, so that XML and table name the same problem.

use serde_json::json;

use crate::scanner::finding::{CvssRating, FindingKind, ScanFinding, Severity};
use crate::scanner::format::details::references;
use crate::scanner::read::json::RecordError;
use crate::scanner::read::lenient::first_of;
use crate::scanner::repeats::Repeats;
use crate::scanner::weakness::{cwes, vulnerability_ids};
use crate::scanner::{address, cvss, fingerprint};

/// One item. The output of its plugin is left out: it changes with each scan.
pub(super) struct Item<'i> {
    pub(super) plugin: &'i str,
    pub(super) name: &'i str,
    /// The check of a policy; all of them share a plugin.
    pub(super) policy_check: &'i str,
    pub(super) family: &'i str,
    pub(super) service: &'i str,
    pub(super) severity: Severity,
    /// What became of it, where the tool follows that.
    pub(super) state: &'i str,
    /// As it was asked to be scanned.
    pub(super) host: &'i str,
    /// A better name of the host, where one was found.
    pub(super) resource: &'i str,
    pub(super) port: &'i str,
    pub(super) protocol: &'i str,
    pub(super) synopsis: &'i str,
    pub(super) description: &'i str,
    pub(super) solution: &'i str,
    pub(super) links: Vec<&'i str>,
    pub(super) ids: Vec<&'i str>,
    pub(super) weaknesses: Vec<&'i str>,
    /// Vectors and scores, the preferred ones first.
    pub(super) ratings: Vec<(&'i str, &'i str)>,
}

/// A level as number or word.
pub(super) fn severity(level: &str) -> Option<Severity> {
    match level.trim() {
        "4" => Some(Severity::Critical),
        "3" => Some(Severity::High),
        "2" => Some(Severity::Medium),
        "1" => Some(Severity::Low),
        "0" => Some(Severity::Info),
        word => Severity::from_word(word),
    }
}

impl Item<'_> {
    /// The finding; none where the report has it once more.
    pub(super) fn finding(&self, repeats: &mut Repeats) -> Result<Option<ScanFinding>, RecordError> {
        if self.plugin.is_empty() || self.name.is_empty() {
            return Err(RecordError::Shape("it has no plugin id or no name".into()));
        }
        let protocol = self.protocol.to_ascii_lowercase();
        let port = format!("{}/{protocol}", first_of(&[self.port, "0"]));
        let place = address::place(self.host);
        if !repeats.is_first(&[self.plugin, self.policy_check, &place, &port, self.severity.as_str()]) {
            return Ok(None);
        }
        let (kind, identity) = match self.policy_check {
            "" => (FindingKind::Dynamic, fingerprint::dynamic(self.plugin, &place, &port)),
            check => (FindingKind::Misconfiguration, fingerprint::misconfiguration(check, "", &place)),
        };
        let mut ratings = Vec::new();
        for (vector, score) in &self.ratings {
            // Some tables lost the decimal point of their scores.
            let score = score.trim().parse().ok().filter(|score: &f64| (0.0..=10.0).contains(score));
            match cvss::rating("nessus", vector) {
                Some(rating) => ratings.push(rating),
                None if score.is_some() => {
                    ratings.push(CvssRating { source: "nessus".into(), vector: String::new(), score });
                }
                None => {}
            }
        }
        let data = json!({
            "port": port, "service": self.service, "family": self.family, "host": place,
            "references": references(self.links.iter().copied()),
        });
        let description = [self.synopsis, self.description].join("\n\n");
        let no_solution = self.solution.eq_ignore_ascii_case("n/a");
        Ok(Some(
            ScanFinding {
                title: first_of(&[self.policy_check, self.name]).to_owned(),
                description: description.trim().to_owned(),
                path: address::path(self.host).trim_end_matches('/').to_owned(),
                resource: first_of(&[self.resource, &address::host(self.host)]).to_owned(),
                mitigation: if no_solution { String::new() } else { self.solution.to_owned() },
                vulnerability_ids: self.ids.iter().flat_map(|text| vulnerability_ids(text)).collect(),
                cwes: cwes(self.weaknesses.iter().copied()),
                cvss: ratings,
                status: self.state.to_ascii_lowercase(),
                suppressed: self.state.eq_ignore_ascii_case("fixed"),
                data: data.to_string(),
                ..ScanFinding::of(kind, self.severity, self.plugin, identity)
            }
            .sealed(),
        ))
    }
}
