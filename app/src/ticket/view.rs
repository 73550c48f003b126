//! How a ticket is shown to scripts and on pages.

use abate_entity::{connection, ticket};
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::Serialize;

use super::finder;
use super::group::model::GroupKey;
use super::strangers;
use super::subject::Subject;
use crate::platform::problem::Problem;

/// The ticket of a risk.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TicketView {
    /// held, wanted, creating, linked, unknown, quarantined or cancelled.
    pub state: String,
    /// Its key in JIRA.
    pub key: Option<String>,
    /// Where people open it.
    pub url: Option<String>,
    /// Its status in JIRA, as last read.
    pub status: String,
    /// new, indeterminate or done.
    pub status_category: String,
    /// Who works on it in JIRA, as last read.
    pub assignee: Option<String>,
    /// Whether JIRA no longer shows it.
    pub broken: bool,
    /// The group that it is the ticket of, such as `G-3`; none where it is the risk's own.
    pub group: Option<String>,
    /// The group whose ticket stands for this one.
    pub superseded_by: Option<String>,
    /// What is wrong with it and what to do.
    pub problem: Option<String>,
    /// When both sides were last seen equal.
    pub synced_at: Option<DateTime<Utc>>,
    /// When something happens next to a ticket that is not linked yet.
    pub next_try_at: Option<DateTime<Utc>>,
    /// When it was wanted.
    pub created_at: DateTime<Utc>,
}

impl TicketView {
    pub(super) fn new(row: ticket::Model, site: Option<&connection::Model>) -> Self {
        let site = site.map(|site| site.browse_url.trim_end_matches('/'));
        let url = site.zip(row.issue_key.as_ref()).map(|(site, key)| format!("{site}/browse/{key}"));
        let waits = matches!(row.state.as_str(), "held" | "wanted" | "creating" | "unknown");
        Self {
            url,
            key: row.issue_key,
            status: row.status_name,
            status_category: row.status_category,
            assignee: row.jira_assignee,
            broken: row.broken,
            group: row.group_id.map(|id| GroupKey(id).to_string()),
            superseded_by: row.superseded_by.map(|id| GroupKey(id).to_string()),
            problem: row.problem,
            synced_at: row.synced_at,
            next_try_at: waits.then_some(row.next_try_at),
            created_at: row.created_at,
            state: row.state,
        }
    }

    /// The tickets of a risk: the one that stands for it first, then its own where that is another.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn of_risk(db: &impl ConnectionTrait, risk_id: i64) -> Result<Vec<Self>, Problem> {
        let stands = finder::of_risks(db, &[risk_id]).await?.remove(&risk_id);
        let own = finder::of_subject(db, Subject::Risk(risk_id)).await?;
        let is_other = |own: &ticket::Model| stands.as_ref().is_none_or(|stands| stands.id != own.id);
        let own = own.filter(is_other);
        let mut views = Vec::new();
        for row in stands.into_iter().chain(own) {
            views.push(Self::of(db, row).await?);
        }
        Ok(views)
    }

    /// A ticket.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub(super) async fn of(db: &impl ConnectionTrait, mut row: ticket::Model) -> Result<Self, Problem> {
        if row.problem.is_none() {
            row.problem = strangers::of_ticket(db, &row).await?;
        }
        let site = connection::Entity::find_by_id(row.connection_id).one(db).await?;
        Ok(Self::new(row, site.as_ref()))
    }
}
