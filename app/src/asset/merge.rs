//! Two entries of the register turn out to be one asset.

use abate_entity::{asset, asset_matcher, import, risk_asset, source_scope, staged_change};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, Statement,
};
use serde_json::json;

use super::matching::{MatcherKind, pattern};
use super::{edit, matcher, register, settle};
use crate::access::actor::Actor;
use crate::access::right::KeepRegister;
use crate::audit_log;
use crate::platform::database::placeholders;
use crate::platform::problem::{Kind, Problem};

/// Makes `into` stand for `from`: reports, matchers and sources lead there at once, the risks follow by the job of
/// `settle`. Answers the asset that is left.
///
/// # Errors
/// 422 when both are one, 403 outside the caller's teams, 409 when either is merged or `into` is out of service.
pub async fn merge(
    tx: &DatabaseTransaction,
    actor: &Actor,
    from: asset::Model,
    into: asset::Model,
    now: DateTime<Utc>,
) -> Result<asset::Model, Problem> {
    actor.require_in::<KeepRegister>(from.team_id)?;
    actor.require_in::<KeepRegister>(into.team_id)?;
    edit::refuse_merged(&from)?;
    edit::refuse_merged(&into)?;
    if from.id == into.id {
        return Err(Problem::invalid("into", "Name another asset: this one is itself already."));
    }
    if into.retired_at.is_some() {
        return Err(Problem::new(
            Kind::Conflict,
            format!("{} is out of service; merge the other way.", into.key),
        ));
    }
    let row = asset::ActiveModel {
        retired_at: Set(Some(from.retired_at.unwrap_or(now))),
        merged_into_id: Set(Some(into.id)),
        review_state: Set(register::REVIEWED.to_owned()),
        ..Default::default()
    };
    edit::write(tx, &from, row, now).await?;
    lead_over(tx, from.id, into.id).await?;
    // A script may go on naming the old key.
    if let Ok(name) = pattern(MatcherKind::Name, &from.key) {
        match matcher::add(tx, into.id, MatcherKind::Name, &name).await {
            Err(problem) if problem.kind() == Kind::Conflict => {}
            added => {
                added?;
            }
        }
    }
    let data = json!({"from": from.key, "into": into.key});
    audit_log::add(tx, actor, "asset.merge", &edit::subject(&into), data, now).await?;
    settle::want(tx, from.id, now).await?;
    Ok(into)
}

/// Lets everything but the risks themselves point to the other asset.
async fn lead_over(tx: &DatabaseTransaction, from: i64, into: i64) -> Result<(), Problem> {
    asset_matcher::Entity::update_many()
        .col_expr(asset_matcher::Column::AssetId, Expr::value(into))
        .filter(asset_matcher::Column::AssetId.eq(from))
        .exec(tx)
        .await?;
    source_scope::Entity::update_many()
        .col_expr(source_scope::Column::AssetId, Expr::value(into))
        .filter(source_scope::Column::AssetId.eq(from))
        .exec(tx)
        .await?;
    import::Entity::update_many()
        .col_expr(import::Column::AssetId, Expr::value(into))
        .filter(import::Column::AssetId.eq(from))
        .exec(tx)
        .await?;
    staged_change::Entity::update_many()
        .col_expr(staged_change::Column::AssetId, Expr::value(into))
        .filter(staged_change::Column::AssetId.eq(from))
        .exec(tx)
        .await?;
    asset::Entity::update_many()
        .col_expr(asset::Column::MergedIntoId, Expr::value(into))
        .filter(asset::Column::MergedIntoId.eq(from))
        .exec(tx)
        .await?;
    let there = Query::select()
        .column(risk_asset::Column::RiskId)
        .from(risk_asset::Entity)
        .and_where(Expr::col(risk_asset::Column::AssetId).eq(into))
        .to_owned();
    risk_asset::Entity::delete_many()
        .filter(risk_asset::Column::AssetId.eq(from))
        .filter(risk_asset::Column::RiskId.in_subquery(there))
        .exec(tx)
        .await?;
    risk_asset::Entity::update_many()
        .col_expr(risk_asset::Column::AssetId, Expr::value(into))
        .filter(risk_asset::Column::AssetId.eq(from))
        .exec(tx)
        .await?;
    // What both knew stays where it is: the job puts the two risks together.
    let backend = tx.get_database_backend();
    let sql = placeholders(
        backend,
        "UPDATE risk_identity SET asset_id = ? WHERE asset_id = ? AND NOT EXISTS (SELECT 1 FROM risk_identity o \
         WHERE o.asset_id = ? AND o.scheme = risk_identity.scheme AND o.hash = risk_identity.hash)",
    );
    let values = [into.into(), from.into(), into.into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}
