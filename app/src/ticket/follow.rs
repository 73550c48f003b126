//! Follows what a person did to a ticket's status: as a step of the lifecycle under the same guards as any other,
//! or, where that cannot be, with one comment that says why.

use abate_entity::lifecycle::{Event, Given, Party, Proof, Requester, Resolution, Via};
use abate_entity::{app_user, risk, ticket};
use abate_integrations::jira::{Account, StatusChange};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};

use super::sync::Sync;
use super::ticket_rules::{Answer, Category, Meaning, Saying, meaning, saying};
use super::told::{Followed, Told};
use crate::access::actor::Actor;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::evidence::{self, NewEvidence};
use crate::risk::key::RiskKey;
use crate::risk::parties;
use crate::risk::record::Occasion;
use crate::risk::step::{self, Asked};
use crate::risk::ticket_proposal::{self, TicketProposal, Wish};

/// The last change of status, if a person made it and it was not followed yet; it counts as followed from now on.
pub(super) fn news(sync: &mut Sync<'_>) -> Option<StatusChange> {
    let change = sync.issue.status_change.clone()?;
    let is_new = sync.told.followed.as_ref().is_none_or(|followed| {
        change.at > followed.at || (change.at == followed.at && change.to != followed.to)
    });
    // What we did ourselves comes back as news and is none. Our account may be a person's, though, who moves tickets too.
    let is_own = change.by.as_ref().is_some_and(|by| by.account_id == sync.own_account)
        && sync.told.moved_to.as_ref() == Some(&change.to);
    if !is_new || is_own {
        return None;
    }
    sync.told.followed = Some(Followed { at: change.at, to: change.to.clone() });
    sync.told.answer = None;
    Some(change)
}

/// What a change of status means for a risk.
pub(super) fn meaning_for(sync: &Sync<'_>, risk: &risk::Model) -> Meaning {
    let before = sync.ticket.status_category.parse().unwrap_or(Category::New);
    meaning(risk.state, risk.resolution, before, sync.category(), said(sync), &sync.mapping.resolutions)
}

/// The resolution that the issue has now.
fn said<'a>(sync: &'a Sync<'_>) -> Option<&'a str> {
    sync.issue.fields.resolution.as_ref().map(|resolution| resolution.name.as_str())
}

/// Follows the last change of status, if a person made it and it was not followed yet; answers the risk as it is
/// now.
pub(super) async fn run(sync: &mut Sync<'_>, risk: risk::Model) -> Result<risk::Model, Problem> {
    let Some(change) = news(sync) else { return Ok(risk) };
    match meaning_for(sync, &risk) {
        Meaning::Nothing => Ok(risk),
        Meaning::Answer(answer) => {
            let text = answer_text(answer, &risk);
            sync.told.answer = Some(text.clone());
            sync.told.note(format!("answer:{}", change.at.timestamp_millis()), text);
            propose(sync, risk, answer, &change).await
        }
        Meaning::Step(event) => match take(sync, &risk, event, &change, Some(&sync.told)).await? {
            Taken::Done(risk) => Ok(*risk),
            Taken::Refused(text) => {
                sync.told.answer = Some(text.clone());
                sync.told.note(format!("refused:{}", change.at.timestamp_millis()), text);
                Ok(risk)
            }
        },
    }
}

/// What the people at the ticket are told of a risk that their move does not change.
pub(super) fn answer_text(answer: Answer, risk: &risk::Model) -> String {
    let key = RiskKey(risk.id);
    match answer {
        Answer::AskToAccept => format!(
            "{key} stays {} in Abate: to leave it unfixed is to accept it. Ask for that there, with a justification, \
             compensating controls and a last day.",
            risk.state
        ),
        Answer::AskToDismiss => format!(
            "{key} stays {} in Abate: whether it is a risk is for a triager to decide. Send it back there, with the \
             reason.",
            risk.state
        ),
        Answer::StaysAccepted => {
            let until = risk.acceptance_ends_on.map(|day| format!(" until {day}")).unwrap_or_default();
            format!("{key} is accepted{until} and stays so. End the acceptance in Abate to work on it.")
        }
        Answer::StaysClaimed => format!(
            "{key} waits in Abate for the verification of its fix, and stays so. If it is not mended after all, a verifier \
             says so there."
        ),
        Answer::AskToChallenge => format!(
            "{key} was closed as {} and stays closed. A triager can challenge that in Abate.",
            risk.resolution.map_or("no risk", |resolution| resolution.as_str())
        ),
    }
}

