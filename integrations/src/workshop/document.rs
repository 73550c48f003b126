//! Reads a model that is JSON or YAML into one value, within limits.

use std::cell::Cell;
use std::fmt;
use std::io::{Read as _, SeekFrom};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::scanner::limits::byte_order_mark;
use crate::scanner::{ParseError, ReadSeek, read_json};

/// Largest model in YAML.
const YAML_BYTES: usize = 4 * 1024 * 1024;
/// What a YAML model may come to in memory; aliases count each time they are used.
const YAML_BUDGET: usize = 32 * 1024 * 1024;
/// What an element counts besides its text.
const ELEMENT: usize = 64;
/// Deepest nesting.
const DEPTH: usize = 100;

/// Reads JSON where the file begins like it, else YAML.
pub(crate) fn read_document(file: &mut dyn ReadSeek) -> Result<Value, ParseError> {
    let unreadable =
        |error: std::io::Error| ParseError::whole(format!("The file could not be read: {error}."));
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.take(YAML_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let text = &bytes[byte_order_mark(&bytes)..];
    let first = text.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    if matches!(first, None | Some(b'{' | b'[' | b'<' | 0)) || text.contains(&0) {
        return read_json(file);
    }
    if bytes.len() > YAML_BYTES {
        let mib = YAML_BYTES / 1024 / 1024;
        return Err(ParseError::whole(format!(
            "A model in YAML may have {mib} MiB. Split it, or export it as JSON."
        )));
    }
    let text = std::str::from_utf8(text)
        .map_err(|_| ParseError::whole("The file is not UTF-8. Save it as UTF-8 and upload it again."))?;
    read_yaml(text)
}

fn read_yaml(text: &str) -> Result<Value, ParseError> {
    check_nesting(text)?;
    let budget = Cell::new(YAML_BUDGET);
    let seed = Bounded { budget: &budget, depth: DEPTH };
    seed.deserialize(serde_yaml_ng::Deserializer::from_str(text)).map_err(|error| {
        let place = error.location();
        ParseError {
            reason: format!("This is not YAML that can be read: {error}."),
            line: place.as_ref().map(|place| place.line() as u64),
            column: place.as_ref().map(|place| place.column() as u64),
        }
    })
}

/// The parser's time grows with the square of the nesting, so that it is looked at before.
fn check_nesting(text: &str) -> Result<(), ParseError> {
    let mut open = 0_usize;
    for (number, line) in text.lines().enumerate() {
        let dashes = line.split(' ').filter(|part| matches!(*part, "-" | "?" | "-\t")).count();
        for byte in line.bytes() {
            match byte {
                b'[' | b'{' => open += 1,
                b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
        }
        // Brackets may stand alone within texts, so that the limit is generous here and exact afterwards.
        if open > 20 * DEPTH || dashes > DEPTH {
            return Err(ParseError {
                reason: format!("Objects and lists are nested deeper than {DEPTH}."),
                line: Some(number as u64 + 1),
                column: None,
            });
        }
    }
    Ok(())
}

/// Builds a value and counts what it takes.
#[derive(Clone, Copy)]
struct Bounded<'b> {
    budget: &'b Cell<usize>,
    depth: usize,
}

impl Bounded<'_> {
    fn take<E: Error>(&self, bytes: usize) -> Result<(), E> {
        match self.budget.get().checked_sub(bytes + ELEMENT) {
            Some(left) => {
                self.budget.set(left);
                Ok(())
            }
            None => Err(E::custom("it grows beyond its limit; write its aliases out")),
        }
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(E::custom(format!("objects and lists are nested deeper than {DEPTH}"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.take(0).map(|()| Value::Bool(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.take(0).map(|()| value.into())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.take(0).map(|()| value.into())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.take(0).map(|()| Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.take(text.len()).map(|()| text.into())
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.take(0).map(|()| Value::Null)
    }
    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
        Err(A::Error::custom("tags such as !name are not read; leave them out"))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.take(0)?;
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.take(0)?;
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key_seed(inner)? {
            let key = match key {
                Value::String(key) => key,
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                _ => return Err(A::Error::custom("a key must be a text")),
            };
            let value = entries.next_value_seed(inner)?;
            if object.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format!("the key {key:?} stands twice in one object")));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, ParseError> {
        read_document(&mut Cursor::new(text.as_bytes()))
    }

    #[test]
    fn both_spellings_give_one_value() {
        assert_eq!(read("a: 1\nb: [x, null]\n"), read("{\"a\": 1, \"b\": [\"x\", null]}"));
        assert_eq!(read("\u{feff}# note\nday: 2026-01-02\n").unwrap(), json!({ "day": "2026-01-02" }));
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..10 {
            let parts = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{parts}]\n"));
        }
        assert!(read(&bomb).is_err());
        assert!(read(&format!("a: {}", "[".repeat(1_000_000))).is_err());
        assert!(read(&format!("a: {}1{}", "[".repeat(120), "]".repeat(120))).is_err());
        assert!(read(&format!("a:\n {}1", "- ".repeat(1_000_000))).is_err());
        assert!(read(&format!("{}1{}", "[".repeat(1_000_000), "]".repeat(1_000_000))).is_err());
        assert!(read("a: 1\na: 2\n").unwrap_err().reason.contains("twice"));
        assert!(read("a: !thing 1\n").is_err());
        assert!(read("a: [1, 2\nb: 3").unwrap_err().line.is_some());
    }
}
