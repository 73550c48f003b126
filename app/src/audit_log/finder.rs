//! Entries of the log, newest first.

use std::collections::HashMap;

use abate_entity::{app_user, audit_entry, audit_seal};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::actor::Via;
use crate::calendar::local_time;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;

/// What `actor` says for what nobody did.
const SYSTEM: &str = "system";

/// Which entries are looked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct LogFilter {
    /// Address or number of who did it, or `system`.
    pub actor: Option<String>,
    /// What was done: `risk.confirm`, or `risk` for all that begins so.
    pub action: Option<String>,
    /// To what: `R-12`, `user-3`, `import-7`.
    pub subject: Option<String>,
    /// Through what: page, api, slack, jira, import, timer or command.
    pub via: Option<String>,
    /// The first day, in the organisation's zone.
    pub from: Option<NaiveDate>,
    /// The last day, in the organisation's zone.
    pub to: Option<NaiveDate>,
}

/// Somebody who did something.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ActorView {
    /// The user's number.
    pub id: i64,
    /// Name shown to people; empty when the user is not known any more.
    pub name: String,
    /// Address.
    pub email: String,
}

/// An entry of the log, with its place in the chain.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct EntryView {
    /// Its number.
    pub id: i64,
    /// Its number in the chain; none in the first seconds.
    pub seq: Option<i64>,
    /// Hash of its seal.
    pub hash: Option<String>,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Who; none for the system.
    pub actor: Option<ActorView>,
    /// Through what.
    pub via: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Before, after, digests.
    #[schema(value_type = Object)]
    pub data: Value,
    /// The request it belongs to, as the server's log has it.
    pub request_id: String,
    /// Where that request came from.
    pub address: String,
    /// What acted for that person: `token-3`, `slack-U07ABC`; empty when nothing did.
    pub agent: String,
}

/// A page of the log.
///
/// # Errors
/// 422 when the filter cannot be understood.
pub async fn page(
    db: &impl ConnectionTrait,
    zone: Tz,
    filter: &LogFilter,
    paging: &PageQuery,
) -> Result<Page<EntryView>, Problem> {
    let limit = paging.limit()?;
    let mut query = audit_entry::Entity::find().filter(condition(db, zone, filter).await?);
    if let Some(after) = paging.after::<i64>()? {
        query = query.filter(audit_entry::Column::Id.lt(after));
    }
    let rows = query.order_by_desc(audit_entry::Column::Id).limit(limit + 1).all(db).await?;
    let page = Page::cut(rows, limit, |row| row.id);
    let ids = page.items.iter().map(|row| row.id);
    let seals = audit_seal::Entity::find().filter(audit_seal::Column::EntryId.is_in(ids)).all(db).await?;
    let mut seals: HashMap<i64, _> = seals.into_iter().map(|seal| (seal.entry_id, seal)).collect();
    let actors = page.items.iter().filter_map(|row| row.actor_id);
    let people = app_user::Entity::find().filter(app_user::Column::Id.is_in(actors)).all(db).await?;
    let people: HashMap<i64, _> = people.into_iter().map(|user| (user.id, user)).collect();
    Ok(page.map(|row| {
        let seal = seals.remove(&row.id);
        let person = |id: i64| match people.get(&id) {
            Some(user) => ActorView { id, name: user.name.clone(), email: user.email.clone() },
            None => ActorView { id, name: String::new(), email: String::new() },
        };
        EntryView {
            id: row.id,
            seq: seal.as_ref().map(|seal| seal.seq),
            hash: seal.map(|seal| seal.hash),
            recorded_at: row.recorded_at,
            actor: row.actor_id.map(person),
            via: row.via,
            action: row.action,
            subject: row.subject,
            data: row.data,
            request_id: row.request_id,
            address: row.address,
            agent: row.agent,
        }
    }))
}

async fn condition(db: &impl ConnectionTrait, zone: Tz, filter: &LogFilter) -> Result<Condition, Problem> {
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let mut all = Condition::all();
    if let Some(actor) = said(&filter.actor) {
        all = all.add(match actor.parse::<i64>() {
            Ok(id) => audit_entry::Column::ActorId.eq(id),
            Err(_) if actor == SYSTEM => audit_entry::Column::ActorId.is_null(),
            Err(_) => {
                let user = crate::access::user::by_email(db, &actor).await?;
                let user = user.ok_or_else(|| {
                    Problem::invalid("actor", "Give a user's address or number, or system.")
                })?;
                audit_entry::Column::ActorId.eq(user.id)
            }
        });
    }
    if let Some(action) = said(&filter.action) {
        let below = format!("{action}.");
        all = all.add(
            Condition::any()
                .add(audit_entry::Column::Action.eq(action))
                .add(audit_entry::Column::Action.starts_with(below)),
        );
    }
    if let Some(subject) = said(&filter.subject) {
        all = all.add(audit_entry::Column::Subject.eq(subject));
    }
    if let Some(via) = said(&filter.via) {
        let via: Via = via
            .parse()
            .map_err(|_| Problem::invalid("via", "Use page, api, slack, jira, import, timer or command."))?;
        all = all.add(audit_entry::Column::Via.eq(via.as_str()));
    }
    let (from, to) = instants(zone, filter.from, filter.to)?;
    if let Some(from) = from {
        all = all.add(audit_entry::Column::RecordedAt.gte(from));
    }
    if let Some(to) = to {
        all = all.add(audit_entry::Column::RecordedAt.lt(to));
    }
    Ok(all)
}

/// From when on, and until before when.
pub(super) type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// The beginning of the first day, and of the day after the last one.
///
/// # Errors
/// 422 when the last day lies before the first.
pub(super) fn instants(zone: Tz, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Span, Problem> {
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(Problem::invalid("to", "The last day lies before the first."));
    }
    let midnight = |day: NaiveDate| local_time::to_utc(zone, day.and_time(NaiveTime::MIN));
    let after = to.and_then(|day| day.checked_add_days(Days::new(1)));
    Ok((from.map(midnight), after.map(midnight)))
}
