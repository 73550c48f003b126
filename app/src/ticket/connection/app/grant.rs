//! Keeps what a consent or a renewal gave, and forgets what is over. Somebody may have changed the connection meanwhile, so
//! that it is put into the secrets as they are by then.

use abate_entity::connection::{self, Column};
use abate_integrations::jira::OauthTokens;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret as _, SecretString};

use super::super::health_rules::ProblemKind;
use super::super::secrets::{App, Grant, Secrets};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Longest life of a token that is believed.
const LONGEST: Duration = Duration::days(1);

/// Which app at which site a person let in.
pub(super) struct Asked<'a> {
    /// The connection as it was when Atlassian was asked.
    pub(super) row: &'a connection::Model,
    /// The client id.
    pub(super) client_id: &'a str,
}

/// Keeps new tokens; answers false where the connection is about another app or site by now, which they are not for.
///
/// # Errors
/// When the database refuses or the secrets cannot be opened.
pub(super) async fn keep(
    tx: &DatabaseTransaction,
    state: &AppState,
    asked: &Asked<'_>,
    tokens: &OauthTokens,
    api_url: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    let Some((row, mut secrets)) = fresh(tx, state, asked).await? else { return Ok(false) };
    let Some(app) = &mut secrets.app else { return Ok(false) };
    let lifetime = Duration::from_std(tokens.lifetime).unwrap_or(LONGEST).min(LONGEST);
    app.grant = Some(Grant { refresh: tokens.refresh.clone(), ends_at: now + lifetime });
    secrets.token = tokens.access.clone();
    let api_url = api_url.unwrap_or(&row.api_url);
    let mut new = connection::ActiveModel {
        secrets: Set(Some(secrets.seal(state, row.uuid, api_url)?)),
        api_url: Set(api_url.to_owned()),
        ..Default::default()
    };
    if row.problem_kind.as_deref() == Some(ProblemKind::Credentials.as_str()) {
        // It is well once a call has shown so.
        new.retry_at = Set(None);
    }
    connection::Entity::update_many().set(new).filter(Column::Id.eq(row.id)).exec(tx).await?;
    Ok(true)
}

/// Forgets a grant that is over; answers whether it was the one that the connection has.
///
/// # Errors
/// When the database refuses or the secrets cannot be opened.
pub(super) async fn forget(
    tx: &DatabaseTransaction,
    state: &AppState,
    asked: &Asked<'_>,
    refresh: &SecretString,
) -> Result<bool, Problem> {
    let Some((row, mut secrets)) = fresh(tx, state, asked).await? else { return Ok(false) };
    if !holds(&secrets, refresh) {
        return Ok(false);
    }
    secrets.forget_grant();
    write(tx, state, &row, &secrets).await?;
    Ok(true)
}

/// Lets a token count as ended that JIRA does not take, so that it is renewed; answers whether it did not yet.
///
/// # Errors
/// When the database refuses or the secrets cannot be opened.
pub(in crate::ticket::connection) async fn doubt(
    tx: &DatabaseTransaction,
    state: &AppState,
    row: &connection::Model,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    let Some(mut secrets) = Secrets::open(state, row)? else { return Ok(false) };
    if let Some(App { grant: Some(grant), .. }) = &mut secrets.app
        && grant.ends_at > now
    {
        grant.ends_at = now;
        write(tx, state, row, &secrets).await?;
        return Ok(true);
    }
    Ok(false)
}

fn holds(secrets: &Secrets, refresh: &SecretString) -> bool {
    let grant = secrets.app.as_ref().and_then(|app| app.grant.as_ref());
    grant.is_some_and(|grant| grant.refresh.expose_secret() == refresh.expose_secret())
}

/// The connection as it is now, unless it is removed or about another app or site.
async fn fresh(
    tx: &DatabaseTransaction,
    state: &AppState,
    asked: &Asked<'_>,
) -> Result<Option<(connection::Model, Secrets)>, Problem> {
    let row =
        connection::Entity::find_by_id(asked.row.id).filter(Column::RemovedAt.is_null()).one(tx).await?;
    let Some(row) = row.filter(|row| row.browse_url == asked.row.browse_url) else { return Ok(None) };
    let secrets = Secrets::open(state, &row)?;
    let is_same =
        |secrets: &Secrets| secrets.app.as_ref().is_some_and(|app| app.client_id == asked.client_id);
    Ok(secrets.filter(is_same).map(|secrets| (row, secrets)))
}

async fn write(
    tx: &DatabaseTransaction,
    state: &AppState,
    row: &connection::Model,
    secrets: &Secrets,
) -> Result<(), Problem> {
    let sealed = secrets.seal(state, row.uuid, &row.api_url)?;
    connection::Entity::update_many()
        .set(connection::ActiveModel { secrets: Set(Some(sealed)), ..Default::default() })
        .filter(Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    Ok(())
}
