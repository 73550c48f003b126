//! Moves a risk through its lifecycle. API, pages, Slack, JIRA, imports and timers all come through here.

use abate_entity::level::Level;
use abate_entity::lifecycle::{
    self, Availability, Event, Facts, Given, Outcome, Proof, Refusal, Request, Requester, State, Step,
    Transition,
};
use abate_entity::risk;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction};
use serde_json::{Map, Value};

use super::clock::{Happening, StepTimes, happenings};
use super::key::RiskKey;
use super::rate::{self, Why};
use super::rated::{Rated, Source};
use super::record::{Change, NewEvent, Occasion};
use super::standing::{self, Standing};
use super::{absence, duplicate, evidence, judgement, patch_release};
use crate::owner::directory;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::policy::Policies;
use crate::ticket;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The event, or one of its near relations: claiming a fix is one word whatever the state.
    pub event: Event,
    /// What the form says.
    pub given: Given,
    /// What the machine has established.
    pub proofs: Vec<Proof>,
    /// When it takes effect, now unless told.
    pub at: Option<DateTime<Utc>>,
}

impl Asked {
    /// A step that a person asks for.
    #[must_use]
    pub fn by_person(event: Event, given: Given) -> Self {
        Self { event, given, proofs: Vec::new(), at: None }
    }
}

/// Judges a step and works out its change, without writing: the caller records it, alone or with others.
///
/// # Errors
/// 409 when there is no such step, 403 when it is not the requester's, 422 with all that is missing.
pub async fn plan(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    requester: &Requester,
    asked: Asked,
) -> Result<Change, Problem> {
    let mut change = Change::of(risk, NewEvent::plain("", occasion.now))?;
    let has_ticket = has_ticket(tx, change.before.id).await?;
    let before = standing::facts(&change.before, &change.standing, has_ticket);
    let mut request = request(occasion, asked);
    request.event = request.event.spoken_in(before.state);
    if requester.user.is_some() {
        request.proofs.extend(absence::proofs(tx, change.before.id).await?);
    }
    // The second person of a dismissal, and the approver, agree to what the first one wrote; a person who takes a step
    // that a VEX statement proposes, to that. No machine does.
    if requester.user.is_some() {
        request.given = change.standing.agreed(request.event, std::mem::take(&mut request.given));
    }
    request.given.duplicate_of = duplicate::held(tx, change.before.id, request.given.duplicate_of).await?;
    if request.event == Event::Reopen && request.given.owner.is_none() {
        request.given.owner = directory::answers_for(tx, &change.before).await?;
    }
    // Rights and guards look at the level that the form's rating makes, not at what the work has left.
    let level = level_after(&change.before, &before, &request.given, occasion.policies)?;
    let judged = Facts { level, ..before.clone() };
    let step = lifecycle::step(&judged, &request, requester)
        .map_err(|refusal| refused(RiskKey(change.before.id), before.state, refusal))?;
    change.evidence = evidence::of_step(tx, change.before.id, &request, requester).await?;
    let level = apply(&mut change, &step, occasion.policies)?;
    let zone = occasion.policies.zone_of(change.before.team_id);
    let sla_start = change.before.sla_start_at.with_timezone(&zone).date_naive();
    let patch_released = patch_release::released_on(tx, change.before.id).await?;
    let times = StepTimes { level, sla_start, patch_released };
    let mut clock = happenings(&step, &judged, &request, requester, times);
    if level != judged.level {
        clock.insert(0, (request.at, Happening::LevelChanged { to: level }));
    }
    let begins = |happening: &Happening| matches!(happening, Happening::Started { .. });
    let said = if clock.iter().any(|(_, happening)| begins(happening)) {
        let said = judgement::of_risks(tx, occasion.policies, std::slice::from_ref(&change.before)).await?;
        said.into_values().flatten().collect()
    } else if clock.iter().any(|(_, happening)| *happening == Happening::Reopened) {
        judgement::since_closed(tx, occasion.policies, &change.before).await?
    } else {
        Vec::new()
    };
    clock.extend(said.into_iter().map(|judgement| (request.at, Happening::Judged(judgement))));
    change.event = NewEvent {
        kind: request.event.as_str(),
        transition: Some(step.transition.id.as_str()),
        effective_at: request.at,
        reason: request.given.reason.clone().unwrap_or_default(),
        clock,
        data: explained(&step, &request)?,
        ratings: change.event.ratings,
    };
    Ok(change)
}

/// Judges a step and writes it.
///
/// # Errors
/// As `plan`; 412 when the risk was changed meanwhile.
pub async fn take(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    requester: &Requester,
    asked: Asked,
) -> Result<risk::Model, Problem> {
    let change = plan(tx, occasion, risk, requester, asked).await?;
    let key = change.before.id;
    let mut risks = super::record::record(tx, occasion, vec![change]).await?;
    risks.pop().ok_or_else(|| Problem::not_found(format!("risk {}", RiskKey(key))))
}

/// Every step that the table has from here, and how it stands for the requester.
///
/// # Errors
/// When the database cannot be asked.
pub async fn open_steps(
    db: &impl ConnectionTrait,
    policies: &Policies,
    risk: &risk::Model,
    requester: &Requester,
    now: DateTime<Utc>,
) -> Result<Vec<(&'static Transition, Availability)>, Problem> {
    let standing = Standing::of(risk)?;
    let facts = standing::facts(risk, &standing, has_ticket(db, risk.id).await?);
    let mut context = Request::new(Event::StartTriage, now, today(now, policies.zone));
    context.proofs = absence::proofs(db, risk.id).await?;
    let mut steps = lifecycle::open_steps(&facts, &context, requester);
    for (place, step) in steps.iter_mut().enumerate() {
        if let Some(mut given) = standing.proposal_for(step.0.event) {
            given.duplicate_of = duplicate::seen(db, risk.id, given.duplicate_of).await?;
            let context = Request { given, ..context.clone() };
            let agreed = lifecycle::open_steps(&facts, &context, requester).into_iter().nth(place);
            *step = agreed.unwrap_or_else(|| step.clone());
        }
    }
    Ok(steps)
}