/// Puts what the people at the ticket want before those who can decide it; a comment alone is easily overlooked.
pub(super) async fn propose(
    sync: &Sync<'_>,
    risk: risk::Model,
    answer: Answer,
    change: &StatusChange,
) -> Result<risk::Model, Problem> {
    let resolution = said(sync).unwrap_or_default();
    let wish = match answer {
        Answer::AskToAccept => Wish::Accept,
        Answer::AskToDismiss => Wish::Dismiss,
        Answer::AskToChallenge => Wish::Challenge,
        Answer::StaysAccepted | Answer::StaysClaimed => return Ok(risk),
    };
    let is_duplicate = saying(resolution, &sync.mapping.resolutions) == Saying::Duplicate;
    let dismissal = if is_duplicate { Resolution::Duplicate } else { Resolution::FalsePositive };
    let now = sync.state.clock.now();
    let with = if resolution.is_empty() { String::new() } else { format!(" as \"{resolution}\"") };
    let proposal = TicketProposal {
        wish,
        resolution: (wish == Wish::Dismiss).then_some(dismissal),
        at: change.at.min(now),
        reason: format!("{}{with}.", moved(sync, change)),
    };
    sync.state
        .database
        .write(async |tx| {
            let fresh = risk::Entity::find_by_id(risk.id).one(tx).await?;
            let risk = fresh.ok_or_else(|| Problem::not_found(format!("risk {}", RiskKey(risk.id))))?;
            let person = person(tx, change.by.as_ref()).await?;
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::of(person.map(|person| person.id), Via::Jira, now, &policies);
            ticket_proposal::put(tx, &occasion, risk, proposal.clone()).await
        })
        .await
}

/// What happened to the ticket, and who did it.
fn moved(sync: &Sync<'_>, change: &StatusChange) -> String {
    let status = sync.issue.fields.status.as_ref().map(|status| status.name.as_str()).unwrap_or_default();
    let who = change.by.as_ref().map_or_else(String::new, |by| format!(" by {}", by.display_name));
    format!("{} was moved to {status} in JIRA{who}", sync.issue.key)
}

/// How a step went.
pub(super) enum Taken {
    /// The risk as it is now.
    Done(Box<risk::Model>),
    /// Why it was not taken.
    Refused(String),
}

/// Takes a step, in one transaction with `told`, which notes that the change was followed, so that it is taken once.
pub(super) async fn take(
    sync: &Sync<'_>,
    risk: &risk::Model,
    event: Event,
    change: &StatusChange,
    told: Option<&Told>,
) -> Result<Taken, Problem> {
    let state = sync.state;
    let ticket = sync.ticket;
    let said = moved(sync, change);
    let url = sync.active.client.browse_url(&sync.issue.key);
    let now = state.clock.now();
    // Clocks differ; a change is never later than now, nor earlier than the ticket.
    let at = change.at.min(now).max(ticket.created_at);
    let taken = state
        .database
        .write(async |tx| {
            let fresh = risk::Entity::find_by_id(risk.id).one(tx).await?;
            let mut risk = fresh.ok_or_else(|| Problem::not_found(format!("risk {}", RiskKey(risk.id))))?;
            let person = person(tx, change.by.as_ref()).await?;
            let policies = Policies::load(tx).await?;
            let actor_id = person.as_ref().map(|person| person.id);
            let occasion = Occasion::of(actor_id, Via::Jira, now, &policies);
            let requester = requester(person.as_ref(), &risk);
            if matches!(event, Event::ClaimFixed | Event::ClaimFixedDirect) {
                let title = format!("{said} at {}", change.at.format("%Y-%m-%d %H:%M:%S UTC"));
                let new = NewEvidence::jira(&title, &url);
                risk = evidence::add(tx, &occasion, risk, new).await?.1;
            }
            let given = Given { reason: Some(said.clone()), ..Given::default() };
            let proofs = vec![Proof::JiraChange { at }];
            let risk =
                step::take(tx, &occasion, risk, &requester, Asked { event, given, proofs, at: Some(at) })
                    .await?;
            if let Some(told) = told {
                followed(tx, ticket, told).await?;
            }
            Ok(risk)
        })
        .await;
    match taken {
        Ok(risk) => Ok(Taken::Done(Box::new(risk))),
        Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => {
            let text = format!("{} stays {} in Abate. {}", RiskKey(risk.id), risk.state, problem.detail());
            Ok(Taken::Refused(text))
        }
        Err(problem) => Err(problem),
    }
}

async fn followed(tx: &DatabaseTransaction, ticket: &ticket::Model, told: &Told) -> Result<(), Problem> {
    ticket::Entity::update_many()
        .set(ticket::ActiveModel { pushed: Set(told.to_json()?), ..Default::default() })
        .filter(ticket::Column::Id.eq(ticket.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The user behind a JIRA account: bound to it, or of the same address where JIRA shows one.
pub(super) async fn person(
    db: &impl ConnectionTrait,
    account: Option<&Account>,
) -> Result<Option<Actor>, Problem> {
    let Some(account) = account else { return Ok(None) };
    let find =
        |condition| app_user::Entity::find().filter(app_user::Column::Active.eq(true)).filter(condition);
    let mut user = find(app_user::Column::JiraAccount.eq(&account.account_id)).one(db).await?;
    if let (None, Some(email)) = (&user, &account.email_address) {
        user = find(app_user::Column::Email.eq(email.to_lowercase())).one(db).await?;
    }
    match user {
        Some(user) => Actor::load(db, user.id, Via::Jira).await.map(Some),
        None => Ok(None),
    }
}

/// A known person acts with their own capacities and the ticket's; without one it is the ticket alone, and owner
/// and assignee count as claimants.
fn requester(person: Option<&Actor>, risk: &risk::Model) -> Requester {
    let Some(person) = person else { return Requester::system(Party::Jira, Via::Jira) };
    let mut requester = parties::requester(person, risk);
    requester.parties.insert(Party::Jira);
    requester
}
