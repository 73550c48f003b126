//! A record whose shape changes from one sender to the next: looked up by path, whatever the case of its keys.

use serde_json::Value;

use super::json::{RawJson, RecordError};

/// The record, which has to be an object.
pub(crate) fn record(raw: &RawJson<'_>) -> Result<Value, RecordError> {
    match raw.read()? {
        value @ Value::Object(_) => Ok(value),
        _ => Err(RecordError::Shape("an object is expected".to_owned())),
    }
}

/// Looking into such a record.
pub(crate) trait Loose {
    /// What stands at a path such as `service.action`; of a list, its first element.
    fn at(&self, path: &str) -> &Value;
    /// The text or number there, trimmed; empty where there is none.
    fn text(&self, path: &str) -> String;
    /// The first of several paths that says anything.
    fn first_text(&self, paths: &[&str]) -> String;
    /// The number there, also where it is written as a text.
    fn number(&self, path: &str) -> Option<f64>;
    /// Whether it says yes.
    fn is_true(&self, path: &str) -> bool;
    /// The elements there; one that is no list stands for itself.
    fn list(&self, path: &str) -> &[Value];
    /// The texts there.
    fn texts(&self, path: &str) -> Vec<String>;
    /// Tags there: an object, a list of keys and values, or a list of `key:value`.
    fn tags(&self, path: &str) -> Vec<(String, String)>;
    /// What must be there.
    fn required(&self, paths: &[&str]) -> Result<String, RecordError>;
}

const NOTHING: &Value = &Value::Null;

impl Loose for Value {
    fn at(&self, path: &str) -> &Value {
        let mut value = self;
        for key in path.split('.') {
            if let Value::Array(list) = value {
                value = list.first().unwrap_or(NOTHING);
            }
            let Value::Object(map) = value else { return NOTHING };
            value = match map.get(key) {
                Some(value) => value,
                None => map
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(key))
                    .map_or(NOTHING, |(_, value)| value),
            };
        }
        value
    }

    fn text(&self, path: &str) -> String {
        plain(self.at(path)).unwrap_or_default()
    }

    fn first_text(&self, paths: &[&str]) -> String {
        paths.iter().map(|path| self.text(path)).find(|text| !text.is_empty()).unwrap_or_default()
    }

    fn number(&self, path: &str) -> Option<f64> {
        match self.at(path) {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    fn is_true(&self, path: &str) -> bool {
        self.text(path).eq_ignore_ascii_case("true")
    }

    fn list(&self, path: &str) -> &[Value] {
        match self.at(path) {
            Value::Array(list) => list,
            Value::Null => &[],
            one => std::slice::from_ref(one),
        }
    }

    fn texts(&self, path: &str) -> Vec<String> {
        self.list(path).iter().filter_map(plain).filter(|text| !text.is_empty()).collect()
    }

    fn tags(&self, path: &str) -> Vec<(String, String)> {
        if let Value::Object(map) = self.at(path) {
            return map.iter().filter_map(|(key, value)| Some((key.clone(), plain(value)?))).collect();
        }
        let pair = |tag: &Value| match tag {
            Value::String(text) => {
                text.split_once(':').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
            }
            tag => Some((tag.first_text(&["key", "name"]), tag.text("value"))),
        };
        self.list(path).iter().filter_map(pair).filter(|(key, _)| !key.is_empty()).collect()
    }

    fn required(&self, paths: &[&str]) -> Result<String, RecordError> {
        match self.first_text(paths) {
            text if text.is_empty() => {
                Err(RecordError::Shape(format!("`{}` is missing", paths.first().unwrap_or(&""))))
            }
            text => Ok(text),
        }
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(list) => list.first().and_then(plain),
        _ => None,
    }
}

/// Further details of a finding as JSON, without the fields that say nothing.
pub(crate) fn details(mut value: Value) -> String {
    if let Value::Object(map) = &mut value {
        map.retain(|_, value| {
            !value.is_null()
                && value.as_str() != Some("")
                && value.as_array().is_none_or(|list| !list.is_empty())
        });
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_case_of_keys_and_the_type_of_values_do_not_matter() {
        let value =
            json!({"Service": {"Count": "3", "Archived": "TRUE"}, "tags": [{"Key": "a", "value": 1}, "b:c"]});
        assert_eq!(value.number("service.count"), Some(3.0));
        assert!(value.is_true("service.archived"));
        assert_eq!(value.tags("Tags"), [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "c".to_owned())]);
        assert!(value.required(&["service.none"]).is_err());
    }
}
