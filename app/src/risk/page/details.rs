//! Rules. The details of a risk in words: ratings, kill chain, techniques, assets, what is asked for.

use abate_entity::lifecycle::{self, Event, Given, Party, Pending, Resolution};
use abate_entity::{risk, risk_rating};

use super::gather::Gathered;
use super::steps::{Proposal, Refused};
use crate::access::actor::Actor;
use crate::access::right::AnswerVex;
use crate::grid::rules::Grid;
use crate::page::badge::{Badge, capitalised};
use crate::page::due::day;
use crate::page::form::{Field, Kind};
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::standing;
use crate::risk::technique::TechniqueView;
use crate::risk::view::{AssetRow, Decline, Phase, Rating, Statement, Technique};

/// The phases of the kill chain: as stored, and as read.
const PHASES: [(&str, &str); 7] = [
    ("reconnaissance", "Reconnaissance"),
    ("weaponization", "Weaponization"),
    ("delivery", "Delivery"),
    ("exploitation", "Exploitation"),
    ("installation", "Installation"),
    ("command_and_control", "Command and control"),
    ("actions_on_objectives", "Actions on objectives"),
];

/// Inherent, current and target rating.
pub(super) fn ratings(risk: &risk::Model, grid: &Grid, gathered: &Gathered) -> Vec<Rating> {
    [
        ("Inherent", "before controls", risk.inherent_likelihood, risk.inherent_impact),
        ("Current", "with the controls that work today", risk.current_likelihood, risk.current_impact),
        ("Target", "after the planned treatment", risk.target_likelihood, risk.target_impact),
    ]
    .into_iter()
    .map(|(name, hint, likelihood, impact)| {
        let scores = likelihood.zip(impact);
        let level = scores.and_then(|(likelihood, impact)| {
            grid.level(u8::try_from(likelihood).ok()?, u8::try_from(impact).ok()?).ok()
        });
        let kept = gathered.ratings.iter().rev().find(|row| row.kind == name.to_lowercase());
        let text = |score: Option<i16>| score.map_or_else(|| "–".to_owned(), |score| score.to_string());
        Rating {
            name: name.to_owned(),
            hint: hint.to_owned(),
            likelihood: text(likelihood),
            impact: text(impact),
            score: text(scores.map(|(likelihood, impact)| likelihood * impact)),
            level: kept.map(|row| row.level).or(level).map(|level| Badge::level(level.as_str())),
            why: kept.map(|row| why(row, gathered)).unwrap_or_default(),
        }
    })
    .collect()
}

/// Who gave a rating and why, in sentences.
fn why(row: &risk_rating::Model, gathered: &Gathered) -> String {
    let who = match row.actor_id.filter(|_| matches!(row.source.as_str(), "person" | "workshop")) {
        Some(id) => gathered.person(Some(id)),
        None => capitalised(&row.source),
    };
    let reasons = row.because.as_array().into_iter().flatten().filter_map(|reason| reason.as_str());
    let said = reasons.chain(Some(row.reason.as_str()).filter(|reason| !reason.is_empty()));
    let said = said.collect::<Vec<_>>().join("; ");
    if said.is_empty() { who } else { format!("{who}: {said}") }
}

/// The kill chain with the phase marked; empty when none is set.
pub(super) fn kill_chain(phase: Option<&str>) -> Vec<Phase> {
    let Some(phase) = phase.filter(|phase| !phase.is_empty()) else {
        return Vec::new();
    };
    let phase = phase.to_lowercase().replace(['-', ' '], "_");
    PHASES
        .into_iter()
        .map(|(slug, label)| Phase { label: label.to_owned(), current: slug == phase })
        .collect()
}

/// A technique with the page that describes it.
pub(super) fn technique(id: &str) -> Technique {
    Technique {
        id: id.to_owned(),
        href: format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/")),
        note: TechniqueView::of(id).note(),
    }
}

/// The assets of a risk.
pub(super) fn assets(gathered: &Gathered, primary: i64) -> Vec<AssetRow> {
    gathered
        .assets
        .iter()
        .map(|asset| AssetRow {
            name: asset.name.clone(),
            href: format!("/assets/{}", asset.key),
            primary: asset.id == primary,
            tier: tier(asset),
            data: asset.data_classes.replace(' ', ", "),
            owner: gathered.owner_of(asset),
        })
        .collect()
}

fn tier(asset: &abate_entity::asset::Model) -> String {
    let tier = capitalised(asset.tier.as_str());
    if asset.internet_facing { format!("{tier}, faces the internet") } else { tier }
}

