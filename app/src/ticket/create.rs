//! Creates the tickets that are wanted, in batches: claim, commit `creating`, call JIRA, settle.

use std::collections::{BTreeMap, HashMap};

use abate_entity::ticket;
use abate_integrations::jira::{BULK_LIMIT, CreatedIssue, Issue, JiraError, NewIssue, Refusal};
use chrono::{DateTime, Duration, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::about::About;
use super::concern::Concern;
use super::connection::{self, Active};
use super::failure::Failure;
use super::finder;
use super::later::LEFT_OUT;
use super::mapping::model::Mapping;
use super::mapping::{self, Facts, Known};
use super::reconcile::{LEASE, gather, link, unknown};
use super::rule::store as rules;
use super::screen::{self, Screen};
use super::strangers;
use super::ticket_rules::TicketState;
use super::told::{NotTaken, Told};
use super::wording::{Content, Identity};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// How long a ticket that JIRA refused waits before it is tried again.
const REFUSED_WAIT: Duration = Duration::minutes(15);
/// How long people are asked for before the tickets of a batch, which has its own time.
const ASKING: std::time::Duration = std::time::Duration::from_secs(30);
/// How often a bulk is read back.
const READS: usize = 3;
/// How long one waits whose create call never left.
const UNSENT_WAIT: Duration = Duration::seconds(10);

/// A ticket that was claimed for creation.
struct Claimed {
    ticket: ticket::Model,
    about: About,
    content: Content,
    /// What JIRA does not take of it for a while.
    not_taken: BTreeMap<String, NotTaken>,
}

/// How the creation of one ticket ended.
enum Settled {
    Created(CreatedIssue),
    /// JIRA said no.
    Refused(Refusal),
    /// It waits until somebody mends what this says.
    Wait(String),
    /// As that, and JIRA was not called.
    Lacks(String),
    /// It is made again at once, without these fields.
    Again(BTreeMap<String, String>),
    NotSent,
    Unknown(String),
}

/// Creates up to [`BULK_LIMIT`] tickets; answers whether more may be waiting, `None` when JIRA was not called.
pub(super) async fn batch(state: &AppState, active: &Active) -> Result<Option<bool>, Failure> {
    if !is_any_wanted(state, active).await? {
        return Ok(None);
    }
    // What can be asked is asked before the claim, so that a failure here leaves nothing uncertain.
    let (version, mapping) = mapping::versioned(state.database.reader(), active.row.id).await?;
    let mut screen = screen::read(state, active).await?;
    if !screen.takes("labels") || !mapping::gaps(&mapping, &screen.fields).is_empty() {
        // Somebody may have mended it since.
        screen = screen::ask_anew(state, active).await?;
    }
    if !screen.takes("labels") {
        let said = format!(
            "the create screen of {} in {} has no field Labels, which tickets are found by; add it",
            active.row.issue_type, active.row.project
        );
        return Err(demanded(said));
    }
    let gaps = mapping::gaps(&mapping, &screen.fields);
    if !gaps.is_empty() {
        return Err(demanded(gaps.join("; ")));
    }
    // Once the first wish has waited long enough, the ones that came after it go along.
    let soon = state.clock.now() + gather(&active.row);
    if mapping.names_people() {
        let asking = Known::ask_for_wanted(state, active, &mapping, soon);
        match tokio::time::timeout(ASKING, asking).await {
            Ok(asked) => asked?,
            // Whoever answered is remembered; the next run goes on from there.
            Err(_) => return Ok(Some(true)),
        }
    }
    let identity = finder::identity(state).await?;
    let worker = state.ids.word(12);
    let account = connection::own_account(state, active).await?;
    let (mut claimed, full) = claim(state, active, &screen, &identity, (&worker, &account, soon)).await?;
    if claimed.is_empty() {
        return Ok(None);
    }
    fill(state, active, (version, &mapping), &screen, &mut claimed).await?;
    // What JIRA demands and does not get would only be refused.
    let (ready, lacking): (Vec<Claimed>, Vec<Claimed>) =
        claimed.into_iter().partition(|one| one.content.filling.missing.is_empty());
    let issues: Vec<NewIssue> = ready
        .iter()
        .map(|one| {
            let marker = identity.marker(one.ticket.uuid);
            let subject = &one.ticket.subject;
            let mut issue = one.content.new_issue(subject, marker, &screen, &active.row.project, &identity);
            one.not_taken.keys().for_each(|field| issue.edit.leave_out(field));
            issue
        })
        .collect();
    let (outcomes, error) = create(active, &ready, &issues).await;
    let outcomes: Vec<Settled> = outcomes
        .into_iter()
        .zip(&issues)
        .map(|(outcome, issue)| match outcome {
            // Without what its mapping adds and JIRA does not take, it is worth another try at once.
            Settled::Refused(refusal) if mapping::extras_only(&refusal, &issue.edit, &screen.fields) => {
                Settled::Again(refusal.fields)
            }
            Settled::Refused(refusal) => Settled::Wait(JiraError::Refused(refusal).to_string()),
            outcome => outcome,
        })
        .collect();
    let again = outcomes.iter().any(|outcome| matches!(outcome, Settled::Again(_)));
    let is_refused = outcomes.iter().any(|outcome| matches!(outcome, Settled::Wait(_) | Settled::Again(_)));
    settle(state, &ready, outcomes, &screen, (&worker, version)).await?;
    let waiting = lacking.iter().map(|one| Settled::Lacks(one.content.filling.missing.join(" "))).collect();
    settle(state, &lacking, waiting, &screen, (&worker, version)).await?;
    if is_refused {
        // The screen may take something else by now than it said.
        state.database.write(async |tx| screen::forget(tx, active.row.id).await).await?;
    }
    match error {
        Some(error) => Err(error.into()),
        // JIRA was not called, so that nothing is known of it.
        None if issues.is_empty() => Ok(None),
        None => Ok(Some(full || again)),
    }
}

/// Something that has to be mended before any ticket can be made.
fn demanded(said: String) -> Failure {
    JiraError::Refused(Refusal { messages: vec![said], ..Refusal::default() }).into()
}

/// Puts what the mapping says into what was claimed.
async fn fill(
    state: &AppState,
    active: &Active,
    (version, mapping): (i32, &Mapping),
    screen: &Screen,
    claimed: &mut [Claimed],
) -> Result<(), Problem> {
    let now = state.clock.now();
    let facts: Vec<&Facts> = claimed.iter().map(|one| &one.about.facts).collect();
    let known = Known::load(state.database.reader(), active.row.id, mapping, &facts).await?;
    for one in claimed {
        one.content.prioritise(one.about.level, mapping, &screen.priorities);
        one.content.filling = mapping::at_creation(mapping, &one.about, &known, &screen.fields);
        one.not_taken = Told::of(&one.ticket)?.not_taken;
        one.not_taken.retain(|_, field| field.until > now && field.mapping == version);
    }
    Ok(())
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

/// Those whose last creation was uncertain go by themselves, the fewer the more often that was so: what JIRA chokes on would
/// take the others of its call along, each time anew. A single lost call costs one more, and not one for each of its tickets.
/// Answers whether some were left for another call.
fn set_apart(rows: &mut Vec<ticket::Model>) -> bool {
    let all = rows.len();
    match rows.first() {
        Some(first) if first.unknown_since.is_some() => {
            let attempt = first.attempt;
            rows.retain(|row| row.unknown_since.is_some() && row.attempt == attempt);
            rows.truncate(together(attempt));
        }
        _ => rows.retain(|row| row.unknown_since.is_none()),
    }
    all == BULK_LIMIT || rows.len() < all
}

/// How many go into one call that were created so often without anybody knowing the outcome.
fn together(attempt: i32) -> usize {
    match attempt {
        ..=1 => BULK_LIMIT,
        2 => 8,
        _ => 1,
    }
}

/// Claims those that go into one call; answers whether more are waiting.
async fn claim(
    state: &AppState,
    active: &Active,
    screen: &Screen,
    identity: &Identity,
    (worker, account, soon): (&str, &str, DateTime<Utc>),
) -> Result<(Vec<Claimed>, bool), Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let rules_in_force = rules::in_force(tx).await?;
            let mut rows =
                finder::due(tx, active.row.id, TicketState::Wanted, soon, BULK_LIMIT as u64).await?;
            let mut concerns = Concern::of_tickets(tx, &rows).await?;
            rows.retain(|row| concerns.contains_key(&row.id));
            let more = set_apart(&mut rows);
            let marked = strangers::marked(tx, active.row.id, &rows).await?;
            let mut claimed = Vec::new();
            for mut ticket in rows {
                let Some(concern) = concerns.remove(&ticket.id) else { continue };
                let wanted = concern.wants(&rules_in_force);
                if wanted && marked.contains(&ticket.uuid) {
                    // The issue may be from after the backup that this database was restored from.
                    ticket::Entity::update_many()
                        .set(unknown("an issue with its marker is in JIRA", now))
                        .filter(ticket::Column::Id.eq(ticket.id))
                        .exec(tx)
                        .await?;
                    continue;
                }
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
                    set.created_as = Set(Some(account.to_owned()));
                    set.next_try_at = Set(now + LEASE);
                }
                ticket::Entity::update_many()
                    .set(set)
                    .filter(ticket::Column::Id.eq(ticket.id))
                    .exec(tx)
                    .await?;
                if wanted {
                    let about = concern.about(identity, |text| active.client.rich_text(text));
                    let content = Content::of(&about, &screen.priorities, identity, |text| {
                        active.client.rich_text(text)
                    });
                    claimed.push(Claimed { ticket, about, content, not_taken: BTreeMap::new() });
                }
            }
            Ok((claimed, more))
        })
        .await
}

