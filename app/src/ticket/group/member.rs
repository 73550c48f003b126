//! Puts risks into groups and takes them out. The tickets follow: those of the group and those of the risks are queued in the
//! same transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use abate_entity::lifecycle::{State, Via};
use abate_entity::{risk, ticket_group, ticket_group_member};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::matching;
use super::model::{self, GroupKey, GroupKind, GroupState};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::jobs;
use crate::platform::job::queue;
use crate::platform::problem::{Kind, Problem};
use crate::risk::key::RiskKey;
use crate::ticket::subject::Subject;

/// How many risks a group holds at most; one statement that names each of them stays below what databases take.
pub(super) const MOST_IN_GROUP: usize = 2_000;
/// How many risks are put in at once.
const CHUNK: usize = 500;

/// Who puts risks in or takes them out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By {
    /// The person, none for Abate itself.
    actor_id: Option<i64>,
    via: Via,
}

impl By {
    /// What follows from something else.
    pub(crate) const ITSELF: Self = Self { actor_id: None, via: Via::Timer };

    /// A person.
    pub(crate) fn person(actor: &Actor) -> Self {
        Self { actor_id: Some(actor.id), via: actor.via }
    }
}

/// A group to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewGroup {
    /// What its ticket is recognised by.
    pub(crate) uuid: Uuid,
    /// What its risks have in common.
    pub(crate) kind: GroupKind,
    /// What a risk has to have to join by itself.
    pub(crate) match_key: String,
    /// One line.
    pub(crate) title: String,
    /// Whose risks they are.
    pub(crate) team_id: i64,
    /// Its asset, where it is of one.
    pub(crate) asset_id: Option<i64>,
}

/// Whether any group takes risks.
pub(crate) async fn is_any_open(tx: &impl ConnectionTrait) -> Result<bool, Problem> {
    let open = ticket_group::Column::State.eq(GroupState::Open.as_str());
    Ok(ticket_group::Entity::find().filter(open).one(tx).await?.is_some())
}

/// The numbers of the risks that are in a group.
pub(crate) async fn risks_in(tx: &impl ConnectionTrait, group_id: i64) -> Result<Vec<i64>, Problem> {
    Ok(ticket_group_member::Entity::find()
        .select_only()
        .column(ticket_group_member::Column::RiskId)
        .filter(ticket_group_member::Column::GroupId.eq(group_id))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .into_tuple()
        .all(tx)
        .await?)
}

/// Locks an open group until the transaction ends, so that nobody closes it or puts risks in meanwhile. Answers whether it
/// is open.
pub(super) async fn lock(tx: &DatabaseTransaction, group_id: i64) -> Result<bool, Problem> {
    let locked = ticket_group::Entity::update_many()
        .col_expr(ticket_group::Column::Version, Expr::col(ticket_group::Column::Version).add(1))
        .filter(ticket_group::Column::Id.eq(group_id))
        .filter(ticket_group::Column::State.eq(GroupState::Open.as_str()))
        .exec(tx)
        .await?;
    Ok(locked.rows_affected > 0)
}

/// How many more risks a group takes.
pub(super) async fn room(tx: &impl ConnectionTrait, group_id: i64) -> Result<usize, Problem> {
    let inside = ticket_group_member::Entity::find()
        .filter(ticket_group_member::Column::GroupId.eq(group_id))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .count(tx)
        .await?;
    Ok(MOST_IN_GROUP.saturating_sub(usize::try_from(inside).unwrap_or(usize::MAX)))
}

fn closed_already(key: GroupKey) -> Problem {
    Problem::new(Kind::Conflict, format!("{key} is closed; make another group."))
}

/// Makes a group of risks.
///
/// # Errors
/// 409 when there is an open one of the same library or rule, 422 for risks that cannot be in it, or too many.
pub(crate) async fn make(
    tx: &DatabaseTransaction,
    by: By,
    new: NewGroup,
    risks: &[risk::Model],
    now: DateTime<Utc>,
) -> Result<ticket_group::Model, Problem> {
    let same = ticket_group::Entity::find()
        .filter(ticket_group::Column::Kind.eq(new.kind.as_str()))
        .filter(ticket_group::Column::MatchKey.eq(&new.match_key))
        .filter(ticket_group::Column::State.eq(GroupState::Open.as_str()))
        .one(tx)
        .await?;
    if let Some(group) = same {
        let key = GroupKey(group.id);
        return Err(Problem::new(
            Kind::Conflict,
            format!("{key} is for these already; add the risks there."),
        ));
    }
    let group = ticket_group::ActiveModel {
        uuid: Set(new.uuid),
        version: Set(1),
        kind: Set(new.kind.as_str().to_owned()),
        match_key: Set(new.match_key),
        title: Set(new.title),
        team_id: Set(new.team_id),
        asset_id: Set(new.asset_id),
        state: Set(GroupState::Open.as_str().to_owned()),
        made_by: Set(by.actor_id),
        created_at: Set(now),
        ..Default::default()
    };
    let group = group.insert(tx).await?;
    let data = json!({"kind": group.kind, "title": group.title});
    audit(tx, by, "make", group.id, data, now).await?;
    join(tx, by, &group, risks, now).await?;
    Ok(group)
}

