//! Who of ours a Slack user is: the one bound to the Slack account, else the one with its verified address.

use std::sync::PoisonError;

use abate_entity::app_user;
use abate_integrations::slack::SlackError;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::Slack;
use crate::access::actor::{Actor, Via};
use crate::access::user;
use crate::platform::problem::{Kind, Problem};
use crate::platform::trace;
use crate::state::AppState;

/// How long an address that Slack vouched for is believed without asking again.
const BELIEVED: TimeDelta = TimeDelta::minutes(10);

/// The user who acts through a Slack account.
///
/// # Errors
/// 403 that says how to be known when the account is nobody's; 503 when Slack does not say whose it is.
pub(crate) async fn actor(state: &AppState, slack: &Slack, slack_user: &str) -> Result<Actor, Problem> {
    let user = of(state, slack, slack_user).await?;
    trace::acts_for_person(format!("slack-{slack_user}"));
    Actor::load(state.database.reader(), user.id, Via::Slack).await
}

/// The active user behind a Slack account.
///
/// # Errors
/// As `actor`.
pub(crate) async fn of(
    state: &AppState,
    slack: &Slack,
    slack_user: &str,
) -> Result<app_user::Model, Problem> {
    let db = state.database.reader();
    if let Some(bound) = bound_to(db, slack_user).await? {
        return Ok(bound);
    }
    let now = state.clock.now();
    let email = match remembered(slack, slack_user, now) {
        Some(email) => email,
        None => ask(slack, slack_user, now).await?,
    };
    match user::by_email(db, &email).await?.filter(|user| user.active) {
        Some(user) => Ok(user),
        None => {
            Err(unknown(&format!("No active user of Abate has the address {email} of your Slack account.")))
        }
    }
}

async fn bound_to(db: &impl ConnectionTrait, slack_user: &str) -> Result<Option<app_user::Model>, Problem> {
    Ok(app_user::Entity::find()
        .filter(app_user::Column::SlackUser.eq(slack_user))
        .filter(app_user::Column::Active.eq(true))
        .one(db)
        .await?)
}

fn remembered(slack: &Slack, slack_user: &str, now: DateTime<Utc>) -> Option<String> {
    let known = slack.known.lock().unwrap_or_else(PoisonError::into_inner);
    known.get(slack_user).filter(|(_, asked_at)| now - *asked_at < BELIEVED).map(|(email, _)| email.clone())
}

async fn ask(slack: &Slack, slack_user: &str, now: DateTime<Utc>) -> Result<String, Problem> {
    let account = slack.client.user(slack_user).await.map_err(|error| match error {
        SlackError::Refused { code, .. } if code == "user_not_found" || code == "user_not_visible" => {
            unknown("Slack does not know your account as one of this workspace.")
        }
        error => {
            tracing::warn!(%error, "Slack did not say who a user is");
            Problem::new(Kind::Unavailable, "Slack did not say who you are; try again in a moment.")
        }
    })?;
    if !account.active {
        return Err(unknown("Your Slack account is not a full account of this workspace."));
    }
    let email = account.verified_email.ok_or_else(|| {
        unknown("Slack vouches for no e-mail address of yours; the app may lack the scope users:read.email.")
    })?;
    let mut known = slack.known.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|_, (_, asked_at)| now - *asked_at < BELIEVED);
    known.insert(slack_user.to_owned(), (email.clone(), now));
    Ok(email)
}

fn unknown(why: &str) -> Problem {
    Problem::new(
        Kind::Forbidden,
        format!(
            "{why} To link the two, ask an administrator of Abate to create a user with the e-mail address that \
             your Slack account has, or change the address in Slack to the one you use here."
        ),
    )
}
