//! Looks for tickets whose creation is uncertain. Found by its label, adopted only when the uuid in its property is
//! equal; created again only after JIRA's search had time to catch up; quarantined when it cannot be known.

use abate_entity::ticket;
use abate_integrations::jira::{CreatedIssue, Issue, JiraError, quote_jql};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::connection::{self, Active};
use super::failure::Failure;
use super::finder;
use super::reconcile::link;
use super::ticket_rules::{Look, TicketState, after_look};
use super::told::Told;
use abate_integrations::jira::marker_label;

use crate::platform::problem::Problem;
use crate::state::AppState;

/// How many are looked for in one search.
const BATCH: u64 = 50;

/// What to do with a ticket after a look.
enum Verdict {
    Adopt(CreatedIssue),
    LookAgain(DateTime<Utc>),
    CreateAgain,
    Quarantine(String),
}

/// Looks for the uncertain tickets whose time has come.
///
/// # Errors
/// When JIRA gives no answer that can be believed.
pub(crate) async fn run(state: &AppState, active: &Active) -> Result<(), Failure> {
    let now = state.clock.now();
    let due = ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::State.eq(TicketState::Unknown.as_str()))
        .filter(ticket::Column::NextTryAt.lte(now))
        .order_by_asc(ticket::Column::NextTryAt)
        .limit(BATCH)
        .all(state.database.reader())
        .await?;
    if due.is_empty() {
        return Ok(());
    }
    let same_account = sees_everything(state, active).await?;
    let identity = finder::identity(state).await?;
    let labels: Vec<String> =
        due.iter().map(|ticket| quote_jql(&marker_label(&identity.instance, &ticket.subject))).collect();
    let jql = format!("labels in ({}) ORDER BY created ASC", labels.join(", "));
    let found = active.client.search_all(&jql, &["status"]).await?;
    let verdicts: Vec<(ticket::Model, Verdict)> = due
        .into_iter()
        .map(|ticket| {
            let verdict = judge(&ticket, &found, same_account, now);
            (ticket, verdict)
        })
        .collect();
    settle(state, &verdicts, now).await?;
    Ok(())
}

/// Makes sure that an empty answer means something: the credentials hold, and the project is visible. Answers
/// whether the account is the one that was used before: another one may see less.
async fn sees_everything(state: &AppState, active: &Active) -> Result<bool, Failure> {
    let me = active.client.myself().await?;
    let same = active.row.account.as_ref().is_none_or(|known| *known == me.account_id);
    match active.client.project(&active.row.project).await {
        Ok(_) => {}
        Err(JiraError::NotFoundOrHidden) => {
            let detail = format!("project {} is not visible to the account", active.row.project);
            return Err(JiraError::Unavailable { detail, retry_after: None }.into());
        }
        Err(error) => return Err(error.into()),
    }
    connection::note_success(state, &active.row, Some(&me.account_id)).await?;
    Ok(same)
}

fn judge(ticket: &ticket::Model, found: &[Issue], same_account: bool, now: DateTime<Utc>) -> Verdict {
    let uuid = ticket.uuid.to_string();
    let ours: Vec<&Issue> = found
        .iter()
        .filter(|issue| issue.marker.as_ref().is_some_and(|marker| marker.uuid == uuid))
        .collect();
    match ours.as_slice() {
        [one] => Verdict::Adopt(CreatedIssue { id: one.id.clone(), key: one.key.clone() }),
        [] => match after_look(ticket.unknown_since.unwrap_or(now), now, ticket.attempt) {
            Look::Again(at) => Verdict::LookAgain(at),
            Look::Create if same_account => Verdict::CreateAgain,
            Look::Create => Verdict::Quarantine(
                "The account was changed while a create was uncertain, and the new one may not see what the old \
                 one created. Look in JIRA, then ask for the ticket again."
                    .to_owned(),
            ),
            Look::GiveUp => Verdict::Quarantine(format!(
                "JIRA gave no answer to {} create calls. Look in JIRA, then ask for the ticket again.",
                ticket.attempt
            )),
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
                let is_unknown = ticket::Column::State.eq(TicketState::Unknown.as_str());
                let set = match verdict {
                    Verdict::Adopt(issue) => {
                        tracing::info!(
                            ticket = ticket.subject,
                            issue = issue.key,
                            "an uncertain ticket was found"
                        );
                        link(tx, ticket, issue, &Told::default(), is_unknown, now).await?;
                        continue;
                    }
                    Verdict::LookAgain(at) => {
                        ticket::ActiveModel { next_try_at: Set(*at), ..Default::default() }
                    }
                    Verdict::CreateAgain => ticket::ActiveModel {
                        state: Set(TicketState::Wanted.as_str().to_owned()),
                        unknown_since: Set(None),
                        next_try_at: Set(now),
                        ..Default::default()
                    },
                    Verdict::Quarantine(text) => {
                        tracing::error!(ticket = ticket.subject, reason = text, "a ticket was quarantined");
                        ticket::ActiveModel {
                            state: Set(TicketState::Quarantined.as_str().to_owned()),
                            problem: Set(Some(text.clone())),
                            ..Default::default()
                        }
                    }
                };
                ticket::Entity::update_many()
                    .set(set)
                    .filter(ticket::Column::Id.eq(ticket.id))
                    .filter(is_unknown)
                    .exec(tx)
                    .await?;
            }
            Ok(())
        })
        .await
}
