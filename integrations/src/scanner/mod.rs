//! Reports of security scanners: recognised by content, read as a stream, handed out finding by finding.
//!
//! A new format is one file beside this one and one line in [`FORMATS`].

mod address;
mod cvss;
mod finding;
mod fingerprint;
mod format;
pub mod limits;
mod markup;
pub(crate) mod read;
mod recognise;
mod repeats;
mod resource;
mod secret;
mod weakness;

#[cfg(test)]
mod format_tests;
#[cfg(test)]
mod identity_tests;
#[cfg(test)]
mod report_tests;

use std::ops::ControlFlow;

pub use finding::{
    CvssRating, FindingKind, Fingerprint, Package, ParseError, RejectedRecord, ScanFinding, ScanRecord,
    ScanSummary, Severity,
};
pub(crate) use fingerprint::{percent_decoded, purl_without_version};
#[cfg(feature = "clients")]
pub(crate) use format::datadog::outline as datadog_outline;
pub use read::json::ReadSeek;
pub use recognise::{Certainty, Head, Root};
pub use secret::SecretKey;

use format::{FORMATS, ReadRecord};
use read::json::{JsonReader, RecordError};

/// One format: how it is told apart and how it is read.
pub(crate) trait Format: Sync {
    /// The word for the upload's `format` field.
    fn name(&self) -> &'static str;
    /// The name for people, with how to get such a report.
    fn title(&self) -> &'static str;
    /// Whether the start of a file looks like this format.
    fn recognise(&self, head: &Head) -> Certainty;
    /// Reads a whole report and puts its records out.
    ///
    /// The summary is complete only where the tool says that it got through, so that absence may mean something.
    fn parse(
        &self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        output: &mut Output<'_>,
    ) -> Result<ScanSummary, ParseError>;
}

/// A format that was recognised or asked for.
#[derive(Clone, Copy)]
pub struct ScanFormat(&'static dyn Format);

impl ScanFormat {
    /// All formats.
    pub fn all() -> impl Iterator<Item = Self> {
        FORMATS.iter().map(|format| Self(*format))
    }

    /// The format of this name.
    pub fn named(name: &str) -> Result<Self, ParseError> {
        Self::all().find(|format| format.name().eq_ignore_ascii_case(name.trim())).ok_or_else(|| {
            let names: Vec<_> = Self::all().map(Self::name).collect();
            ParseError::whole(format!(
                "There is no format {name:?}. Name one of: auto, {}.",
                names.join(", ")
            ))
        })
    }

    /// The format that a file of this beginning has.
    pub fn recognise(head: &Head) -> Result<Self, ParseError> {
        let mut found: Vec<(Certainty, Self)> = Self::all()
            .map(|format| (format.0.recognise(head), format))
            .filter(|(certainty, _)| *certainty != Certainty::No)
            .collect();
        found.sort_by(|(one, _), (other, _)| other.cmp(one));
        match found.as_slice() {
            [] => Err(head.error.clone().unwrap_or_else(|| {
                let short = |format: Self| format.title().split(" (").next().unwrap_or_default();
                let titles: Vec<_> = Self::all().map(short).collect();
                ParseError::whole(format!(
                    "The format of this file is not known. Read are: {}, and threat models and workshop files.",
                    titles.join(", ")
                ))
            })),
            [(best, _), (next, _), ..] if best == next => {
                let names: Vec<_> = found.iter().map(|(_, format)| format.name()).collect();
                Err(ParseError::whole(format!("This file could be any of: {}. Say which with `format`.", names.join(", "))))
            }
            [(_, format), ..] => Ok(*format),
        }
    }

    /// The word for the upload's `format` field.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.0.title()
    }

    /// What a report says about itself, without reading its records.
    pub fn summary(self, file: &mut dyn ReadSeek) -> Result<ScanSummary, ParseError> {
        let mut output = Output { sink: None, records: 0, rejected: 0 };
        self.0.parse(file, &SecretKey::new([0; 32]), &mut output)
    }

    /// Reads a report from its start and gives each record to the sink, until the sink breaks off.
    ///
    /// Records that were already given out when an error occurs must be thrown away by the caller.
    pub fn parse(
        self,
        file: &mut dyn ReadSeek,
        key: &SecretKey,
        sink: &mut dyn FnMut(ScanRecord) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ParseError> {
        let mut output = Output { sink: Some(sink), records: 0, rejected: 0 };
        let mut summary = self.0.parse(file, key, &mut output)?;
        summary.complete &= output.rejected == 0;
        Ok(summary)
    }
}

impl std::fmt::Debug for ScanFormat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

impl PartialEq for ScanFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

/// Reads a whole small JSON file with the same limits as a report.
pub(crate) fn read_json(file: &mut dyn ReadSeek) -> Result<serde_json::Value, ParseError> {
    let mut reader = JsonReader::new(file)?;
    let value = reader.value()?;
    reader.finish()?;
    Ok(value)
}

/// Where the formats put their records.
pub(crate) struct Output<'s> {
    /// None when only the summary is wanted.
    sink: Option<&'s mut dyn FnMut(ScanRecord) -> ControlFlow<()>>,
    records: u64,
    rejected: u64,
}

