//! Says in a group's ticket which of its risks turned out not to be fixed, and lets the ticket leave done for it, once.

use std::collections::BTreeMap;

use abate_entity::lifecycle::{State, Via};
use abate_entity::{risk_event, ticket, ticket_group_member};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::current::{Current, Member};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::ticket::sync::Sync;
use crate::ticket::ticket_rules::Category;

/// The history's words for a fix that did not hold.
const KINDS: [&str; 3] = ["verify_fail", "reopen", "challenge"];

/// Notes what failed since the last look.
pub(in crate::ticket) async fn run(sync: &mut Sync<'_>, current: &Current) -> Result<(), Problem> {
    let at_work =
        |member: &&Member| matches!(member.risk.state, State::Open | State::InProgress | State::Blocked);
    let members: BTreeMap<i64, &Member> =
        current.members.iter().filter(at_work).map(|member| (member.risk.id, member)).collect();
    let events = risk_event::Entity::find()
        .filter(risk_event::Column::RiskId.is_in(members.keys().copied()))
        .filter(risk_event::Column::Kind.is_in(KINDS))
        .order_by_asc(risk_event::Column::Id)
        .all(sync.state.database.reader())
        .await?;
    let mut failed: BTreeMap<i64, (&Member, risk_event::Model)> = BTreeMap::new();
    for event in events {
        let Some(member) = members.get(&event.risk_id) else { continue };
        let row = &member.row;
        if event.recorded_at > row.joined_at && row.failed_at.is_none_or(|at| event.recorded_at > at) {
            failed.insert(event.risk_id, (*member, event));
        }
    }
    let Some(newest) = failed.values().map(|(_, event)| event.id).max() else { return Ok(()) };
    // What the people at the ticket have taken back themselves is no news to them.
    let lines: Vec<String> = failed
        .values()
        .filter(|(_, event)| event.via != Via::Jira.as_str())
        .map(|(member, event)| line(member, event))
        .collect();
    if !lines.is_empty() {
        let text = format!("Not fixed after all:\n\n{}", lines.join("\n\n"));
        sync.told.note(format!("failed:{newest}"), text);
        if sync.category() == Category::Done {
            // It is brought in line with the group as if for the first time.
            sync.told.state = None;
        }
    }
    let (ticket_id, told) = (sync.ticket.id, sync.told.to_json()?);
    sync.state
        .database
        .write(async |tx| {
            for (member, event) in failed.values() {
                let set = ticket_group_member::ActiveModel {
                    id: Set(member.row.id),
                    failed_at: Set(Some(event.recorded_at)),
                    failed_because: Set(Some(reason(event).to_owned())),
                    ..Default::default()
                };
                set.update(tx).await?;
            }
            ticket::Entity::update_many()
                .set(ticket::ActiveModel { pushed: Set(told.clone()), ..Default::default() })
                .filter(ticket::Column::Id.eq(ticket_id))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

fn line(member: &Member, event: &risk_event::Model) -> String {
    let key = RiskKey(member.risk.id);
    if member.risk.confidential {
        format!("{key}. Abate says why.")
    } else {
        format!("{key}: {}", reason(event))
    }
}

fn reason(event: &risk_event::Model) -> &str {
    if !event.reason.trim().is_empty() {
        return &event.reason;
    }
    if event.via == Via::Import.as_str() { "a scan has found it again" } else { "no reason was given" }
}
