//! The job that sends a message of the ledger: at most once, and with certainty where Slack allows it.
//!
//! Posting cannot be repeated safely. So the row says `sending` before the call; after a lost answer or a crash it
//! says `unknown`, and a minute later the conversation is searched for the message's mark. Found, it was sent; not
//! found, it stays unknown for a person to see: it may still be on its way.

use abate_entity::{app_user, message};
use abate_integrations::slack::client::Posted;
use abate_integrations::slack::{Metadata, PreparedMessage, SlackError};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

use super::bundle;
use super::ledger::{self, FAILED, SENDING, SENT, UNKNOWN, WANTED};
use crate::incident::told::{self, Outcome};
use crate::platform::job::{Job, Work, queue};
use crate::platform::problem::{Kind, Problem};
use crate::platform::setting;
use crate::slack::Slack;
use crate::state::AppState;

/// The kind of the job; its subject is the message's key.
pub const MESSAGE: &str = "message";

/// Sends one message.
pub const JOB: Job<AppState> = Job { kind: MESSAGE, lease: Duration::minutes(2), run };

/// What our marks are called in Slack.
const MARK: &str = "abate_message";
/// How long a message may take to appear after its answer was lost.
const SETTLES_AFTER: Duration = Duration::seconds(60);

fn run<'a>(state: &'a AppState, key: &'a str) -> Work<'a> {
    Box::pin(async move {
        let Some(message) = ledger::by_key(state.database.reader(), key).await? else {
            return Ok(());
        };
        let Some(slack) = state.slack.as_ref() else {
            return match message.state.as_str() {
                WANTED => {
                    fail(state, &message, "No Slack app is configured; see ABATE_SLACK__BOT_TOKEN.").await
                }
                _ => Ok(()),
            };
        };
        match message.state.as_str() {
            WANTED => send(state, slack, message).await,
            // The attempt that said so died: nobody knows how far it came.
            SENDING => lose(state, &message, "Abate was stopped while it was sent.").await,
            UNKNOWN => look(state, slack, &message).await,
            _ => Ok(()),
        }
    })
}

async fn send(state: &AppState, slack: &Slack, message: message::Model) -> Result<(), Problem> {
    let now = state.clock.now();
    let channel = match channel(state, slack, &message).await? {
        Ok(channel) => channel,
        Err(problem) => return fail(state, &message, &problem).await,
    };
    let change = message::ActiveModel {
        state: Set(SENDING.to_owned()),
        channel: Set(channel.clone()),
        attempt: Set(message.attempt + 1),
        ..Default::default()
    };
    if !state.database.write(async |tx| ledger::settle(tx, &message, change.clone()).await).await? {
        return Ok(());
    }
    let sending =
        message::Model { state: SENDING.to_owned(), channel, attempt: message.attempt + 1, ..message };
    let prepared = PreparedMessage { text: sending.text.clone(), blocks: sending.blocks.clone() };
    let mark = mark(state, &sending).await?;
    match slack.client.post_message(&sending.channel, prepared, Some(&mark)).await {
        Ok(posted) => sent(state, &sending, posted).await,
        Err(SlackError::RateLimited { retry_after }) => {
            let at = now + Duration::from_std(retry_after).unwrap_or(SETTLES_AFTER);
            give_back(state, &sending, at, "Slack asked to wait.").await?;
            state
                .database
                .write(async |tx| Ok(queue::enqueue(tx, MESSAGE, &sending.key, at, now).await?))
                .await
        }
        Err(error @ SlackError::Unreachable { .. }) => {
            give_back(state, &sending, now, &error.to_string()).await?;
            Err(Problem::new(Kind::Unavailable, error.to_string()))
        }
        Err(error @ SlackError::Refused { .. }) => fail(state, &sending, &error.to_string()).await,
        Err(error @ SlackError::UnknownOutcome { .. }) => lose(state, &sending, &error.to_string()).await,
    }
}

/// Where the message goes, or why it can go nowhere.
async fn channel(
    state: &AppState,
    slack: &Slack,
    message: &message::Model,
) -> Result<Result<String, String>, Problem> {
    let Some(user_id) = message.user_id else {
        let missing = || "No channel is configured; set ABATE_SLACK__CHANNEL.".to_owned();
        return Ok(slack.channel.clone().ok_or_else(missing));
    };
    let user = app_user::Entity::find_by_id(user_id).one(state.database.reader()).await?;
    let Some(user) = user.filter(|user| user.active) else {
        return Ok(Err("The receiver has left.".to_owned()));
    };
    let slack_user = match user.slack_user {
        Some(slack_user) => slack_user,
        None => match slack.client.user_by_email(&user.email).await.map_err(unavailable)? {
            Some(account) if account.active => account.id,
            _ => return Ok(Err(format!("Slack knows nobody with the address {}.", user.email))),
        },
    };
    match slack.client.open_conversation(&slack_user).await {
        Ok(channel) => Ok(Ok(channel)),
        Err(error @ SlackError::Refused { .. }) => Ok(Err(error.to_string())),
        Err(error) => Err(unavailable(error)),
    }
}

