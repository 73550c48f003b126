//! How bad it could be for an asset before controls, in somebody's judgement; and the worst that is open on it.

use abate_entity::lifecycle::State;
use abate_entity::{asset, asset_assessment, risk, risk_asset};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;

use super::edit;
use crate::access::actor::Actor;
use crate::access::right::KeepRegister;
use crate::access::scope::Scope;
use crate::audit_log;
use crate::calendar::local_time::local_date;
use crate::platform::problem::{FieldProblem, Problem};
use crate::policy::Policies;
use crate::risk::finder::visible;

/// Longest rationale, in characters.
const LONGEST_RATIONALE: usize = 10_000;
/// Longest name of an assessor, in characters.
const LONGEST_NAME: usize = 200;

/// A judgement to be written down.
#[derive(Clone, Debug)]
pub struct NewAssessment {
    /// 1 to 5.
    pub likelihood: u8,
    /// 1 to 5.
    pub impact: u8,
    /// Why.
    pub rationale: String,
    /// Who judged; the caller unless told.
    pub assessor: Option<String>,
    /// When; today unless told.
    pub assessed_on: Option<NaiveDate>,
}

/// Writes a judgement down; it is the one that counts from now on.
///
/// # Errors
/// 422 naming each field that is wrong, 403 outside the caller's teams, 409 for an asset that was merged.
pub async fn add(
    tx: &impl ConnectionTrait,
    actor: &Actor,
    asset: &asset::Model,
    new: NewAssessment,
    now: DateTime<Utc>,
) -> Result<asset_assessment::Model, Problem> {
    actor.require_in::<KeepRegister>(asset.team_id)?;
    edit::refuse_merged(asset)?;
    let policies = Policies::load(tx).await?;
    let today = local_date(policies.zone, now);
    let assessor = new.assessor.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let row = checked(&new, assessor.unwrap_or(&actor.name), today)?;
    let level = policies
        .grid()
        .level(new.likelihood, new.impact)
        .map_err(|error| Problem::invalid("likelihood", format!("{error}.")))?;
    let row = asset_assessment::ActiveModel {
        asset_id: Set(asset.id),
        level: Set(level),
        grid_id: Set(policies.grid_id()),
        actor_id: Set(Some(actor.id)),
        created_at: Set(now),
        ..row
    };
    let row = row.insert(tx).await?;
    let data = json!({
        "key": asset.key, "likelihood": row.likelihood, "impact": row.impact, "level": row.level,
        "assessor": row.assessor, "assessed_on": row.assessed_on,
    });
    audit_log::add(tx, actor, "asset.assess", &edit::subject(asset), data, now).await?;
    Ok(row)
}

fn checked(
    new: &NewAssessment,
    assessor: &str,
    today: NaiveDate,
) -> Result<asset_assessment::ActiveModel, Problem> {
    let mut wrong = Vec::new();
    let mut add = |bad: bool, field: &str, detail: String| {
        if bad {
            wrong.push(FieldProblem::new(field, detail));
        }
    };
    for (field, score) in [("likelihood", new.likelihood), ("impact", new.impact)] {
        add(!(1..=5).contains(&score), field, "Use 1 to 5.".to_owned());
    }
    let rationale = new.rationale.trim();
    let length = rationale.chars().count();
    add(
        length == 0 || length > LONGEST_RATIONALE || rationale.contains('\0'),
        "rationale",
        format!("Say why, in 1 to {LONGEST_RATIONALE} characters."),
    );
    add(
        assessor.chars().count() > LONGEST_NAME || assessor.chars().any(char::is_control),
        "assessor",
        format!("Use at most {LONGEST_NAME} characters on one line."),
    );
    let assessed_on = new.assessed_on.unwrap_or(today);
    add(assessed_on > today, "assessed_on", "Give the day of the judgement: it cannot lie ahead.".to_owned());
    if !wrong.is_empty() {
        return Err(Problem::all_invalid(wrong));
    }
    Ok(asset_assessment::ActiveModel {
        likelihood: Set(i16::from(new.likelihood)),
        impact: Set(i16::from(new.impact)),
        rationale: Set(rationale.to_owned()),
        assessor: Set(assessor.to_owned()),
        assessed_on: Set(assessed_on),
        ..Default::default()
    })
}

/// The judgements on an asset, the one that counts first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_asset(
    db: &impl ConnectionTrait,
    asset_id: i64,
) -> Result<Vec<asset_assessment::Model>, Problem> {
    Ok(asset_assessment::Entity::find()
        .filter(asset_assessment::Column::AssetId.eq(asset_id))
        .order_by_desc(asset_assessment::Column::Id)
        .all(db)
        .await?)
}

/// The worst open risk that concerns an asset, as its primary one or as a further one.
///
/// # Errors
/// When the database cannot be asked.
pub async fn worst_open_risk(
    db: &impl ConnectionTrait,
    scope: &Scope,
    asset_id: i64,
) -> Result<Option<risk::Model>, Problem> {
    let further = Query::select()
        .column(risk_asset::Column::RiskId)
        .from(risk_asset::Entity)
        .and_where(risk_asset::Column::AssetId.eq(asset_id))
        .to_owned();
    let concerns =
        Condition::any().add(risk::Column::AssetId.eq(asset_id)).add(risk::Column::Id.in_subquery(further));
    Ok(visible(scope, risk::Entity::find())
        .filter(concerns)
        .filter(risk::Column::State.is_in(State::ALL.iter().copied().filter(|state| state.is_open())))
        .order_by_desc(risk::Column::Level)
        .order_by_desc(risk::Column::Score)
        .order_by_asc(risk::Column::DueAt)
        .order_by_asc(risk::Column::Id)
        .one(db)
        .await?)
}
