//! Reading fields of a JSON object while collecting every mistake with its path.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::model::{FieldError, Workshop, WorkshopError};

const TEXT_BYTES: usize = 48 * 1024;
/// Mistakes that are told; a file with more is told of these first.
const TOLD: usize = 200;
/// Risks of one workshop.
const RISKS: usize = 5_000;

/// Collects what is wrong.
#[derive(Default)]
pub(crate) struct Mistakes(Vec<FieldError>);

impl Mistakes {
    pub(crate) fn add(&mut self, path: impl Into<String>, reason: impl Into<String>) {
        if self.0.len() < TOLD {
            self.0.push(FieldError { path: path.into(), reason: reason.into() });
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn into_errors(self) -> Vec<FieldError> {
        self.0
    }

    /// The workshop, unless something in it is wrong.
    pub(crate) fn unless_any(mut self, workshop: Workshop) -> Result<Workshop, WorkshopError> {
        if workshop.risks.len() > RISKS {
            self.add("risks", format!("are more than {RISKS}; split the model"));
        }
        if serde_json::to_string(&workshop).is_ok_and(|text| text.contains("\\u0000")) {
            self.add("$", "holds zero bytes; leave them out");
        }
        if self.0.is_empty() { Ok(workshop) } else { Err(WorkshopError::Fields(self.0)) }
    }
}

/// An object at a path.
pub(crate) struct Fields<'v> {
    path: String,
    object: Option<&'v Map<String, Value>>,
}

impl<'v> Fields<'v> {
    pub(crate) fn new(path: String, value: &'v Value, mistakes: &mut Mistakes) -> Self {
        let object = value.as_object();
        if object.is_none() {
            mistakes.add(if path.is_empty() { "$" } else { &path }, "must be an object");
        }
        Self { path, object }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The value of a field; `null` counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&'v Value> {
        self.object?.get(name).filter(|value| !value.is_null())
    }

    fn missing(&self, name: &str, what: &str, mistakes: &mut Mistakes) {
        if self.object.is_some() {
            mistakes.add(self.path(name), format!("is missing; give {what}"));
        }
    }

    /// An object that must be there.
    pub(crate) fn object(&self, name: &str, mistakes: &mut Mistakes) -> Fields<'v> {
        match self.get(name) {
            Some(value) => Fields::new(self.path(name), value, mistakes),
            None => {
                self.missing(name, "an object", mistakes);
                Fields { path: self.path(name), object: None }
            }
        }
    }

