//! Finds the risks that a library or a rule of a tool has in common, and lets them join the group that is open for it.

use std::collections::{BTreeMap, HashMap, HashSet};

use abate_entity::lifecycle::State;
use abate_entity::{finding, risk, risk_tag, ticket_group, ticket_group_member};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::member::{self, By, MOST_IN_GROUP};
use super::model::{GroupKind, GroupState, match_key};
use crate::platform::problem::Problem;

/// The word that the packages of a risk stand under.
pub(super) const PACKAGE: &str = "package";
/// The states of a risk that something is left to do about, once it is confirmed.
pub(super) const CONFIRMED: [State; 4] =
    [State::Open, State::InProgress, State::Blocked, State::Verification];

/// Lets confirmed risks join the open groups of their library or rule; none twice into the same group, as somebody has taken
/// it out of there, and none into a group that is full. Answers those that joined. What somebody else does with them or with
/// the groups meanwhile goes before and stops nothing.
pub(crate) async fn join(
    tx: &DatabaseTransaction,
    risks: &[risk::Model],
    now: DateTime<Utc>,
) -> Result<HashSet<i64>, Problem> {
    let confirmed: Vec<&risk::Model> = risks.iter().filter(|risk| CONFIRMED.contains(&risk.state)).collect();
    if confirmed.is_empty() {
        return Ok(HashSet::new());
    }
    let groups = ticket_group::Entity::find()
        .filter(ticket_group::Column::State.eq(GroupState::Open.as_str()))
        .filter(ticket_group::Column::Kind.ne(GroupKind::Hand.as_str()))
        .filter(ticket_group::Column::AssetId.is_in(confirmed.iter().map(|risk| risk.asset_id)))
        .all(tx)
        .await?;
    if groups.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<i64> = confirmed.iter().map(|risk| risk.id).collect();
    let names = names(tx, &ids).await?;
    let rows = ticket_group_member::Entity::find()
        .filter(ticket_group_member::Column::RiskId.is_in(ids))
        .all(tx)
        .await?;
    let been: HashSet<(i64, i64)> = rows.iter().map(|row| (row.risk_id, row.group_id)).collect();
    let mut taken: HashSet<i64> =
        rows.iter().filter(|row| row.left_at.is_none()).map(|row| row.risk_id).collect();
    let by_key: HashMap<(&str, &str), &ticket_group::Model> =
        groups.iter().map(|group| ((group.kind.as_str(), group.match_key.as_str()), group)).collect();
    let mut joining: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for risk in confirmed {
        for (kind, name) in names.get(&risk.id).into_iter().flatten() {
            let key = match_key(risk.team_id, risk.asset_id, name);
            let Some(group) = by_key.get(&(kind.as_str(), key.as_str())) else { continue };
            if !been.contains(&(risk.id, group.id)) && taken.insert(risk.id) {
                joining.entry(group.id).or_default().push(risk.id);
            }
        }
    }
    // In the order of their numbers, so that two transactions never wait for each other's groups.
    let mut open: Vec<(i64, Vec<i64>)> = Vec::new();
    for (group_id, risk_ids) in joining {
        if member::lock(tx, group_id).await? {
            open.push((group_id, risk_ids));
        }
    }
    if open.is_empty() {
        return Ok(HashSet::new());
    }
    // Whoever had the locks before may have put some of them in.
    let wanting = open.iter().flat_map(|(_, risk_ids)| risk_ids.iter().copied());
    let taken: HashSet<i64> = ticket_group_member::Entity::find()
        .select_only()
        .column(ticket_group_member::Column::RiskId)
        .filter(ticket_group_member::Column::RiskId.is_in(wanting))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .into_tuple::<i64>()
        .all(tx)
        .await?
        .into_iter()
        .collect();
    let mut joined = HashSet::new();
    for (group_id, risk_ids) in open {
        let room = member::room(tx, group_id).await?;
        let free: Vec<i64> = risk_ids.into_iter().filter(|id| !taken.contains(id)).take(room).collect();
        joined.extend(member::enter(tx, By::ITSELF, group_id, &free, now).await?);
    }
    Ok(joined)
}

/// The libraries and rules of risks, libraries first.
async fn names(
    tx: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<(GroupKind, String)>>, Problem> {
    let mut names: HashMap<i64, Vec<(GroupKind, String)>> = HashMap::new();
    let tags = risk_tag::Entity::find()
        .filter(risk_tag::Column::RiskId.is_in(ids.iter().copied()))
        .filter(risk_tag::Column::Kind.eq(PACKAGE))
        .all(tx)
        .await?;
    for tag in tags {
        names.entry(tag.risk_id).or_default().push((GroupKind::Library, tag.value));
    }
    let rules = finding::Entity::find()
        .select_only()
        .columns([finding::Column::RiskId, finding::Column::Rule])
        .filter(finding::Column::RiskId.is_in(ids.iter().copied()))
        .filter(finding::Column::Rule.ne(""))
        .distinct()
        .into_tuple::<(i64, String)>()
        .all(tx)
        .await?;
    for (risk_id, rule) in rules {
        names.entry(risk_id).or_default().push((GroupKind::Rule, rule));
    }
    Ok(names)
}

/// The confirmed risks of a team on an asset that a library or a rule has in common and that are in no group; at most one more
/// than a group holds.
pub(super) async fn of(
    tx: &impl ConnectionTrait,
    kind: GroupKind,
    (team, asset): (i64, i64),
    name: &str,
) -> Result<Vec<risk::Model>, Problem> {
    let named = match kind {
        GroupKind::Library => Query::select()
            .column(risk_tag::Column::RiskId)
            .from(risk_tag::Entity)
            .and_where(risk_tag::Column::Kind.eq(PACKAGE))
            .and_where(risk_tag::Column::Value.eq(name))
            .to_owned(),
        GroupKind::Rule => Query::select()
            .column(finding::Column::RiskId)
            .from(finding::Entity)
            .and_where(finding::Column::Rule.eq(name))
            .and_where(finding::Column::RiskId.is_not_null())
            .to_owned(),
        GroupKind::Hand => return Ok(Vec::new()),
    };
    Ok(risk::Entity::find()
        .filter(risk::Column::State.is_in(CONFIRMED))
        .filter(risk::Column::TeamId.eq(team))
        .filter(risk::Column::AssetId.eq(asset))
        .filter(risk::Column::Id.in_subquery(named))
        .filter(risk::Column::Id.not_in_subquery(grouped()))
        .limit(MOST_IN_GROUP as u64 + 1)
        .all(tx)
        .await?)
}

/// The risks that are in a group.
pub(super) fn grouped() -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(ticket_group_member::Column::RiskId)
        .from(ticket_group_member::Entity)
        .and_where(ticket_group_member::Column::LeftAt.is_null())
        .to_owned()
}
