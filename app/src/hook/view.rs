//! A hook as people and programs see it.

use abate_entity::{hook, hook_delivery};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::delivery::FAILED;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// An address that another system calls.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct HookView {
    pub(super) id: i64,
    /// aws, datadog or generic.
    pub(super) kind: String,
    /// The source that its reports come from.
    pub(super) name: String,
    /// Key of the asset that they are about, unless they name another.
    pub(super) asset: Option<String>,
    /// auto, or the name of a format.
    pub(super) format: String,
    /// The SNS topic that may send.
    pub(super) topic: Option<String>,
    pub(super) enabled: bool,
    /// What the sender calls.
    pub(super) url: String,
    /// What the sender has to know; shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
    pub(super) last_delivery_at: Option<DateTime<Utc>>,
    /// Deliveries that could not be read.
    pub(super) failed: u64,
    /// Why the last of them could not.
    pub(super) problem: Option<String>,
    pub(super) created_at: DateTime<Utc>,
}

impl HookView {
    pub(super) async fn of(state: &AppState, row: hook::Model) -> Result<Self, Problem> {
        let db = state.database.reader();
        let all = || hook_delivery::Entity::find().filter(hook_delivery::Column::HookId.eq(row.id));
        // Without the bodies, which may be large.
        let last = all()
            .select_only()
            .column(hook_delivery::Column::ReceivedAt)
            .order_by_desc(hook_delivery::Column::Id)
            .limit(1)
            .into_tuple::<DateTime<Utc>>()
            .one(db)
            .await?;
        let failures = || all().filter(hook_delivery::Column::State.eq(FAILED));
        let failed = failures().count(db).await?;
        let problem = failures()
            .select_only()
            .column(hook_delivery::Column::Problem)
            .order_by_desc(hook_delivery::Column::Id)
            .limit(1)
            .into_tuple::<Option<String>>()
            .one(db)
            .await?;
        let base = state.config.web.base_url.as_str().trim_end_matches('/');
        Ok(Self {
            url: format!("{base}/hooks/{}/{}", row.kind, row.id),
            id: row.id,
            kind: row.kind,
            name: row.name,
            asset: row.asset,
            format: row.format,
            topic: row.topic,
            enabled: row.enabled,
            secret: None,
            last_delivery_at: last,
            failed,
            problem: problem.flatten(),
            created_at: row.created_at,
        })
    }
}