/// Calls JIRA; answers how it ended for each ticket, and the error that concerns all of them.
async fn create(
    active: &Active,
    claimed: &[Claimed],
    issues: &[NewIssue],
) -> (Vec<Settled>, Option<JiraError>) {
    let all = |settled: &dyn Fn() -> Settled| -> Vec<Settled> { claimed.iter().map(|_| settled()).collect() };
    let answer = match issues {
        [] => return (Vec::new(), None),
        [issue] => active.client.create_issue(issue).await.map(|created| vec![Settled::Created(created)]),
        issues => create_many(active, claimed, issues).await,
    };
    match answer {
        Ok(settled) => (settled, None),
        Err(error @ JiraError::UnknownOutcome { .. }) => {
            (all(&|| Settled::Unknown(error.to_string())), Some(error.clone()))
        }
        Err(JiraError::Refused(refusal)) => (all(&|| Settled::Refused(refusal.clone())), None),
        Err(error @ JiraError::NotFoundOrHidden) => (all(&|| Settled::Wait(error.to_string())), None),
        Err(error) => (all(&|| Settled::NotSent), Some(error)),
    }
}

/// Creates several at once. JIRA does not promise the order of its answer, so the markers say which is which.
async fn create_many(
    active: &Active,
    claimed: &[Claimed],
    issues: &[NewIssue],
) -> Result<Vec<Settled>, JiraError> {
    let answer = active.client.create_issues(issues).await?;
    let mut refused: HashMap<usize, Refusal> = answer.refused.into_iter().collect();
    let ids: Vec<String> = answer.created.iter().map(|issue| issue.id.clone()).collect();
    let read = match ids.as_slice() {
        [] => Vec::new(),
        // What was created is created, whatever this read answers: those that it does not show are looked for.
        ids => read_back(active, ids).await,
    };
    let mut by_uuid: HashMap<String, CreatedIssue> = read
        .into_iter()
        .filter_map(|issue| Some((issue.marker?.uuid, CreatedIssue { id: issue.id, key: issue.key })))
        .collect();
    let settle = |(index, one): (usize, &Claimed)| {
        if let Some(refusal) = refused.remove(&index) {
            return Settled::Refused(refusal);
        }
        by_uuid.remove(&one.ticket.uuid.to_string()).map_or_else(
            || Settled::Unknown("it was not among the created ones".to_owned()),
            Settled::Created,
        )
    };
    Ok(claimed.iter().enumerate().map(settle).collect())
}

