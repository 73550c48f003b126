//! Finds what stands in the ledger.

use std::collections::{HashMap, HashSet};

use abate_entity::{risk, ticket, ticket_drift, ticket_group_member};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::{Deserialize, Serialize};

use super::compare::digest;
use super::field_rules::{Field, Side};
use super::ledger::DIGEST;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::ticket::subject::{self, Subject};

/// The ledger is one for all teams, so that the right to read it has to be held in all of them.
pub(super) const EVERY_TEAM: i64 = 0;
/// How many differences the page of a risk shows.
const ON_CARD: u64 = 5;
/// How much of a text the page of a risk shows, in characters.
const CUT: usize = 80;

/// Which entries are looked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct DriftFilter {
    /// The field: summary, description, priority, due_date, own_labels or assignee.
    pub field: Option<String>,
    /// Whose value counted: abate or jira.
    pub winner: Option<String>,
    /// The risk or group: `R-12`.
    pub risk: Option<String>,
}

/// A value that somebody gave to a field, and whose counted.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DriftView {
    /// Its number.
    pub id: i64,
    /// The risk, or the group.
    pub risk: String,
    /// The ticket in JIRA.
    pub ticket: Option<String>,
    /// The field.
    pub field: String,
    /// What Abate said; a digest where the risk is confidential.
    pub ours: String,
    /// What JIRA said; a digest where the risk is confidential.
    pub theirs: String,
    /// Whose value counted: abate or jira.
    pub winner: String,
    /// Why.
    pub reason: String,
    /// The account in JIRA that made the change, where JIRA names one.
    pub by_account: Option<String>,
    /// When it was seen.
    pub seen_at: DateTime<Utc>,
    /// When both sides said the same again.
    pub settled_at: Option<DateTime<Utc>>,
}

/// A page of the ledger, newest first.
///
/// # Errors
/// 422 when the filter cannot be understood.
pub async fn page(
    db: &impl ConnectionTrait,
    connection_id: Option<i64>,
    filter: &DriftFilter,
    paging: &PageQuery,
) -> Result<Page<DriftView>, Problem> {
    let limit = paging.limit()?;
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let mut query = ticket_drift::Entity::find();
    if let Some(field) = said(&filter.field) {
        let field: Field = field.parse().map_err(|error| Problem::invalid("field", format!("{error}.")))?;
        query = query.filter(ticket_drift::Column::Field.eq(field.as_str()));
    }
    if let Some(winner) = said(&filter.winner) {
        if ![Side::Abate, Side::Jira].iter().any(|side| side.as_str() == winner) {
            return Err(Problem::invalid("winner", "Use abate or jira."));
        }
        query = query.filter(ticket_drift::Column::Winner.eq(winner));
    }
    let mut tickets = ticket::Entity::find().select_only().column(ticket::Column::Id);
    if let Some(connection) = connection_id {
        tickets = tickets.filter(ticket::Column::ConnectionId.eq(connection));
    }
    if let Some(risk) = said(&filter.risk) {
        let wrong = || Problem::invalid("risk", "Use the key of a risk or of a group, such as R-12 or G-3.");
        let about: Subject = risk.trim().parse().map_err(|_| wrong())?;
        tickets = tickets.filter(ticket::Column::Subject.eq(about.to_string()));
    }
    query = query.filter(ticket_drift::Column::TicketId.in_subquery(tickets.into_query()));
    if let Some(after) = paging.after::<i64>()? {
        query = query.filter(ticket_drift::Column::Id.lt(after));
    }
    let rows = query.order_by_desc(ticket_drift::Column::Id).limit(limit + 1).all(db).await?;
    let page = Page::cut(rows, limit, |row| row.id);
    let ids = page.items.iter().map(|row| row.ticket_id);
    let tickets = ticket::Entity::find().filter(ticket::Column::Id.is_in(ids)).all(db).await?;
    let tickets: HashMap<i64, ticket::Model> =
        tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect();
    let hidden = hidden(db, tickets.values()).await?;
    Ok(page.map(|row| {
        let ticket = tickets.get(&row.ticket_id);
        // It may have become confidential after this was written.
        let is_hidden = ticket.is_some_and(|ticket| hidden.contains(&ticket.id));
        let text = |text: String| match is_hidden && !text.starts_with(DIGEST) {
            true => format!("{DIGEST}{}", digest(&text)),
            false => text,
        };
        DriftView {
            id: row.id,
            risk: ticket.map(|ticket| subject::key(&ticket.subject)).unwrap_or_default(),
            ticket: ticket.and_then(|ticket| ticket.issue_key.clone()),
            field: row.field,
            ours: text(row.ours),
            theirs: text(row.theirs),
            winner: row.winner,
            reason: row.reason,
            by_account: row.by_account,
            seen_at: row.seen_at,
            settled_at: row.settled_at,
        }
    }))
}

/// The tickets that are about something confidential, or about a group with a confidential risk.
async fn hidden(
    db: &impl ConnectionTrait,
    tickets: impl Iterator<Item = &ticket::Model> + Clone,
) -> Result<HashSet<i64>, Problem> {
    let groups = tickets.clone().filter_map(|ticket| ticket.group_id);
    let members = ticket_group_member::Entity::find()
        .filter(ticket_group_member::Column::GroupId.is_in(groups))
        .all(db)
        .await?;
    let of_risks = tickets.clone().filter_map(|ticket| ticket.risk_id);
    let risks = of_risks.chain(members.iter().map(|member| member.risk_id));
    let confidential: HashSet<i64> = risk::Entity::find()
        .select_only()
        .column(risk::Column::Id)
        .filter(risk::Column::Id.is_in(risks))
        .filter(risk::Column::Confidential.eq(true))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let is_hidden = |ticket: &&ticket::Model| {
        let own = ticket.risk_id.is_some_and(|id| confidential.contains(&id));
        own || members
            .iter()
            .any(|member| ticket.group_id == Some(member.group_id) && confidential.contains(&member.risk_id))
    };
    Ok(tickets.filter(is_hidden).map(|ticket| ticket.id).collect())
}

/// What last differed between a risk and its ticket, one sentence each, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn of_ticket(db: &impl ConnectionTrait, ticket_id: i64) -> Result<Vec<String>, Problem> {
    let rows = ticket_drift::Entity::find()
        .filter(ticket_drift::Column::TicketId.eq(ticket_id))
        .order_by_desc(ticket_drift::Column::Id)
        .limit(ON_CARD)
        .all(db)
        .await?;
    Ok(rows.iter().map(sentence).collect())
}

fn sentence(row: &ticket_drift::Model) -> String {
    let said = |text: &str| -> String {
        let mut cut: String = text.chars().take(CUT).collect();
        if cut.len() < text.len() {
            cut.push('…');
        }
        if cut.trim().is_empty() { "nothing".to_owned() } else { cut }
    };
    let words =
        row.field.parse::<Field>().map_or_else(|_| row.field.clone(), |field| field.words().to_owned());
    let keeps =
        if row.winner == Side::Abate.as_str() { "Abate keeps" } else { "and it stays so; Abate said" };
    format!("{words}: JIRA said {}, {keeps} {}: {}.", said(&row.theirs), said(&row.ours), row.reason)
}