/// The local day of a moment.
#[must_use]
pub fn today(now: DateTime<Utc>, zone: Tz) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

fn request(occasion: &Occasion<'_>, asked: Asked) -> Request {
    let today = today(occasion.now, occasion.policies.zone);
    let mut request = Request::new(asked.event, asked.at.unwrap_or(occasion.now), today);
    request.given = asked.given;
    request.proofs = asked.proofs;
    request
}

/// The level that the rating leads to, where the form carries one.
fn level_after(
    risk: &risk::Model,
    facts: &Facts,
    given: &Given,
    policies: &Policies,
) -> Result<Level, Problem> {
    if given.likelihood.is_none() && given.impact.is_none() {
        return Ok(facts.level);
    }
    let Some(scores) = given.likelihood.or(facts.likelihood).zip(given.impact.or(facts.impact)) else {
        return Ok(facts.level);
    };
    let rated = rate::ratings(risk).with(Rated::inherent(scores));
    Ok(rated.level(policies.grid()).map_err(rate::beyond)?.unwrap_or(facts.level))
}

/// Writes a step into the change; answers the level from then on.
fn apply(change: &mut Change, step: &Step, policies: &Policies) -> Result<Level, Problem> {
    let was_left = change.standing.residual;
    standing::write(&step.changes, &mut change.set, &mut change.standing);
    let mut said = Rated::default();
    for written in &step.changes {
        match written {
            lifecycle::Change::Rating { likelihood, impact } => said.inherent = Some((*likelihood, *impact)),
            lifecycle::Change::Residual { likelihood, impact } => said.current = Some((*likelihood, *impact)),
            _ => {}
        }
    }
    let moved = step.outcome == Outcome::Moved;
    let mut source = Source::Person;
    if moved && step.transition.from == State::Closed && was_left.is_some() {
        source = Source::Rule;
        // It is back, so that what the fix had left is not what is there.
        change.standing.residual = None;
        said.current = said.inherent.or(rate::ratings(&change.before).inherent);
    }
    let mut level = rate::set(change, policies, said, &Why::plain(source))?;
    if moved && step.transition.to == State::Closed {
        level = change.before.level;
        change.set.level = Set(level);
    }
    let claims = step.changes.iter().any(|change| matches!(change, lifecycle::Change::Claim { .. }));
    for new in &mut change.evidence {
        // What closes a risk, or shows that a fix failed, is no proof for the next claim.
        new.counts &= claims;
        change.standing.evidence_count = change.standing.evidence_count.saturating_add(u32::from(new.counts));
    }
    if moved {
        answer_vex(change, step);
        change.standing.ticket.take_if(|ticket| ticket.is_settled_by(step.transition.to));
    }
    Ok(level)
}

/// A VEX statement is answered when the risk is closed, confirmed, or its fix is claimed.
fn answer_vex(change: &mut Change, step: &Step) {
    if step.transition.to == State::Closed {
        change.standing.vex = None;
    } else if let Some(vex) = &mut change.standing.vex {
        let answers = [Event::Confirm, Event::ClaimFixed, Event::ClaimFixedDirect];
        vex.answered |= answers.contains(&step.transition.event);
    }
}

/// What the history shows of a step: its form and where it led.
fn explained(step: &Step, request: &Request) -> Result<Map<String, Value>, Problem> {
    let mut data = Map::new();
    let given = serde_json::to_value(&request.given).map_err(Problem::internal)?;
    if let Value::Object(fields) = given {
        let said =
            fields.into_iter().filter(|(_, value)| !value.is_null() && *value != Value::Array(Vec::new()));
        data.insert("given".to_owned(), Value::Object(said.collect()));
    }
    if let Some(resolution) = step.resolution {
        data.insert("resolution".to_owned(), resolution.as_str().into());
    }
    if step.outcome == Outcome::Proposed {
        data.insert("proposed".to_owned(), true.into());
    }
    Ok(data)
}

/// Whether a ticket in JIRA is linked to the risk, or to the group that it is in.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn has_ticket(db: &impl ConnectionTrait, risk_id: i64) -> Result<bool, Problem> {
    ticket::is_linked(db, risk_id).await
}

pub(super) fn refused(key: RiskKey, state: State, refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NoSuchStep { possible } => {
            let words: Vec<&str> = possible.iter().map(|event| event.as_str()).collect();
            Problem::new(
                Kind::Conflict,
                format!(
                    "{key} is {state}; there is no such step from there. Possible: {}.",
                    words.join(", ")
                ),
            )
            .with("possible", words)
        }
        Refusal::NotYourRight { who, rule } => {
            let problem = Problem::new(Kind::Forbidden, format!("This step of {key} is for {who}."));
            match rule {
                Some(rule) => {
                    let broken = FieldProblem::new("event", format!("{}.", rule.rule())).by(rule.as_str());
                    problem.naming(vec![broken])
                }
                None => problem,
            }
        }
        Refusal::Missing(missing) => Problem::all_invalid(
            missing
                .into_iter()
                .map(|missing| FieldProblem::new(missing.field, missing.why).by(missing.rule.as_str()))
                .collect(),
        ),
    }
}
