//! A connection to Datadog as people and programs see it. The keys are never in it.

use abate_entity::{datadog_connection, datadog_signal};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;

use crate::platform::problem::Problem;

/// An account of Datadog whose signals are read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct DatadogView {
    pub(super) id: i64,
    /// The source that its signals come under.
    pub(super) name: String,
    /// Where the account is.
    pub(super) site: String,
    /// Key of the asset that signals are about, unless they name another.
    pub(super) asset: Option<String>,
    /// Which signals, in Datadog's search language; empty for all.
    pub(super) query: String,
    /// Minutes between two looks.
    pub(super) interval_minutes: i32,
    /// Whether signals are told how they were triaged here.
    pub(super) write_back: bool,
    pub(super) enabled: bool,
    /// When the last look ended well.
    pub(super) pulled_at: Option<DateTime<Utc>>,
    /// When the next look is due.
    pub(super) next_at: DateTime<Utc>,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
    /// Signals that were read.
    pub(super) signals: u64,
    /// Signals that were told how they were triaged here.
    pub(super) told: u64,
    /// Signals that somebody in Datadog had moved meanwhile, and that were left as they are.
    pub(super) left: u64,
    pub(super) created_at: DateTime<Utc>,
}

impl DatadogView {
    pub(super) async fn of(
        db: &impl ConnectionTrait,
        row: datadog_connection::Model,
    ) -> Result<Self, Problem> {
        let all = || datadog_signal::Entity::find().filter(datadog_signal::Column::ConnectionId.eq(row.id));
        let with = |outcome: &str| all().filter(datadog_signal::Column::Outcome.eq(outcome));
        Ok(Self {
            signals: all().count(db).await?,
            told: with("told").count(db).await?,
            left: with("left").count(db).await?,
            id: row.id,
            name: row.name,
            site: row.site,
            asset: row.asset,
            query: row.query,
            interval_minutes: row.interval_minutes,
            write_back: row.write_back,
            enabled: row.enabled,
            pulled_at: row.pulled_at,
            next_at: row.next_at,
            problem: row.problem,
            created_at: row.created_at,
        })
    }
}
