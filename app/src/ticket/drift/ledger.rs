//! The ledger: what somebody gave a field against its owner, and who won. A change stands in it once, so that it is set
//! back once.

use std::collections::{HashMap, HashSet};

use abate_entity::ticket_drift;
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::compare::{Difference, digest};
use super::field_rules::{Field, Side};
use crate::platform::problem::Problem;

/// How much of a text is kept, in characters.
const LONGEST: usize = 2_000;
/// How a text begins that is kept as a digest.
pub(super) const DIGEST: &str = "digest ";
/// How many changes are remembered as set back.
const REMEMBERED: u64 = 200;

/// Writes differences down, before anything is done about them; what stands there already stays as it is.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn open(
    tx: &DatabaseTransaction,
    (ticket_id, confidential): (i64, bool),
    difference: &Difference,
    (winner, reason): (Side, &str),
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let kept = |text: &str| kept(text, confidential);
    let row = ticket_drift::ActiveModel {
        ticket_id: Set(ticket_id),
        field: Set(difference.field.as_str().to_owned()),
        ours: Set(kept(&difference.ours)),
        theirs: Set(kept(&difference.theirs)),
        winner: Set(winner.as_str().to_owned()),
        reason: Set(reason.to_owned()),
        change_id: Set(difference.change_id.clone()),
        by_account: Set(difference.by_account.clone()),
        seen_at: Set(now),
        ..Default::default()
    };
    let unique =
        [ticket_drift::Column::TicketId, ticket_drift::Column::Field, ticket_drift::Column::ChangeId];
    ticket_drift::Entity::insert(row)
        .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// How a text is kept.
fn kept(text: &str, confidential: bool) -> String {
    match confidential {
        true => format!("{DIGEST}{}", digest(text)),
        // No database takes a zero byte.
        false => text.chars().filter(|c| *c != '\0').take(LONGEST).collect(),
    }
}

/// Writes down a difference that stays, for this reason. Where the same account has left one in the field already, its line says
/// what is so by now: a rule of the site that is always at it does not fill the ledger.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn stay(
    tx: &DatabaseTransaction,
    (ticket_id, confidential): (i64, bool),
    difference: &Difference,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let is_this = ticket_drift::Column::ChangeId.eq(&difference.change_id);
    let lines = ticket_drift::Entity::find()
        .filter(ticket_drift::Column::TicketId.eq(ticket_id))
        .filter(ticket_drift::Column::Field.eq(difference.field.as_str()))
        .filter(is_this.or(ticket_drift::Column::SettledAt.is_null()))
        .all(tx)
        .await?;
    let is_known = lines.iter().any(|line| line.change_id == difference.change_id);
    let of_account = lines.iter().find(|line| line.by_account == difference.by_account);
    let Some(line) = of_account.filter(|_| !is_known) else {
        return open(tx, (ticket_id, confidential), difference, (Side::Jira, reason), now).await;
    };
    let set = ticket_drift::ActiveModel {
        ours: Set(kept(&difference.ours, confidential)),
        theirs: Set(kept(&difference.theirs, confidential)),
        winner: Set(Side::Jira.as_str().to_owned()),
        reason: Set(reason.to_owned()),
        change_id: Set(difference.change_id.clone()),
        seen_at: Set(now),
        ..Default::default()
    };
    ticket_drift::Entity::update_many()
        .set(set)
        .filter(ticket_drift::Column::Id.eq(line.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Both sides say the same again in these fields.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn settle(
    tx: &DatabaseTransaction,
    ticket_id: i64,
    fields: &[Field],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if fields.is_empty() {
        return Ok(());
    }
    ticket_drift::Entity::update_many()
        .set(ticket_drift::ActiveModel { settled_at: Set(Some(now)), ..Default::default() })
        .filter(ticket_drift::Column::TicketId.eq(ticket_id))
        .filter(ticket_drift::Column::Field.is_in(fields.iter().map(|field| field.as_str())))
        .filter(ticket_drift::Column::SettledAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// JIRA has taken our value of a field.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn win(
    tx: &DatabaseTransaction,
    ticket_id: i64,
    field: Field,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    set_open(
        tx,
        (ticket_id, field),
        ticket_drift::ActiveModel {
            winner: Set(Side::Abate.as_str().to_owned()),
            reason: Set(field.reason().to_owned()),
            settled_at: Set(Some(now)),
            ..Default::default()
        },
    )
    .await
}

/// JIRA does not take a field: what it says stays, for this reason.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn lose(
    tx: &DatabaseTransaction,
    ticket_id: i64,
    field: Field,
    reason: &str,
) -> Result<(), Problem> {
    let set = ticket_drift::ActiveModel {
        winner: Set(Side::Jira.as_str().to_owned()),
        reason: Set(reason.to_owned()),
        ..Default::default()
    };
    set_open(tx, (ticket_id, field), set).await
}

async fn set_open(
    tx: &DatabaseTransaction,
    (ticket_id, field): (i64, Field),
    set: ticket_drift::ActiveModel,
) -> Result<(), Problem> {
    ticket_drift::Entity::update_many()
        .set(set)
        .filter(ticket_drift::Column::TicketId.eq(ticket_id))
        .filter(ticket_drift::Column::Field.eq(field.as_str()))
        .filter(ticket_drift::Column::SettledAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// In which time a field is set back at most so often: against an automation of the site nobody wins.
const WINDOW: Duration = Duration::days(1);
/// How often that is.
const TIMES: usize = 5;

/// What the ledger says of a ticket: the changes that were set back, as field and change, and the fields that still
/// differ.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// The changes that were set back.
    pub(crate) restored: HashSet<(String, String)>,
    /// The fields that still differ.
    pub(crate) open: HashSet<String>,
    /// The fields that were set back so often of late that a rule of the site must be at work.
    pub(crate) stubborn: HashSet<String>,
}

/// A line of the ledger, as far as it says what to do about the next change.
#[derive(FromQueryResult)]
struct Line {
    field: String,
    change_id: String,
    settled_at: Option<DateTime<Utc>>,
    seen_at: DateTime<Utc>,
}

/// What the ledger says of a ticket.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn standing(
    db: &impl ConnectionTrait,
    ticket_id: i64,
    now: DateTime<Utc>,
) -> Result<Standing, Problem> {
    let lines = ticket_drift::Entity::find()
        .select_only()
        .columns([
            ticket_drift::Column::Field,
            ticket_drift::Column::ChangeId,
            ticket_drift::Column::SettledAt,
            ticket_drift::Column::SeenAt,
        ])
        .filter(ticket_drift::Column::TicketId.eq(ticket_id))
        .order_by_desc(ticket_drift::Column::Id)
        .limit(REMEMBERED)
        .into_model::<Line>()
        .all(db)
        .await?;
    let mut standing = Standing::default();
    let mut lately: HashMap<String, usize> = HashMap::new();
    for Line { field, change_id, settled_at, seen_at } in lines {
        if settled_at.is_some() && now - seen_at < WINDOW {
            let times = lately.entry(field.clone()).or_default();
            *times += 1;
            if *times >= TIMES {
                standing.stubborn.insert(field.clone());
            }
        }
        if settled_at.is_none() {
            standing.open.insert(field);
        } else {
            standing.restored.insert((field, change_id));
        }
    }
    Ok(standing)
}
