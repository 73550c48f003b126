//! The rules of a SARIF tool: what they say about severity, weakness and kind.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use crate::scanner::finding::{FindingKind, ParseError, Severity};
use crate::scanner::limits::{SHORT_BYTES, cut};
use crate::scanner::read::json::{JsonReader, RawJson, RecordError};
use crate::scanner::read::lenient::{Text, first_of, nullable};

const RULES: usize = 50_000;
const RULE_TEXT_BYTES: usize = 2 * 1024;

/// A tool or one of its extensions.
#[derive(Default)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rules: Vec<Rule>,
    by_id: HashMap<String, usize>,
}

impl Component {
    /// The rule of this id, or of the nearest id above it (`CA1000` for `CA1000/1`).
    pub(crate) fn rule(&self, id: &str) -> Option<&Rule> {
        let mut id = id;
        loop {
            if let Some(number) = self.by_id.get(id) {
                return self.rules.get(*number);
            }
            id = id.rsplit_once('/')?.0;
        }
    }
}

/// What is kept of a rule.
#[derive(Default)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) level: String,
    pub(crate) severity: Option<Severity>,
    pub(crate) cwes: Vec<String>,
    pub(crate) kind: Option<FindingKind>,
    pub(crate) help: String,
    pub(crate) messages: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RuleRecord<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    short_description: Message<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    full_description: Message<'a>,
    #[serde(borrow)]
    help_uri: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    default_configuration: Configuration<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    message_strings: BTreeMap<String, Message<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    relationships: Vec<Relationship<'a>>,
    #[serde(deserialize_with = "nullable")]
    properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    text: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Configuration<'a> {
    #[serde(borrow)]
    level: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Relationship<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    target: Taxon<'a>,
}

/// A reference into a taxonomy such as CWE.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Taxon<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    pub(crate) tool_component: TaxonomyName<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct TaxonomyName<'a> {
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
}

/// The property bag of a rule or result: tools put a text where others put a list.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Properties {
    #[serde(rename = "security-severity")]
    pub(crate) security_severity: Value,
    pub(crate) cwe: Value,
    pub(crate) tags: Value,
    /// Where gitleaks 7 puts the secret itself.
    pub(crate) offender: Value,
}

impl Properties {
    /// The severity that a score or word in `security-severity` gives.
    pub(crate) fn severity(&self) -> Option<Severity> {
        match &self.security_severity {
            Value::Number(score) => score.as_f64().map(Severity::from_score),
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(score) if score.is_finite() => Some(Severity::from_score(score)),
                _ if text.trim().is_empty() => None,
                _ => Some(Severity::from_word(text).unwrap_or(Severity::Info)),
            },
            _ => None,
        }
    }

    /// Weaknesses named in `cwe` and in the tags.
    pub(crate) fn cwes(&self) -> Vec<String> {
        texts(&self.cwe)
            .chain(texts(&self.tags).filter(|tag| tag.to_ascii_lowercase().contains("cwe")))
            .filter_map(cwe)
            .collect()
    }

    fn kind(&self) -> Option<FindingKind> {
        texts(&self.tags).find_map(|tag| match tag.to_ascii_lowercase().as_str() {
            "secret" | "secrets" => Some(FindingKind::Secret),
            "vulnerability" | "sca" => Some(FindingKind::Vulnerability),
            "misconfiguration" | "iac" => Some(FindingKind::Misconfiguration),
            "license" | "licence" => Some(FindingKind::Licence),
            _ => None,
        })
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let single = value.as_str();
    single.into_iter().chain(value.as_array().into_iter().flatten().filter_map(Value::as_str))
}

/// `CWE-79` out of `external/cwe/cwe-079`, `CWE-79: Cross-site scripting` or `79`.
pub(crate) fn cwe(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let number = lower
        .rfind("cwe")
        .map_or(lower.trim(), |at| lower[at + 3..].trim_start_matches(['-', ':', '_', ' ']));
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (!digits.is_empty() && digits.len() <= 5).then(|| format!("CWE-{digits}"))
}

/// Reads the driver or an extension.
pub(crate) fn component(reader: &mut JsonReader<'_>) -> Result<Component, ParseError> {
    let mut component = Component::default();
    let mut semantic = String::new();
    if reader.skip_null()? {
        return Ok(component);
    }
    reader.enter_object()?;
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "name" => component.name = cut(&reader.text()?, SHORT_BYTES),
            "version" => component.version = cut(&reader.text()?, SHORT_BYTES),
            "semanticVersion" => semantic = cut(&reader.text()?, SHORT_BYTES),
            "rules" if reader.peek()? == b'[' => {
                reader.enter_array()?;
                while reader.next_element()? {
                    if component.rules.len() >= RULES {
                        return Err(reader.error_here(format!("This tool lists more than {RULES} rules.")));
                    }
                    let raw = reader.raw()?;
                    let rule = match rule(&raw) {
                        Ok(rule) => rule,
                        Err(RecordError::Syntax(error)) => return Err(error),
                        // Its place is kept, because results point at rules by their number.
                        Err(RecordError::Shape(_)) => Rule::default(),
                    };
                    component.by_id.entry(rule.id.clone()).or_insert(component.rules.len());
                    component.rules.push(rule);
                }
            }
            _ => reader.skip()?,
        }
    }
    if !semantic.is_empty() {
        component.version = semantic;
    }
    Ok(component)
}

fn rule(raw: &RawJson<'_>) -> Result<Rule, RecordError> {
    let record: RuleRecord<'_> = raw.read()?;
    let (short, full) = (&record.short_description.text, &record.full_description.text);
    let mut cwes: Vec<String> = record
        .relationships
        .iter()
        .filter(|relation| relation.target.tool_component.name.eq_ignore_ascii_case("cwe"))
        .filter_map(|relation| cwe(&relation.target.id))
        .collect();
    cwes.extend(record.properties.cwes());
    cwes.dedup();
    cwes.truncate(20);
    Ok(Rule {
        title: cut(first_of(&[short, &record.name, &record.id]), SHORT_BYTES),
        description: cut(first_of(&[full, short]), RULE_TEXT_BYTES),
        level: record.default_configuration.level.to_string(),
        severity: record.properties.severity(),
        cwes,
        kind: record.properties.kind(),
        help: cut(&record.help_uri, SHORT_BYTES),
        messages: record
            .message_strings
            .iter()
            .map(|(id, message)| (id.clone(), cut(&message.text, RULE_TEXT_BYTES)))
            .collect(),
        id: cut(&record.id, SHORT_BYTES),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaknesses_are_read_from_every_spelling() {
        for text in ["external/cwe/cwe-079", "CWE-79", "CWE-79: Cross-site scripting", "79", "cwe:79"] {
            assert_eq!(cwe(text).as_deref(), Some("CWE-79"));
        }
        assert_eq!(cwe("security"), None);
        assert_eq!(cwe("cwe"), None);
    }

    #[test]
    fn a_security_severity_is_a_score_or_a_word() {
        let severity = |value: serde_json::Value| {
            Properties { security_severity: value, ..Properties::default() }.severity()
        };
        assert_eq!(severity("9.8".into()), Some(Severity::Critical));
        assert_eq!(severity(serde_json::json!(5)), Some(Severity::Medium));
        assert_eq!(severity("HIGH".into()), Some(Severity::High));
        assert_eq!(severity("".into()), None);
        assert_eq!(severity(Value::Null), None);
    }
}
