//! Rules. The steps of the lifecycle as forms: one a step that is open, and the reasons beside each that is not.

use abate_entity::lifecycle::{self, Availability, Event, FieldKind, Missing, Outcome, Transition};

use crate::page::badge::capitalised;
use crate::page::form::{Choice, Field, Kind, Problems};
use crate::risk::view::{Action, ClosedAction};

/// A form that was sent and refused.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// The event that it asked for.
    pub(super) event: String,
    /// What it said.
    pub(super) values: Vec<(String, String)>,
    /// Fields and what is wrong with each.
    pub(super) errors: Vec<(String, String)>,
    /// Why as a whole.
    pub(super) detail: String,
}

impl Refused {
    pub(super) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn error(&self, name: &str) -> &str {
        self.errors.iter().find(|(known, _)| known == name).map_or("", |(_, error)| error)
    }

    /// What the page says above all: the whole reason, or each field with its label.
    pub(super) fn problems(&self) -> Problems {
        let label = |name: &str| {
            lifecycle::TRANSITIONS
                .iter()
                .flat_map(|transition| transition.fields)
                .find(|field| field.name() == name)
                .map_or_else(|| capitalised(name), |field| field.label().to_owned())
        };
        Problems {
            title: if self.errors.is_empty() {
                self.detail.clone()
            } else {
                "Nothing was changed yet.".to_owned()
            },
            items: self.errors.iter().map(|(name, error)| (label(name), error.clone())).collect(),
        }
    }
}

/// What the forms offer and tell.
#[derive(Debug, Default)]
pub(super) struct Offer {
    /// People who can be named: address and name.
    pub(super) people: Vec<(String, String)>,
    /// What the risk says already: names of fields and their values.
    pub(super) known: Vec<(String, String)>,
    /// The first day that a date can name, as `2026-11-21`.
    pub(super) today: String,
    /// What was proposed for a step, and this person decides on, in words.
    pub(super) proposals: Vec<(Event, String)>,
}

