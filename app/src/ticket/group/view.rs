//! How groups are shown to scripts and on pages.

use std::collections::HashMap;

use abate_entity::lifecycle::State;
use abate_entity::{asset, risk, team, ticket_group, ticket_group_member};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use super::current::{Current, Member};
use super::model::GroupKey;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::ticket::TicketView;
use crate::ticket::finder as tickets;
use crate::ticket::subject::Subject;

/// A group.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct GroupView {
    #[serde(skip)]
    pub(super) id: i64,
    /// Its key: `G-3`.
    pub(super) key: String,
    /// What its risks have in common: library, rule or hand.
    pub(super) kind: String,
    /// One line.
    pub(super) title: String,
    /// Key of the team whose risks they are.
    pub(super) team: String,
    /// Key of the asset of a library or a rule.
    pub(super) asset: Option<String>,
    /// open or closed.
    pub(super) state: String,
    /// How many risks are in it.
    pub(super) risks: usize,
    /// How many of them are open.
    pub(super) open: usize,
    /// The level of the worst open one.
    pub(super) level: Option<String>,
    /// When the first open one is due.
    pub(super) due_on: Option<NaiveDate>,
    /// When it was made.
    pub(super) created_at: DateTime<Utc>,
    /// When it was closed.
    pub(super) closed_at: Option<DateTime<Utc>>,
}

/// A risk that is in a group.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct MemberView {
    /// Its key.
    pub(super) risk: String,
    /// Its title.
    pub(super) title: String,
    /// Its level.
    pub(super) level: String,
    /// When it is due.
    pub(super) due_on: Option<NaiveDate>,
    /// Where it stands.
    pub(super) state: String,
    /// The name of its owner.
    pub(super) owner: Option<String>,
    /// When it came in.
    pub(super) joined_at: DateTime<Utc>,
    /// When its fix last turned out not to hold.
    pub(super) failed_at: Option<DateTime<Utc>>,
    /// What was said then.
    pub(super) failed_because: Option<String>,
}

/// A risk that was in a group.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FormerView {
    /// Its key.
    pub(super) risk: String,
    /// When it left.
    pub(super) left_at: DateTime<Utc>,
    /// Why.
    pub(super) because: String,
}

/// A group and its risks.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct GroupDetail {
    /// The group.
    #[serde(flatten)]
    pub(super) group: GroupView,
    /// The risks that are in it.
    pub(super) members: Vec<MemberView>,
    /// Those that were.
    pub(super) former: Vec<FormerView>,
    /// Its ticket.
    pub(super) ticket: Option<TicketView>,
}

impl GroupDetail {
    /// Reads a group.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub(super) async fn read(db: &impl ConnectionTrait, group: ticket_group::Model) -> Result<Self, Problem> {
        let id = group.id;
        let members = Current::of(db, id).await?.map(|current| current.members).unwrap_or_default();
        let former = ticket_group_member::Entity::find()
            .filter(ticket_group_member::Column::GroupId.eq(id))
            .filter(ticket_group_member::Column::LeftAt.is_not_null())
            .order_by_desc(ticket_group_member::Column::Id)
            .all(db)
            .await?;
        let ticket = match tickets::of_subject(db, Subject::Group(id)).await? {
            Some(row) => Some(TicketView::of(db, row).await?),
            None => None,
        };
        let group = all(db, vec![group]).await?.pop();
        let group = group.ok_or_else(|| Problem::not_found(format!("group {}", GroupKey(id))))?;
        Ok(Self {
            group,
            members: members.into_iter().map(member).collect(),
            former: former.into_iter().filter_map(former_view).collect(),
            ticket,
        })
    }
}

fn member(member: Member) -> MemberView {
    let Member { row, risk, owner } = member;
    MemberView {
        risk: RiskKey(risk.id).to_string(),
        title: risk.title,
        level: risk.level.to_string(),
        due_on: risk.due_on,
        state: risk.state.to_string(),
        owner,
        joined_at: row.joined_at,
        failed_at: row.failed_at,
        failed_because: row.failed_because,
    }
}

fn former_view(row: ticket_group_member::Model) -> Option<FormerView> {
    let because = row.left_because.unwrap_or_default();
    Some(FormerView { risk: RiskKey(row.risk_id).to_string(), left_at: row.left_at?, because })
}

/// Groups as they are shown, in the same order.
pub(super) async fn all(
    db: &impl ConnectionTrait,
    groups: Vec<ticket_group::Model>,
) -> Result<Vec<GroupView>, Problem> {
    let ids = groups.iter().map(|group| group.id);
    let rows = ticket_group_member::Entity::find()
        .filter(ticket_group_member::Column::GroupId.is_in(ids))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .all(db)
        .await?;
    let ids = rows.iter().map(|row| row.risk_id);
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(db).await?;
    let risks: HashMap<i64, risk::Model> = risks.into_iter().map(|risk| (risk.id, risk)).collect();
    let teams = team::Entity::find().all(db).await?;
    let teams: HashMap<i64, String> = teams.into_iter().map(|team| (team.id, team.key)).collect();
    let ids = groups.iter().filter_map(|group| group.asset_id);
    let assets = asset::Entity::find().filter(asset::Column::Id.is_in(ids)).all(db).await?;
    let assets: HashMap<i64, String> = assets.into_iter().map(|asset| (asset.id, asset.key)).collect();
    let view = |group: ticket_group::Model| {
        let mine: Vec<&risk::Model> = rows
            .iter()
            .filter(|row| row.group_id == group.id)
            .filter_map(|row| risks.get(&row.risk_id))
            .collect();
        let open: Vec<&&risk::Model> = mine.iter().filter(|risk| risk.state != State::Closed).collect();
        GroupView {
            id: group.id,
            key: GroupKey(group.id).to_string(),
            team: teams.get(&group.team_id).cloned().unwrap_or_default(),
            asset: group.asset_id.and_then(|id| assets.get(&id).cloned()),
            risks: mine.len(),
            open: open.len(),
            level: open.iter().map(|risk| risk.level).max().map(|level| level.to_string()),
            due_on: open.iter().filter_map(|risk| risk.due_on).min(),
            kind: group.kind,
            title: group.title,
            state: group.state,
            created_at: group.created_at,
            closed_at: group.closed_at,
        }
    };
    Ok(groups.into_iter().map(view).collect())
}
