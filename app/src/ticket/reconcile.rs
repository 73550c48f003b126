//! Creates the tickets that are wanted, in batches: claim, commit `creating`, call JIRA, settle.
//!
//! Nothing is held while JIRA is called. Whoever finds a `creating` whose time is over treats it as unknown:
//! its worker may have died before, during or after the call.

use std::collections::HashMap;

use abate_entity::{asset, risk, ticket};
use abate_integrations::jira::{BULK_LIMIT, CreatedIssue, JiraError, NewIssue};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::connection::{self, Active};
use super::failure::Failure;
use super::finder;
use super::look;
use super::screen::{self, Screen};
use super::ticket_rules::{TicketState, first_look, wants_ticket};
use super::told::Told;
use super::wording::{Content, Identity};
use crate::jobs;
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

const KIND: &str = "ticket_reconcile";
/// Longer than the requests of one run together: two for the screen, one to create, one to check, one to look.
const LEASE: Duration = Duration::seconds(80);
/// How long a ticket that JIRA refused waits before it is tried again.
const REFUSED_WAIT: Duration = Duration::minutes(15);

/// Creates the wanted tickets of a connection; the subject is its number.
pub const JOB: Job<AppState> = Job { kind: KIND, lease: LEASE, run: job };

/// Sees to it that no ticket is left waiting.
pub const WATCH: Timer<AppState> = Timer { name: "ticket_watch", every: Duration::seconds(5), run: watch };

fn job<'a>(state: &'a AppState, subject: &'a str) -> Work<'a> {
    Box::pin(run(state, subject))
}

fn watch(state: &AppState) -> Work<'_> {
    Box::pin(look_for_work(state))
}

/// Queues a run for a connection.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(
    tx: &DatabaseTransaction,
    connection_id: i64,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    Ok(queue::enqueue(tx, KIND, &connection_id.to_string(), now, now).await?)
}

async fn look_for_work(state: &AppState) -> Result<(), Problem> {
    let Some(active) = connection::active(state).await? else { return Ok(()) };
    let now = state.clock.now();
    if active.waits_until(now).is_some() {
        return Ok(());
    }
    let waiting = [TicketState::Wanted, TicketState::Creating, TicketState::Unknown];
    let due = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::State.is_in(waiting.map(TicketState::as_str)))
        .filter(ticket::Column::NextTryAt.lte(now))
        .into_tuple::<i64>()
        .one(state.database.reader())
        .await?;
    match due {
        None => Ok(()),
        Some(_) => state.database.write(async |tx| enqueue(tx, active.row.id, now).await).await,
    }
}

/// Looks for the uncertain tickets of a connection and creates one batch of the wanted ones.
///
/// # Errors
/// When our own side fails; what fails at JIRA is noted and tried again in time.
pub async fn run(state: &AppState, subject: &str) -> Result<(), Problem> {
    let Some(active) = connection::active(state).await?.filter(|active| active.row.id.to_string() == subject)
    else {
        return Ok(());
    };
    let now = state.clock.now();
    if active.waits_until(now).is_some() {
        return Ok(());
    }
    take_over(state, &active, now).await?;
    match work(state, &active).await {
        Ok(more) => {
            connection::note_success(state, &active.row, None).await?;
            if more {
                state.database.write(async |tx| enqueue(tx, active.row.id, now).await).await?;
            }
            Ok(())
        }
        Err(Failure::Own(problem)) => Err(problem),
        Err(Failure::Jira(error)) => connection::rest(state, active.row.id, &error).await,
    }
}

async fn work(state: &AppState, active: &Active) -> Result<bool, Failure> {
    look::run(state, active).await?;
    create_batch(state, active).await
}

/// A claim whose time is over is uncertain.
async fn take_over(state: &AppState, active: &Active, now: DateTime<Utc>) -> Result<(), Problem> {
    state
        .database
        .write(async |tx| {
            ticket::Entity::update_many()
                .set(unknown("the worker that created it vanished", now))
                .filter(ticket::Column::ConnectionId.eq(active.row.id))
                .filter(ticket::Column::State.eq(TicketState::Creating.as_str()))
                .filter(ticket::Column::NextTryAt.lte(now))
                .exec(tx)
                .await?;
            Ok(())
        })
        .await
}

/// A ticket that was claimed for creation.
struct Claimed {
    ticket: ticket::Model,
    risk: risk::Model,
    content: Content,
}

/// How the creation of one ticket ended.
enum Settled {
    Created(CreatedIssue),
    Refused(String),
    NotSent,
    Unknown(String),
}

