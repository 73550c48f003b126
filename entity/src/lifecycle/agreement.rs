//! Rules. What the second of two people agrees to: what the first one wrote, and nothing else.

use super::facts::{Facts, Given, Request};
use super::field::Field;
use super::guard::{Guard, Missing};
use super::words::Event;
use crate::level::Level;

/// What waits for a second person to take this step, where something does.
fn proposed(facts: &Facts, event: Event) -> Option<&Given> {
    match event {
        // Below high one person is enough, who may also think differently.
        Event::Dismiss if facts.level < Level::High => None,
        Event::Dismiss => facts.dismissal.as_ref().filter(|_| facts.dismissal_proposed_by.is_some()),
        Event::Accept | Event::AcceptFromTriage | Event::AcceptResidual | Event::Renew => {
            facts.asked.as_ref().filter(|_| facts.acceptance_asked_by.is_some())
        }
        _ => None,
    }
}

/// What the second person says otherwise than the first one did.
pub(super) fn check(facts: &Facts, request: &Request) -> Vec<Missing> {
    let Some(first) = proposed(facts, request.event) else { return Vec::new() };
    let second = &request.given;
    let mut missing = Vec::new();
    for (same, field) in [
        (same(second.resolution.as_ref(), first.resolution.as_ref()), Field::Resolution),
        (
            same(second.duplicate_of.map(|risk| risk.id), first.duplicate_of.map(|risk| risk.id)),
            Field::DuplicateOf,
        ),
        (same(text(second.justification.as_ref()), text(first.justification.as_ref())), Field::Justification),
        (
            same(text(second.compensating_controls.as_ref()), text(first.compensating_controls.as_ref())),
            Field::CompensatingControls,
        ),
        (same(second.owner, first.owner.or(facts.owner)), Field::Owner),
        (same(second.likelihood, first.likelihood.or(facts.likelihood)), Field::Likelihood),
        (same(second.impact, first.impact.or(facts.impact)), Field::Impact),
        (same(second.residual_likelihood, first.residual_likelihood), Field::ResidualLikelihood),
        (same(second.residual_impact, first.residual_impact), Field::ResidualImpact),
        (same(second.no_more_work, first.no_more_work), Field::NoMoreWork),
    ] {
        if !same {
            let why = "Leave this as it was proposed, or decline and let it be proposed anew".to_owned();
            missing.push(Missing { field: field.name(), rule: Guard::SameAsProposed, why });
        }
    }
    if let (Some(second), Some(first)) = (second.expires_on, first.expires_on)
        && second > first
    {
        let why = format!("Choose a day up to {first}, which was asked for, or decline");
        missing.push(Missing { field: Field::ExpiresOn.name(), rule: Guard::SameAsProposed, why });
    }
    missing
}

/// What is left out is agreed to.
fn same<T: PartialEq>(second: Option<T>, first: Option<T>) -> bool {
    second.is_none() || second == first
}

fn text(words: Option<&String>) -> Option<&str> {
    words.map(|words| words.trim())
}
