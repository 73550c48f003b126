//! What is done with issues that were read in bulk: tickets that differ from what we know are queued, and issues that
//! are no ticket of ours are kept as strangers.

use std::collections::HashMap;

use abate_entity::ticket;
use abate_integrations::jira::Issue;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::connection::Active;
use super::drift::compare;
use super::drift::field_rules::Field;
use super::strangers;
use super::told::Told;
use super::wording::Identity;
use crate::jobs;
use crate::platform::job::queue;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// The fields that tell whether a ticket has to be looked at.
pub(super) const FIELDS: [&str; 6] = ["labels", "priority", "duedate", "status", "assignee", "updated"];

/// Queues what differs and notes who is a stranger.
///
/// # Errors
/// When the database refuses.
pub(super) async fn note(
    state: &AppState,
    active: &Active,
    identity: &Identity,
    issues: &[Issue],
) -> Result<(), Problem> {
    let ids: Vec<&str> = issues.iter().map(|issue| issue.id.as_str()).collect();
    let known: HashMap<String, ticket::Model> = ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::IssueId.is_in(ids))
        .all(state.database.reader())
        .await?
        .into_iter()
        .filter_map(|ticket| Some((ticket.issue_id.clone()?, ticket)))
        .collect();
    let now = state.clock.now();
    let strangers: Vec<&Issue> = issues.iter().filter(|issue| !known.contains_key(&issue.id)).collect();
    let mut changed = Vec::new();
    for issue in issues {
        if let Some(ticket) = known.get(&issue.id)
            && differs(ticket, &Told::of(ticket)?, issue, identity)
        {
            changed.push(ticket.subject.clone());
        }
    }
    if changed.is_empty() && strangers.is_empty() {
        return Ok(());
    }
    state
        .database
        .write(async |tx| {
            for subject in &changed {
                queue::enqueue(tx, jobs::TICKET, subject, now, now).await?;
            }
            for issue in &strangers {
                strangers::note(tx, active.row.id, identity, issue, now).await?;
            }
            Ok(())
        })
        .await
}

/// Whether an issue shows anything that we do not know. The stamp alone tells of what came and went again between two
/// looks; the values tell of what JIRA changes without one.
fn differs(ticket: &ticket::Model, told: &Told, issue: &Issue, identity: &Identity) -> bool {
    let fields = &issue.fields;
    let status = fields.status.as_ref();
    let common = identity.common_label();
    let has = |label: &String| fields.labels.iter().any(|known| known.eq_ignore_ascii_case(label));
    ticket.broken
        || fields.updated.is_none_or(|at| at.to_rfc3339() != ticket.remote_updated)
        || ticket.issue_key.as_ref() != Some(&issue.key)
        || (issue.marker_asked
            && issue.marker.as_ref().is_none_or(|marker| marker.uuid != ticket.uuid.to_string()))
        || status.is_none_or(|status| {
            status.name != ticket.status_name || status.category.key() != ticket.status_category
        })
        || [Field::Priority, Field::DueDate].iter().any(|field| {
            let shown = || compare::digest(&compare::theirs(issue, *field, &common));
            told.fields
                .get(field)
                .is_some_and(|known| *known.shown.as_ref().unwrap_or(&known.sent) != shown())
        })
        || fields.assignee.as_ref().map(|account| &account.display_name) != ticket.jira_assignee.as_ref()
        || !identity.labels(&ticket.subject).iter().all(has)
}
