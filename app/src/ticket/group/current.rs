//! A group and its risks as they are now.

use std::collections::{HashMap, HashSet};

use abate_entity::level::Level;
use abate_entity::lifecycle::{Resolution, State};
use abate_entity::{app_user, asset, risk, ticket_group, ticket_group_member};
use chrono::NaiveDate;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::model::{self, GroupKey, GroupKind, GroupState};
use crate::platform::problem::Problem;
use crate::ticket::rule::model::{Facts, TicketRules};
use crate::ticket::rule::store;

/// A risk that is in a group.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its place in the group.
    pub(crate) row: ticket_group_member::Model,
    /// The risk.
    pub(crate) risk: risk::Model,
    /// The name of its owner.
    pub(crate) owner: Option<String>,
}

impl Member {
    /// Whether something is left to do about it.
    pub(crate) fn is_open(&self) -> bool {
        self.risk.state != State::Closed
    }
}

/// A group and the risks that are in it.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    /// The group.
    pub(crate) group: ticket_group::Model,
    /// Its asset, where it is of one.
    pub(crate) asset: Option<asset::Model>,
    /// The risks that are in it, in the order in which they came.
    pub(crate) members: Vec<Member>,
    /// Grows with every change of the group and of each risk that was ever in it.
    pub(crate) version: i32,
    /// Whether a risk that was ever in it is confidential.
    pub(crate) was_confidential: bool,
}

impl Current {
    /// Reads a group.
    pub(crate) async fn of(db: &impl ConnectionTrait, id: i64) -> Result<Option<Self>, Problem> {
        let Some(group) = ticket_group::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
        let rows = ticket_group_member::Entity::find()
            .filter(ticket_group_member::Column::GroupId.eq(id))
            .order_by_asc(ticket_group_member::Column::Id)
            .all(db)
            .await?;
        // Those that left count as well, and of them there may be any number.
        let ever = Query::select()
            .column(ticket_group_member::Column::RiskId)
            .from(ticket_group_member::Entity)
            .and_where(ticket_group_member::Column::GroupId.eq(id))
            .to_owned();
        let risks = risk::Entity::find().filter(risk::Column::Id.in_subquery(ever)).all(db).await?;
        let version = risks.iter().fold(group.version, |sum, risk| sum.saturating_add(risk.version));
        let mut risks: HashMap<i64, risk::Model> = risks.into_iter().map(|risk| (risk.id, risk)).collect();
        let was_confidential = risks.values().any(|risk| risk.confidential);
        let people: HashSet<i64> = risks.values().filter_map(|risk| risk.owner_id).collect();
        let people = app_user::Entity::find().filter(app_user::Column::Id.is_in(people)).all(db).await?;
        let people: HashMap<i64, String> = people.into_iter().map(|user| (user.id, user.name)).collect();
        let is_in = |row: &ticket_group_member::Model| row.left_at.is_none();
        let members = rows.into_iter().filter(is_in).filter_map(|row| {
            let risk = risks.remove(&row.risk_id)?;
            let owner = risk.owner_id.and_then(|id| people.get(&id).cloned());
            Some(Member { row, risk, owner })
        });
        let members = members.collect();
        let asset = match group.asset_id {
            Some(id) => asset::Entity::find_by_id(id).one(db).await?,
            None => None,
        };
        Ok(Some(Self { group, asset, members, version, was_confidential }))
    }

    /// What people call it.
    pub(crate) fn key(&self) -> String {
        GroupKey(self.group.id).to_string()
    }

    /// The risks that something is left to do about.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_open())
    }

    /// Where it stands.
    pub(crate) fn stands(&self) -> (State, Option<Resolution>) {
        let risks = self.members.iter().map(|member| (member.risk.state, member.risk.resolution));
        model::stands(&risks.collect::<Vec<_>>())
    }

    /// The level of its worst open risk; of its worst one where none is open.
    pub(crate) fn level(&self) -> Level {
        let worst = self.open().map(|member| member.risk.level).max();
        let all = self.members.iter().map(|member| member.risk.level).max();
        worst.or(all).unwrap_or(Level::Info)
    }

    /// When the first of its open risks is due.
    pub(crate) fn due_on(&self) -> Option<NaiveDate> {
        self.open().filter_map(|member| member.risk.due_on).min()
    }

    /// Whether nothing of it may leave Abate but keys, levels, dates and links. Once all have left, its title still says what
    /// they were about.
    pub(crate) fn is_confidential(&self) -> bool {
        if self.members.is_empty() {
            return self.was_confidential;
        }
        self.members.iter().all(|member| member.risk.confidential)
    }

    /// Whether a person put it together, who wants its ticket whatever the rules say.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.group.kind == GroupKind::Hand.as_str() || self.open().any(|member| member.risk.ticket_wanted)
    }

    /// Whether it is to have a ticket.
    pub(crate) fn wants(&self, rules: &TicketRules) -> bool {
        self.group.state == GroupState::Open.as_str()
            && self.open().next().is_some()
            && (self.is_asked_for() || self.deciding(rules).is_some())
    }

    /// What the rules ask of the worst of its risks that they give a ticket; of its worst open one where they give none.
    pub(crate) fn facts(&self, rules: &TicketRules) -> Option<Facts> {
        let worst = || self.open().max_by_key(|member| member.risk.level);
        self.deciding(rules).or_else(worst).map(|member| store::facts(&member.risk))
    }

    fn deciding(&self, rules: &TicketRules) -> Option<&Member> {
        let wanting = self.open().filter(|member| rules.wants(&store::facts(&member.risk)));
        wanting.max_by_key(|member| member.risk.level)
    }
}
