//! Who was told what, when and how, and what else was done: lines that are only ever added.

use abate_entity::incident_entry;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder,
};

use crate::access::actor::{Actor, Via};
use crate::platform::problem::Problem;

/// A line to add.
#[derive(Clone, Debug)]
pub(super) struct NewEntry<'a> {
    /// What kind of line it is.
    pub(super) kind: &'static str,
    /// When it happened.
    pub(super) at: DateTime<Utc>,
    /// Who was told.
    pub(super) who: &'a str,
    /// How.
    pub(super) how: &'a str,
    /// What.
    pub(super) text: &'a str,
}

impl<'a> NewEntry<'a> {
    /// A line about nobody in particular.
    pub(super) fn of(kind: &'static str, at: DateTime<Utc>, text: &'a str) -> Self {
        Self { kind, at, who: "", how: "", text }
    }
}

/// Adds a line; without an actor the system writes it.
pub(super) async fn add(
    tx: &DatabaseTransaction,
    incident_id: i64,
    actor: Option<&Actor>,
    new: NewEntry<'_>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let via = actor.map_or(Via::Timer, |actor| actor.via);
    let row = incident_entry::ActiveModel {
        incident_id: Set(incident_id),
        at: Set(new.at),
        recorded_at: Set(now),
        actor_id: Set(actor.map(|actor| actor.id)),
        via: Set(via.as_str().to_owned()),
        kind: Set(new.kind.to_owned()),
        who: Set(new.who.to_owned()),
        how: Set(new.how.to_owned()),
        text: Set(new.text.to_owned()),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// All lines of an incident, in the order in which they were written.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    incident_id: i64,
) -> Result<Vec<incident_entry::Model>, Problem> {
    Ok(incident_entry::Entity::find()
        .filter(incident_entry::Column::IncidentId.eq(incident_id))
        .order_by_asc(incident_entry::Column::Id)
        .all(db)
        .await?)
}
