//! Rules. How much one report may ask of us, and which files are refused before reading.

use super::finding::ParseError;

/// Deepest nesting of objects and lists.
pub const DEPTH: usize = 100;
/// Longest single string, in bytes.
pub const STRING_BYTES: usize = 1024 * 1024;
/// Largest single record (a result, a vulnerability, a rule), in bytes.
pub const RECORD_BYTES: usize = 16 * 1024 * 1024;
/// How much of the start is read to tell the format.
pub const HEAD_BYTES: usize = 256 * 1024;
/// Longest description that is kept of a finding, in bytes.
pub const DESCRIPTION_BYTES: usize = 8 * 1024;
/// Longest further details that are kept of a finding, as JSON, in bytes; longer ones are left out.
pub const DATA_BYTES: usize = 64 * 1024;
/// Longest title, path or other short text that is kept, in bytes.
pub const SHORT_BYTES: usize = 500;

/// Length of a UTF-8 byte order mark at the start, or why this file is no JSON text at all.
pub(crate) fn opening(head: &[u8]) -> Result<usize, ParseError> {
    let refuse = |reason: &str| Err(ParseError { reason: reason.to_owned(), line: Some(1), column: Some(1) });
    match head {
        [] => refuse("The file is empty. Check that the scan wrote its report, then upload it again."),
        [0xEF, 0xBB, 0xBF, ..] => Ok(3),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => refuse(
            "The file is UTF-16. Save it as UTF-8 (PowerShell: `Out-File -Encoding utf8`) and upload it again.",
        ),
        [0x1F, 0x8B, ..] => {
            refuse("The file is compressed with gzip. Unpack it and upload the report inside.")
        }
        [b'P', b'K', ..] => refuse("The file is a zip archive. Unpack it and upload the report inside."),
        [b'<', ..] => refuse("The file is XML or HTML, and JSON is expected here."),
        _ => Ok(0),
    }
}

/// Length of the lines that some tools write before their JSON, such as a log; nothing where the file begins with JSON,
/// or has none in its first lines.
pub(crate) fn preamble(start: &[u8]) -> usize {
    let blank = start.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let text = &start[blank..start.len().min(PREAMBLE_BYTES).max(blank)];
    // What begins so is a comment, markup or a table; no tool logs like that.
    if matches!(text.first(), None | Some(b'#' | b'|' | b'<' | b'-' | b'"')) {
        return 0;
    }
    let mut passed = 0;
    let mut quotes = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        // Within open quotes stands the cell of a table.
        if quotes % 2 == 0 && begins_json(line) {
            return if passed == 0 { 0 } else { blank + passed };
        }
        quotes += line.iter().filter(|byte| **byte == b'"').count();
        passed += line.len();
    }
    0
}

/// How far into a file JSON may begin.
const PREAMBLE_BYTES: usize = 64 * 1024;

/// Whether a line opens an object or a list, and no mark of a log such as `[INFO]`.
fn begins_json(line: &[u8]) -> bool {
    match line.trim_ascii().split_first() {
        Some((b'{', rest)) => matches!(rest.trim_ascii_start(), [] | [b'"', ..] | [b'}']),
        Some((b'[', rest)) => matches!(rest.trim_ascii_start(), [] | [b'{' | b'[' | b'"', ..] | [b']']),
        _ => false,
    }
}

/// Length of a UTF-8 byte order mark at the start.
pub(crate) fn byte_order_mark(head: &[u8]) -> usize {
    if head.starts_with(&[0xEF, 0xBB, 0xBF]) { 3 } else { 0 }
}

/// Cuts a text at a character border; a cut text ends in an ellipsis.
pub(crate) fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub('…'.len_utf8()));
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_stays_within_its_length_and_between_characters() {
        assert_eq!(cut("short", 10), "short");
        let text = "ü".repeat(400);
        let short = cut(&text, SHORT_BYTES);
        assert!(short.len() <= SHORT_BYTES && short.ends_with('…'));
    }

    #[test]
    fn log_lines_before_json_are_passed_over() {
        for (log, json) in [
            ("npm WARN using --force\n", "{\"a\": 1}"),
            ("\n[main]  INFO  profile include tests: None\n[2026-01-01] x\r\n", "{\r\n\"a\": 1}"),
            ("INFO: scanning, please \"wait\"\n", "[{}]"),
            ("no findings\n", "[]\n"),
        ] {
            assert_eq!(preamble(format!("{log}{json}").as_bytes()), log.len(), "{log}");
        }
        for none in [
            "",
            " \n{}",
            "[]",
            "{\"a\":\n{}}",
            "[1,\n{}]x",
            "a,b\n\"x\n{\",1\n",
            "# a\n{}",
            "a: 1\nb: {}\n",
            "hello",
        ] {
            assert_eq!(preamble(none.as_bytes()), 0, "{none}");
        }
    }

    #[test]
    fn foreign_encodings_are_refused_by_name() {
        assert!(opening(&[0xFF, 0xFE, b'{', 0]).unwrap_err().reason.contains("UTF-16"));
        assert!(opening(b"{\0\"\0").unwrap_err().reason.contains("UTF-16"));
        assert!(opening(&[0x1F, 0x8B, 8]).unwrap_err().reason.contains("gzip"));
        assert!(opening(b"").unwrap_err().reason.contains("empty"));
        assert_eq!(opening(b"\xEF\xBB\xBF{}"), Ok(3));
        assert_eq!(opening(b"{}"), Ok(0));
    }
}
