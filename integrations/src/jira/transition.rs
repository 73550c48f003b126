//! Moves issues through their workflow, by category and not by name.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::adf::Document;
use super::client::{Call, JiraClient};
use super::error::JiraError;
use super::field_value::FieldValue;
use super::model::{Named, Status, StatusCategory};
use super::project::{CreateField, create_field};

/// A step that is open to an issue now.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The id, valid for this issue in its present status only.
    pub id: String,
    /// Where it leads.
    pub to: Status,
    /// The resolutions that its screen demands or offers.
    pub resolutions: Vec<Named>,
    /// Whether the screen demands a resolution.
    pub needs_resolution: bool,
    /// The other fields that its screen demands and does not fill in: we cannot take it.
    pub demands: Vec<CreateField>,
    /// What is sent along for those that we can fill in.
    pub given: BTreeMap<String, FieldValue>,
}

impl Transition {
    fn fitting(&self, resolutions: &[&str]) -> Option<&Named> {
        resolutions
            .iter()
            .find_map(|name| self.resolutions.iter().find(|offered| offered.name.eq_ignore_ascii_case(name)))
    }

    /// Fills in what it demands, where `value` knows something.
    pub fn give(&mut self, value: impl Fn(&CreateField) -> Option<FieldValue>) {
        let given = &mut self.given;
        self.demands.retain(|field| match value(field) {
            Some(value) => {
                given.insert(field.field_id.clone(), value);
                false
            }
            None => true,
        });
    }

    /// Whether nothing is demanded that we cannot give.
    pub fn can_be_taken(&self, resolutions: &[&str]) -> bool {
        self.demands.is_empty() && (!self.needs_resolution || self.fitting(resolutions).is_some())
    }
}

/// The next step towards a category.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// The id of the transition.
    pub transition: String,
    /// The status it leads to.
    pub to: Status,
    /// The id of the resolution to send along.
    pub resolution: Option<String>,
    /// The other fields to send along.
    pub fields: BTreeMap<String, FieldValue>,
}

/// Chooses the next step towards `target`: straight there if possible, else through a status of the category in
/// between, never back to one that was already `visited`. A screen that demands a resolution is passed only with one
/// that fits: the first of a list may say the contrary of what is meant. `None` where the workflow offers no way.
pub fn next_hop(
    offered: &[Transition],
    target: StatusCategory,
    resolutions: &[&str],
    visited: &[String],
) -> Option<Hop> {
    let open = || offered.iter().filter(|t| t.can_be_taken(resolutions) && !visited.contains(&t.to.id));
    let hop = |transition: &Transition| {
        let resolution = transition.fitting(resolutions).map(|resolution| resolution.id.clone());
        Hop {
            transition: transition.id.clone(),
            to: transition.to.clone(),
            resolution,
            fields: transition.given.clone(),
        }
    };
    // Of several ways into "done", one whose screen takes a wanted resolution says what was meant.
    let says = |t: &&Transition| {
        resolutions.iter().any(|name| t.resolutions.iter().any(|r| r.name.eq_ignore_ascii_case(name)))
    };
    // A status called like the resolution ("Won't Do") is the way for that outcome only.
    let named = |t: &&Transition| resolutions.iter().position(|name| t.to.name.eq_ignore_ascii_case(name));
    let straight = || open().filter(|t| t.to.category == target);
    if let Some(transition) = straight().min_by_key(|t| (named(t).unwrap_or(resolutions.len()), !says(t))) {
        return Some(hop(transition));
    }
    let between = match target {
        StatusCategory::Done => [StatusCategory::Indeterminate, StatusCategory::New],
        _ => [StatusCategory::New, StatusCategory::Indeterminate],
    };
    between.iter().find_map(|category| open().find(|t| t.to.category == *category)).map(hop)
}

impl JiraClient {
    /// The steps that are open to an issue now.
    pub async fn transitions(&self, id: &str) -> Result<Vec<Transition>, JiraError> {
        let call =
            Call::read(self.path(&format!("issue/{id}/transitions"))).query("expand", "transitions.fields");
        let value: Value = self.send(call).await?;
        Ok(value["transitions"].as_array().into_iter().flatten().filter_map(transition).collect())
    }

    /// Takes a step. Where the answer is lost, read the status before trying again.
    pub async fn do_transition(&self, id: &str, hop: &Hop) -> Result<(), JiraError> {
        self.do_transition_saying(id, hop, None).await
    }

    /// As [`Self::do_transition`], with a comment that is written in the same call.
    pub async fn do_transition_saying(
        &self,
        id: &str,
        hop: &Hop,
        comment: Option<&Document>,
    ) -> Result<(), JiraError> {
        let mut body = json!({ "transition": { "id": hop.transition } });
        let mut fields: Map<String, Value> = hop
            .fields
            .iter()
            .map(|(field, value)| (field.clone(), value.to_json(self.dialect(), self.text_limit())))
            .collect();
        if let Some(resolution) = &hop.resolution {
            fields.insert("resolution".to_owned(), json!({ "id": resolution }));
        }
        if !fields.is_empty() {
            body["fields"] = Value::Object(fields);
        }
        if let Some(comment) = comment {
            body["update"] = json!({ "comment": [{ "add": { "body": self.rich_text(comment) } }] });
        }
        let call = Call::write(Method::POST, self.path(&format!("issue/{id}/transitions")), body);
        self.send_for_status(call).await.map(|_| ())
    }
}

