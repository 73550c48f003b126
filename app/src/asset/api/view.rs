//! Assets as the API shows them.

use std::collections::{BTreeMap, HashMap};

use abate_entity::level::Level;
use abate_entity::{app_user, asset, asset_assessment, rating_grid, team};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use crate::access::scope::Scope;
use crate::asset::definition::words;
use crate::asset::retire::expires_at;
use crate::asset::{assessment, data_class, matcher};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

/// What is at risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AssetView {
    key: String,
    name: String,
    description: String,
    kind: String,
    /// other, important, business or mission.
    tier: &'static str,
    data_classes: Vec<String>,
    internet_facing: bool,
    /// production, staging, testing, development, shared, or empty when nobody said.
    environment: String,
    /// 1 to 5.
    confidentiality: Option<i16>,
    /// 1 to 5.
    integrity: Option<i16>,
    /// 1 to 5.
    availability: Option<i16>,
    /// Key of the team that answers for it.
    team: String,
    /// Address of the person who answers for it.
    owner: Option<String>,
    /// us, provider or shared.
    responsible_party: String,
    tags: Vec<String>,
    /// How long it is expected to live without being seen; none for what stays.
    lifetime_days: Option<i32>,
    /// When it counts as gone unless a report finds it again.
    expires_at: Option<DateTime<Utc>>,
    first_seen_at: DateTime<Utc>,
    /// When a report last found it.
    last_seen_at: Option<DateTime<Utc>>,
    /// unreviewed until a person has looked at it, then reviewed.
    review_state: String,
    retired_at: Option<DateTime<Utc>>,
    /// Key of the asset that stands for it now.
    merged_into: Option<String>,
    /// For `If-Match`.
    version: i32,
}

/// The names that views of assets mention.
pub(super) struct Names {
    teams: HashMap<i64, String>,
    owners: HashMap<i64, String>,
    assets: HashMap<i64, String>,
}

impl Names {
    pub(super) async fn of(db: &impl ConnectionTrait, assets: &[asset::Model]) -> Result<Self, Problem> {
        let teams = team::Entity::find().all(db).await?;
        let owners = app_user::Entity::find()
            .filter(app_user::Column::Id.is_in(assets.iter().filter_map(|asset| asset.owner_id)))
            .all(db)
            .await?;
        let others = asset::Entity::find()
            .filter(asset::Column::Id.is_in(assets.iter().filter_map(|asset| asset.merged_into_id)))
            .all(db)
            .await?;
        Ok(Self {
            teams: teams.into_iter().map(|team| (team.id, team.key)).collect(),
            owners: owners.into_iter().map(|user| (user.id, user.email)).collect(),
            assets: others.into_iter().map(|asset| (asset.id, asset.key)).collect(),
        })
    }
}

impl AssetView {
    pub(super) fn new(asset: asset::Model, names: &Names) -> Self {
        Self {
            expires_at: expires_at(&asset).filter(|_| asset.retired_at.is_none()),
            team: names.teams.get(&asset.team_id).cloned().unwrap_or_default(),
            owner: asset.owner_id.and_then(|id| names.owners.get(&id).cloned()),
            merged_into: asset.merged_into_id.and_then(|id| names.assets.get(&id).cloned()),
            data_classes: words(&asset.data_classes),
            tags: words(&asset.tags),
            key: asset.key,
            name: asset.name,
            description: asset.description,
            kind: asset.kind,
            tier: asset.tier.as_str(),
            internet_facing: asset.internet_facing,
            environment: asset.environment,
            confidentiality: asset.confidentiality,
            integrity: asset.integrity,
            availability: asset.availability,
            responsible_party: asset.responsible_party,
            lifetime_days: asset.lifetime_days,
            first_seen_at: asset.created_at,
            last_seen_at: asset.last_seen_at,
            review_state: asset.review_state,
            retired_at: asset.retired_at,
            version: asset.version,
        }
    }

    pub(super) async fn one(db: &impl ConnectionTrait, asset: asset::Model) -> Result<Self, Problem> {
        let names = Names::of(db, std::slice::from_ref(&asset)).await?;
        Ok(Self::new(asset, &names))
    }
}

/// What finds an asset in reports.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MatcherView {
    /// arn, image, repository (or repo), purl, host or name.
    pub(super) kind: String,
    /// The value; `*` stands for any run of characters.
    pub(super) pattern: String,
}

impl MatcherView {
    pub(super) async fn of_asset(db: &impl ConnectionTrait, asset_id: i64) -> Result<Vec<Self>, Problem> {
        let matchers = matcher::of_asset(db, asset_id).await?;
        Ok(matchers.into_iter().map(|(kind, pattern)| Self { kind, pattern }).collect())
    }
}

/// A judgement of how bad it could be before controls.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AssessmentView {
    likelihood: i16,
    impact: i16,
    level: &'static str,
    /// The version of the grid that the level was read from, as `standard@1`.
    grid: String,
    rationale: String,
    assessor: String,
    assessed_on: NaiveDate,
    recorded_at: DateTime<Utc>,
}

impl AssessmentView {
    pub(super) async fn of_all(
        db: &impl ConnectionTrait,
        rows: Vec<asset_assessment::Model>,
    ) -> Result<Vec<Self>, Problem> {
        let grids: HashMap<i64, String> = rating_grid::Entity::find()
            .all(db)
            .await?
            .into_iter()
            .map(|grid| (grid.id, format!("{}@{}", grid.name, grid.version)))
            .collect();
        let view = |row: asset_assessment::Model| Self {
            likelihood: row.likelihood,
            impact: row.impact,
            level: row.level.as_str(),
            grid: grids.get(&row.grid_id).cloned().unwrap_or_default(),
            rationale: row.rationale,
            assessor: row.assessor,
            assessed_on: row.assessed_on,
            recorded_at: row.created_at,
        };
        Ok(rows.into_iter().map(view).collect())
    }
}

/// The worst open risk that concerns an asset.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct WorstRisk {
    key: String,
    title: String,
    #[schema(value_type = String)]
    level: Level,
}

/// An asset with what stands beside it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AssetDetail {
    #[serde(flatten)]
    asset: AssetView,
    matchers: Vec<MatcherView>,
    /// The policies for due dates that its classes of data ask for, by class.
    sla_profiles: BTreeMap<String, String>,
    /// The judgement that counts, none when nobody judged yet.
    assessment: Option<AssessmentView>,
    worst_open_risk: Option<WorstRisk>,
}

impl AssetDetail {
    pub(super) async fn of(
        db: &impl ConnectionTrait,
        scope: &Scope,
        asset: asset::Model,
    ) -> Result<Self, Problem> {
        let newest: Vec<_> = assessment::of_asset(db, asset.id).await?.into_iter().take(1).collect();
        let worst = assessment::worst_open_risk(db, scope, asset.id).await?;
        Ok(Self {
            matchers: MatcherView::of_asset(db, asset.id).await?,
            sla_profiles: data_class::load(db).await?.of(&words(&asset.data_classes)),
            assessment: AssessmentView::of_all(db, newest).await?.pop(),
            worst_open_risk: worst.map(|risk| WorstRisk {
                key: RiskKey(risk.id).to_string(),
                title: risk.title,
                level: risk.level,
            }),
            asset: AssetView::one(db, asset).await?,
        })
    }
}
