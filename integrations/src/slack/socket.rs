//! Socket Mode: Slack's requests over a connection that we open, for a server that Slack cannot reach.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use slack_morphism::errors::SlackClientError;
use slack_morphism::listener::{SlackClientEventsListenerEnvironment, SlackClientEventsUserState};
use slack_morphism::prelude::{
    SlackApiToken, SlackApiTokenValue, SlackClientSocketModeConfig, SlackClientSocketModeListener,
    SlackCommandEvent, SlackCommandEventResponse, SlackInteractionEvent, SlackInteractionResponse,
    SlackMessageContent, SlackPushEventCallback, SlackSocketModeListenerCallbacks,
    SlackViewSubmissionResponse,
};
use tokio::sync::{mpsc, oneshot};

use super::client::{Connector, SlackClient};
use super::command::SlashCommand;
use super::error::SlackError;
use super::failure::sort;
use super::interaction::Interaction;

type CallbackResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Slack wants an acknowledgement within three seconds.
const PATIENCE: Duration = Duration::from_millis(2700);
/// Requests that may wait for the application before Slack is kept waiting.
const WAITING: usize = 64;

/// What Slack asks.
#[derive(Debug)]
pub enum SocketRequest {
    /// A slash command; its answer goes to the response address.
    Command(SlashCommand),
    /// A pressed button or a sent form; the answer to a form, if it has one, goes into the acknowledgement.
    Interaction(Interaction, oneshot::Sender<Option<Value>>),
}

/// An open connection.
pub struct SocketMode {
    listener: SlackClientSocketModeListener<Connector>,
}

impl std::fmt::Debug for SocketMode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SocketMode")
    }
}

#[derive(Clone)]
struct Desk(mpsc::Sender<SocketRequest>);

impl SocketMode {
    /// Opens the connection, and opens it again whenever it is lost; requests come out of the receiver.
    pub async fn open(
        client: &SlackClient,
        app_token: &SecretString,
    ) -> Result<(Self, mpsc::Receiver<SocketRequest>), SlackError> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let environment = SlackClientEventsListenerEnvironment::new(Arc::new(client.client.clone()))
            .with_error_handler(failed)
            .with_user_state(Desk(sender));
        let callbacks = SlackSocketModeListenerCallbacks::new()
            .with_command_events(command)
            .with_interaction_events(interaction)
            .with_push_events(event);
        let listener = SlackClientSocketModeListener::new(
            &SlackClientSocketModeConfig::new(),
            Arc::new(environment),
            callbacks,
        );
        let token = SlackApiToken::new(SlackApiTokenValue(app_token.expose_secret().to_owned()));
        listener.listen_for(&token).await.map_err(sort)?;
        listener.start().await;
        Ok((Self { listener }, receiver))
    }

    /// Closes it.
    pub async fn close(&self) {
        self.listener.shutdown().await;
    }
}

type Client = Arc<slack_morphism::SlackClient<Connector>>;

async fn command(
    event: SlackCommandEvent,
    _: Client,
    state: SlackClientEventsUserState,
) -> CallbackResult<SlackCommandEventResponse> {
    let command = SlashCommand {
        command: event.command.0,
        text: event.text.unwrap_or_default().trim().to_owned(),
        user: event.user_id.0,
        team: event.team_id.0,
        channel: event.channel_id.0,
        trigger: event.trigger_id.0,
        response_url: event.response_url.0.to_string(),
    };
    hand_over(&state, SocketRequest::Command(command)).await?;
    Ok(SlackCommandEventResponse::new(SlackMessageContent::new()))
}

async fn interaction(
    event: SlackInteractionEvent,
    _: Client,
    state: SlackClientEventsUserState,
) -> CallbackResult<SlackInteractionResponse> {
    let interaction = Interaction::from_payload(&serde_json::to_value(&event)?)?;
    let (sender, receiver) = oneshot::channel();
    hand_over(&state, SocketRequest::Interaction(interaction, sender)).await?;
    let answer = tokio::time::timeout(PATIENCE, receiver).await.ok().and_then(Result::ok).flatten();
    Ok(match answer {
        Some(answer) => SlackInteractionResponse::ViewSubmission(serde_json::from_value::<
            SlackViewSubmissionResponse,
        >(answer)?),
        None => SlackInteractionResponse::Empty,
    })
}

async fn event(_: SlackPushEventCallback, _: Client, _: SlackClientEventsUserState) -> CallbackResult<()> {
    Ok(())
}

async fn hand_over(state: &SlackClientEventsUserState, request: SocketRequest) -> CallbackResult<()> {
    let desk = state.read().await.get_user_state::<Desk>().cloned();
    let desk = desk.ok_or("nobody takes requests")?;
    Ok(desk.0.send(request).await.map_err(|_| "nobody takes requests any more")?)
}

fn failed(
    error: Box<dyn std::error::Error + Send + Sync>,
    _: Client,
    _: SlackClientEventsUserState,
) -> http::StatusCode {
    // The library's own errors may quote what people typed; their kind is enough.
    let known = error.downcast_ref::<SlackClientError>().is_some();
    tracing::warn!(known, "a request over the Slack socket could not be taken");
    http::StatusCode::OK
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What the application answers to a form can be written in the library's words, and comes out the same.
    #[test]
    fn problems_of_a_form_reach_slack() {
        let answer = json!({"response_action": "errors", "errors": {"evidence": "Add what shows the fix"}});
        let read: SlackViewSubmissionResponse = serde_json::from_value(answer.clone()).unwrap();
        assert_eq!(serde_json::to_value(SlackInteractionResponse::ViewSubmission(read)).unwrap(), answer);
    }
}
