//! Asks for the ticket of a risk or of its group, whatever the rule says, or for another look at one that is quarantined.

use abate_entity::ticket;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;

use super::connection;
use super::finder;
use super::group::finder as groups;
use super::group::model::GroupKey;
use super::reconcile;
use super::subject::{self, Subject};
use super::ticket_rules::TicketState;
use crate::access::actor::Actor;
use crate::access::right::MoveRisks;
use crate::audit_log;
use crate::jobs;
use crate::platform::job::queue;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::edit::{self, Edit};
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{finder as risks, parties};
use crate::state::AppState;

/// Asks for the ticket; `again` says that somebody has looked in JIRA, so that a quarantined one may be looked for and
/// created again. Answers the number of the risk.
///
/// # Errors
/// 404 when the caller may not see the risk, 403 when they may not change it, 409 without JIRA or when it is
/// quarantined and nobody has looked.
pub(super) async fn ask(state: &AppState, caller: &Actor, key: RiskKey, again: bool) -> Result<i64, Problem> {
    if !connection::is_any(state).await? {
        return Err(Problem::new(
            Kind::Conflict,
            "No JIRA site is in use: an administrator makes or resumes a connection under /settings/jira.",
        ));
    }
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let risk = risks::one(tx, &caller.scope(), key).await?;
            parties::may_edit(caller, &risk)?;
            let occasion = Occasion::by(caller, now, &policies);
            let group = finder::group_of(tx, risk.id).await?;
            let subject = group.map_or(Subject::Risk(risk.id), Subject::Group);
            if let Some(ticket) = finder::of_subject(tx, subject).await? {
                search_again(tx, caller, &ticket, again, now).await?;
            }
            let wish = Edit { ticket_wanted: Some(true), ..Edit::default() };
            let risk = edit::edit(tx, &occasion, risk, wish).await?;
            queue::enqueue(tx, jobs::TICKET, &subject.to_string(), now, now).await?;
            Ok(risk.id)
        })
        .await
}

/// Takes the ticket of a group out of quarantine, once somebody has looked.
///
/// # Errors
/// 404 when the caller may not see the group, 403 when they may not change its risks.
pub(super) async fn look_again(state: &AppState, caller: &Actor, key: GroupKey) -> Result<(), Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let group = groups::one(tx, &caller.scope(), key).await?;
            caller.require_in::<MoveRisks>(group.team_id)?;
            match finder::of_subject(tx, Subject::Group(group.id)).await? {
                Some(ticket) => search_again(tx, caller, &ticket, true, now).await,
                None => Ok(()),
            }
        })
        .await
}

/// Takes a ticket out of quarantine, once somebody has looked.
async fn search_again(
    tx: &DatabaseTransaction,
    actor: &Actor,
    ticket: &ticket::Model,
    again: bool,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if ticket.state != TicketState::Quarantined.as_str() {
        return Ok(());
    }
    if !again {
        let said =
            "The ticket is quarantined: it may exist in JIRA. Look there, then ask again with `again: true`.";
        return Err(Problem::new(Kind::Conflict, said));
    }
    let set = ticket::ActiveModel {
        attempt: Set(1),
        next_try_at: Set(now),
        ..reconcile::unknown("somebody asked to look again", now)
    };
    ticket::Entity::update_many()
        .set(set)
        .filter(ticket::Column::Id.eq(ticket.id))
        .filter(ticket::Column::State.eq(TicketState::Quarantined.as_str()))
        .exec(tx)
        .await?;
    let subject = subject::key(&ticket.subject);
    audit_log::add(tx, actor, "ticket.search_again", &subject, json!({"ticket": ticket.id}), now).await?;
    reconcile::enqueue(tx, ticket.connection_id, now, now).await
}