/// Creates up to [`BULK_LIMIT`] tickets; answers whether more may be waiting.
async fn create_batch(state: &AppState, active: &Active) -> Result<bool, Failure> {
    if !is_any_wanted(state, active).await? {
        return Ok(false);
    }
    // Whatever can be asked before the claim is asked before, so that a failure here leaves nothing uncertain.
    let screen = screen::read(state, active).await?;
    if !screen.takes("labels") {
        let said = format!(
            "the create screen of {} in {} has no field Labels, which tickets are found by; add it",
            active.row.issue_type, active.row.project
        );
        let refusal = abate_integrations::jira::Refusal { messages: vec![said], ..Default::default() };
        return Err(JiraError::Refused(refusal).into());
    }
    let identity = finder::identity(state).await?;
    let worker = state.ids.word(12);
    let claimed = claim(state, active, &screen, &identity, &worker).await?;
    if claimed.is_empty() {
        return Ok(false);
    }
    let issues: Vec<NewIssue> = claimed
        .iter()
        .map(|one| {
            let marker = identity.marker(one.ticket.uuid);
            one.content.new_issue(&one.ticket.subject, marker, &screen, &active.row.project, &identity)
        })
        .collect();
    let (outcomes, error) = create(active, &claimed, &issues).await;
    let full = claimed.len() == BULK_LIMIT;
    settle(state, &claimed, outcomes, &screen, &worker).await?;
    match error {
        Some(error) => Err(error.into()),
        None => Ok(full),
    }
}

async fn is_any_wanted(state: &AppState, active: &Active) -> Result<bool, Problem> {
    let one = ticket::Entity::find()
        .filter(ticket::Column::ConnectionId.eq(active.row.id))
        .filter(ticket::Column::State.eq(TicketState::Wanted.as_str()))
        .filter(ticket::Column::NextTryAt.lte(state.clock.now()))
        .one(state.database.reader())
        .await?;
    Ok(one.is_some())
}

async fn claim(
    state: &AppState,
    active: &Active,
    screen: &Screen,
    identity: &Identity,
    worker: &str,
) -> Result<Vec<Claimed>, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let rows = finder::due(tx, active.row.id, TicketState::Wanted, now, BULK_LIMIT as u64).await?;
            let risk_ids: Vec<i64> = rows.iter().map(|row| row.risk_id).collect();
            let risks = risk::Entity::find().filter(risk::Column::Id.is_in(risk_ids)).all(tx).await?;
            let asset_ids: Vec<i64> = risks.iter().map(|risk| risk.asset_id).collect();
            let assets = asset::Entity::find().filter(asset::Column::Id.is_in(asset_ids)).all(tx).await?;
            let mut risks: HashMap<i64, risk::Model> =
                risks.into_iter().map(|risk| (risk.id, risk)).collect();
            let assets: HashMap<i64, asset::Model> =
                assets.into_iter().map(|asset| (asset.id, asset)).collect();
            let mut claimed = Vec::new();
            for mut ticket in rows {
                let Some(risk) = risks.remove(&ticket.risk_id) else { continue };
                let wanted = wants_ticket(risk.state, risk.level, risk.ticket_wanted, risk.onboarding);
                let mut set = ticket::ActiveModel {
                    state: Set(TicketState::Cancelled.as_str().to_owned()),
                    problem: Set(None),
                    ..Default::default()
                };
                if wanted {
                    ticket.attempt += 1;
                    set.state = Set(TicketState::Creating.as_str().to_owned());
                    set.attempt = Set(ticket.attempt);
                    set.claimed_by = Set(Some(worker.to_owned()));
                    set.next_try_at = Set(now + LEASE);
                }
                ticket::Entity::update_many()
                    .set(set)
                    .filter(ticket::Column::Id.eq(ticket.id))
                    .exec(tx)
                    .await?;
                if wanted {
                    let content = Content::of(&risk, assets.get(&risk.asset_id), screen, identity);
                    claimed.push(Claimed { ticket, risk, content });
                }
            }
            Ok(claimed)
        })
        .await
}

/// Calls JIRA; answers how it ended for each ticket, and the error that concerns all of them.
async fn create(
    active: &Active,
    claimed: &[Claimed],
    issues: &[NewIssue],
) -> (Vec<Settled>, Option<JiraError>) {
    let all = |settled: fn(String) -> Settled, text: &str| -> Vec<Settled> {
        claimed.iter().map(|_| settled(text.to_owned())).collect()
    };
    let answer = match issues {
        [issue] => active.client.create_issue(issue).await.map(|created| vec![Settled::Created(created)]),
        issues => create_many(active, claimed, issues).await,
    };
    match answer {
        Ok(settled) => (settled, None),
        Err(error @ JiraError::UnknownOutcome(_)) => (all(Settled::Unknown, &error.to_string()), Some(error)),
        Err(error @ (JiraError::Refused(_) | JiraError::NotFoundOrHidden)) => {
            (all(Settled::Refused, &error.to_string()), None)
        }
        Err(error) => (all(|_| Settled::NotSent, ""), Some(error)),
    }
}

