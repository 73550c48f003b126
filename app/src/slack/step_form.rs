//! The form of a step, made from the fields that the lifecycle says it takes.

use abate_entity::lifecycle::{Event, Field, FieldKind, Transition};
use abate_integrations::slack::{Block, Choice, Input, InputKind, SubmittedValue, View};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::arguments::Token;
use super::card::words;
use crate::platform::problem::Problem;
use crate::risk::api::TransitionForm;
use crate::risk::key::RiskKey;

/// The name by which a submitted form of a step is known.
pub(crate) const CALLBACK: &str = "step";

/// Fields whose values are numbers.
const NUMBERS: [&str; 5] = ["likelihood", "impact", "residual_likelihood", "residual_impact", "pause_days"];

/// What the form is about; travels with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    /// The risk.
    pub key: RiskKey,
    /// The event.
    pub event: String,
    /// Where the answer goes.
    pub response_url: String,
}

/// The form of a step for a risk. `needed` names the fields that it cannot be taken without.
pub(crate) fn view(transition: &Transition, about: &About, needed: &[&str]) -> View {
    let mut blocks = Vec::new();
    for field in transition.fields {
        // Two fields may share a name where only one of them is ever asked for.
        let taken =
            blocks.iter().any(|block| matches!(block, Block::Input(input) if input.name == field.name()));
        if !taken {
            blocks.push(Block::Input(input(*field, transition, needed)));
        }
    }
    View {
        title: format!("{} {}", about.key, transition.label),
        submit: Some("Send".to_owned()),
        callback: CALLBACK.to_owned(),
        private: serde_json::to_string(about).unwrap_or_default(),
        blocks,
    }
}

fn input(field: Field, transition: &Transition, needed: &[&str]) -> Input {
    let choice = |value: &str, text: String| Choice { value: value.to_owned(), text };
    let line =
        |placeholder: &str| InputKind::Text { multiline: false, placeholder: Some(placeholder.to_owned()) };
    let kind = match field.kind() {
        FieldKind::LongText => InputKind::Text { multiline: true, placeholder: None },
        FieldKind::Evidence => line("https://…"),
        FieldKind::Choice => InputKind::Choice(
            field.choices(transition).into_iter().map(|word| choice(word, words(word))).collect(),
        ),
        FieldKind::Date => InputKind::Day,
        FieldKind::Days => line("10"),
        FieldKind::Score => {
            InputKind::Choice(["1", "2", "3", "4", "5"].map(|score| choice(score, score.to_owned())).to_vec())
        }
        FieldKind::Person => line("name@example.com"),
        FieldKind::Risk => line("R-12"),
        FieldKind::Confirmation => InputKind::Choice(vec![choice("true", "Yes".to_owned())]),
    };
    Input {
        name: field.name().to_owned(),
        label: field.label().to_owned(),
        hint: None,
        optional: !needed.contains(&field.name()),
        kind,
    }
}

/// What a sent form says.
///
/// # Errors
/// 422 naming the field that is wrong.
pub(crate) fn submitted(event: &str, values: Vec<SubmittedValue>) -> Result<TransitionForm, Problem> {
    let given = values.into_iter().filter(|value| !value.value.is_empty());
    form(event, given.map(|value| (value.name, value.value)))
}

/// What was typed after a command says: pairs fill fields, links are evidence, the other words are the reason.
///
/// # Errors
/// 422 naming the field that is wrong.
pub(crate) fn typed(
    event: Event,
    tokens: Vec<Token>,
    defaults: &[(&str, &str)],
) -> Result<TransitionForm, Problem> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for token in tokens {
        match token {
            Token::Pair(name, value) => fields.push((name, value)),
            Token::Link(link) => fields.push(("evidence".to_owned(), link)),
            Token::Mention(user) => words.push(user),
            Token::Word(word) => words.push(word),
        }
    }
    if !words.is_empty() {
        fields.push(("reason".to_owned(), words.join(" ")));
    }
    let given: Vec<(String, String)> = defaults
        .iter()
        .filter(|(name, _)| !fields.iter().any(|(other, _)| other == name))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    form(event.as_str(), given.into_iter().chain(fields))
}

fn form(event: &str, fields: impl Iterator<Item = (String, String)>) -> Result<TransitionForm, Problem> {
    let mut all = Map::new();
    all.insert("event".to_owned(), event.into());
    for (name, value) in fields {
        if name == "evidence" {
            let links = value.split_whitespace().map(|link| Value::String(link.to_owned()));
            match all.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(before) => before.extend(links),
                _ => continue,
            }
            continue;
        }
        let value = if NUMBERS.contains(&name.as_str()) {
            let number: u32 = value
                .trim()
                .parse()
                .map_err(|_| Problem::invalid(name.as_str(), format!("{value:?} is not a whole number.")))?;
            number.into()
        } else if name == "no_more_work" {
            matches!(value.as_str(), "true" | "yes").into()
        } else {
            value.into()
        };
        all.insert(name, value);
    }
    serde_json::from_value(Value::Object(all))
        .map_err(|error| Problem::invalid("command", format!("That cannot be read: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::tokens;
    use super::*;
    use abate_entity::lifecycle::TRANSITIONS;

    #[test]
    fn typed_words_fill_the_form() {
        let typed = typed(
            Event::Confirm,
            tokens(
                "likelihood=4 impact=5 owner=ana@example.com seen twice https://a.example https://b.example",
            ),
            &[],
        )
        .unwrap();
        assert_eq!((typed.event.as_str(), typed.likelihood, typed.impact), ("confirm", Some(4), Some(5)));
        assert_eq!(typed.owner.as_deref(), Some("ana@example.com"));
        assert_eq!(typed.reason.as_deref(), Some("seen twice"));
        assert_eq!(typed.evidence, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let named = |text: &str| typed(Event::Confirm, tokens(text), &[]).unwrap_err().to_string();
        assert!(named("likelihood=much").contains("likelihood"));
        assert!(named("colour=red").contains("colour"));
        assert!(named("expires_on=soon").contains("read"));
    }

    #[test]
    fn what_is_typed_wins_over_what_is_meant() {
        let form = typed(Event::Dismiss, tokens("resolution=duplicate"), &[("resolution", "false_positive")])
            .unwrap();
        assert_eq!(form.resolution.as_deref(), Some("duplicate"));
    }

    /// Each field of each form of the lifecycle has an input, and what is entered there can be read again.
    #[test]
    fn each_step_for_people_has_a_form_that_can_be_sent() {
        for transition in TRANSITIONS.iter().filter(|transition| transition.is_for_people()) {
            let about =
                About { key: RiskKey(12), event: transition.event.to_string(), response_url: String::new() };
            let view = view(transition, &about, &[]);
            let mut values = Vec::new();
            for block in &view.blocks {
                let Block::Input(input) = block else { panic!("a form has inputs only") };
                let value = match &input.kind {
                    InputKind::Choice(choices) => choices[0].value.clone(),
                    InputKind::Day => "2027-01-31".to_owned(),
                    InputKind::Text { placeholder, .. } => {
                        placeholder.clone().unwrap_or_else(|| "words".to_owned())
                    }
                };
                values.push(SubmittedValue { name: input.name.clone(), value });
            }
            let count = values.len();
            let form = submitted(&about.event, values).unwrap();
            assert_eq!(form.event().unwrap(), transition.event);
            let Value::Object(said) = serde_json::to_value(form).unwrap() else { panic!("no object") };
            let filled =
                said.values().filter(|value| !value.is_null() && **value != Value::Array(vec![])).count();
            assert_eq!(filled, count + 1, "{}", transition.id);
        }
    }
}
