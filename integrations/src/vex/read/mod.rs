//! VEX documents of others, as statements: which vulnerability, in what, and what is said of it.

mod csaf;
mod cyclonedx;
mod openvex;

use std::collections::{BTreeMap, HashSet};
use std::io::{Read as _, SeekFrom};

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::Justification;
use crate::scanner::{Head, ParseError, ReadSeek, Root};

/// Largest document, in bytes: it is read as a whole.
const DOCUMENT_BYTES: u64 = 8 * 1024 * 1024;
/// Longest text that is kept of a document, in characters.
const LONGEST: usize = 300;

/// A format of VEX documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VexFormat {
    /// OpenVEX.
    OpenVex,
    /// CycloneDX whose vulnerabilities all carry an analysis.
    CycloneDx,
    /// CSAF, as its VEX profile or an advisory.
    Csaf,
}

/// A document of somebody else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// Who says it; empty where the document does not tell.
    pub author: String,
    /// What the document is called; empty where it has no name.
    pub id: String,
    /// When it was said.
    pub at: Option<DateTime<Utc>>,
    /// What it says, in its order.
    pub statements: Vec<Said>,
    /// What cannot be used of it: where it stands, and why.
    pub unusable: Vec<(String, String)>,
}

/// What is said of one vulnerability in one package, or in whole products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Where it stands, as `statements[3]`.
    pub path: String,
    /// The ids of the vulnerability, the leading one first.
    pub ids: Vec<String>,
    /// The names of the products that it is said of; empty where the document does not tell.
    pub products: Vec<String>,
    /// The package within them; empty for all of them.
    pub package: String,
    /// What is said.
    pub claim: Claim,
    /// Further words.
    pub detail: String,
    /// When it was said.
    pub at: Option<DateTime<Utc>>,
}

/// What is said of a vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// It does not hurt, with the reason where one is given.
    NotAffected(Option<Justification>),
    /// It was never there.
    FalsePositive,
    /// It was mended.
    Fixed,
    /// It hurts.
    Affected,
    /// Nobody knows yet.
    UnderInvestigation,
}

impl Claim {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAffected(_) => "not_affected",
            Self::FalsePositive => "false_positive",
            Self::Fixed => "fixed",
            Self::Affected => "affected",
            Self::UnderInvestigation => "under_investigation",
        }
    }
}

impl VexFormat {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::OpenVex, Self::CycloneDx, Self::Csaf];

    /// The word for the upload's `format` field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenVex => "openvex",
            Self::CycloneDx => "cyclonedx_vex",
            Self::Csaf => "csaf",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::OpenVex => "OpenVEX",
            Self::CycloneDx => "CycloneDX VEX, JSON",
            Self::Csaf => "CSAF 2",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The format of a file of this beginning, when it is a VEX document; leaves the file at its start.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn recognise(head: &Head, file: &mut dyn ReadSeek) -> Result<Option<Self>, ParseError> {
        if head.root() != Root::Object {
            return Ok(None);
        }
        if head.text("@context").contains("openvex.dev/ns") {
            return Ok(Some(Self::OpenVex));
        }
        if !head.text("document.csaf_version").is_empty() {
            return Ok(Some(Self::Csaf));
        }
        let bill = head.text("bomFormat").eq_ignore_ascii_case("cyclonedx");
        if !bill || !head.has("vulnerabilities.analysis") {
            return Ok(None);
        }
        let length = file.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
        // A bill that is larger than any statement lists what a scanner found.
        let is_statement = length <= DOCUMENT_BYTES && cyclonedx::is_statement(&bytes(file)?);
        Ok(is_statement.then_some(Self::CycloneDx))
    }

    /// Reads a document.
    ///
    /// # Errors
    /// With line and column when it is no such document.
    pub fn read(self, file: &mut dyn ReadSeek) -> Result<Received, ParseError> {
        let bytes = bytes(file)?;
        match self {
            Self::OpenVex => openvex::read(&bytes),
            Self::CycloneDx => cyclonedx::read(&bytes),
            Self::Csaf => csaf::read(&bytes),
        }
    }
}

fn unreadable(error: &std::io::Error) -> ParseError {
    ParseError::whole(format!("The file could not be read: {error}."))
}

/// The whole file, without a byte order mark; leaves the file at its start.
fn bytes(file: &mut dyn ReadSeek) -> Result<Vec<u8>, ParseError> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    file.take(DOCUMENT_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > DOCUMENT_BYTES {
        let mib = DOCUMENT_BYTES / 1024 / 1024;
        return Err(ParseError::whole(format!(
            "This document is larger than {mib} MiB. Write one document for each product."
        )));
    }
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes.drain(..3);
    }
    Ok(bytes)
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ParseError> {
    serde_json::from_slice(bytes).map_err(|error| ParseError {
        reason: format!("This is not a VEX document: {error}."),
        line: Some(error.line() as u64),
        column: Some(error.column() as u64),
    })
}

/// A text of the document, in one line of a length that people read.
fn line(text: &str) -> String {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        line
    } else {
        line.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text.trim()).ok().map(|at| at.to_utc())
}

/// The text of a key; empty where there is none.
fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default()
}

/// The elements of a key that should hold a list.
fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Adds a text that says something and is not there yet.
fn add(list: &mut Vec<String>, text: &str) {
    let text = text.trim();
    if !text.is_empty() && !list.iter().any(|known| known == text) {
        list.push(line(text));
    }
}

/// Names in the order in which they came, none twice.
#[derive(Clone, Debug, Default)]
struct Names {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Names {
    fn add(&mut self, name: &str) {
        let name = line(name);
        if !name.is_empty() && self.seen.insert(name.clone()) {
            self.list.push(name);
        }
    }
}

/// Products by the package within them, so that one statement says one thing of a package.
type ByPackage = BTreeMap<String, Names>;

#[cfg(test)]
mod tests;