/// What others say of the risk: a VEX statement, and the people at its ticket.
pub(super) fn statements(risk: &risk::Model, gathered: &Gathered, caller: &Actor) -> Vec<Statement> {
    let page = format!("/risks/{}", RiskKey(risk.id));
    let triages = caller.holds_in::<AnswerVex>(risk.team_id);
    let vex = gathered.statement(risk).map(|vex| Statement {
        text: vex.reason.clone(),
        decline: if triages { format!("{page}/vex-statement/decline") } else { String::new() },
        button: "Decline the statement",
    });
    let answers = triages || risk.owner_id == Some(caller.id);
    let ticket = gathered.standing.ticket.as_ref().map(|ticket| Statement {
        text: format!("{} {}", ticket.reason, ticket.wish.advice()),
        decline: if answers { format!("{page}/ticket-proposal/decline") } else { String::new() },
        button: "Leave it as it is",
    });
    vex.into_iter().chain(ticket).collect()
}

/// The day of review of a transferred risk, for a risk manager of its team.
pub(super) fn transfer_review(risk: &risk::Model, caller: &Actor) -> Option<String> {
    let transferred = risk.resolution == Some(Resolution::Transferred);
    let manages = requester(caller, risk).parties.contains(&Party::RiskManager);
    risk.review_on.filter(|_| transferred && manages).map(day)
}

/// What was proposed for each step, for the one who decides on it: by another person, by a VEX statement, or at the
/// ticket.
pub(super) fn proposals(gathered: &Gathered) -> Vec<Proposal> {
    let standing = &gathered.standing;
    let told = |event: &Event| {
        let asked = standing.persons_proposal_for(*event);
        let stated = standing.vex.as_ref().filter(|vex| vex.given(*event).is_some());
        let wished = standing.ticket.as_ref().filter(|ticket| ticket.given(*event).is_some());
        let reason = stated.map(|vex| &vex.reason).or(wished.map(|ticket| &ticket.reason));
        let stated = || reason.map(|reason| format!("{reason} What you leave empty is taken from it."));
        Some(Proposal {
            event: *event,
            text: asked.map(|asked| proposal(gathered, *event, asked)).or_else(stated)?,
            by_person: asked.is_some(),
            until: asked.and_then(|asked| asked.expires_on),
        })
    };
    Event::ALL.iter().filter_map(told).collect()
}

/// The answers that the reader may give to what somebody asked for.
pub(super) fn declines(
    risk: &risk::Model,
    gathered: &Gathered,
    caller: &Actor,
    refused: Option<&Refused>,
) -> Vec<Decline> {
    let who = requester(caller, risk);
    let facts = standing::facts(risk, &gathered.standing, false);
    let form = |what: &Pending| {
        let withdrawn = lifecycle::decline(&facts, *what, &who, Some("no")).ok()?.withdrawn;
        let (what, own, other) = match what {
            Pending::Acceptance => (what, "Take back the request to accept it", "Reject the acceptance"),
            Pending::Dismissal => (what, "Take back the proposal to dismiss it", "Reject the dismissal"),
            // Its answers stand beside the pause.
            Pending::Pause => return None,
        };
        let event = format!("decline_{}", what.as_str());
        let refused = refused.filter(|refused| refused.is(&event));
        let mut reason = Field::new("reason", "Reason", Kind::Lines).required();
        if let Some(refused) = refused {
            reason.value = refused.value("reason").to_owned();
            reason.error = refused.error("reason").to_owned();
        }
        Some(Decline {
            what: what.as_str(),
            label: if withdrawn { own } else { other },
            reason,
            open: refused.is_some(),
        })
    };
    Pending::of(&facts).iter().filter_map(form).collect()
}

/// What another person asked for.
fn proposal(gathered: &Gathered, event: Event, asked: &Given) -> String {
    let standing = &gathered.standing;
    let who = match event {
        Event::Dismiss => standing.dismissal_proposed_by,
        _ => standing.acceptance_asked_by,
    };
    let mut text = format!("{} asked for this", gathered.person(who));
    if let Some(last) = asked.expires_on {
        text.push_str(&format!(" until {}", day(last)));
    }
    if let Some(why) = asked.justification.as_deref().or(asked.reason.as_deref()) {
        text.push_str(&format!(": “{why}”"));
    }
    if let Some(controls) = &asked.compensating_controls {
        text.push_str(&format!(" Meanwhile: {controls}"));
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    text.push_str(if asked.expires_on.is_some() {
        " You agree to this as it was asked; only the last day may be an earlier one."
    } else {
        " You agree to this as it was asked."
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_found_however_it_is_written() {
        for written in ["actions_on_objectives", "actions-on-objectives", "Actions on objectives"] {
            let chain = kill_chain(Some(written));
            let marked: Vec<_> =
                chain.iter().filter(|phase| phase.current).map(|phase| phase.label.as_str()).collect();
            assert_eq!(marked, ["Actions on objectives"], "{written}");
        }
        assert!(kill_chain(None).is_empty());
    }

    #[test]
    fn a_sub_technique_has_a_page_of_its_own() {
        assert_eq!(technique("T1110.004").href, "https://attack.mitre.org/techniques/T1110/004/");
    }
}
