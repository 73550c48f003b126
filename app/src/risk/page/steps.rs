//! Rules. The steps of the lifecycle as forms: one a step that is open, and the reasons beside each that is not.

use abate_entity::lifecycle::{self, Availability, Event, FieldKind, Missing, Outcome, Transition};
use chrono::NaiveDate;

use crate::page::badge::capitalised;
use crate::page::due::{day, in_words};
use crate::page::form::{Choice, Field, Kind, Problems, label_of};
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
    /// Whether somebody changed the risk meanwhile.
    pub(super) stale: bool,
}

impl Refused {
    pub(super) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Everything that it said for a field.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn error(&self, name: &str) -> &str {
        let of =
            |known: &str| known == name || known.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
        self.errors.iter().find(|(known, _)| of(known)).map_or("", |(_, error)| error)
    }

    /// Whether it is this form of the page.
    pub(super) fn is(&self, event: &str) -> bool {
        self.event == event
    }

    /// Whether the form was one of a step that is not offered any more, so that its text has no field to stand in.
    fn is_gone(&self, offered: &[Action]) -> bool {
        let is_step = lifecycle::TRANSITIONS.iter().any(|line| line.event.as_str() == self.event);
        is_step && !offered.iter().any(|action| action.event == self.event)
    }

    /// What stands beside a field of the form.
    fn label(&self, name: &str) -> String {
        let name = name.split_once('[').map_or(name, |(name, _)| name);
        let field = lifecycle::TRANSITIONS
            .iter()
            .filter(|transition| transition.event.as_str() == self.event)
            .flat_map(|transition| transition.fields)
            .find(|field| field.name() == name);
        match (field, name) {
            (Some(field), _) => field.label().to_owned(),
            // The rule that it names is a sentence of its own.
            (None, "event") => String::new(),
            (None, "url") => "Link".to_owned(),
            (None, name) => label_of(name),
        }
    }

    /// What the page says above all: the whole reason, or each field with its label, and what was written where the page
    /// has no form for it any more.
    pub(super) fn problems(&self, offered: &[Action]) -> Problems {
        let gone = self.is_gone(offered);
        let title = if gone && self.stale {
            "Nothing was changed: somebody was quicker, and this step is not open any more. What you wrote is kept here."
        } else if self.errors.is_empty() {
            self.detail.as_str()
        } else {
            "Nothing was changed yet."
        };
        let errors = self.errors.iter().map(|(name, error)| (self.label(name), in_words(error)));
        let unsaid = ["event", "version", "csrf"];
        let written = self.values.iter().filter(|(name, _)| gone && !unsaid.contains(&name.as_str()));
        let written = written.map(|(name, value)| (self.label(name), value.clone()));
        Problems { title: in_words(title), items: errors.chain(written).collect() }
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
    /// What was proposed for a step, and this person decides on.
    pub(super) proposals: Vec<Proposal>,
    /// What is attached to the risk and shows something: its reference and its title.
    pub(super) proofs: Vec<(String, String)>,
}

/// What was proposed for a step.
#[derive(Debug)]
pub(super) struct Proposal {
    /// The step.
    pub(super) event: Event,
    /// It in words.
    pub(super) text: String,
    /// Whether a person asked, to whose words the second one agrees.
    pub(super) by_person: bool,
    /// The last day that was asked for.
    pub(super) until: Option<NaiveDate>,
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
    let proposal = offer.proposals.iter().find(|proposal| proposal.event == transition.event);
    // Whoever asked themselves does not agree to it.
    let proposal = proposal.filter(|proposal| !(proposes && proposal.by_person));
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
        hint: proposal
            .map(|proposal| proposal.text.as_str())
            .into_iter()
            .chain(agreement)
            .collect::<Vec<_>>()
            .join(" "),
        fields: match proposal.filter(|proposal| proposal.by_person) {
            Some(proposal) => agreement_fields(proposal, transition, offer, refused),
            None => transition
                .fields
                .iter()
                .map(|field| form_field(*field, transition, asks, offer, refused))
                .collect(),
        },
        final_step: transition.to == lifecycle::State::Closed,
        open: refused.is_some(),
    }
}

/// What the second person may say to the words of the first: an earlier last day, and why.
fn agreement_fields(
    proposal: &Proposal,
    transition: &Transition,
    offer: &Offer,
    refused: Option<&Refused>,
) -> Vec<Field> {
    let sent = |mut field: Field| {
        if let Some(refused) = refused {
            refused.value(&field.name).clone_into(&mut field.value);
            refused.error(&field.name).clone_into(&mut field.error);
        }
        field
    };
    let day_name = lifecycle::Field::ExpiresOn.name();
    let until = proposal.until.filter(|_| transition.fields.contains(&lifecycle::Field::ExpiresOn));
    let until = until.map(|last| {
        Field::new(day_name, "Until, if earlier", Kind::Date)
            .between(offer.today.clone(), last.to_string())
            .hint(format!("Left empty, it is until {}.", day(last)))
    });
    let reason = Field::new(lifecycle::Field::Reason.name(), "Reason", Kind::Lines);
    until.into_iter().chain([reason]).map(sent).collect()
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
        FieldKind::Evidence => Kind::Proof,
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
    if kind == Kind::Proof {
        form = proof(form, offer, refused);
    }
    let is_set = kind == Kind::Choice && !known().is_empty();
    if is_set && missing.is_none() {
        form.hint = "As it is now; choose otherwise to change it.".to_owned();
    }
    form.required = missing.is_some() || is_set;
    form.error = refused.map(|refused| in_words(refused.error(name))).unwrap_or_default();
    if form.error.is_empty() {
        let asked = missing.map(|missing| sentence(&missing.why));
        form.hint = asked
            .into_iter()
            .chain([form.hint])
            .filter(|hint| !hint.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
    }
    match field.kind() {
        FieldKind::Date => form.between(offer.today.clone(), ""),
        FieldKind::Days => form.between("1", "90"),
        _ => form,
    }
}

/// The field that takes what is attached already, as ticks, and an address.
fn proof(field: Field, offer: &Offer, refused: Option<&Refused>) -> Field {
    let named: Vec<&str> = refused.map(|refused| refused.all(&field.name).collect()).unwrap_or_default();
    let ticks = offer.proofs.iter().map(|(reference, title)| Choice {
        selected: named.contains(&reference.as_str()),
        value: reference.clone(),
        label: format!("{title} ({reference})"),
    });
    let address = named.iter().find(|named| !offer.proofs.iter().any(|(reference, _)| reference == *named));
    let hint = if offer.proofs.is_empty() {
        "Give a link here. A file is attached under Evidence on this page first, and can be ticked here then."
    } else {
        "Tick what is attached to this risk, or give a link."
    };
    Field {
        value: address.copied().unwrap_or_default().to_owned(),
        choices: ticks.collect(),
        ..field.hint(hint)
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
    let words = in_words(words.trim_end_matches('.'));
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
