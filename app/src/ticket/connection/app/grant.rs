//! Keeps what a consent or a renewal gave.

use abate_entity::connection::{self, Column};
use abate_integrations::jira::OauthTokens;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::super::health_rules::ProblemKind;
use super::super::secrets::{Grant, Secrets};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Longest life of a token that is believed.
const LONGEST: Duration = Duration::days(1);

/// Takes the tokens in; what is sealed under the row then still has to be written.
pub(super) fn take(secrets: &mut Secrets, tokens: OauthTokens, now: DateTime<Utc>) {
    let lifetime = Duration::from_std(tokens.lifetime).unwrap_or(LONGEST).min(LONGEST);
    secrets.token = tokens.access;
    if let Some(app) = &mut secrets.app {
        app.grant = Some(Grant { refresh: tokens.refresh, ends_at: now + lifetime });
    }
}

/// Writes secrets into their row, unless somebody has changed it since; answers whether it was written. Credentials that
/// were a problem are none any more where they sign in.
pub(super) async fn write(
    tx: &DatabaseTransaction,
    state: &AppState,
    known: &connection::Model,
    secrets: &Secrets,
    api_url: &str,
) -> Result<bool, Problem> {
    let sealed = secrets.seal(state, known.uuid, api_url)?;
    let mut new = connection::ActiveModel {
        secrets: Set(Some(sealed)),
        api_url: Set(api_url.to_owned()),
        ..Default::default()
    };
    if secrets.sign_in() && known.problem_kind.as_deref() == Some(ProblemKind::Credentials.as_str()) {
        new.problem = Set(None);
        new.problem_kind = Set(None);
        new.problem_since = Set(None);
        new.retry_at = Set(None);
        new.failures = Set(0);
    }
    let written = connection::Entity::update_many()
        .set(new)
        .filter(Column::Id.eq(known.id))
        .filter(Column::RemovedAt.is_null())
        .filter(Column::Secrets.eq(known.secrets.clone()))
        .exec(tx)
        .await?;
    Ok(written.rows_affected == 1)
}
