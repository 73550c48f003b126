//! Spreadsheets (XLSX): every sheet is a table, and one of them holds the risks.

use std::io::{Cursor, Read as _, SeekFrom};

use calamine::{DataRef, Reader as _, Xlsx};
use zip::ZipArchive;

use super::{COLUMNS, ROWS, SheetRow, TableFile, as_guessed, check_row};
use crate::scanner::{Certainty, ParseError, ReadSeek, Root};
use crate::workshop::model::{Workshop, WorkshopError};
use crate::workshop::{Format, Start};

/// Largest spreadsheet as it lies on the disk.
const FILE_BYTES: u64 = 16 * 1024 * 1024;
/// What all of its parts may come to, unpacked.
const UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
/// Parts of one file.
const PARTS: usize = 1_000;
/// Cells of all sheets.
const CELLS: usize = 500_000;

pub(crate) struct XlsxTable;

impl Format for XlsxTable {
    fn name(&self) -> &'static str {
        "risk_xlsx"
    }

    fn title(&self) -> &'static str {
        "table of risks (XLSX)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        if start.head.root() == Root::Zip { Certainty::Likely } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        as_guessed(&read_xlsx(file)?)
    }

    fn table(&self, file: &mut dyn ReadSeek) -> Option<Result<TableFile, ParseError>> {
        Some(read_xlsx(file))
    }
}

fn read_xlsx(file: &mut dyn ReadSeek) -> Result<TableFile, ParseError> {
    let unreadable =
        |error: std::io::Error| ParseError::whole(format!("The file could not be read: {error}."));
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES {
        let mib = FILE_BYTES / 1024 / 1024;
        return Err(ParseError::whole(format!(
            "A spreadsheet may have {mib} MiB. Split it, or save it as CSV."
        )));
    }
    check_unpacked(&bytes)?;
    let broken = |error: calamine::XlsxError| {
        ParseError::whole(format!(
            "The file is no spreadsheet that can be read: {error}. Save it as XLSX or CSV."
        ))
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let mut table = TableFile::default();
    let mut cells = 0;
    for name in book.sheet_names() {
        let mut reader = match book.worksheet_cells_reader(&name) {
            Ok(reader) => reader,
            // Charts have no cells.
            Err(calamine::XlsxError::WorksheetNotFound(_)) => continue,
            Err(error) => return Err(broken(error)),
        };
        let mut rows: Vec<SheetRow> = Vec::new();
        while let Some(cell) = reader.next_cell().map_err(broken)? {
            let (row, column) = cell.get_position();
            let text = text_of(cell.get_value());
            if text.is_empty() {
                continue;
            }
            cells += 1;
            let (number, column) = (u64::from(row) + 1, column as usize);
            if cells > CELLS || rows.len() > ROWS || column >= COLUMNS {
                return Err(ParseError {
                    reason: format!(
                        "The sheet {name:?} has more than {ROWS} rows or {COLUMNS} columns. Split it."
                    ),
                    line: Some(number),
                    column: None,
                });
            }
            if rows.last().is_none_or(|last| last.number != number) {
                rows.push(SheetRow { number, cells: Vec::new() });
            }
            if let Some(last) = rows.last_mut() {
                if last.cells.len() <= column {
                    last.cells.resize(column + 1, String::new());
                }
                last.cells[column] = text;
                check_row(&last.cells[column..=column], number)?;
            }
        }
        table.add_sheet(&name, "", rows)?;
    }
    Ok(table)
}

/// Unpacks every part once, to nowhere: what a part says about its size need not be true.
fn check_unpacked(bytes: &[u8]) -> Result<(), ParseError> {
    let broken = |error: &dyn std::fmt::Display| {
        ParseError::whole(format!(
            "The file is no spreadsheet that can be read: {error}. Save it as XLSX or CSV."
        ))
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > PARTS {
        return Err(ParseError::whole(format!("The spreadsheet has more than {PARTS} parts.")));
    }
    let mut left = UNPACKED_BYTES;
    for number in 0..archive.len() {
        let part = archive.by_index(number).map_err(|error| broken(&error))?;
        let size =
            std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|error| broken(&error))?;
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => {
                let mib = UNPACKED_BYTES / 1024 / 1024;
                return Err(ParseError::whole(format!(
                    "Unpacked, the spreadsheet is larger than {mib} MiB. Split it, or save it as CSV."
                )));
            }
        }
    }
    Ok(())
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(time) => {
            // A value far from any day would take very long to be counted.
            if !(0.0..3_000_000.0).contains(&time.as_f64()) {
                return String::new();
            }
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}