/// Reads what was created, as often as fits into the lease.
async fn read_back(active: &Active, ids: &[String]) -> Vec<Issue> {
    for _ in 1..READS {
        if let Ok(issues) = active.client.issues(ids, &["summary"]).await {
            return issues;
        }
    }
    active.client.issues(ids, &["summary"]).await.unwrap_or_default()
}

async fn settle(
    state: &AppState,
    claimed: &[Claimed],
    outcomes: Vec<Settled>,
    screen: &Screen,
    (worker, version): (&str, i32),
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
                    unknown_since: Set(None),
                    next_try_at: Set(at),
                    problem: Set(text.map(str::to_owned)),
                    ..Default::default()
                };
                let set = match outcome {
                    Settled::Created(issue) => {
                        let mut told = Told { not_taken: one.not_taken.clone(), ..Told::default() };
                        one.content.told(&mut told, screen);
                        let fence = Expr::col(ticket::Column::ClaimedBy)
                            .eq(worker)
                            .or(ticket::Column::State.eq(TicketState::Unknown.as_str()));
                        link(tx, &one.ticket, issue, &told, fence, now).await?;
                        tracing::info!(ticket = one.ticket.subject, issue = issue.key, "ticket created");
                        continue;
                    }
                    Settled::Wait(text) => {
                        tracing::warn!(ticket = one.ticket.subject, error = text, "JIRA takes no ticket");
                        back(Some(text), now + REFUSED_WAIT)
                    }
                    Settled::Refused(refusal) => {
                        let text = JiraError::Refused(refusal.clone()).to_string();
                        back(Some(&text), now + REFUSED_WAIT)
                    }
                    Settled::Again(fields) => {
                        let (ticket, names) = (&one.ticket.subject, fields.keys());
                        tracing::warn!(ticket, ?names, "JIRA does not take some fields of a ticket");
                        let mut told = Told { not_taken: one.not_taken.clone(), ..Told::default() };
                        let until = now + LEFT_OUT;
                        let new = fields.iter().map(|(name, said)| {
                            (
                                name.clone(),
                                NotTaken {
                                    until,
                                    said: said.clone(),
                                    mapping: version,
                                    place: String::new(),
                                },
                            )
                        });
                        told.not_taken.extend(new);
                        ticket::ActiveModel { pushed: Set(told.to_json()?), ..back(None, now) }
                    }
                    // No create reached JIRA, so it does not count.
                    Settled::Lacks(text) => ticket::ActiveModel {
                        attempt: Set(one.ticket.attempt - 1),
                        unknown_since: NotSet,
                        ..back(Some(text), now + REFUSED_WAIT)
                    },
                    Settled::NotSent => ticket::ActiveModel {
                        attempt: Set(one.ticket.attempt - 1),
                        unknown_since: NotSet,
                        ..back(None, now + UNSENT_WAIT)
                    },
                    Settled::Unknown(text) => {
                        tracing::warn!(
                            ticket = one.ticket.subject,
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
