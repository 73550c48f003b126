//! Tables of text (CSV with comma, semicolon or tab) as a stream of rows that know their header.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{Read, SeekFrom};
use std::rc::Rc;

use super::json::{ReadSeek, RecordError};
use crate::scanner::finding::ParseError;
use crate::scanner::limits;

/// One row.
pub(crate) struct Row<'r> {
    columns: &'r HashMap<String, usize>,
    cells: &'r csv::StringRecord,
    /// Line on which it starts, from 1.
    pub(crate) line: u64,
}

impl Row<'_> {
    /// The trimmed cell of a column, whatever the case of its name; nothing where there is no such column.
    pub(crate) fn cell(&self, column: &str) -> &str {
        let place = self.columns.get(&normal(column));
        place.and_then(|place| self.cells.get(*place)).unwrap_or_default().trim()
    }

    /// The first of several columns that says something.
    pub(crate) fn first_of(&self, columns: &[&str]) -> &str {
        columns.iter().map(|column| self.cell(column)).find(|cell| !cell.is_empty()).unwrap_or_default()
    }

    /// A cell that must say something.
    pub(crate) fn required(&self, column: &str) -> Result<&str, RecordError> {
        match self.cell(column) {
            "" => Err(RecordError::Shape(format!("the column {column:?} is empty"))),
            cell => Ok(cell),
        }
    }
}

/// The names of the columns, in order, as they are compared.
pub(crate) fn header(first_line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter(first_line))
        .from_reader(first_line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(normal).collect(),
        _ => Vec::new(),
    }
}

/// Hands out each row.
pub(crate) fn rows(
    file: &mut dyn ReadSeek,
    visit: &mut dyn FnMut(&Row<'_>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let unreadable =
        |error: std::io::Error| ParseError::whole(format!("The file could not be read: {error}."));
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut head = Vec::new();
    file.take(64 * 1024).read_to_end(&mut head).map_err(unreadable)?;
    let mark = limits::byte_order_mark(&head);
    let first_line = String::from_utf8_lossy(&head[mark..]);
    let first_line = first_line.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    file.seek(SeekFrom::Start(mark as u64)).map_err(unreadable)?;
    let allowance = Rc::new(Cell::new(limits::RECORD_BYTES));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(first_line))
        .flexible(true)
        .buffer_capacity(64 * 1024)
        .from_reader(Bounded { inner: file, allowance: allowance.clone() });
    let columns = reader.headers().map_err(|error| broken(&error))?;
    let mut by_name = HashMap::new();
    for (place, name) in columns.iter().enumerate() {
        by_name.entry(normal(name)).or_insert(place);
    }
    let mut cells = csv::StringRecord::new();
    while reader.read_record(&mut cells).map_err(|error| broken(&error))? {
        let line = cells.position().map_or(0, csv::Position::line);
        if cells.iter().any(|cell| cell.len() > limits::STRING_BYTES) {
            return Err(ParseError {
                reason: format!("A cell is longer than {} KiB.", limits::STRING_BYTES / 1024),
                line: Some(line),
                column: None,
            });
        }
        allowance.set(limits::RECORD_BYTES);
        // Spreadsheets leave rows of separators behind the last one.
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        visit(&Row { columns: &by_name, cells: &cells, line })?;
    }
    Ok(())
}

/// Names of columns are compared without case, and with blanks, `_` and `-` alike.
fn normal(name: &str) -> String {
    let name = name.trim().trim_start_matches('\u{feff}');
    name.chars()
        .filter(|character| !matches!(character, ' ' | '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn delimiter(first_line: &str) -> u8 {
    let count = |mark: char| first_line.matches(mark).count();
    [(b',', count(',')), (b';', count(';')), (b'\t', count('\t'))]
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(delimiter, _)| delimiter)
}

fn broken(error: &csv::Error) -> ParseError {
    let line = error.position().map(csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => {
            "This row is not UTF-8. Save the table as UTF-8 and upload it again.".to_owned()
        }
        csv::ErrorKind::Io(cause) if cause.kind() == std::io::ErrorKind::FileTooLarge => cause.to_string(),
        _ => format!("This row cannot be read: {error}."),
    };
    ParseError { reason, line, column: None }
}

/// Stops at a row that never ends, such as one with an open quote.
struct Bounded<R> {
    inner: R,
    allowance: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(into)?;
        match self.allowance.get().checked_sub(count) {
            Some(left) => {
                self.allowance.set(left);
                Ok(count)
            }
            None => Err(std::io::Error::new(
                std::io::ErrorKind::FileTooLarge,
                format!("A row is longer than {} MiB.", limits::RECORD_BYTES / 1024 / 1024),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn columns_are_found_by_name_and_lines_are_counted() {
        let text = "\u{feff}Finding Title;severity;cwe_id\n\"a\nb\"; High ;79\nc;;\n;;\n";
        let mut seen = Vec::new();
        rows(&mut Cursor::new(text.as_bytes()), &mut |row| {
            seen.push((
                row.line,
                row.cell("finding_title").to_owned(),
                row.cell("Severity").to_owned(),
                row.cell("none").to_owned(),
            ));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            seen,
            [(2, "a\nb".into(), "High".into(), String::new()), (4, "c".into(), String::new(), String::new())]
        );
        assert_eq!(header("Finding Title;severity"), ["findingtitle", "severity"]);
    }

    #[test]
    fn a_row_without_end_is_refused() {
        let text = format!("a,b\n\"{}", "x\n".repeat(limits::RECORD_BYTES / 2 + 1024 * 1024));
        let error = rows(&mut Cursor::new(text.as_bytes()), &mut |_| Ok(())).unwrap_err();
        assert!(error.reason.contains("longer"), "{error}");
    }
}
