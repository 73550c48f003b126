//! The arguments of a call, however they were sent.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// Arguments that callers may send as JSON within a form.
const NESTED: [(&str, &str); 3] = [
    ("blocks", "invalid_blocks_format"),
    ("view", "invalid_arguments"),
    ("metadata", "invalid_metadata_format"),
];

/// The arguments of a call by name.
#[derive(Debug)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(super) fn read(query: &str, content_type: &str, body: &[u8]) -> Result<Self, Refusal> {
        let mut all = Map::new();
        form(&mut all, query.as_bytes());
        if content_type.starts_with("application/json") {
            if !body.is_empty() {
                match serde_json::from_slice(body) {
                    Ok(Value::Object(fields)) => all.extend(fields),
                    Ok(_) => return Err(Refusal::new("json_not_object")),
                    Err(_) => return Err(Refusal::new("invalid_json")),
                }
            }
        } else {
            form(&mut all, body);
        }
        for (name, code) in NESTED {
            if let Some(Value::String(text)) = all.get(name) {
                let parsed = serde_json::from_str(text).map_err(|_| Refusal::new(code))?;
                all.insert(name.to_owned(), parsed);
            }
        }
        Ok(Self(all))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(set)) => *set,
            Some(Value::String(text)) => text == "true" || text == "1",
            _ => false,
        }
    }
}

fn form(all: &mut Map<String, Value>, encoded: &[u8]) {
    for (name, value) in url::form_urlencoded::parse(encoded) {
        all.insert(name.into_owned(), Value::String(value.into_owned()));
    }
}
