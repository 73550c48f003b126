//! Threat-modelling workshops and threat models as files: all formats into one [`Workshop`].
//!
//! A new format is one file in `format/` and one line in [`FORMATS`].

mod document;
mod fields;
mod format;
mod model;
mod parts;
pub mod table;
mod words;

#[cfg(test)]
mod format_tests;

use std::io::{Read as _, SeekFrom};

pub use format::SCHEMA;
use format::{
    AbateJson, CycloneDxThreats, IriusRisk, Otm, Pytm, Threagile, ThreagileModel, ThreatComposer,
    ThreatDragon, Tm7, TmBom,
};
pub use model::{
    APPROACHES, AttackTechnique, Band, FieldError, KILL_CHAIN_PHASES, LEVELS, Position, STATUSES,
    STRIDE_CATEGORIES, Scale, TIERS, TREATMENTS, Tracking, Workshop, WorkshopAsset, WorkshopControl,
    WorkshopError, WorkshopRisk, WorkshopScenario,
};
use table::{CsvTable, MarkdownTable, TableFile, XlsxTable};
pub use words::techniques_of;

use crate::scanner::{Certainty, Head, ParseError, ReadSeek};

/// Every format, in the order in which they are named to people.
static FORMATS: &[&dyn Format] = &[
    &AbateJson,
    &ThreatDragon,
    &Otm,
    &Threagile,
    &ThreagileModel,
    &ThreatComposer,
    &Tm7,
    &Pytm,
    &TmBom,
    &CycloneDxThreats,
    &IriusRisk,
    &CsvTable,
    &XlsxTable,
    &MarkdownTable,
];

/// How much of the start is looked at.
const START_BYTES: u64 = 64 * 1024;

/// The beginning of a file.
pub(crate) struct Start<'a> {
    pub(crate) head: &'a Head,
    /// The first characters, none when they are not UTF-8.
    pub(crate) text: &'a str,
}

/// One format: how it is told apart and how it is read.
pub(crate) trait Format: Sync {
    /// The word for the upload's `format` field.
    fn name(&self) -> &'static str;
    /// The name for people.
    fn title(&self) -> &'static str;
    /// Whether the start of a file looks like this format.
    fn recognise(&self, start: &Start<'_>) -> Certainty;
    /// Reads a whole file and checks all of it; every mistake is reported at once.
    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError>;
    /// The file as a table, for formats whose columns people may map.
    fn table(&self, _file: &mut dyn ReadSeek) -> Option<Result<TableFile, ParseError>> {
        None
    }
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Reading {
    /// A model whose fields have one meaning.
    Model(Box<Workshop>),
    /// A table whose columns are guessed, and may be mapped otherwise.
    Table(Box<TableFile>),
}

/// A format that was recognised or asked for.
#[derive(Clone, Copy)]
pub struct WorkshopFormat(&'static dyn Format);

impl WorkshopFormat {
    /// All formats.
    pub fn all() -> impl Iterator<Item = Self> {
        FORMATS.iter().map(|format| Self(*format))
    }

    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|format| format.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The format that a file of this beginning most likely has; leaves the file at its start.
    pub fn recognise(head: &Head, file: &mut dyn ReadSeek) -> Result<Option<(Self, Certainty)>, ParseError> {
        let unreadable =
            |error: std::io::Error| ParseError::whole(format!("The file could not be read: {error}."));
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        file.take(START_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(cut) if cut.error_len().is_none() => {
                std::str::from_utf8(&bytes[..cut.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => "",
        };
        let start = Start { head, text: text.trim_start_matches('\u{feff}') };
        let mut best: Option<(Self, Certainty)> = None;
        for format in Self::all() {
            let certainty = format.0.recognise(&start);
            if certainty > best.map_or(Certainty::No, |(_, certainty)| certainty) {
                best = Some((format, certainty));
            }
        }
        Ok(best)
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

    /// Reads a file; a table is not judged yet.
    pub fn read(self, file: &mut dyn ReadSeek) -> Result<Reading, WorkshopError> {
        match self.0.table(file) {
            Some(table) => Ok(Reading::Table(Box::new(table?))),
            None => Ok(Reading::Model(Box::new(self.0.read(file)?))),
        }
    }

    /// Reads a file; of a table, the columns mean what is guessed.
    pub fn parse(self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        self.0.read(file)
    }
}

impl std::fmt::Debug for WorkshopFormat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

impl PartialEq for WorkshopFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}
