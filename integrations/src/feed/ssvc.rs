//! CISA's answers to the questions of SSVC, in the records of vulnerabilities that it enriches: one JSON file a CVE.

use std::io::Read;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{FeedError, cve_id};

/// Largest record, in bytes: far above the longest lists of references.
const FILE_BYTES: u64 = 8 * 1024 * 1024;

/// The answers about one vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsvcRecord {
    /// Its id.
    pub cve: String,
    /// none, poc or active.
    pub exploitation: String,
    /// Whether an attack can be automated.
    pub automatable: bool,
    /// Whether an attack takes over everything.
    pub total_impact: bool,
    /// When it was judged.
    pub assessed_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    cve_metadata: Metadata,
    #[serde(default)]
    containers: Containers,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    cve_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Containers {
    adp: Vec<Container>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container {
    metrics: Vec<Metric>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metric {
    other: Option<Other>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Other {
    #[serde(rename = "type")]
    kind: String,
    content: Content,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    timestamp: String,
    options: Vec<Value>,
}

/// Reads a record; none when nobody has answered the questions for it yet.
///
/// # Errors
/// When it is no such record, or an answer is not known.
pub fn read(source: impl Read) -> Result<Option<SsvcRecord>, FeedError> {
    let mut text = Vec::new();
    source
        .take(FILE_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(|error| FeedError::whole(format!("The file could not be read: {error}.")))?;
    if text.len() as u64 > FILE_BYTES {
        return Err(FeedError::whole("The file is larger than 8 MiB, which no record is."));
    }
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    let record: Record = serde_json::from_slice(text).map_err(|error| {
        FeedError::at(error.line() as u64, format!("This is not the record of a vulnerability: {error}"))
    })?;
    let cve = cve_id(&record.cve_metadata.cve_id)
        .ok_or_else(|| FeedError::whole(format!("{:?} is no CVE id.", record.cve_metadata.cve_id)))?;
    let answered = record
        .containers
        .adp
        .into_iter()
        .flat_map(|container| container.metrics)
        .filter_map(|metric| metric.other)
        .filter(|other| other.kind == "ssvc");
    let mut found = Vec::new();
    for other in answered {
        found.push(answers(&cve, &other.content)?);
    }
    Ok(found.into_iter().max_by_key(|record| record.assessed_at))
}

fn answers(cve: &str, content: &Content) -> Result<SsvcRecord, FeedError> {
    let answer = |question: &str| {
        let mut asked = content.options.iter().filter_map(|option| option.get(question)?.as_str());
        asked
            .next()
            .map(str::to_lowercase)
            .ok_or_else(|| FeedError::whole(format!("{cve}: there is no answer to {question}.")))
    };
    let either = |question: &str, yes: &str, no: &str| {
        let word = answer(question)?;
        match word.as_str() {
            word if word == yes => Ok(true),
            word if word == no => Ok(false),
            word => Err(FeedError::whole(format!("{cve}: {question} is {yes} or {no}, not {word:?}."))),
        }
    };
    let exploitation = answer("Exploitation")?;
    if !["none", "poc", "active"].contains(&exploitation.as_str()) {
        let text = format!("{cve}: Exploitation is none, poc or active, not {exploitation:?}.");
        return Err(FeedError::whole(text));
    }
    Ok(SsvcRecord {
        cve: cve.to_owned(),
        exploitation,
        automatable: either("Automatable", "yes", "no")?,
        total_impact: either("Technical Impact", "total", "partial")?,
        assessed_at: DateTime::parse_from_rfc3339(&content.timestamp).ok().map(|at| at.to_utc()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(options: serde_json::Value) -> Result<Option<SsvcRecord>, FeedError> {
        let file = json!({
            "dataType": "CVE_RECORD", "cveMetadata": { "cveId": "CVE-2026-1000" },
            "containers": { "cna": {}, "adp": [
                { "metrics": [{ "cvssV3_1": {} }] },
                { "metrics": [{ "other": { "type": "kev", "content": { "dateAdded": "2026-01-01" } } }] },
                { "metrics": [{ "other": { "type": "ssvc", "content": {
                    "timestamp": "2026-03-01T10:00:00Z", "version": "2.0.3", "options": options } } }] },
            ] },
        });
        read(file.to_string().as_bytes())
    }

    #[test]
    fn the_three_answers_are_read() {
        let read = record(
            json!([{ "Exploitation": "poc" }, { "Automatable": "yes" }, { "Technical Impact": "Total" }]),
        );
        let expected = SsvcRecord {
            cve: "CVE-2026-1000".to_owned(),
            exploitation: "poc".to_owned(),
            automatable: true,
            total_impact: true,
            assessed_at: Some("2026-03-01T10:00:00Z".parse().unwrap()),
        };
        assert_eq!(read, Ok(Some(expected)));
    }

    #[test]
    fn a_record_without_answers_has_none_and_a_strange_one_is_refused() {
        let bare = json!({ "cveMetadata": { "cveId": "CVE-2026-1000" } });
        assert_eq!(read(bare.to_string().as_bytes()), Ok(None));
        for options in [
            json!([{ "Exploitation": "poc" }, { "Automatable": "yes" }]),
            json!([{ "Exploitation": "often" }, { "Automatable": "yes" }, { "Technical Impact": "total" }]),
            json!([{ "Exploitation": "none" }, { "Automatable": "perhaps" }, { "Technical Impact": "total" }]),
        ] {
            assert!(record(options.clone()).is_err(), "{options}");
        }
        assert!(read(&b"[]"[..]).is_err());
        assert!(read(json!({ "cveMetadata": { "cveId": "banana" } }).to_string().as_bytes()).is_err());
    }
}
