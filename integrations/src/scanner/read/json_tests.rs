//! What the pull reader promises.

use std::io::Cursor;

use proptest::prelude::*;

use super::json::*;
use crate::scanner::finding::ParseError;
use crate::scanner::limits;
use serde::de::IgnoredAny;

fn read_all(text: &[u8]) -> Result<(), ParseError> {
    let mut file = Cursor::new(text);
    let mut reader = JsonReader::new(&mut file)?;
    reader.skip()?;
    reader.finish()
}

#[test]
fn errors_name_line_and_column() {
    let error = read_all(b"{\n  \"a\": 1,\n  \"b\" 2\n}").unwrap_err();
    assert_eq!((error.line, error.column), (Some(3), Some(7)));
    let error = read_all(b"{\n\"a\": tru}").unwrap_err();
    assert_eq!(error.line, Some(2));
    let error = read_all(b"[1, 2").unwrap_err();
    assert!(error.reason.contains("cut short"), "{error}");
    let error = read_all(b"{\"a\": \"\xC3\x28\"}").unwrap_err();
    assert_eq!((error.line, error.column), (Some(1), Some(8)));
    assert!(error.reason.contains("UTF-8"), "{error}");
}

#[test]
fn limits_hold_inside_records_and_outside() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert!(read_all(deep.as_bytes()).unwrap_err().reason.contains("nested"));
    let mut file = Cursor::new(deep.as_bytes());
    assert!(JsonReader::new(&mut file).unwrap().raw().unwrap_err().reason.contains("nested"));
    let long = format!("[\"{}\"]", "x".repeat(limits::STRING_BYTES + 1));
    assert!(read_all(long.as_bytes()).unwrap_err().reason.contains("KiB"));
    let allowed = format!("[\"{}\"]", "x".repeat(limits::STRING_BYTES - 2));
    assert_eq!(read_all(allowed.as_bytes()), Ok(()));
}

#[test]
fn values_that_cross_the_buffer_stay_whole() {
    let text = format!(
        "[{}]",
        (0..40_000).map(|number| format!("{{\"täg\": \"wört {number}\"}}")).collect::<Vec<_>>().join(",\n")
    );
    let mut file = Cursor::new(text.as_bytes());
    let mut reader = JsonReader::new(&mut file).unwrap();
    reader.enter_array().unwrap();
    let mut count = 0;
    while reader.next_element().unwrap() {
        let raw = reader.raw().unwrap();
        assert_eq!(raw.line, count + 1);
        let value: serde_json::Value = raw.read().map_err(|_| ()).unwrap();
        assert_eq!(value["täg"], format!("wört {count}"));
        count += 1;
    }
    reader.finish().unwrap();
    assert_eq!(count, 40_000);
}

#[test]
fn a_bookmark_leads_back() {
    let text = b"{\"late\": [1, 2],\n \"early\": \"x\"} ";
    let mut file = Cursor::new(text);
    let mut reader = JsonReader::new(&mut file).unwrap();
    reader.enter_object().unwrap();
    assert_eq!(reader.next_key().unwrap().as_deref(), Some("late"));
    let list = reader.bookmark();
    reader.skip().unwrap();
    assert_eq!(reader.next_key().unwrap().as_deref(), Some("early"));
    assert_eq!(reader.text().unwrap(), "x");
    assert_eq!(reader.next_key().unwrap(), None);
    let end = reader.bookmark();
    reader.return_to(&list).unwrap();
    assert_eq!(reader.value::<Vec<u8>>().unwrap(), [1, 2]);
    reader.return_to(&end).unwrap();
    reader.finish().unwrap();
}

proptest! {
    #[test]
    fn agrees_with_serde_on_what_is_json(text in r#"[\[\]{},: \n"a\\0-9truefalsn.eE-]{0,40}"#) {
        let ours = read_all(text.as_bytes()).is_ok();
        // What a tool logs before its report is passed over, which serde does not do.
        let report = &text[limits::preamble(text.as_bytes())..];
        let theirs = serde_json::from_str::<IgnoredAny>(report).is_ok();
        prop_assert_eq!(ours, theirs, "{}", text);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_all(&bytes);
    }
}