/// The forms of all steps, and the reasons for those that are closed.
pub(super) fn forms(
    steps: Vec<(&'static Transition, Availability)>,
    offer: &Offer,
    refused: Option<&Refused>,
) -> (Vec<Action>, Vec<ClosedAction>) {
    let mut open = Vec::new();
    let mut closed = Vec::new();
    for (transition, availability) in steps.into_iter().filter(|(transition, _)| transition.is_for_people()) {
        match availability {
            Availability::Open { asks, outcome } => {
                open.push(action(transition, &asks, outcome, offer, refused));
            }
            Availability::Missing(missing) => closed.push(ClosedAction {
                label: transition.label.to_owned(),
                reasons: missing.into_iter().map(|missing| sentence(&missing.why)).collect(),
            }),
            Availability::NotYourRight { who } => {
                closed.push(ClosedAction { label: transition.label.to_owned(), reasons: vec![whose(&who)] })
            }
        }
    }
    (open, closed)
}

fn action(
    transition: &Transition,
    asks: &[Missing],
    outcome: Outcome,
    offer: &Offer,
    refused: Option<&Refused>,
) -> Action {
    let event = transition.event.as_str();
    let refused = refused.filter(|refused| refused.event == event);
    let proposes = outcome == Outcome::Proposed;
    let proposed = offer.proposals.iter().find(|(event, _)| *event == transition.event);
    let agreement = proposes.then_some("Somebody else has to agree before it takes effect.");
    let to = transition.to.as_str().replace('_', " ");
    Action {
        event: event.to_owned(),
        label: if proposes {
            format!("Ask to {}", transition.label.to_lowercase())
        } else {
            transition.label.to_owned()
        },
        leads_to: if proposes { format!("{to}, once approved") } else { format!("to {to}") },
        hint: proposed
            .map(|(_, text)| text.as_str())
            .into_iter()
            .chain(agreement)
            .collect::<Vec<_>>()
            .join(" "),
        fields: transition
            .fields
            .iter()
            .map(|field| form_field(*field, transition, asks, offer, refused))
            .collect(),
        final_step: transition.to == lifecycle::State::Closed,
        open: refused.is_some(),
    }
}

fn form_field(
    field: lifecycle::Field,
    transition: &Transition,
    asks: &[Missing],
    offer: &Offer,
    refused: Option<&Refused>,
) -> Field {
    let name = field.name();
    let missing = asks.iter().find(|missing| missing.field == name);
    let word = |word: &str| (word.to_owned(), capitalised(word));
    let kind = match field.kind() {
        FieldKind::LongText => Kind::Lines,
        FieldKind::Evidence => Kind::Address,
        FieldKind::Choice | FieldKind::Score | FieldKind::Person => Kind::Choice,
        FieldKind::Date => Kind::Date,
        FieldKind::Days => Kind::Number,
        FieldKind::Risk => Kind::Text,
        FieldKind::Confirmation => Kind::Check,
    };
    let choices: Vec<(String, String)> = match field.kind() {
        FieldKind::Choice => field.choices(transition).into_iter().map(word).collect(),
        FieldKind::Score => {
            SCORES.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect()
        }
        FieldKind::Person => offer.people.clone(),
        _ => Vec::new(),
    };
    let known = || offer.known.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
    let chosen = refused.map_or_else(known, |refused| refused.value(name));
    let mut form = Field::new(name, field.label(), kind);
    if kind == Kind::Choice {
        let first = Choice::new("", "Choose", chosen);
        form.choices = std::iter::once(first)
            .chain(choices.into_iter().map(|(value, label)| Choice::new(value, label, chosen)))
            .collect();
    }
    chosen.clone_into(&mut form.value);
    form.required = missing.is_some();
    form.error = refused.map(|refused| refused.error(name).to_owned()).unwrap_or_default();
    if form.error.is_empty() {
        form.hint = missing.map(|missing| sentence(&missing.why)).unwrap_or_default();
    }
    match field.kind() {
        FieldKind::Date => form.between(offer.today.clone(), ""),
        FieldKind::Days => form.between("1", "90"),
        _ => form,
    }
}

/// The scale of likelihood and impact.
pub(super) const SCORES: [(&str, &str); 5] = [
    ("1", "1 · very low"),
    ("2", "2 · low"),
    ("3", "3 · middling"),
    ("4", "4 · high"),
    ("5", "5 · very high"),
];

/// Whose step it is; the lifecycle may also say who comes first.
fn whose(who: &str) -> String {
    if who.ends_with(" first") {
        sentence(who)
    } else {
        format!("This is for {}.", who.trim_end_matches('.'))
    }
}

fn sentence(words: &str) -> String {
    let words = words.trim_end_matches('.');
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abate_entity::lifecycle::{Event, State};

    fn asks(field: &'static str) -> Missing {
        let facts = lifecycle::Facts::new(State::Triage, abate_entity::level::Level::Low);
        let at = chrono::DateTime::UNIX_EPOCH;
        let request = lifecycle::Request::new(Event::Confirm, at, at.date_naive());
        let triager = lifecycle::Requester::person(1, [lifecycle::Party::Triager], lifecycle::Via::Page);
        let Err(lifecycle::Refusal::Missing(all)) = lifecycle::step(&facts, &request, &triager) else {
            panic!("an empty form confirms nothing");
        };
        all.into_iter().find(|missing| missing.field == field).unwrap()
    }

    #[test]
    fn every_step_of_the_table_has_a_form_with_its_own_fields() {
        for transition in &lifecycle::TRANSITIONS {
            let availability = Availability::Open { asks: Vec::new(), outcome: Outcome::Moved };
            let (open, closed) = forms(vec![(transition, availability)], &Offer::default(), None);
            assert!(closed.is_empty());
            assert_eq!(open.len(), usize::from(transition.is_for_people()), "{}", transition.id);
            for action in open {
                let names: Vec<_> = action.fields.iter().map(|field| field.name.as_str()).collect();
                let expected: Vec<_> = transition.fields.iter().map(|field| field.name()).collect();
                assert_eq!(names, expected, "{}", transition.id);
            }
        }
    }

    #[test]
    fn what_is_asked_for_is_required_and_says_why() {
        let confirm = Transition::find(State::Triage, Event::Confirm).unwrap();
        let availability = Availability::Open { asks: vec![asks("likelihood")], outcome: Outcome::Moved };
        let (open, _) = forms(vec![(confirm, availability)], &Offer::default(), None);
        let required: Vec<_> =
            open[0].fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
        assert_eq!(required, ["likelihood"]);
        assert!(open[0].fields.iter().all(|field| field.required != field.hint.is_empty()));
    }

    #[test]
    fn a_refused_form_stays_open_with_what_it_said() {
        let confirm = Transition::find(State::Triage, Event::Confirm).unwrap();
        let availability = Availability::Open { asks: Vec::new(), outcome: Outcome::Moved };
        let refused = Refused {
            event: "confirm".into(),
            values: vec![("reason".into(), "because".into()), ("impact".into(), "4".into())],
            errors: vec![("likelihood".into(), "choose one".into())],
            detail: String::new(),
        };
        let (open, _) = forms(vec![(confirm, availability)], &Offer::default(), Some(&refused));
        assert!(open[0].open);
        let field = |name: &str| open[0].fields.iter().find(|field| field.name == name).unwrap();
        assert_eq!(field("reason").value, "because");
        assert_eq!(field("likelihood").error, "choose one");
        assert!(field("impact").choices.iter().any(|choice| choice.selected && choice.value == "4"));
        assert_eq!(refused.problems().items, [("Likelihood (1 to 5)".to_owned(), "choose one".to_owned())]);
    }
}