async fn sent(state: &AppState, sending: &message::Model, posted: Posted) -> Result<(), Problem> {
    let now = state.clock.now();
    let change = message::ActiveModel {
        state: Set(SENT.to_owned()),
        channel: Set(posted.channel),
        remote_id: Set(Some(posted.ts)),
        problem: Set(None),
        sent_at: Set(Some(now)),
        ..Default::default()
    };
    state.database.write(async |tx| settle(tx, sending, change.clone(), Outcome::Sent, now).await).await
}

/// Moves a message on, and notes in the logs of incidents what became of it.
async fn settle(
    tx: &DatabaseTransaction,
    seen: &message::Model,
    change: message::ActiveModel,
    outcome: Outcome<'_>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if ledger::settle(tx, seen, change).await? {
        told::note(tx, &bundle::lines_of(tx, seen).await?, outcome, now).await?;
    }
    Ok(())
}

/// Nothing was sent: the message is wanted as before.
async fn give_back(
    state: &AppState,
    sending: &message::Model,
    at: DateTime<Utc>,
    problem: &str,
) -> Result<(), Problem> {
    let change = message::ActiveModel {
        state: Set(WANTED.to_owned()),
        next_try_at: Set(at),
        problem: Set(Some(problem.to_owned())),
        ..Default::default()
    };
    state.database.write(async |tx| ledger::settle(tx, sending, change.clone()).await).await?;
    Ok(())
}

async fn fail(state: &AppState, message: &message::Model, problem: &str) -> Result<(), Problem> {
    tracing::warn!(message = message.key, problem, "a message cannot be sent");
    let change = message::ActiveModel {
        state: Set(FAILED.to_owned()),
        problem: Set(Some(problem.to_owned())),
        ..Default::default()
    };
    let (now, outcome) = (state.clock.now(), Outcome::Failed(problem));
    state.database.write(async |tx| settle(tx, message, change.clone(), outcome, now).await).await
}

/// Nobody knows whether it arrived: says so, and has a look later.
async fn lose(state: &AppState, message: &message::Model, problem: &str) -> Result<(), Problem> {
    tracing::warn!(message = message.key, problem, "nobody knows whether a message was sent");
    let now = state.clock.now();
    let change = message::ActiveModel {
        state: Set(UNKNOWN.to_owned()),
        problem: Set(Some(problem.to_owned())),
        ..Default::default()
    };
    state
        .database
        .write(async |tx| {
            settle(tx, message, change.clone(), Outcome::Unknown(problem), now).await?;
            Ok(queue::enqueue(tx, MESSAGE, &message.key, now + SETTLES_AFTER, now).await?)
        })
        .await
}

/// Looks for a message whose answer was lost.
async fn look(state: &AppState, slack: &Slack, unknown: &message::Model) -> Result<(), Problem> {
    let mark = mark(state, unknown).await?;
    let oldest = (unknown.created_at - Duration::minutes(5)).timestamp();
    let problem = match slack.client.find_message(&unknown.channel, &mark, &oldest.to_string()).await {
        Ok(Some(posted)) => return sent(state, unknown, posted).await,
        Ok(None) => "Slack's answer was lost and the message is not to be found; it may have been lost too."
            .to_owned(),
        Err(error @ SlackError::Refused { .. }) => {
            format!("Slack's answer was lost, and Abate may not look for the message itself: {error}.")
        }
        Err(error) => return Err(unavailable(error)),
    };
    let change = message::ActiveModel { problem: Set(Some(problem)), ..Default::default() };
    state.database.write(async |tx| ledger::settle(tx, unknown, change.clone()).await).await?;
    Ok(())
}

/// The mark by which the message is found again; names the instance, for two may share a workspace.
async fn mark(state: &AppState, message: &message::Model) -> Result<Metadata, Problem> {
    let instance = setting::read(state.database.reader(), setting::INSTANCE).await?.unwrap_or_default();
    Ok(Metadata {
        event_type: MARK.to_owned(),
        key: format!("{instance}/{}/{}", message.key, message.attempt),
    })
}

fn unavailable(error: SlackError) -> Problem {
    Problem::new(Kind::Unavailable, error.to_string())
}
