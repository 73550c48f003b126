//! Assessments for SSVC decisions: what CISA's Vulnrichment adds to the record of a CVE.

use std::io::Read;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{FeedError, cve_id};

/// Largest record, in bytes.
const RECORD_BYTES: u64 = 16 * 1024 * 1024;

/// Whether attacks are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exploitation {
    /// None is.
    None,
    /// Somebody has shown how.
    ProofOfConcept,
    /// Attacks happen.
    Active,
}

/// What was found out about attacks on one vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsvcAssessment {
    /// Its id.
    pub cve: String,
    /// Whether attacks are known; none when the record does not say.
    pub exploitation: Option<Exploitation>,
    /// Whether an attack can be automated.
    pub automatable: Option<bool>,
    /// Whether an attack takes over everything.
    pub total_impact: Option<bool>,
    /// When it was assessed.
    pub assessed_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(default)]
    cve_metadata: Metadata,
    containers: Containers,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    cve_id: String,
}

#[derive(Deserialize)]
struct Containers {
    #[serde(default)]
    adp: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    metrics: Vec<Metric>,
}

#[derive(Deserialize)]
struct Metric {
    other: Option<Other>,
}

#[derive(Deserialize)]
struct Other {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    content: serde_json::Value,
}

/// Reads the record of a CVE; none when nobody has assessed it.
///
/// # Errors
/// When it is no such record.
pub fn read(source: impl Read) -> Result<Option<SsvcAssessment>, FeedError> {
    let record: Record = serde_json::from_reader(source.take(RECORD_BYTES)).map_err(|error| {
        FeedError::at(error.line() as u64, format!("This is not the record of a CVE in JSON: {error}"))
    })?;
    let metrics = record.containers.adp.into_iter().flat_map(|container| container.metrics);
    let assessments = metrics.filter_map(|metric| metric.other).filter(|other| other.kind == "ssvc");
    let known: Vec<SsvcAssessment> =
        assessments.filter_map(|other| assessment(&record.cve_metadata.cve_id, &other.content)).collect();
    Ok(known.into_iter().max_by_key(|assessment| assessment.assessed_at))
}

fn assessment(cve: &str, content: &serde_json::Value) -> Option<SsvcAssessment> {
    let text = |key: &str| content.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let options = content.get("options").and_then(serde_json::Value::as_array)?;
    let option = |name: &str| {
        options.iter().find_map(|option| {
            let option = option.as_object()?;
            let (_, value) = option.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            value.as_str().map(|word| word.trim().to_lowercase())
        })
    };
    Some(SsvcAssessment {
        cve: cve_id(text("id")).or_else(|| cve_id(cve))?,
        exploitation: option("exploitation").and_then(|word| match word.as_str() {
            "none" => Some(Exploitation::None),
            "poc" | "public poc" => Some(Exploitation::ProofOfConcept),
            "active" => Some(Exploitation::Active),
            _ => None,
        }),
        automatable: option("automatable").and_then(|word| match word.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }),
        total_impact: option("technical impact").and_then(|word| match word.as_str() {
            "total" => Some(true),
            "partial" => Some(false),
            _ => None,
        }),
        assessed_at: DateTime::parse_from_rfc3339(text("timestamp")).ok().map(|at| at.to_utc()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_assessment_counts() {
        let ssvc = |exploitation: &str, at: &str| {
            json!({ "other": { "type": "ssvc", "content": { "id": "CVE-2026-1000", "timestamp": at, "version": "2.0.3",
                "options": [{ "Exploitation": exploitation }, { "Automatable": "yes" }, { "Technical Impact": "total" }] } } })
        };
        let record = json!({
            "dataType": "CVE_RECORD", "cveMetadata": { "cveId": "CVE-2026-1000" },
            "containers": { "cna": {}, "adp": [
                { "title": "references only" },
                { "metrics": [ssvc("active", "2026-02-01T00:00:00.5Z"), { "cvssV3_1": {} }, ssvc("poc", "2026-01-01T00:00:00Z")] },
            ] },
        });
        let read = read(record.to_string().as_bytes()).unwrap().unwrap();
        assert_eq!(read.cve, "CVE-2026-1000");
        assert_eq!(read.exploitation, Some(Exploitation::Active));
        assert_eq!((read.automatable, read.total_impact), (Some(true), Some(true)));
    }

    #[test]
    fn a_record_without_one_says_nothing() {
        assert_eq!(read(&br#"{"containers": {"adp": []}}"#[..]), Ok(None));
        assert!(read(&b"[]"[..]).is_err());
        assert_eq!(read(&b"{\n"[..]).unwrap_err().line, Some(2));
    }
}