/// Puts risks into a group; those of another one leave that first.
///
/// # Errors
/// 409 when the group is closed, or somebody else moved a risk meanwhile; 422 for risks of another team, or closed ones, or
/// more than it has room for.
pub(crate) async fn join(
    tx: &DatabaseTransaction,
    by: By,
    group: &ticket_group::Model,
    risks: &[risk::Model],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let key = GroupKey(group.id);
    // Somebody may have closed it since it was read.
    if !lock(tx, group.id).await? {
        return Err(closed_already(key));
    }
    for risk in risks {
        let risk_key = RiskKey(risk.id);
        if risk.state == State::Closed {
            return Err(Problem::invalid("risks", format!("{risk_key} is closed.")));
        }
        if risk.team_id != group.team_id {
            let text = format!("{risk_key} belongs to another team than {key}; a group is of one team.");
            return Err(Problem::invalid("risks", text));
        }
    }
    let ids = risks.iter().map(|risk| risk.id);
    let standing = ticket_group_member::Entity::find()
        .filter(ticket_group_member::Column::RiskId.is_in(ids))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .all(tx)
        .await?;
    let (here, elsewhere): (Vec<_>, Vec<_>) = standing.into_iter().partition(|row| row.group_id == group.id);
    let here: HashSet<i64> = here.into_iter().map(|row| row.risk_id).collect();
    let joining: BTreeSet<i64> = risks.iter().map(|risk| risk.id).filter(|id| !here.contains(id)).collect();
    let joining: Vec<i64> = joining.into_iter().collect();
    let room = room(tx, group.id).await?;
    if joining.len() > room {
        let text = format!(
            "A group holds at most {MOST_IN_GROUP} risks, and {key} has room for {room} more; put the others into another \
             group."
        );
        return Err(Problem::invalid("risks", text));
    }
    leave(tx, by, &elsewhere, &format!("it went to {key}"), now).await?;
    if enter(tx, by, group.id, &joining, now).await?.len() != joining.len() {
        let text = "Somebody else put one of the risks into a group meanwhile; read them again and repeat.";
        return Err(Problem::new(Kind::Conflict, text));
    }
    Ok(())
}

/// Puts risks that are in no group into one that is locked. Answers those that are in it now; the others somebody else put
/// into a group meanwhile.
pub(super) async fn enter(
    tx: &DatabaseTransaction,
    by: By,
    group_id: i64,
    risk_ids: &[i64],
    now: DateTime<Utc>,
) -> Result<Vec<i64>, Problem> {
    let mut joined = Vec::new();
    for ids in risk_ids.chunks(CHUNK) {
        let rows: Vec<ticket_group_member::ActiveModel> = ids
            .iter()
            .map(|risk_id| ticket_group_member::ActiveModel {
                group_id: Set(group_id),
                risk_id: Set(*risk_id),
                joined_at: Set(now),
                joined_by: Set(by.actor_id),
                ..Default::default()
            })
            .collect();
        let written = ticket_group_member::Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        if written == ids.len() as u64 {
            joined.extend_from_slice(ids);
            continue;
        }
        let ours: Vec<i64> = ticket_group_member::Entity::find()
            .select_only()
            .column(ticket_group_member::Column::RiskId)
            .filter(ticket_group_member::Column::GroupId.eq(group_id))
            .filter(ticket_group_member::Column::RiskId.is_in(ids.iter().copied()))
            .filter(ticket_group_member::Column::LeftAt.is_null())
            .into_tuple()
            .all(tx)
            .await?;
        joined.extend(ours);
    }
    if joined.is_empty() {
        return Ok(joined);
    }
    let keys: Vec<String> = joined.iter().map(|id| RiskKey(*id).to_string()).collect();
    audit(tx, by, "join", group_id, json!({"risks": keys}), now).await?;
    queue_all(tx, group_id, &joined, now).await?;
    Ok(joined)
}

/// Takes risks out of their groups; their own tickets are used again.
pub(crate) async fn leave(
    tx: &DatabaseTransaction,
    by: By,
    rows: &[ticket_group_member::Model],
    because: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.group_id).or_default().push(row.risk_id);
    }
    let left = ticket_group_member::ActiveModel {
        left_at: Set(Some(now)),
        left_because: Set(Some(because.to_owned())),
        ..Default::default()
    };
    for (group_id, risk_ids) in groups {
        ticket_group_member::Entity::update_many()
            .set(left.clone())
            .filter(ticket_group_member::Column::GroupId.eq(group_id))
            .filter(ticket_group_member::Column::RiskId.is_in(risk_ids.iter().copied()))
            .filter(ticket_group_member::Column::LeftAt.is_null())
            .exec(tx)
            .await?;
        changed(tx, group_id).await?;
        let keys: Vec<String> = risk_ids.iter().map(|id| RiskKey(*id).to_string()).collect();
        audit(tx, by, "leave", group_id, json!({"risks": keys, "because": because}), now).await?;
        queue_all(tx, group_id, &risk_ids, now).await?;
    }
    Ok(())
}

