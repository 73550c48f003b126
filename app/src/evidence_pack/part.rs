//! The files of a pack while it is made: on disk, digested as they are written, never whole in memory.

use std::io::{self, BufWriter, Seek as _, Write};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::audit_log::chain_rules::canonical;

/// A file that is being written.
pub(super) struct Writer {
    name: String,
    file: BufWriter<NamedTempFile>,
    hasher: Sha256,
    bytes: u64,
}

/// A file that was written.
pub(super) struct Part {
    /// Its name in the pack.
    pub(super) name: String,
    /// Its rows, where it has some.
    pub(super) rows: Option<u64>,
    /// Its length.
    pub(super) bytes: u64,
    /// Digest of its bytes, in hexadecimal.
    pub(super) sha256: String,
    /// Where it is, at its beginning.
    pub(super) file: NamedTempFile,
}

impl Writer {
    /// Begins a file.
    pub(super) fn new(name: impl Into<String>) -> io::Result<Self> {
        let file = BufWriter::new(NamedTempFile::new()?);
        Ok(Self { name: name.into(), file, hasher: Sha256::new(), bytes: 0 })
    }

    /// A file with this text.
    pub(super) fn of(name: &str, text: &str) -> io::Result<Part> {
        let mut writer = Self::new(name)?;
        writer.write(text.as_bytes())?;
        writer.finish(None)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    pub(super) fn finish(self, rows: Option<u64>) -> io::Result<Part> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let sha256 = hex::encode(self.hasher.finalize());
        Ok(Part { name: self.name, rows, bytes: self.bytes, sha256, file })
    }
}

/// A section: the same rows as CSV and as JSON.
pub(super) struct Table {
    columns: &'static [&'static str],
    csv: Writer,
    json: Writer,
    rows: u64,
}

impl Table {
    pub(super) fn new(name: &str, columns: &'static [&'static str]) -> io::Result<Self> {
        let mut csv = Writer::new(format!("{name}.csv"))?;
        csv.write(columns.join(",").as_bytes())?;
        csv.write(b"\n")?;
        let mut json = Writer::new(format!("{name}.json"))?;
        json.write(b"[")?;
        Ok(Self { columns, csv, json, rows: 0 })
    }

    /// Adds a row: an array with a value for each column.
    pub(super) fn row(&mut self, values: &Value) -> io::Result<()> {
        let none = Vec::new();
        let values = values.as_array().unwrap_or(&none);
        let mut object = String::from(if self.rows == 0 { "\n{" } else { ",\n{" });
        let mut line = String::new();
        for (place, column) in self.columns.iter().enumerate() {
            let value = values.get(place).unwrap_or(&Value::Null);
            if place > 0 {
                object.push(',');
                line.push(',');
            }
            object.push_str(&format!("\"{column}\":{}", canonical(&value.to_string())));
            line.push_str(&cell(value));
        }
        object.push('}');
        line.push('\n');
        self.rows += 1;
        self.json.write(object.as_bytes())?;
        self.csv.write(line.as_bytes())
    }

    pub(super) fn finish(mut self) -> io::Result<[Part; 2]> {
        self.json.write(b"\n]\n")?;
        Ok([self.csv.finish(Some(self.rows))?, self.json.finish(Some(self.rows))?])
    }
}

/// A value as a cell. A text that a spreadsheet would take for a formula is preceded by an apostrophe.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => canonical(&value.to_string()).into_owned(),
    };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(part: Part) -> String {
        io::read_to_string(part.file).unwrap()
    }

    #[test]
    fn both_forms_have_the_same_rows_and_the_json_is_json() {
        let mut table = Table::new("things", &["key", "note", "data"]).unwrap();
        let rows = [
            json!(["R-1", "one, \"two\"\nthree", {"b": 1, "a": [2]}]),
            json!(["R-2", "=SUM(A1)", null]),
            json!(["R-3", true, 7]),
        ];
        for row in &rows {
            table.row(row).unwrap();
        }
        let [csv, json] = table.finish().unwrap();
        assert_eq!((csv.rows, json.rows), (Some(3), Some(3)));
        let bytes = csv.bytes;
        assert_eq!(bytes, u64::try_from(text(csv).len()).unwrap());
        let read: Value = serde_json::from_str(&text(json)).unwrap();
        assert_eq!(read[0], json!({"key": "R-1", "note": "one, \"two\"\nthree", "data": {"a": [2], "b": 1}}));
        assert_eq!(read[2], json!({"key": "R-3", "note": true, "data": 7}));
    }

    #[test]
    fn a_cell_is_quoted_and_is_no_formula() {
        assert_eq!(cell(&json!("one, two")), "\"one, two\"");
        assert_eq!(cell(&json!("a \"b\"")), "\"a \"\"b\"\"\"");
        assert_eq!(cell(&json!("=1+1")), "'=1+1");
        assert_eq!(cell(&json!(-3)), "-3");
        assert_eq!(cell(&json!(null)), "");
        assert_eq!(cell(&json!({"b": 1, "a": 2})), "\"{\"\"a\"\":2,\"\"b\"\":1}\"");
    }

    #[test]
    fn an_empty_table_has_its_header() {
        let [csv, json] = Table::new("none", &["a", "b"]).unwrap().finish().unwrap();
        assert_eq!(text(csv), "a,b\n");
        assert_eq!(serde_json::from_str::<Value>(&text(json)).unwrap(), json!([]));
    }
}
