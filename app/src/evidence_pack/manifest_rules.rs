//! Rules. What a pack says about itself: the period, what was filtered, and each file with its rows and digest. Nothing in
//! it says when it was made, so that a pack that is made again is the same.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of this form.
pub const FORMAT: &str = "abate-evidence/1";

/// What a pack says about itself.
#[derive(Debug, Serialize)]
pub struct Manifest {
    /// The version of this form.
    pub format: &'static str,
    /// The program that wrote it.
    pub tool: String,
    /// The installation.
    pub instance: String,
    /// The organisation's zone, whose days count.
    pub zone: String,
    /// The version of the zones.
    pub tzdata: &'static str,
    /// What it covers.
    pub period: Span,
    /// What was filtered.
    pub filters: Filters,
    /// The chain of the log; none where the log is not inside.
    pub log: Option<Chain>,
    /// Rows by section.
    pub totals: BTreeMap<String, u64>,
    /// The files, by name.
    pub files: BTreeMap<String, File>,
}

/// What a pack covers.
#[derive(Debug, Serialize)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// What was recorded from here on is in the period.
    pub since: DateTime<Utc>,
    /// What was recorded before this is.
    pub until: DateTime<Utc>,
    /// What was recorded before this makes the register.
    pub as_of: DateTime<Utc>,
}

/// What was filtered.
#[derive(Debug, Serialize)]
pub struct Filters {
    /// The team; none for all.
    pub team: Option<String>,
    /// Whether the files of evidence are inside.
    pub files: bool,
}

/// The chain of the log.
#[derive(Debug, Serialize)]
pub struct Chain {
    /// Number of the first seal.
    pub first: i64,
    /// Number of the last one.
    pub last: i64,
    /// What the checkpoints are checked with, in hexadecimal.
    pub public_key: String,
    /// The last signed checkpoint inside: its number and hash.
    pub checkpoint: Option<(i64, String)>,
}

/// A file.
#[derive(Debug, Serialize)]
pub struct File {
    /// Its rows, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Its length.
    pub bytes: u64,
    /// Digest of its bytes, in hexadecimal.
    pub sha256: String,
}

/// The lines that `sha256sum --check` reads, of files by name.
#[must_use]
pub fn sums<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, sha256) in files {
        let _ = writeln!(text, "{sha256}  {name}");
    }
    text
}

/// The page that says what is inside, of the sections by name.
#[must_use]
pub fn readme<'a>(manifest: &Manifest, sections: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let Span { from, to, as_of, .. } = &manifest.period;
    let mut text = format!(
        "Evidence from Abate, {from} to {to} ({zone}), register as of {as_of}\n\n\
         Each section is a .csv and a .json with the same rows in the same order; manifest.json has the number of rows and\n\
         the SHA-256 of each file. A cell of a .csv that a spreadsheet would take for a formula begins with an apostrophe;\n\
         the .json has it as it is. Moments are in UTC, days are those of the zone above.\n\n\
         The same period, asked for again, gives the same bytes.\n\n",
        zone = manifest.zone,
    );
    for (name, about) in sections {
        let _ = writeln!(text, "{name:<22}{about}");
    }
    text.push_str("\nCheck that the files are as they were written:\n\n    sha256sum --check SHA256SUMS\n");
    if let Some(log) = &manifest.log {
        let _ = write!(
            text,
            "\nCheck that the log was not tampered with; ask the administrator for the public key in another way:\n\n    \
             abate verify-log --file log.jsonl --public-key {}\n",
            log.public_key,
        );
    }
    text
}