/// Closes a group: its risks leave and its ticket is closed.
///
/// # Errors
/// 409 when somebody else closed it meanwhile.
pub(crate) async fn close(
    tx: &DatabaseTransaction,
    by: By,
    group: &ticket_group::Model,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    // First, so that whoever is putting risks in has done so, or is refused: none is left in a closed group.
    let set = ticket_group::ActiveModel {
        state: Set(GroupState::Closed.as_str().to_owned()),
        closed_at: Set(Some(now)),
        ..Default::default()
    };
    let closed = ticket_group::Entity::update_many()
        .set(set)
        .filter(ticket_group::Column::Id.eq(group.id))
        .filter(ticket_group::Column::State.eq(GroupState::Open.as_str()))
        .exec(tx)
        .await?;
    if closed.rows_affected == 0 {
        return Err(closed_already(GroupKey(group.id)));
    }
    let rows = ticket_group_member::Entity::find()
        .filter(ticket_group_member::Column::GroupId.eq(group.id))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .all(tx)
        .await?;
    leave(tx, by, &rows, "the group was closed", now).await?;
    audit(tx, by, "close", group.id, json!({}), now).await?;
    queue_all(tx, group.id, &[], now).await
}

/// Gives a group another title.
pub(crate) async fn rename(
    tx: &DatabaseTransaction,
    by: By,
    group: &ticket_group::Model,
    title: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let set = ticket_group::ActiveModel { title: Set(title.to_owned()), ..Default::default() };
    ticket_group::Entity::update_many()
        .set(set)
        .filter(ticket_group::Column::Id.eq(group.id))
        .exec(tx)
        .await?;
    changed(tx, group.id).await?;
    audit(tx, by, "rename", group.id, json!({"title": title, "before": group.title}), now).await?;
    queue_all(tx, group.id, &[], now).await
}

/// Follows changes of risks: those that cannot stay in their group leave it, those that fit one join it, and the ticket of
/// each group that one of them is in is queued. Answers the risks that are in a group.
pub(crate) async fn follow(
    tx: &DatabaseTransaction,
    risks: &[risk::Model],
    now: DateTime<Utc>,
) -> Result<HashSet<i64>, Problem> {
    let rows = ticket_group_member::Entity::find()
        .filter(ticket_group_member::Column::RiskId.is_in(risks.iter().map(|risk| risk.id)))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .all(tx)
        .await?;
    let ids = rows.iter().map(|row| row.group_id);
    let groups = ticket_group::Entity::find().filter(ticket_group::Column::Id.is_in(ids)).all(tx).await?;
    let teams: HashMap<i64, i64> = groups.into_iter().map(|group| (group.id, group.team_id)).collect();
    let mut rows: HashMap<i64, ticket_group_member::Model> =
        rows.into_iter().map(|row| (row.risk_id, row)).collect();
    // In order, so that two transactions never wait for each other's jobs.
    let (mut inside, mut changed) = (HashSet::new(), BTreeSet::new());
    let mut outside = Vec::new();
    for risk in risks {
        let Some(row) = rows.remove(&risk.id) else {
            outside.push(risk.clone());
            continue;
        };
        let team = teams.get(&row.group_id).copied().unwrap_or(risk.team_id);
        match model::leaves(team, risk.team_id, risk.state, risk.resolution) {
            Some(why) => leave(tx, By::ITSELF, &[row], why, now).await?,
            None => {
                inside.insert(risk.id);
                changed.insert(row.group_id);
            }
        }
    }
    for group_id in changed {
        queue_all(tx, group_id, &[], now).await?;
    }
    inside.extend(matching::join(tx, &outside, now).await?);
    Ok(inside)
}

async fn changed(tx: &DatabaseTransaction, group_id: i64) -> Result<(), Problem> {
    ticket_group::Entity::update_many()
        .col_expr(ticket_group::Column::Version, Expr::col(ticket_group::Column::Version).add(1))
        .filter(ticket_group::Column::Id.eq(group_id))
        .exec(tx)
        .await?;
    Ok(())
}

async fn queue_all(
    tx: &DatabaseTransaction,
    group_id: i64,
    risk_ids: &[i64],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let risks = risk_ids.iter().map(|id| Subject::Risk(*id));
    for subject in risks.chain([Subject::Group(group_id)]) {
        queue::enqueue(tx, jobs::TICKET, &subject.to_string(), now, now).await?;
    }
    Ok(())
}

async fn audit(
    tx: &DatabaseTransaction,
    by: By,
    what: &str,
    group_id: i64,
    data: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let (action, subject) = (format!("ticket_group.{what}"), GroupKey(group_id).to_string());
    audit_log::add_as(tx, by.actor_id, by.via, &action, &subject, data, now).await
}
