//! What GitHub's lists of alerts have in common.

use crate::scanner::finding::{ParseError, ScanFinding, ScanSummary};
use crate::scanner::read::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::{Output, address};

/// Reads one alert; the text is the repository, once an alert has named it.
pub(super) type ReadAlert<'r> =
    &'r mut dyn FnMut(&RawJson<'_>, &mut String, &mut Vec<ScanFinding>) -> Result<(), RecordError>;

/// Reads a list of alerts, or one alone. Pages may be set one after the other, as `gh api --paginate` does.
pub(super) fn alerts(
    file: &mut dyn ReadSeek,
    output: &mut Output<'_>,
    tool: &str,
    read: ReadAlert<'_>,
) -> Result<ScanSummary, ParseError> {
    let mut reader = JsonReader::new(file)?;
    let mut target = String::new();
    while reader.next_value()? {
        if reader.peek()? == b'{' {
            let raw = reader.raw()?;
            output.record("", raw.line, |findings| read(&raw, &mut target, findings))?;
            continue;
        }
        reader.list(&mut |reader, number| {
            let raw = reader.raw()?;
            output.record(&format!("[{number}]"), raw.line, |findings| read(&raw, &mut target, findings))
        })?;
    }
    Ok(ScanSummary { tool_name: tool.to_owned(), target, complete: true, ..ScanSummary::default() })
}

/// `owner/name` out of the address of an alert.
pub(super) fn repository_of(address: &str) -> String {
    let path = address::path(address);
    path.split('/').filter(|part| !part.is_empty()).take(2).collect::<Vec<_>>().join("/")
}
