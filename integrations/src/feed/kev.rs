//! CISA's catalogue of known exploited vulnerabilities, as JSON.

use std::collections::HashSet;
use std::io::Read;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::{FeedError, cve_id};

/// Where CISA publishes it.
pub const OFFICIAL: &str =
    "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";
/// Largest file, in bytes: ten times what the catalogue has grown to.
const FILE_BYTES: u64 = 32 * 1024 * 1024;

/// The catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KevCatalogue {
    /// Its version, such as `2025.08.25`.
    pub version: String,
    /// When it was published.
    pub released_at: Option<DateTime<Utc>>,
    /// What it lists, each vulnerability once.
    pub entries: Vec<KevEntry>,
}

/// A vulnerability that is known to be exploited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KevEntry {
    /// Its id.
    pub cve: String,
    /// Who makes the product.
    pub vendor: String,
    /// The product.
    pub product: String,
    /// What it is called.
    pub name: String,
    /// Since when it is listed.
    pub added_on: NaiveDate,
    /// By when United States agencies had to act; directives change, so not every entry has one.
    pub due_on: Option<NaiveDate>,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    catalog_version: String,
    #[serde(default)]
    date_released: String,
    count: Option<u64>,
    vulnerabilities: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(rename = "cveID")]
    cve: String,
    date_added: String,
    #[serde(default)]
    vendor_project: Option<String>,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    vulnerability_name: Option<String>,
    #[serde(default)]
    due_date: Option<String>,
    #[serde(default)]
    known_ransomware_campaign_use: Option<String>,
}

/// Reads the catalogue. Keys that are not known are passed over.
///
/// # Errors
/// When it is cut short, or not such a catalogue.
pub fn read(source: impl Read) -> Result<KevCatalogue, FeedError> {
    let mut text = Vec::new();
    source
        .take(FILE_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(|error| FeedError::whole(format!("The file could not be read: {error}.")))?;
    if text.len() as u64 > FILE_BYTES {
        return Err(FeedError::whole("The file is larger than 32 MiB, which no KEV catalogue is."));
    }
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    let file: File = serde_json::from_slice(text).map_err(|error| {
        FeedError::at(error.line() as u64, format!("This is not a KEV catalogue in JSON: {error}"))
    })?;
    if let Some(count) = file.count
        && count != file.vulnerabilities.len() as u64
    {
        return Err(FeedError::whole(format!(
            "The catalogue says that it has {count} entries, and has {}: it was cut short or changed.",
            file.vulnerabilities.len()
        )));
    }
    if file.vulnerabilities.is_empty() {
        return Err(FeedError::whole("The catalogue is empty."));
    }
    let mut seen = HashSet::new();
    let mut entries = Vec::with_capacity(file.vulnerabilities.len());
    for (index, record) in file.vulnerabilities.into_iter().enumerate() {
        let entry = entry(record)
            .map_err(|reason| FeedError::whole(format!("vulnerabilities[{index}]: {reason}.")))?;
        if seen.insert(entry.cve.clone()) {
            entries.push(entry);
        }
    }
    Ok(KevCatalogue {
        version: file.catalog_version,
        released_at: DateTime::parse_from_rfc3339(&file.date_released).ok().map(|at| at.to_utc()),
        entries,
    })
}

fn entry(record: Record) -> Result<KevEntry, String> {
    let cve = cve_id(&record.cve).ok_or_else(|| format!("cveID {:?} is no CVE id", record.cve))?;
    let added_on = record
        .date_added
        .parse()
        .map_err(|_| format!("dateAdded {:?} is no date; it is written as 2025-08-25", record.date_added))?;
    let ransomware =
        record.known_ransomware_campaign_use.is_some_and(|word| word.trim().eq_ignore_ascii_case("known"));
    Ok(KevEntry {
        cve,
        vendor: record.vendor_project.unwrap_or_default(),
        product: record.product.unwrap_or_default(),
        name: record.vulnerability_name.unwrap_or_default(),
        added_on,
        due_on: record.due_date.and_then(|day| day.parse().ok()),
        ransomware,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalogue(count: u64, entries: serde_json::Value) -> Result<KevCatalogue, FeedError> {
        let file = json!({
            "title": "KEV", "catalogVersion": "2026.03.01", "dateReleased": "2026-03-01T17:04:19.9796Z",
            "count": count, "somethingNew": [1], "vulnerabilities": entries,
        });
        read(file.to_string().as_bytes())
    }

    #[test]
    fn entries_are_read_with_what_they_lack() {
        let read = catalogue(
            3,
            json!([
                { "cveID": "CVE-2021-44228", "vendorProject": "Apache", "product": "Log4j2", "dateAdded": "2021-12-10",
                  "dueDate": "2021-12-24", "knownRansomwareCampaignUse": "Known", "cwes": ["CWE-20"] },
                { "cveID": "cve-2026-1000", "dateAdded": "2026-03-01", "dueDate": null, "later": {} },
                { "cveID": "CVE-2021-44228", "dateAdded": "2022-01-01" },
            ]),
        )
        .unwrap();
        assert_eq!(read.version, "2026.03.01");
        assert_eq!(read.released_at.unwrap().date_naive().to_string(), "2026-03-01");
        assert_eq!(read.entries.len(), 2, "each vulnerability once");
        assert!(read.entries[0].ransomware && read.entries[0].due_on.is_some());
        assert_eq!(read.entries[1].cve, "CVE-2026-1000");
        assert_eq!(read.entries[1].due_on, None);
    }

    #[test]
    fn what_is_no_whole_catalogue_is_refused() {
        let one = json!([{ "cveID": "CVE-2021-44228", "dateAdded": "2021-12-10" }]);
        assert!(catalogue(2, one).unwrap_err().reason.contains("2 entries"));
        assert!(catalogue(0, json!([])).unwrap_err().reason.contains("empty"));
        let bad = json!([{ "cveID": "CVE-2021-44228", "dateAdded": "10/12/2021" }]);
        assert!(catalogue(1, bad).unwrap_err().reason.contains("vulnerabilities[0]: dateAdded"));
        let bad = json!([{ "cveID": "x", "dateAdded": "2021-12-10" }]);
        assert!(catalogue(1, bad).unwrap_err().reason.contains("no CVE id"));
        let broken = read(&b"{\"vulnerabilities\": [\n{\"cveID\": "[..]).unwrap_err();
        assert_eq!(broken.line, Some(2));
        assert!(read(&b"<html>"[..]).is_err());
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }
}
