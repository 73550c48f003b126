//! CSV, with comma, semicolon or tab.

use std::io::{Read as _, SeekFrom};

use super::column::{describes_risks, header_row};
use super::{PREAMBLE, SheetRow, TableFile, as_guessed, check_row};
use crate::scanner::limits::byte_order_mark;
use crate::scanner::{Certainty, ParseError, ReadSeek, Root};
use crate::workshop::model::{Workshop, WorkshopError};
use crate::workshop::{Format, Start};

/// Largest table.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

pub(crate) struct CsvTable;

impl Format for CsvTable {
    fn name(&self) -> &'static str {
        "risk_csv"
    }

    fn title(&self) -> &'static str {
        "table of risks (CSV)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        if !matches!(start.head.root(), Root::Table | Root::Other) || start.text.trim_start().starts_with('|')
        {
            return Certainty::No;
        }
        let lines: Vec<&str> = start.text.lines().take(PREAMBLE).collect();
        let Ok(rows) = rows_of(&lines.join("\n")) else { return Certainty::No };
        let header = header_row(rows.iter().map(|row| row.cells.as_slice()));
        header.map_or(Certainty::No, |header| describes_risks(&rows[header].cells))
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        as_guessed(&read_csv(file)?)
    }

    fn table(&self, file: &mut dyn ReadSeek) -> Option<Result<TableFile, ParseError>> {
        Some(read_csv(file))
    }
}

fn read_csv(file: &mut dyn ReadSeek) -> Result<TableFile, ParseError> {
    let text = read_text(file)?;
    let mut table = TableFile::default();
    table.add_sheet("", "", rows_of(&text)?)?;
    Ok(table)
}

/// A whole text file within the limit of tables.
pub(super) fn read_text(file: &mut dyn ReadSeek) -> Result<String, ParseError> {
    let unreadable =
        |error: std::io::Error| ParseError::whole(format!("The file could not be read: {error}."));
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES {
        let mib = FILE_BYTES / 1024 / 1024;
        return Err(ParseError::whole(format!("A table may have {mib} MiB. Split it.")));
    }
    let mark = byte_order_mark(&bytes);
    if bytes[mark..].is_empty() {
        return Err(ParseError::whole("The file is empty."));
    }
    match std::str::from_utf8(&bytes[mark..]) {
        Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
        _ => Err(ParseError::whole("The file is not UTF-8. Save the table as UTF-8 and upload it again.")),
    }
}

fn rows_of(text: &str) -> Result<Vec<SheetRow>, ParseError> {
    let first = text.lines().find(|line| line.contains([',', ';', '\t'])).unwrap_or_default();
    let count = |mark: char| first.matches(mark).count();
    let delimiter = [(b'\t', count('\t')), (b';', count(';')), (b',', count(','))]
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(delimiter, _)| delimiter);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| ParseError {
            reason: format!("This row cannot be read: {error}."),
            line: error.position().map(csv::Position::line),
            column: None,
        })?;
        let number = record.position().map_or(0, csv::Position::line);
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        check_row(&cells, number)?;
        if rows.len() > super::ROWS + PREAMBLE {
            return Err(ParseError::whole(format!(
                "The table has more than {} rows. Split it.",
                super::ROWS
            )));
        }
        rows.push(SheetRow { number, cells });
    }
    Ok(rows)
}