    /// An object that may be there.
    pub(crate) fn optional_object(&self, name: &str, mistakes: &mut Mistakes) -> Option<Fields<'v>> {
        self.get(name).map(|value| Fields::new(self.path(name), value, mistakes))
    }

    /// A text that must be there and say something.
    pub(crate) fn text(&self, name: &str, mistakes: &mut Mistakes) -> String {
        let text = self.optional_text(name, mistakes);
        if text.is_empty()
            && self.get(name).is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty()))
        {
            self.missing(name, "a text", mistakes);
        }
        text
    }

    /// A text, empty when absent.
    pub(crate) fn optional_text(&self, name: &str, mistakes: &mut Mistakes) -> String {
        match self.get(name) {
            None => String::new(),
            Some(Value::String(text)) if text.len() > TEXT_BYTES => {
                mistakes.add(self.path(name), format!("is longer than {} KiB", TEXT_BYTES / 1024));
                String::new()
            }
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(_) => {
                mistakes.add(self.path(name), "must be a text");
                String::new()
            }
        }
    }

    /// A text, or a number or a word as its text; empty when absent.
    pub(crate) fn loose_text(&self, name: &str, mistakes: &mut Mistakes) -> String {
        match self.get(name) {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(flag)) => flag.to_string(),
            _ => self.optional_text(name, mistakes),
        }
    }

    /// A number from 0 to 100, or nothing.
    pub(crate) fn percentage(&self, name: &str, mistakes: &mut Mistakes) -> Option<f64> {
        let value = self.get(name)?;
        let number = value.as_f64().filter(|number| (0.0..=100.0).contains(number));
        if number.is_none() {
            mistakes.add(self.path(name), "must be a number from 0 to 100");
        }
        number
    }

    /// A whole number within bounds that must be there.
    pub(crate) fn number(&self, name: &str, from: u32, to: u32, mistakes: &mut Mistakes) -> u32 {
        match self.get(name) {
            None => {
                self.missing(name, &format!("a whole number from {from} to {to}"), mistakes);
                from
            }
            Some(value) => match value
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .filter(|number| (from..=to).contains(number))
            {
                Some(number) => number,
                None => {
                    mistakes.add(self.path(name), format!("must be a whole number from {from} to {to}"));
                    from
                }
            },
        }
    }

    /// A day.
    pub(crate) fn date(&self, name: &str, mistakes: &mut Mistakes) -> Option<NaiveDate> {
        let text = self.optional_text(name, mistakes);
        if text.is_empty() {
            return None;
        }
        let date = text.parse().ok();
        if date.is_none() {
            mistakes.add(self.path(name), format!("{text:?} is no day; write it as 2026-10-05"));
        }
        date
    }

    /// One word of a list.
    pub(crate) fn word(
        &self,
        name: &str,
        words: &[&str],
        default: Option<&str>,
        mistakes: &mut Mistakes,
    ) -> String {
        let text = self.optional_text(name, mistakes).to_ascii_lowercase();
        match default {
            Some(default) if text.is_empty() => return default.to_owned(),
            None if text.is_empty() && self.get(name).is_none() => {
                self.missing(name, &format!("one of {}", words.join(", ")), mistakes);
                return text;
            }
            _ => {}
        }
        check_word(&text, words, || self.path(name), mistakes);
        text
    }

    /// A list of texts, empty when absent.
    pub(crate) fn texts(&self, name: &str, mistakes: &mut Mistakes) -> Vec<String> {
        self.list(name, mistakes)
            .filter_map(|(path, value)| match value.as_str() {
                Some(text) if text.len() <= TEXT_BYTES => Some(text.trim().to_owned()),
                _ => {
                    mistakes.add(path, "must be a text");
                    None
                }
            })
            .collect()
    }

    /// A list of words out of a given list.
    pub(crate) fn words(&self, name: &str, words: &[&str], mistakes: &mut Mistakes) -> Vec<String> {
        let texts: Vec<String> =
            self.texts(name, mistakes).into_iter().map(|text| text.to_ascii_lowercase()).collect();
        for (number, text) in texts.iter().enumerate() {
            check_word(text, words, || format!("{}[{number}]", self.path(name)), mistakes);
        }
        texts
    }

    /// The elements of a list with their paths, none when absent.
    pub(crate) fn list(
        &self,
        name: &str,
        mistakes: &mut Mistakes,
    ) -> impl Iterator<Item = (String, &'v Value)> + use<'v> {
        let list = match self.get(name) {
            None => None,
            Some(Value::Array(list)) => Some(list),
            Some(_) => {
                mistakes.add(self.path(name), "must be a list");
                None
            }
        };
        let path = self.path(name);
        list.into_iter()
            .flatten()
            .enumerate()
            .map(move |(number, value)| (format!("{path}[{number}]"), value))
    }
}

/// Reads each object of a list.
pub(crate) fn each<'v, T>(
    fields: &Fields<'v>,
    name: &str,
    mistakes: &mut Mistakes,
    read: impl Fn(&Fields<'v>, &mut Mistakes) -> T,
) -> Vec<T> {
    let elements: Vec<_> = fields.list(name, mistakes).collect();
    elements
        .into_iter()
        .map(|(path, value)| {
            let fields = Fields::new(path, value, mistakes);
            read(&fields, mistakes)
        })
        .collect()
}

fn check_word(text: &str, words: &[&str], path: impl Fn() -> String, mistakes: &mut Mistakes) {
    if !text.is_empty() && !words.contains(&text) {
        mistakes.add(path(), format!("{text:?} is not known; use one of {}", words.join(", ")));
    }
}