fn transition(value: &Value) -> Option<Transition> {
    let none = Map::new();
    let fields = value["fields"].as_object().unwrap_or(&none);
    let demanded = |field: &Value| field["required"] == true && field["hasDefaultValue"] != true;
    let resolution = fields.get("resolution");
    Some(Transition {
        id: value["id"].as_str()?.to_owned(),
        to: serde_json::from_value(value["to"].clone()).ok()?,
        resolutions: resolution
            .and_then(|field| serde_json::from_value(field["allowedValues"].clone()).ok())
            .unwrap_or_default(),
        needs_resolution: resolution.is_some_and(demanded),
        demands: fields
            .iter()
            .filter(|(name, field)| *name != "resolution" && demanded(field))
            .filter_map(|(name, field)| {
                let mut field = field.clone();
                field["fieldId"] = json!(name);
                create_field(&field)
            })
            .collect(),
        given: BTreeMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(id: &str, to: &str, category: StatusCategory) -> Transition {
        let to = Status { id: to.to_owned(), name: to.to_owned(), category };
        Transition {
            id: id.to_owned(),
            to,
            resolutions: vec![],
            needs_resolution: false,
            demands: vec![],
            given: BTreeMap::new(),
        }
    }

    fn named(id: &str, name: &str) -> Named {
        Named { id: id.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn the_straight_way_wins_over_the_long_one() {
        let offered =
            [way("1", "Doing", StatusCategory::Indeterminate), way("2", "Closed", StatusCategory::Done)];
        assert_eq!(
            next_hop(&offered, StatusCategory::Done, &[], &[]).map(|hop| hop.transition),
            Some("2".into())
        );
    }

    #[test]
    fn without_a_straight_way_it_goes_through_the_middle_and_never_in_circles() {
        let offered =
            [way("1", "Backlog", StatusCategory::New), way("2", "Doing", StatusCategory::Indeterminate)];
        let hop =
            |visited: &[String]| next_hop(&offered, StatusCategory::Done, &[], visited).map(|hop| hop.to.id);
        assert_eq!(hop(&[]), Some("Doing".to_owned()));
        assert_eq!(hop(&["Doing".to_owned()]), Some("Backlog".to_owned()));
        assert_eq!(hop(&["Doing".to_owned(), "Backlog".to_owned()]), None);
    }

    #[test]
    fn a_screen_that_asks_for_more_than_a_resolution_is_avoided() {
        let mut closed = way("2", "Closed", StatusCategory::Done);
        closed.demands = create_field(&json!({ "fieldId": "customfield_1" })).into_iter().collect();
        assert_eq!(next_hop(std::slice::from_ref(&closed), StatusCategory::Done, &[], &[]), None);
        closed.give(|_| Some(FieldValue::Number(1.0)));
        let hop = next_hop(&[closed], StatusCategory::Done, &[], &[]).expect("a way");
        assert_eq!(hop.fields.get("customfield_1"), Some(&FieldValue::Number(1.0)));
    }

    #[test]
    fn a_resolution_that_says_something_else_is_never_taken_for_want_of_a_better_one() {
        let mut closed = way("2", "Closed", StatusCategory::Done);
        closed.needs_resolution = true;
        closed.resolutions = vec![named("10", "Won't Do"), named("11", "Erledigt")];
        let hop = |names: &[&str]| next_hop(std::slice::from_ref(&closed), StatusCategory::Done, names, &[]);
        assert_eq!(hop(&["Done", "Fixed"]), None);
        assert_eq!(hop(&["Erledigt"]).and_then(|hop| hop.resolution), Some("11".to_owned()));
    }

    #[test]
    fn the_resolution_says_what_was_meant() {
        let mut fixed = way("1", "Done", StatusCategory::Done);
        fixed.needs_resolution = true;
        fixed.resolutions = vec![named("10", "Won't Do"), named("11", "Done")];
        let mut dropped = way("2", "Won't Do", StatusCategory::Done);
        dropped.resolutions = fixed.resolutions.clone();
        let offered = [dropped, fixed];
        let hop = |names: &[&str]| {
            let hop = next_hop(&offered, StatusCategory::Done, names, &[]).expect("a way");
            (hop.transition, hop.resolution.expect("a resolution"))
        };
        assert_eq!(hop(&["Done"]), ("1".to_owned(), "11".to_owned()));
        assert_eq!(hop(&["Won't Do"]), ("2".to_owned(), "10".to_owned()));
    }
}
