//! What tickets are about, read from the database: a risk, or a group of them.

use std::collections::HashMap;

use abate_entity::{asset, risk, ticket, ticket_group_member};
use abate_integrations::jira::{Document, plain_text};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::about::About;
use super::group::content::CLOSING;
use super::group::current::Current;
use super::mapping;
use super::rule::model::{Facts, TicketRules};
use super::rule::store;
use super::subject::Subject;
use super::wording::Identity;
use crate::platform::problem::Problem;

/// A risk that a ticket is about.
#[derive(Clone, Debug)]
pub(crate) struct OfRisk {
    /// The risk.
    pub(crate) risk: risk::Model,
    /// Its asset.
    pub(crate) asset: Option<asset::Model>,
    /// The group whose ticket stands for its own.
    pub(crate) group: Option<i64>,
}

/// What a ticket is about.
#[derive(Clone, Debug)]
pub(crate) enum Concern {
    /// A risk.
    Risk(Box<OfRisk>),
    /// A group.
    Group(Box<Current>),
}

impl Concern {
    /// Reads what a subject names.
    pub(crate) async fn of(db: &impl ConnectionTrait, subject: Subject) -> Result<Option<Self>, Problem> {
        match subject {
            Subject::Group(id) => {
                Ok(Current::of(db, id).await?.map(|current| Self::Group(Box::new(current))))
            }
            Subject::Risk(id) => Ok(of_risks(db, vec![id]).await?.remove(&id)),
        }
    }

    /// Reads what tickets are about, by the numbers of the tickets.
    pub(crate) async fn of_tickets(
        db: &impl ConnectionTrait,
        tickets: &[ticket::Model],
    ) -> Result<HashMap<i64, Self>, Problem> {
        let mut risks = of_risks(db, tickets.iter().filter_map(|ticket| ticket.risk_id).collect()).await?;
        let mut found = HashMap::new();
        for ticket in tickets {
            let concern = match (ticket.risk_id, ticket.group_id) {
                (Some(id), _) => risks.remove(&id),
                (None, Some(id)) => Self::of(db, Subject::Group(id)).await?,
                (None, None) => None,
            };
            found.extend(concern.map(|concern| (ticket.id, concern)));
        }
        Ok(found)
    }

    /// Whether it is to have a ticket. A risk in a group has that of the group.
    pub(crate) fn wants(&self, rules: &TicketRules) -> bool {
        match self {
            Self::Risk(of) => of.group.is_none() && rules.wants(&store::facts(&of.risk)),
            Self::Group(current) => current.wants(rules),
        }
    }

    /// Whether a person asked for its ticket.
    pub(crate) fn is_asked_for(&self) -> bool {
        match self {
            Self::Risk(of) => of.risk.ticket_wanted,
            Self::Group(current) => current.is_asked_for(),
        }
    }

    /// What the rules ask of it.
    pub(crate) fn facts(&self, rules: &TicketRules) -> Option<Facts> {
        match self {
            Self::Risk(of) => Some(store::facts(&of.risk)),
            Self::Group(current) => current.facts(rules),
        }
    }

    /// What the fields of a site's own may say.
    pub(crate) fn field_facts(&self) -> mapping::Facts {
        match self {
            Self::Risk(of) => mapping::Facts::of(&of.risk, of.asset.as_ref()),
            Self::Group(current) => mapping::Facts::of_group(current),
        }
    }

    /// Whose it is.
    pub(crate) fn team(&self) -> i64 {
        match self {
            Self::Risk(of) => of.risk.team_id,
            Self::Group(current) => current.group.team_id,
        }
    }

    /// What its ticket is recognised by.
    pub(crate) fn uuid(&self) -> Uuid {
        match self {
            Self::Risk(of) => of.risk.uuid,
            Self::Group(current) => current.group.uuid,
        }
    }

    /// What its ticket has to say; `rich_text` is how documents are sent to its site.
    pub(crate) fn about(&self, identity: &Identity, rich_text: impl Fn(&Document) -> Value) -> About {
        match self {
            Self::Risk(of) => About::risk(&of.risk, of.asset.as_ref(), identity),
            Self::Group(current) => About::group(current, identity, |document| {
                // White space may be set otherwise; what is cut lacks its end.
                plain_text(&rich_text(document)).ends_with(CLOSING)
            }),
        }
    }
}

async fn of_risks(db: &impl ConnectionTrait, ids: Vec<i64>) -> Result<HashMap<i64, Concern>, Problem> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let groups: HashMap<i64, i64> = ticket_group_member::Entity::find()
        .select_only()
        .columns([ticket_group_member::Column::RiskId, ticket_group_member::Column::GroupId])
        .filter(ticket_group_member::Column::RiskId.is_in(ids.clone()))
        .filter(ticket_group_member::Column::LeftAt.is_null())
        .into_tuple::<(i64, i64)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(db).await?;
    let assets = risks.iter().map(|risk| risk.asset_id);
    let assets = asset::Entity::find().filter(asset::Column::Id.is_in(assets)).all(db).await?;
    let assets: HashMap<i64, asset::Model> = assets.into_iter().map(|asset| (asset.id, asset)).collect();
    let concern = |risk: risk::Model| {
        let (asset, group) = (assets.get(&risk.asset_id).cloned(), groups.get(&risk.id).copied());
        (risk.id, Concern::Risk(Box::new(OfRisk { risk, asset, group })))
    };
    Ok(risks.into_iter().map(concern).collect())
}
