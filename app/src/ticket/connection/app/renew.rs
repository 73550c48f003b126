//! Renews the tokens of apps in time. A refresh token works once, so that two processes must never use the same one: the
//! second would end the consent.

use abate_entity::connection::{self, Column};
use abate_integrations::jira::OauthError;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::super::active;
use super::super::health;
use super::super::secrets::{App, Grant, Secrets};
use super::super::store;
use super::{at_atlassian, grant};
use crate::platform::job::Work;
use crate::platform::lease;
use crate::platform::problem::Problem;
use crate::platform::timer::Timer;
use crate::state::AppState;

/// How long before its end a token is renewed: longer than most work takes that has begun with it.
const EARLY: Duration = Duration::minutes(10);
/// Longer than one question to Atlassian takes.
const LEASE: Duration = Duration::seconds(60);

/// Renews what ends soon.
pub const TIMER: Timer<AppState> = Timer { name: "jira_token", every: Duration::seconds(10), run: tick };

fn tick(state: &AppState) -> Work<'_> {
    Box::pin(async move {
        let rows = connection::Entity::find()
            .filter(Column::RemovedAt.is_null())
            .filter(Column::Paused.eq(false))
            .filter(Column::Secrets.is_not_null())
            .all(state.database.reader())
            .await?;
        for row in rows {
            let id = row.id;
            // One that cannot be renewed holds up no other.
            if let Err(problem) = in_time(state, row).await {
                tracing::error!(connection = id, error = %problem, "a token could not be renewed");
            }
        }
        Ok(())
    })
}

/// What is to be renewed, and when.
struct Due {
    row: connection::Model,
    secrets: Secrets,
    app: App,
    grant: Grant,
}

fn due(state: &AppState, row: connection::Model) -> Result<Option<Due>, Problem> {
    let Some(secrets) = active::secrets(state, &row)? else { return Ok(None) };
    let Some(app) = secrets.app.clone() else { return Ok(None) };
    let Some(grant) = app.grant.clone() else { return Ok(None) };
    let now = state.clock.now();
    let rests = row.retry_at.is_some_and(|at| at > now) && grant.ends_at <= now;
    if rests || grant.ends_at - now > EARLY {
        return Ok(None);
    }
    Ok(Some(Due { row, secrets, app, grant }))
}

/// Renews the token of a connection, unless it holds for a while yet or another process is at it.
///
/// # Errors
/// When our own side fails; what fails at Atlassian stands in the row.
pub(in crate::ticket::connection) async fn in_time(
    state: &AppState,
    row: connection::Model,
) -> Result<(), Problem> {
    let id = row.id;
    if due(state, row)?.is_none() {
        return Ok(());
    }
    let (name, holder) = (format!("jira_token:{id}"), state.ids.word(12));
    let now = state.clock.now();
    if !state
        .database
        .write(async |tx| Ok::<_, Problem>(lease::take(tx, &name, &holder, now, LEASE).await?))
        .await?
    {
        return Ok(());
    }
    // As it is now: another process may have renewed it just before.
    let renewed = match store::row(state.database.reader(), id).await.and_then(|row| due(state, row)) {
        Ok(Some(due)) => renew(state, due, now).await,
        Ok(None) => Ok(()),
        Err(problem) => Err(problem),
    };
    state.database.write(async |tx| Ok::<_, Problem>(lease::give_back(tx, &name, &holder).await?)).await?;
    renewed
}

async fn renew(state: &AppState, due: Due, now: DateTime<Utc>) -> Result<(), Problem> {
    let Due { row, mut secrets, app, grant } = due;
    match at_atlassian(state, &app).renew(&state.http, &grant.refresh).await {
        Ok(tokens) => {
            grant::take(&mut secrets, tokens, now);
            let written =
                state.database.write(async |tx| grant::write(tx, state, &row, &secrets, &row.api_url).await);
            if !written.await? {
                tracing::info!(
                    connection = row.id,
                    "a renewed token was dropped: somebody changed the connection"
                );
            }
            Ok(())
        }
        Err(error @ OauthError::Over(_)) => {
            secrets.forget_grant();
            let written =
                state.database.write(async |tx| grant::write(tx, state, &row, &secrets, &row.api_url).await);
            if written.await? {
                health::note_sign_in(state, row.id, &error.to_string(), false).await?;
            }
            Ok(())
        }
        Err(error @ OauthError::Refused(_)) => {
            health::note_sign_in(state, row.id, &error.to_string(), false).await
        }
        // While the token holds, another try is soon enough.
        Err(error @ OauthError::Unavailable(_)) if grant.ends_at > now => {
            tracing::warn!(connection = row.id, %error, "a token could not be renewed yet");
            Ok(())
        }
        Err(error @ OauthError::Unavailable(_)) => {
            health::note_sign_in(state, row.id, &error.to_string(), true).await
        }
    }
}
