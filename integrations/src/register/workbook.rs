//! Workbooks (XLSX) as tables. Nothing is unpacked before it is known how much it comes to.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};
use flate2::read::DeflateDecoder;

use super::RegisterError;
use super::sheet::{MOST_COLUMNS, Sheet, check_rows};

/// Most bytes that the parts of a workbook come to when unpacked.
const UNPACKED: u64 = 32 * 1024 * 1024;
/// Most parts of a workbook.
const MOST_PARTS: usize = 1_000;
/// Most sheets that are looked at.
const MOST_SHEETS: usize = 20;
/// Most bytes that all cells of a sheet come to.
const SHEET_BYTES: usize = 32 * 1024 * 1024;

/// The sheets of a workbook.
pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, RegisterError> {
    check_size(bytes)?;
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    let names: Vec<String> = workbook.sheet_names().into_iter().take(MOST_SHEETS).collect();
    let mut sheets = Vec::with_capacity(names.len());
    for name in names {
        sheets.push(sheet(&mut workbook, name)?);
    }
    Ok(sheets)
}

/// Reads cell by cell: a sheet can say that it is larger than any memory.
fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: String) -> Result<Sheet, RegisterError> {
    let mut cells = match workbook.worksheet_cells_reader(&name) {
        Ok(cells) => cells,
        // A sheet that is a chart has no cells.
        Err(calamine::XlsxError::NotAWorksheet(_)) => return Ok(Sheet { name, rows: Vec::new() }),
        Err(error) => return Err(unreadable(error)),
    };
    let mut sheet = Sheet { name, rows: Vec::new() };
    let mut size = 0;
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        let line = u64::from(row) + 1;
        let column = column as usize;
        let text = text(cell.get_value());
        if column >= MOST_COLUMNS || text.is_empty() {
            continue;
        }
        size += text.len();
        if size > SHEET_BYTES {
            return Err(RegisterError::whole("A sheet holds more text than a register has."));
        }
        if sheet.rows.last().is_none_or(|(last, _)| *last != line) {
            sheet.rows.push((line, Vec::new()));
            check_rows(sheet.rows.len())?;
        }
        if let Some((_, row)) = sheet.rows.last_mut() {
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = text;
        }
    }
    Ok(sheet)
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        // Whole numbers are written without a point.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        // No column of a register is a date.
        DataRef::DateTime(moment) => moment.as_f64().to_string(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn unreadable(error: impl std::fmt::Display) -> RegisterError {
    RegisterError::whole(format!(
        "The workbook cannot be read: {error}. Save it again as XLSX, without a password."
    ))
}

/// Refuses a workbook that is small only while it is packed. What a part says of its own size is not believed.
fn check_size(bytes: &[u8]) -> Result<(), RegisterError> {
    let refused = || {
        let mib = UNPACKED / 1024 / 1024;
        RegisterError::whole(format!(
            "The workbook comes to more than {mib} MiB when unpacked; it is no register."
        ))
    };
    let mut left = UNPACKED;
    for (count, part) in Parts::of(bytes)?.enumerate() {
        let packed = part?;
        if count >= MOST_PARTS {
            return Err(refused());
        }
        let size = match packed {
            Packed::Stored(size) => size,
            Packed::Deflated(data) => {
                let mut size = 0;
                let mut decoder = DeflateDecoder::new(data).take(left + 1);
                let mut buffer = [0; 16 * 1024];
                loop {
                    match decoder.read(&mut buffer) {
                        Ok(0) => break size,
                        Ok(read) => size += read as u64,
                        Err(error) => return Err(unreadable(error)),
                    }
                }
            }
        };
        left = left.checked_sub(size).ok_or_else(refused)?;
    }
    Ok(())
}

enum Packed<'a> {
    Stored(u64),
    Deflated(&'a [u8]),
}

/// The parts of an archive, by its directory.
struct Parts<'a> {
    bytes: &'a [u8],
    at: usize,
    left: usize,
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, RegisterError> {
        const END: &[u8] = b"PK\x05\x06";
        // The end of the directory is followed by a comment of at most 64 KiB.
        let from = bytes.len().saturating_sub(22 + 65_536);
        let end = bytes[from..].windows(END.len()).rposition(|window| window == END).map(|at| from + at);
        let end = end.ok_or_else(|| unreadable("it ends too early"))?;
        let left = number(bytes, end + 10, 2)?;
        let at = number(bytes, end + 16, 4)?;
        Ok(Self { bytes, at, left })
    }

    fn part(&mut self) -> Result<Packed<'a>, RegisterError> {
        let (bytes, at) = (self.bytes, self.at);
        if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
            return Err(unreadable("its directory is broken"));
        }
        let method = number(bytes, at + 10, 2)?;
        let packed = number(bytes, at + 20, 4)?;
        let names = number(bytes, at + 28, 2)? + number(bytes, at + 30, 2)? + number(bytes, at + 32, 2)?;
        let local = number(bytes, at + 42, 4)?;
        self.at = at + 46 + names;
        let data = local + 30 + number(bytes, local + 26, 2)? + number(bytes, local + 28, 2)?;
        let data = data.checked_add(packed).and_then(|to| bytes.get(data..to));
        let data = data.ok_or_else(|| unreadable("a part lies outside of it"))?;
        match method {
            0 => Ok(Packed::Stored(data.len() as u64)),
            8 => Ok(Packed::Deflated(data)),
            _ => Err(unreadable("it is packed in an unusual way")),
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Packed<'a>, RegisterError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let part = self.part();
        if part.is_err() {
            self.left = 0;
        }
        Some(part)
    }
}

/// A number of two or four bytes, the lowest first.
fn number(bytes: &[u8], at: usize, length: usize) -> Result<usize, RegisterError> {
    let digits = at.checked_add(length).and_then(|to| bytes.get(at..to));
    let digits = digits.ok_or_else(|| unreadable("it ends too early"))?;
    Ok(digits.iter().rev().fold(0, |number, digit| (number << 8) | usize::from(*digit)))
}
