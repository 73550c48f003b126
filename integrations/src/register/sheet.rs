//! A table of texts, each row with its line; and how CSV becomes one.

use super::{MOST_ROWS, RegisterError, column};

/// Most columns that are looked at.
pub(super) const MOST_COLUMNS: usize = 200;
/// Lines that may stand above the first asset besides the rows.
const MORE: usize = 100;

/// A table.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) rows: Vec<(u64, Vec<String>)>,
}

/// Refuses more rows than a register has.
pub(super) fn check_rows(count: usize) -> Result<(), RegisterError> {
    if count <= MOST_ROWS + MORE {
        return Ok(());
    }
    Err(RegisterError::whole(format!(
        "The table has more than {MOST_ROWS} rows; split it into several files."
    )))
}

/// The table of a CSV file, read with the mark between cells that makes most headers known.
pub(super) fn of_text(bytes: &[u8]) -> Result<Vec<Sheet>, RegisterError> {
    let text = text(bytes)?;
    let known = |mark: &u8| {
        let score = |cells: &[String]| column::guess(cells).iter().flatten().count();
        rows(&text, *mark, 10).map_or(0, |rows| rows.iter().map(|(_, cells)| score(cells)).max().unwrap_or(0))
    };
    // Of equals the last is taken, which is the comma.
    let mark = [b'|', b'\t', b';', b','].into_iter().max_by_key(known).unwrap_or(b',');
    let rows = rows(&text, mark, usize::MAX)?;
    Ok(vec![Sheet { name: String::new(), rows }])
}

fn rows(text: &str, mark: u8, most: usize) -> Result<Vec<(u64, Vec<String>)>, RegisterError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(mark)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    while rows.len() < most {
        let more = reader.read_record(&mut record).map_err(|error| RegisterError {
            reason: format!("This row cannot be read: {error}."),
            line: error.position().map(csv::Position::line),
        })?;
        if !more {
            break;
        }
        let line = record.position().map_or(0, |place| line_of(text, place));
        rows.push((line, record.iter().take(MOST_COLUMNS).map(str::to_owned).collect()));
        check_rows(rows.len())?;
    }
    Ok(rows)
}

/// The line on which a row begins: its place is that of the empty lines before it.
fn line_of(text: &str, place: &csv::Position) -> u64 {
    let before = usize::try_from(place.byte()).ok().and_then(|byte| text.as_bytes().get(byte..));
    let empty = before.into_iter().flatten().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    place.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

/// UTF-8, or UTF-16 with its mark, as Excel saves it.
fn text(bytes: &[u8]) -> Result<String, RegisterError> {
    let refused = || {
        RegisterError::whole(
            "The file is neither a workbook (XLSX) nor text in UTF-8. Save the table as XLSX, or as CSV in UTF-8.",
        )
    };
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| refused())
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).map_err(|_| refused()),
        _ => String::from_utf8(bytes.to_vec()).map_err(|_| refused()),
    }
}
