//! Reads issues many at a time. One page of many fails now and then; it is read again before all of them are.

use std::collections::HashSet;

use abate_entity::ticket;
use abate_integrations::jira::{Issue, JiraError};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::connection::{self, Active};
use super::failure::Failure;
use super::seen;
use crate::state::AppState;

/// How often a page is read.
const READS: usize = 3;

/// Reads issues as far as is needed to compare tickets; without their markers where that would cost a call for each.
pub(super) async fn glance(active: &Active, ids: &[String]) -> Result<Vec<Issue>, JiraError> {
    patiently(async || active.client.glance(ids, &seen::FIELDS).await).await
}

/// Reads issues with their markers.
pub(super) async fn marked(active: &Active, ids: &[String]) -> Result<Vec<Issue>, JiraError> {
    patiently(async || active.client.issues(ids, &seen::FIELDS).await).await
}

/// Reads issues, with the markers of those that no ticket is linked to: nothing else tells what they are.
pub(super) async fn known_or_strange(
    state: &AppState,
    active: &Active,
    ids: &[String],
) -> Result<Vec<Issue>, Failure> {
    if active.client.dialect().has_bulk_read() {
        return Ok(marked(active, ids).await?);
    }
    let linked: HashSet<String> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::IssueId)
        .filter(ticket::Column::ConnectionId.is_in(connection::of_site(state, &active.row).await?))
        .filter(ticket::Column::IssueId.is_in(ids))
        .into_tuple()
        .all(state.database.reader())
        .await?
        .into_iter()
        .collect();
    let (known, strange): (Vec<String>, Vec<String>) =
        ids.iter().cloned().partition(|id| linked.contains(id));
    let mut issues = glance(active, &known).await?;
    issues.extend(marked(active, &strange).await?);
    Ok(issues)
}

/// A read that failed is tried again at once, a limit is not: JIRA has said when it wants to be asked.
async fn patiently(read: impl AsyncFn() -> Result<Vec<Issue>, JiraError>) -> Result<Vec<Issue>, JiraError> {
    for _ in 1..READS {
        match read().await {
            Err(JiraError::Unavailable { retry_after: None, .. }) => {}
            answer => return answer,
        }
    }
    read().await
}