impl Output<'_> {
    /// Whether anybody wants the records; otherwise lists of them are passed over.
    pub(crate) fn wants_records(&self) -> bool {
        self.sink.is_some()
    }

    pub(crate) fn finding(&mut self, finding: ScanFinding) -> Result<(), ParseError> {
        self.records += 1;
        self.send(ScanRecord::Finding(Box::new(finding)))
    }

    /// A record that is no finding, such as a check that passed.
    pub(crate) fn passed_over(&mut self) {
        self.records += 1;
    }

    pub(crate) fn rejected(&mut self, path: String, line: u64, reason: String) -> Result<(), ParseError> {
        let index = self.records;
        self.records += 1;
        self.rejected += 1;
        self.send(ScanRecord::Rejected(RejectedRecord { index, path, line, reason }))
    }

    /// Reads each element of the list where the reader stands as one record; `null` is an empty list. A record may
    /// give any number of findings; one that cannot be used is named and passed over.
    pub(crate) fn records(
        &mut self,
        reader: &mut JsonReader<'_>,
        path: &str,
        read: ReadRecord<'_>,
    ) -> Result<(), ParseError> {
        if reader.skip_null()? {
            return Ok(());
        }
        if !self.wants_records() {
            return reader.pass_over_list();
        }
        reader.list(&mut |reader, number| {
            let raw = reader.raw()?;
            self.record(&format!("{path}[{number}]"), raw.line, |findings| read(&raw, findings))
        })
    }

    /// Takes what one record gives, or names it as one that cannot be used.
    pub(crate) fn record(
        &mut self,
        path: &str,
        line: u64,
        read: impl FnOnce(&mut Vec<ScanFinding>) -> Result<(), RecordError>,
    ) -> Result<(), ParseError> {
        let mut findings = Vec::new();
        match read(&mut findings) {
            Ok(()) if findings.is_empty() => self.passed_over(),
            Ok(()) => {
                for finding in findings {
                    self.finding(finding)?;
                }
            }
            Err(RecordError::Syntax(error)) => return Err(error),
            Err(RecordError::Shape(reason)) => self.rejected(path.to_owned(), line, reason)?,
        }
        Ok(())
    }

    fn send(&mut self, record: ScanRecord) -> Result<(), ParseError> {
        match self.sink.as_mut().map(|sink| sink(record)) {
            None | Some(ControlFlow::Continue(())) => Ok(()),
            Some(ControlFlow::Break(())) => Err(ParseError::whole("Reading was stopped.")),
        }
    }
}

/// The name of an image without tag and digest: what stays the same from one build to the next.
#[must_use]
pub fn without_tag(image: &str) -> &str {
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    let name_start = image.rfind('/').map_or(0, |slash| slash + 1);
    match image[name_start..].find(':') {
        Some(colon) => &image[..name_start + colon],
        None => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_digests_are_no_part_of_a_name() {
        for (full, bare) in [
            ("registry.example.com:5000/shop/web:1.4.2", "registry.example.com:5000/shop/web"),
            ("shop/web@sha256:0123", "shop/web"),
            ("shop/web:1@sha256:0123", "shop/web"),
            ("alpine:3.11", "alpine"),
            (".", "."),
        ] {
            assert_eq!(without_tag(full), bare);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = ScanFormat::named("no-such-tool").unwrap_err();
        assert!(error.reason.contains("trivy") && error.reason.contains("sarif"), "{error}");
        assert_eq!(ScanFormat::named("SARIF").unwrap().name(), "sarif");
    }
}
