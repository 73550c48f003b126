//! Renews the tokens of apps in time. A refresh token works once, so that two processes must never use the same one: the
//! second would end the consent.

use abate_entity::connection::{self, Column};
use abate_integrations::jira::OauthError;
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::super::active;
use super::super::health;
use super::super::secrets::{App, Grant};
use super::super::store;
use super::at_atlassian;
use super::grant::{self, Asked};
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

/// What is to be renewed.
struct Due {
    row: connection::Model,
    app: App,
    grant: Grant,
}

fn due(state: &AppState, row: connection::Model) -> Result<Option<Due>, Problem> {
    let Some(app) = active::secrets(state, &row)?.and_then(|secrets| secrets.app) else { return Ok(None) };
    let Some(grant) = app.grant.clone() else { return Ok(None) };
    let now = state.clock.now();
    let rests = grant.ends_at <= now && row.retry_at.is_some_and(|at| at > now);
    if rests || grant.ends_at - now > EARLY {
        return Ok(None);
    }
    Ok(Some(Due { row, app, grant }))
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
    let taken = state
        .database
        .write(async |tx| Ok::<_, Problem>(lease::take(tx, &name, &holder, now, LEASE).await?))
        .await?;
    if !taken {
        return Ok(());
    }
    // As it is now: another process may have renewed it just before.
    let is_settled = match store::row(state.database.reader(), id).await.and_then(|row| due(state, row)) {
        Ok(Some(due)) => renew(state, due, now).await,
        Ok(None) => Ok(true),
        Err(problem) => Err(problem),
    };
    // Where Atlassian could not be asked, the lease is kept, so that it is asked once a minute.
    if !matches!(is_settled, Ok(false)) {
        state
            .database
            .write(async |tx| Ok::<_, Problem>(lease::give_back(tx, &name, &holder).await?))
            .await?;
    }
    is_settled.map(drop)
}

/// Asks Atlassian for the next token; answers whether that settled it.
async fn renew(state: &AppState, due: Due, now: DateTime<Utc>) -> Result<bool, Problem> {
    let Due { row, app, grant } = due;
    let asked = Asked { row: &row, client_id: &app.client_id };
    let error = match at_atlassian(state, &app).renew(&state.http, &grant.refresh).await {
        Ok(tokens) => {
            let kept = state
                .database
                .write(async |tx| grant::keep(tx, state, &asked, &tokens, None, now).await)
                .await?;
            if !kept {
                tracing::info!(
                    connection = row.id,
                    "a token was dropped: the connection is about another site or app"
                );
            }
            return Ok(true);
        }
        Err(error) => error,
    };
    tracing::warn!(connection = row.id, %error, "a token could not be renewed");
    let text = error.to_string();
    match error {
        OauthError::Over(_) => {
            state
                .database
                .write(async |tx| {
                    if grant::forget(tx, state, &asked, &grant.refresh).await? {
                        health::note_sign_in(tx, row.id, &text, false, now).await?;
                    }
                    Ok(())
                })
                .await?;
            Ok(true)
        }
        // While the token holds, it is used, and another try is soon enough.
        _ if grant.ends_at > now => Ok(false),
        error => {
            let passes = matches!(error, OauthError::Unavailable(_));
            let note =
                async |tx: &DatabaseTransaction| health::note_sign_in(tx, row.id, &text, passes, now).await;
            state.database.write(note).await?;
            Ok(true)
        }
    }
}
