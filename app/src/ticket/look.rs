//! Looks for tickets whose creation is uncertain. Found by its label, adopted only when the uuid in its property is
//! equal; created again only after JIRA's search had time to catch up; quarantined when it cannot be known. A
//! quarantined one is looked for too, now and then, and adopted once it is found.

use abate_entity::ticket;
use abate_integrations::jira::{CreatedIssue, Issue, JiraError, Refusal, quote_jql};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::connection::health_rules::before_next_create;
use super::connection::{self, Active};
use super::failure::Failure;
use super::finder;
use super::reconcile::link;
use super::strangers;
use super::ticket_rules::{Look, TicketState, after_look};
use super::told::Told;
use abate_integrations::jira::marker_label;

use crate::platform::problem::Problem;
use crate::state::AppState;

/// How many are looked for in one search.
const BATCH: u64 = 50;
/// How often a quarantined ticket is looked for.
const QUARANTINE_LOOK: Duration = Duration::hours(1);

/// What to do with a ticket after a look.
enum Verdict {
    Adopt(CreatedIssue),
    LookAgain(DateTime<Utc>),
    CreateAgain,
    Quarantine(String),
}

/// Looks for the uncertain tickets whose time has come; answers whether there were any.
///
/// # Errors
/// When JIRA gives no answer that can be believed.
pub(crate) async fn run(state: &AppState, active: &Active) -> Result<bool, Failure> {
    let uncertain = [TicketState::Unknown, TicketState::Quarantined];
    let now = state.clock.now();
    let due = ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::State.is_in(uncertain.map(TicketState::as_str)))
        .filter(ticket::Column::NextTryAt.lte(now))
        .order_by_asc(ticket::Column::NextTryAt)
        .limit(BATCH)
        .all(state.database.reader())
        .await?;
    if due.is_empty() {
        return Ok(false);
    }
    let account = sees_everything(state, active).await?;
    let identity = finder::identity(state).await?;
    let labels: Vec<String> =
        due.iter().map(|ticket| quote_jql(&marker_label(&identity.instance, &ticket.subject))).collect();
    let jql = format!("labels in ({}) ORDER BY created ASC", labels.join(", "));
    let found = active.client.search_all(&jql, &["labels"]).await?;
    let found = read_unmarked(active, found).await?;
    let verdicts: Vec<(ticket::Model, Verdict)> = due
        .into_iter()
        .map(|ticket| {
            let label = marker_label(&identity.instance, &ticket.subject);
            let verdict = judge(&ticket, &label, &found, &account, now);
            (ticket, verdict)
        })
        .collect();
    settle(state, &verdicts, now).await?;
    Ok(true)
}

/// Reads those that the search shows without a marker: the search may lag, a read does not.
async fn read_unmarked(active: &Active, found: Vec<Issue>) -> Result<Vec<Issue>, JiraError> {
    let (mut found, unmarked): (Vec<Issue>, Vec<Issue>) =
        found.into_iter().partition(|issue| issue.marker.is_some());
    let ids: Vec<String> = unmarked.into_iter().map(|issue| issue.id).collect();
    for ids in ids.chunks(active.client.fetch_limit()) {
        found.extend(active.client.issues(ids, &["labels"]).await?);
    }
    Ok(found)
}

/// Makes sure that an empty answer means something: the credentials hold, and the project is visible. Answers the
/// account: another one than that which tried to create may see less.
async fn sees_everything(state: &AppState, active: &Active) -> Result<String, Failure> {
    let me = active.client.myself().await?;
    match active.client.project(&active.row.project).await {
        Ok(_) => {}
        Err(JiraError::NotFoundOrHidden) => {
            let said = format!("project {} is not visible to the account", active.row.project);
            return Err(JiraError::Refused(Refusal { messages: vec![said], ..Default::default() }).into());
        }
        Err(error) => return Err(error.into()),
    }
    connection::note_account(state, &active.row, &me.account_id).await?;
    Ok(me.account_id)
}

fn judge(ticket: &ticket::Model, label: &str, found: &[Issue], account: &str, now: DateTime<Utc>) -> Verdict {
    let uuid = ticket.uuid.to_string();
    let same_account = ticket.created_as.as_deref().is_none_or(|known| known == account);
    let ours: Vec<&Issue> = found
        .iter()
        .filter(|issue| issue.marker.as_ref().is_some_and(|marker| marker.uuid == uuid))
        .collect();
    let unmarked: Vec<&str> = found
        .iter()
        .filter(|issue| issue.marker.is_none())
        .filter(|issue| issue.fields.labels.iter().any(|known| known.eq_ignore_ascii_case(label)))
        .map(|issue| issue.key.as_str())
        .collect();
    match ours.as_slice() {
        [one] => Verdict::Adopt(CreatedIssue { id: one.id.clone(), key: one.key.clone() }),
        [] if ticket.state == TicketState::Quarantined.as_str() => Verdict::LookAgain(now + QUARANTINE_LOOK),
        [] => match after_look(ticket.unknown_since.unwrap_or(now), now) {
            Look::Again(at) => Verdict::LookAgain(at),
            Look::Create if !unmarked.is_empty() => Verdict::Quarantine(format!(
                "{} carries the label {label} of this ticket and no marker, so it may be the one that was created. \
                 Take the label off it in JIRA or delete it, then ask for the ticket again.",
                unmarked.join(", ")
            )),
            Look::Create if same_account => Verdict::CreateAgain,
            Look::Create => Verdict::Quarantine(
                "The account was changed while a create was uncertain, and the new one may not see what the old \
                 one created. Look in JIRA, then ask for the ticket again."
                    .to_owned(),
            ),
        },
        several => {
            let keys: Vec<&str> = several.iter().map(|issue| issue.key.as_str()).collect();
            Verdict::Quarantine(format!(
                "{} all carry the marker of this ticket. Delete all but one in JIRA, then ask for the ticket again.",
                keys.join(", ")
            ))
        }
    }
}

async fn settle(
    state: &AppState,
    verdicts: &[(ticket::Model, Verdict)],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            for (ticket, verdict) in verdicts {
                let is_as_read = ticket::Column::State.eq(&ticket.state);
                let set = match verdict {
                    Verdict::Adopt(issue) => {
                        tracing::info!(
                            ticket = ticket.subject,
                            issue = issue.key,
                            "an uncertain ticket was found"
                        );
                        link(tx, ticket, issue, &Told::default(), is_as_read, now).await?;
                        continue;
                    }
                    Verdict::LookAgain(at) => {
                        ticket::ActiveModel { next_try_at: Set(*at), ..Default::default() }
                    }
                    Verdict::CreateAgain => {
                        strangers::lost(tx, ticket.connection_id, ticket.uuid, now).await?;
                        ticket::ActiveModel {
                            // Since when it is unknown stays: such tickets are created by themselves.
                            state: Set(TicketState::Wanted.as_str().to_owned()),
                            next_try_at: Set(now + before_next_create(ticket.attempt)),
                            ..Default::default()
                        }
                    }
                    Verdict::Quarantine(text) => {
                        tracing::error!(ticket = ticket.subject, reason = text, "a ticket was quarantined");
                        ticket::ActiveModel {
                            state: Set(TicketState::Quarantined.as_str().to_owned()),
                            next_try_at: Set(now + QUARANTINE_LOOK),
                            problem: Set(Some(text.clone())),
                            ..Default::default()
                        }
                    }
                };
                ticket::Entity::update_many()
                    .set(set)
                    .filter(ticket::Column::Id.eq(ticket.id))
                    .filter(is_as_read)
                    .exec(tx)
                    .await?;
            }
            Ok(())
        })
        .await
}
