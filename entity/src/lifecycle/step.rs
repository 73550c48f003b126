//! Rules. The one judgement: may this step be taken now, by this requester, with what is given?

use super::change::{self, Change};
use super::facts::{Facts, Request, Requester};
use super::field::Field;
use super::guard::{Guard, Missing};
use super::right::{self, NotYours};
use super::transition::{ClockEffect, Transition};
use super::words::{Event, Resolution, State};

/// Whether a step happened or waits for a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Moved,
    /// It is written down and waits for another person to do the same.
    Proposed,
}

/// A step that may be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The line of the table.
    pub transition: &'static Transition,
    /// Whether it happens or waits.
    pub outcome: Outcome,
    /// Where the risk stands afterwards.
    pub state: State,
    /// Why it is closed afterwards.
    pub resolution: Option<Resolution>,
    /// What happens to the clocks; a proposal leaves them alone.
    pub clock: ClockEffect,
    /// What to write, field by field, the state included.
    pub changes: Vec<Change>,
}

/// Why a step may not be taken. Nothing changes then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The table has no such line for the state.
    NoSuchStep {
        /// The events that it has.
        possible: Vec<Event>,
    },
    /// Somebody else may.
    NotYourRight {
        /// Who may.
        who: String,
        /// The rule about people that is in the way, where it is one.
        rule: Option<Guard>,
    },
    /// Rules do not hold yet: all of them at once.
    Missing(Vec<Missing>),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchStep { possible } if possible.is_empty() => {
                write!(formatter, "no step leads on from here")
            }
            Self::NoSuchStep { possible } => {
                let words: Vec<_> = possible.iter().map(|event| event.as_str()).collect();
                write!(formatter, "there is no such step from here; possible: {}", words.join(", "))
            }
            Self::NotYourRight { who, .. } => write!(formatter, "this is for {who}"),
            Self::Missing(missing) => {
                let sentences: Vec<_> = missing.iter().map(|missing| missing.why.as_str()).collect();
                write!(formatter, "{}", sentences.join(". "))
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// Judges a request: either everything that the step changes, or why it may not be taken.
///
/// `current.level` is the level that the rating of the request leads to, where it carries one.
///
/// # Errors
///
/// A [`Refusal`] that says which steps there are, who may, or all that is missing.
pub fn step(current: &Facts, request: &Request, requester: &Requester) -> Result<Step, Refusal> {
    let Some(transition) = Transition::find(current.state, request.event) else {
        let possible = Transition::out_of(current.state).map(|line| line.event).collect();
        return Err(Refusal::NoSuchStep { possible });
    };
    let outcome = right::judge(transition, current, requester, request.limits.send_backs)
        .map_err(|NotYours { who, rule }| Refusal::NotYourRight { who, rule })?;
    let missing = missing(transition, current, request, requester);
    if !missing.is_empty() {
        return Err(Refusal::Missing(missing));
    }
    Ok(change::taken(transition, outcome, current, request, requester))
}

fn missing(transition: &Transition, facts: &Facts, request: &Request, requester: &Requester) -> Vec<Missing> {
    let mut missing: Vec<Missing> =
        transition.guards.iter().flat_map(|guard| guard.check(facts, request, requester)).collect();
    if let Some(resolution) = request.given.resolution
        && !transition.resolutions.contains(&resolution)
    {
        let fitting: Vec<_> = transition.resolutions.iter().map(|word| word.as_str()).collect();
        let why = if fitting.is_empty() {
            format!("Leave the resolution out: {} closes nothing", transition.event)
        } else {
            format!("Choose one of {}: {resolution} does not fit this step", fitting.join(", "))
        };
        missing.push(Missing { field: "resolution", rule: Guard::ResolutionNamed, why });
    }
    let rates = request.given.likelihood.is_some() || request.given.impact.is_some();
    if rates && !transition.fields.contains(&Field::Likelihood) {
        let why = format!("Leave the rating out: {} does not rate", transition.event);
        missing.push(Missing { field: Field::Likelihood.name(), rule: Guard::Rated, why });
    }
    missing
}

/// Whether a step of the table is open to somebody now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// It can be asked for; these rules still want something that its form takes.
    Open {
        /// What the form has to fill.
        asks: Vec<Missing>,
        /// Whether it will wait for a second person.
        outcome: Outcome,
    },
    /// The risk is not ready for it: all that is missing.
    Missing(Vec<Missing>),
    /// Somebody else may.
    NotYourRight {
        /// Who may.
        who: String,
    },
}

/// Every step that the table has from here, and how it stands for the requester. `context` carries the time,
/// the limits, the proofs and whatever is already given; its event does not matter.
#[must_use]
pub fn open_steps(
    facts: &Facts,
    context: &Request,
    requester: &Requester,
) -> Vec<(&'static Transition, Availability)> {
    Transition::out_of(facts.state)
        .map(|transition| (transition, availability(transition, facts, context, requester)))
        .collect()
}

fn availability(
    transition: &'static Transition,
    facts: &Facts,
    context: &Request,
    requester: &Requester,
) -> Availability {
    let outcome = match right::judge(transition, facts, requester, context.limits.send_backs) {
        Ok(outcome) => outcome,
        Err(NotYours { who, .. }) => return Availability::NotYourRight { who },
    };
    let request = Request { event: transition.event, ..context.clone() };
    let missing = missing(transition, facts, &request, requester);
    let in_form = |missing: &Missing| transition.fields.iter().any(|field| field.name() == missing.field);
    if missing.iter().all(in_form) {
        Availability::Open { asks: missing, outcome }
    } else {
        Availability::Missing(missing)
    }
}
