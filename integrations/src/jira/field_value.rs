//! What a field takes, and a value of it as each kind of JIRA spells it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::adf::Document;
use super::dialect::Dialect;

/// The longest text that a field of one line takes, in JIRA's unit (UTF-16).
const TEXT_LIMIT: usize = 255;

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One of its choices.
    Option,
    /// Some of its choices.
    Options,
    /// One line.
    Text,
    /// Several lines, which Cloud wants as a document.
    RichText,
    /// A number.
    Number,
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// A person.
    User,
    /// The key of an epic, which Data Center keeps in a field of its own.
    EpicLink,
    /// Anything else; nothing is sent there.
    Other,
}

impl FieldKind {
    /// Reads the `schema` of a field's metadata.
    #[must_use]
    pub fn of_schema(schema: &Value) -> Self {
        let word = |name: &str| schema[name].as_str().unwrap_or_default();
        let custom = word("custom").rsplit(':').next().unwrap_or_default();
        match (word("type"), custom) {
            (_, "gh-epic-link") => Self::EpicLink,
            ("option", _) => Self::Option,
            ("array", _) if word("items") == "option" => Self::Options,
            ("string", "textarea") => Self::RichText,
            ("string", "textfield" | "url") => Self::Text,
            // Lists of one's own choice look like text and are none.
            ("string", "") if matches!(word("system"), "description" | "environment") => Self::RichText,
            ("string", "") => Self::Text,
            ("number", _) => Self::Number,
            ("date", _) => Self::Date,
            ("datetime", _) => Self::DateTime,
            ("user", _) => Self::User,
            _ => Self::Other,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Options => "options",
            Self::Text => "text",
            Self::RichText => "rich_text",
            Self::Number => "number",
            Self::Date => "date",
            Self::DateTime => "date_time",
            Self::User => "user",
            Self::EpicLink => "epic_link",
            Self::Other => "other",
        }
    }
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// The id of a choice.
    Option(String),
    /// The ids of choices.
    Options(Vec<String>),
    /// One line.
    Text(String),
    /// Several lines.
    RichText(Document),
    /// A number.
    Number(f64),
    /// A day.
    Date(NaiveDate),
    /// An instant.
    DateTime(DateTime<Utc>),
    /// A person, as [`super::Account::account_id`] names them.
    User(String),
    /// Nothing: what was there goes.
    Nothing,
}

impl FieldValue {
    /// A text in one line, no longer than a field takes.
    #[must_use]
    pub fn line(text: &str) -> Self {
        let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        while line.encode_utf16().count() > TEXT_LIMIT {
            line.pop();
        }
        Self::Text(line)
    }

    /// As many of these as a field takes, in one line; none is cut, as the rest of it could be another one.
    #[must_use]
    pub fn items(items: &[String]) -> Self {
        let mut items = items;
        while let [rest @ .., _] = items
            && items.join(", ").encode_utf16().count() > TEXT_LIMIT
        {
            items = rest;
        }
        Self::line(&items.join(", "))
    }

    /// As it is sent.
    #[must_use]
    pub fn to_json(&self, dialect: Dialect, text_limit: usize) -> Value {
        match self {
            Self::Option(id) => json!({ "id": id }),
            Self::Options(ids) => ids.iter().map(|id| json!({ "id": id })).collect(),
            Self::Text(text) => json!(text),
            Self::RichText(document) => dialect.rich_text(document, text_limit),
            // A whole number is written as one.
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                #[allow(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
                let whole = *number as i64;
                json!(whole)
            }
            Self::Number(number) => json!(number),
            Self::Date(day) => json!(day.to_string()),
            Self::DateTime(at) => json!(at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()),
            Self::User(account) => dialect.user(account),
            Self::Nothing => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_from_the_schema() {
        let custom = |kind: &str, name: &str| {
            let custom = format!("com.atlassian.jira.plugin.system.customfieldtypes:{name}");
            FieldKind::of_schema(&json!({ "type": kind, "custom": custom }))
        };
        assert_eq!(custom("option", "select"), FieldKind::Option);
        assert_eq!(custom("string", "textarea"), FieldKind::RichText);
        assert_eq!(custom("string", "textfield"), FieldKind::Text);
        assert_eq!(custom("number", "float"), FieldKind::Number);
        assert_eq!(custom("any", "something"), FieldKind::Other);
        let array = |items: &str| FieldKind::of_schema(&json!({ "type": "array", "items": items }));
        assert_eq!((array("option"), array("string")), (FieldKind::Options, FieldKind::Other));
        let epic = json!({ "type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link" });
        assert_eq!(FieldKind::of_schema(&epic), FieldKind::EpicLink);
        assert_eq!(FieldKind::of_schema(&Value::Null), FieldKind::Other);
    }

    #[test]
    fn values_are_spelled_as_each_kind_of_site_wants_them() {
        let sent = |value: &FieldValue, dialect| value.to_json(dialect, 100);
        let user = FieldValue::User("ana".to_owned());
        assert_eq!(sent(&user, Dialect::Cloud), json!({ "accountId": "ana" }));
        assert_eq!(sent(&user, Dialect::DataCenter), json!({ "name": "ana" }));
        let text = FieldValue::RichText(Document::from_text("a*b"));
        assert_eq!(sent(&text, Dialect::DataCenter), json!("a*b"));
        assert_eq!(sent(&text, Dialect::Cloud)["type"], "doc");
        let options = FieldValue::Options(vec!["1".to_owned(), "2".to_owned()]);
        assert_eq!(sent(&options, Dialect::Cloud), json!([{ "id": "1" }, { "id": "2" }]));
        assert_eq!(sent(&FieldValue::Number(20.0), Dialect::Cloud).to_string(), "20");
        assert_eq!(sent(&FieldValue::Number(7.5), Dialect::Cloud).to_string(), "7.5");
        assert_eq!(sent(&FieldValue::Nothing, Dialect::Cloud), Value::Null);
        assert_eq!(FieldValue::line("a\n b"), FieldValue::Text("a b".to_owned()));
        let FieldValue::Text(long) = FieldValue::line(&"ü".repeat(300)) else { panic!("a text") };
        assert_eq!(long.chars().count(), 255);
    }
}