/// Creates several at once. JIRA does not promise the order of its answer, so the markers say which is which.
async fn create_many(
    active: &Active,
    claimed: &[Claimed],
    issues: &[NewIssue],
) -> Result<Vec<Settled>, JiraError> {
    let answer = active.client.create_issues(issues).await?;
    let refused: HashMap<usize, String> = answer
        .refused
        .into_iter()
        .map(|(index, refusal)| (index, JiraError::Refused(refusal).to_string()))
        .collect();
    let ids: Vec<String> = answer.created.iter().map(|issue| issue.id.clone()).collect();
    let read = match ids.as_slice() {
        [] => Vec::new(),
        // What was created is created, whatever this read answers: those that it does not show are looked for.
        ids => active.client.issues(ids, &["summary"]).await.unwrap_or_default(),
    };
    let mut by_uuid: HashMap<String, CreatedIssue> = read
        .into_iter()
        .filter_map(|issue| Some((issue.marker?.uuid, CreatedIssue { id: issue.id, key: issue.key })))
        .collect();
    let settle = |(index, one): (usize, &Claimed)| {
        if let Some(text) = refused.get(&index) {
            return Settled::Refused(text.clone());
        }
        by_uuid.remove(&one.ticket.uuid.to_string()).map_or_else(
            || Settled::Unknown("it was not among the created ones".to_owned()),
            Settled::Created,
        )
    };
    Ok(claimed.iter().enumerate().map(settle).collect())
}

async fn settle(
    state: &AppState,
    claimed: &[Claimed],
    outcomes: Vec<Settled>,
    screen: &Screen,
    worker: &str,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let outcomes: Vec<(&Claimed, Settled)> = claimed.iter().zip(outcomes).collect();
    state
        .database
        .write(async |tx| {
            for (one, outcome) in &outcomes {
                let back = |text: Option<&str>, at: DateTime<Utc>| ticket::ActiveModel {
                    state: Set(TicketState::Wanted.as_str().to_owned()),
                    claimed_by: Set(None),
                    next_try_at: Set(at),
                    problem: Set(text.map(str::to_owned)),
                    ..Default::default()
                };
                let set = match outcome {
                    Settled::Created(issue) => {
                        let mut told = Told::default();
                        one.content.told(&mut told, screen);
                        let fence = Expr::col(ticket::Column::ClaimedBy)
                            .eq(worker)
                            .or(ticket::Column::State.eq(TicketState::Unknown.as_str()));
                        link(tx, &one.ticket, issue, &told, fence, now).await?;
                        tracing::info!(risk = one.risk.id, issue = issue.key, "ticket created");
                        continue;
                    }
                    Settled::Refused(text) => {
                        tracing::warn!(risk = one.risk.id, error = text, "JIRA refused a ticket");
                        back(Some(text), now + REFUSED_WAIT)
                    }
                    // No create reached JIRA, so it does not count.
                    Settled::NotSent => {
                        ticket::ActiveModel { attempt: Set(one.ticket.attempt - 1), ..back(None, now) }
                    }
                    Settled::Unknown(text) => {
                        tracing::warn!(
                            risk = one.risk.id,
                            error = text,
                            "the creation of a ticket is uncertain"
                        );
                        unknown(text, now)
                    }
                };
                ticket::Entity::update_many()
                    .set(set)
                    .filter(ticket::Column::Id.eq(one.ticket.id))
                    .filter(ticket::Column::State.eq(TicketState::Creating.as_str()))
                    .filter(ticket::Column::ClaimedBy.eq(worker))
                    .exec(tx)
                    .await?;
            }
            Ok(())
        })
        .await
}

/// The columns of a ticket whose creation is uncertain.
pub(super) fn unknown(text: &str, now: DateTime<Utc>) -> ticket::ActiveModel {
    ticket::ActiveModel {
        state: Set(TicketState::Unknown.as_str().to_owned()),
        claimed_by: Set(None),
        unknown_since: Set(Some(now)),
        next_try_at: Set(first_look(now)),
        problem: Set(Some(text.to_owned())),
        ..Default::default()
    }
}

/// Links a ticket to its issue, unless it has one already or somebody else is creating it by now; `fence` says
/// whose ticket it has to be.
pub(super) async fn link(
    tx: &DatabaseTransaction,
    ticket: &ticket::Model,
    issue: &CreatedIssue,
    told: &Told,
    fence: Expr,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    let linked = ticket::Entity::update_many()
        .set(ticket::ActiveModel {
            state: Set(TicketState::Linked.as_str().to_owned()),
            claimed_by: Set(None),
            unknown_since: Set(None),
            issue_id: Set(Some(issue.id.clone())),
            issue_key: Set(Some(issue.key.clone())),
            pushed: Set(told.to_json()?),
            problem: Set(None),
            ..Default::default()
        })
        .filter(ticket::Column::Id.eq(ticket.id))
        .filter(ticket::Column::IssueId.is_null())
        .filter(fence)
        .exec(tx)
        .await?;
    if linked.rows_affected == 1 {
        // The link back, and what has happened to the risk meanwhile.
        queue::enqueue(tx, jobs::TICKET, &ticket.subject, now, now).await?;
    }
    Ok(linked.rows_affected == 1)
}
