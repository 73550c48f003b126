//! What a change of a risk changed: in its event the values as they are from then on, so that the register of any day
//! can be put together again, and the old texts; in the log of who did what the values before and after, where a long
//! text is its digest.

use abate_entity::lifecycle::State;
use abate_entity::risk;
use chrono::{DateTime, Utc};
use sea_orm::ActiveModelTrait as _;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::platform::clock::never;

/// Texts of which the log keeps the digest.
const LONG: [&str; 3] = ["description", "mitigation", "plan"];

/// Characters from which on any text is long.
const LONG_FROM: usize = 1_000;

/// The values of a risk that make its line of the register.
#[must_use]
pub fn values(risk: &risk::Model) -> Map<String, Value> {
    let values = json!({
        "state": risk.state.as_str(),
        "resolution": risk.resolution.map(|resolution| resolution.as_str()),
        "level": risk.level.as_str(),
        "inherent_likelihood": risk.inherent_likelihood,
        "inherent_impact": risk.inherent_impact,
        "current_likelihood": risk.current_likelihood,
        "current_impact": risk.current_impact,
        "target_likelihood": risk.target_likelihood,
        "target_impact": risk.target_impact,
        "grid_id": risk.grid_id,
        "treatment": risk.treatment.map(|treatment| treatment.as_str()),
        "owner_id": risk.owner_id,
        "assignee_id": risk.assignee_id,
        "team_id": risk.team_id,
        "asset_id": risk.asset_id,
        "title": risk.title,
        "triage_due_at": due(risk.triage_due_at),
        "due_on": risk.due_on,
        "review_on": risk.review_on,
        "acceptance_ends_on": risk.acceptance_ends_on,
        "confidential": risk.confidential,
    });
    if let Value::Object(values) = values { values } else { Map::new() }
}

/// The values of a risk put together again from what its events say, oldest first.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a Value>) -> Map<String, Value> {
    let mut values = Map::new();
    for event in events {
        let after = event.get("after").and_then(Value::as_object);
        values.extend(after.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    }
    values
}

/// A due date, none at the end of time.
fn due(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (at != never()).then_some(at)
}

/// What a change left of a risk, and what was there before.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl Difference {
    /// Between a risk as it was and as it is.
    #[must_use]
    pub fn between(before: &risk::Model, after: &risk::Model) -> Self {
        let (mut old, mut new) = (values(before), values(after));
        for (name, before, after) in [
            ("description", &before.description, &after.description),
            ("mitigation", &before.mitigation, &after.mitigation),
            ("plan", &before.plan, &after.plan),
        ] {
            old.insert(name.to_owned(), before.clone().into());
            new.insert(name.to_owned(), after.clone().into());
        }
        let same: Vec<String> = old
            .iter()
            .filter(|(name, value)| new.get(*name) == Some(value))
            .map(|(name, _)| name.clone())
            .collect();
        for name in same {
            old.remove(&name);
            new.remove(&name);
        }
        Self { before: old, after: new }
    }

    /// A risk that was not there before.
    #[must_use]
    pub fn new_risk(risk: &risk::Model) -> Self {
        Self { before: Map::new(), after: values(risk) }
    }

    /// Adds to an event what is from then on, and the texts that were there before. New long texts are left to the
    /// risk's row and to the events that replace them.
    pub fn write_into(&self, data: &mut Map<String, Value>) {
        let mut after = self.after.clone();
        after.retain(|name, _| !LONG.contains(&name.as_str()));
        let mut before = self.before.clone();
        before.retain(|name, _| name == "title" || LONG.contains(&name.as_str()));
        for (name, values) in [("after", after), ("before", before)] {
            if !values.is_empty() {
                data.insert(name.to_owned(), Value::Object(values));
            }
        }
    }

    /// What the log of who did what keeps of a change.
    #[must_use]
    pub fn told(&self, (from, to): (State, State), reason: &str, data: &Map<String, Value>) -> Value {
        let fields: Map<String, Value> =
            data.iter().map(|(name, value)| (name.clone(), brief(value))).collect();
        json!({
            "from": from, "to": to, "reason": reason, "fields": fields,
            "before": brief_fields(&self.before), "after": brief_fields(&self.after),
        })
    }
}

/// A risk's row as it is now: what was seen, with what was set.
pub(super) fn merged(before: &risk::Model, set: &risk::ActiveModel) -> risk::Model {
    let mut risk = before.clone();
    for column in <risk::Column as sea_orm::Iterable>::iter() {
        if let sea_orm::ActiveValue::Set(value) = set.get(column) {
            sea_orm::ModelTrait::set(&mut risk, column, value);
        }
    }
    risk
}

fn brief_fields(fields: &Map<String, Value>) -> Value {
    let brief = fields.iter().map(|(name, value)| {
        let value = match value {
            Value::String(text) if LONG.contains(&name.as_str()) => digest(text),
            value => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(brief.collect())
}

/// The same with each long text as its digest.
fn brief(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() >= LONG_FROM => digest(text),
        Value::Array(values) => values.iter().map(brief).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), brief(value))).collect())
        }
        value => value.clone(),
    }
}

fn digest(text: &str) -> Value {
    json!({"sha256": hex::encode(Sha256::digest(text)), "characters": text.chars().count()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_its_digest_wherever_it_stands() {
        let long = "a".repeat(LONG_FROM);
        let told = brief(&json!({"given": {"plan": long, "reason": "short"}, "list": [long, 7]}));
        assert_eq!(told["given"]["reason"], "short");
        assert_eq!(told["given"]["plan"]["characters"], LONG_FROM);
        assert_eq!(told["list"][0]["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(told["list"][1], 7);
    }
}
