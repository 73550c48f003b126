//! Records as clouds hand them on: bare, as a list, in an object around a list, in events of EventBridge, or one after
//! the other.

use serde_json::Value;

use super::json::{JsonReader, RawJson, ReadSeek, RecordError};
use crate::scanner::Output;
use crate::scanner::finding::{ParseError, ScanFinding};
use crate::scanner::recognise::Head;

/// Reads one record.
pub(crate) type ReadRecord<'r> =
    dyn FnMut(&RawJson<'_>, &mut Vec<ScanFinding>) -> Result<(), RecordError> + 'r;

/// Hands every record of the file to `read`; `lists` are the keys of an object under which records may stand.
///
/// Answers whether the file can be a whole answer: an event is none, nor is a page with a token for the next one.
pub(crate) fn records(
    file: &mut dyn ReadSeek,
    output: &mut Output<'_>,
    lists: &[&str],
    read: &mut ReadRecord<'_>,
) -> Result<bool, ParseError> {
    let mut reader = JsonReader::new(file)?;
    let mut number = 0_u64;
    let mut whole = true;
    while reader.next_value()? {
        let mut path = if number == 0 { String::new() } else { number.to_string() };
        let first = reader.peek()?;
        let mut in_list = first == b'[';
        if in_list {
            output.records(&mut reader, &path, &mut |raw, findings| unwrapped(raw, lists, findings, read))?;
        } else if first == b'{' && number == 0 {
            let start = reader.bookmark();
            reader.object(&mut |reader, key| {
                if key.eq_ignore_ascii_case("NextToken") {
                    whole &= reader.text()?.is_empty();
                    return Ok(true);
                }
                if !lists.contains(&key) || !matches!(reader.peek()?, b'[' | b'n') {
                    return Ok(false);
                }
                in_list = true;
                output
                    .records(reader, key, &mut |raw, findings| unwrapped(raw, lists, findings, read))
                    .map(|()| true)
            })?;
            if !in_list {
                reader.return_to(&start)?;
            }
        }
        if !in_list {
            if path.is_empty() {
                path.push('0');
            }
            let raw = reader.raw()?;
            whole = false;
            output.record(&path, raw.line, |findings| unwrapped(&raw, lists, findings, read))?;
        }
        number += 1;
    }
    Ok(whole)
}

/// Takes a record out of the event that carries it.
fn unwrapped(
    raw: &RawJson<'_>,
    lists: &[&str],
    findings: &mut Vec<ScanFinding>,
    read: &mut ReadRecord<'_>,
) -> Result<(), RecordError> {
    let carried = contains(raw.bytes, b"\"detail-type\"")
        || lists.iter().any(|list| contains(raw.bytes, format!("\"{list}\"").as_bytes()));
    if !carried {
        return read(raw, findings);
    }
    let mut value: Value = raw.read()?;
    let mut inner = value.get_mut("detail").filter(|detail| detail.is_object()).map(Value::take);
    let carrier = inner.as_mut().unwrap_or(&mut value);
    let list = lists.iter().find(|list| carrier.get(**list).is_some_and(Value::is_array));
    let records = match list.and_then(|list| carrier.get_mut(*list)).map(Value::take) {
        Some(Value::Array(records)) => records,
        _ => match inner {
            Some(detail) => vec![detail],
            None => return read(raw, findings),
        },
    };
    for record in records {
        let bytes = record.to_string();
        read(&RawJson { bytes: bytes.as_bytes(), line: raw.line, column: raw.column }, findings)?;
    }
    Ok(())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Where in the beginning of a file a record of this kind stands, if all of its marks are there.
pub(crate) fn has_record(head: &Head, lists: &[&str], marks: &[&str]) -> bool {
    let mut places = vec![String::new(), "detail.".to_owned()];
    for list in lists {
        places.extend([format!("{list}."), format!("detail.{list}.")]);
    }
    places.iter().any(|place| marks.iter().all(|mark| head.has(&format!("{place}{mark}"))))
}
