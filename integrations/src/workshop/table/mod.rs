//! Tables of risks (CSV, XLSX, Markdown): which column means what is guessed, shown to people, and corrected by them.

mod asset;
mod column;
mod csv_file;
mod mapping;
mod markdown;
mod row;
mod xlsx;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use column::FIELDS;
pub(crate) use csv_file::CsvTable;
pub use mapping::{ColumnGuess, MappingGuess, TableMapping, ValueGuess};
pub(crate) use markdown::MarkdownTable;
pub use row::read;
pub(crate) use xlsx::XlsxTable;

use super::model::{Workshop, WorkshopError, WorkshopScenario};
use crate::scanner::ParseError;

/// Rows of all sheets of one file.
const ROWS: usize = 10_000;
/// Columns of one sheet.
const COLUMNS: usize = 100;
/// Longest cell, in bytes.
const CELL_BYTES: usize = 48 * 1024;
/// Rows before the one that names the columns.
const PREAMBLE: usize = 20;

/// A file as rows and columns, with what stands around them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFile {
    /// Title of the session, empty when the file has none.
    pub title: String,
    /// Day on which it was held.
    pub held_on: Option<NaiveDate>,
    /// Zone of that day.
    pub timezone: String,
    /// Who took part.
    pub attendees: Vec<String>,
    /// How they worked.
    pub methods: Vec<String>,
    /// Risks by level as the file states them.
    pub stated: BTreeMap<String, u32>,
    /// Its tables.
    pub sheets: Vec<Sheet>,
    /// Attack stories that stand beside the tables.
    pub scenarios: Vec<WorkshopScenario>,
    /// Description and mitigation of risks that stand beside the tables, by the risk's id.
    pub texts: BTreeMap<String, (String, String)>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What the sheet or the heading above it is called.
    pub name: String,
    /// Key of the attack story that it belongs to.
    pub scenario: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<SheetRow>,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetRow {
    /// Row or line in the file, from 1.
    pub number: u64,
    /// One text a column, as far as it goes.
    pub cells: Vec<String>,
}

impl TableFile {
    /// The sheet whose columns are mapped: the first that has a title by this mapping, else the one with most rows.
    #[must_use]
    pub fn risk_sheet(&self, mapping: &TableMapping) -> Option<&Sheet> {
        let most = self.sheets.iter().max_by_key(|sheet| sheet.rows.len());
        self.risk_sheets(mapping).next().or(most)
    }

    pub(crate) fn risk_sheets(&self, mapping: &TableMapping) -> impl Iterator<Item = &Sheet> {
        self.sheets.iter().filter(|sheet| mapping.fields_of(&sheet.columns).contains(&Some("title")))
    }

    /// What stays the same from one file of a team to the next: the columns of the risks.
    #[must_use]
    pub fn header_hash(&self) -> String {
        let mut digest = Sha256::new();
        if let Some(sheet) = self.risk_sheet(&TableMapping::default()) {
            for column in &sheet.columns {
                digest.update(column::plain_name(column));
                digest.update([0]);
            }
        }
        hex::encode(&digest.finalize()[..16])
    }

    /// Takes rows of text as a sheet: the first row that looks like names of columns names them.
    pub(crate) fn add_sheet(
        &mut self,
        name: &str,
        scenario: &str,
        rows: Vec<SheetRow>,
    ) -> Result<(), ParseError> {
        let known: usize = self.sheets.iter().map(|sheet| sheet.rows.len()).sum();
        if known + rows.len() > ROWS {
            return Err(ParseError::whole(format!("The tables have more than {ROWS} rows. Split the file.")));
        }
        let Some(header) = column::header_row(rows.iter().take(PREAMBLE).map(|row| row.cells.as_slice()))
        else {
            return Ok(());
        };
        let mut rows = rows.into_iter().skip(header);
        let columns = rows.next().map(|row| row.cells).unwrap_or_default();
        let columns: Vec<String> = columns.iter().map(|name| super::words::one_line(name)).collect();
        let rows = rows.filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty())).collect();
        self.sheets.push(Sheet { name: name.to_owned(), scenario: scenario.to_owned(), columns, rows });
        Ok(())
    }
}

/// Refuses cells and rows that are too long.
fn check_row(cells: &[String], number: u64) -> Result<(), ParseError> {
    let reason = if cells.len() > COLUMNS {
        format!("The table has more than {COLUMNS} columns.")
    } else if cells.iter().any(|cell| cell.len() > CELL_BYTES) {
        format!("A cell is longer than {} KiB.", CELL_BYTES / 1024)
    } else {
        return Ok(());
    };
    Err(ParseError { reason, line: Some(number), column: None })
}

/// Reads a table whose columns mean what is guessed.
pub(crate) fn as_guessed(table: &TableFile) -> Result<Workshop, WorkshopError> {
    match read(table, &TableMapping::default()) {
        (workshop, mistakes) if mistakes.is_empty() => Ok(workshop),
        (_, mistakes) => Err(WorkshopError::Fields(mistakes)),
    }
}
