//! Takes Slack's requests over Socket Mode, when an app token is configured.

use abate_integrations::slack::{Response, SlashCommand, SocketMode, SocketRequest};
use actix_web::{rt, web};
use tokio_util::sync::CancellationToken;

use super::{Slack, commands, interactions};
use crate::platform::trace;
use crate::state::AppState;

/// Answers requests until `stop`. Returns at once when Socket Mode is not configured.
pub async fn run(state: AppState, stop: CancellationToken) {
    let Some((slack, token)) = state.slack.clone().and_then(|slack| {
        let token = slack.app_token.clone()?;
        Some((slack, token))
    }) else {
        return;
    };
    let (connection, mut requests) = match SocketMode::open(&slack.client, &token).await {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(%error, "Socket Mode cannot be opened; check ABATE_SLACK__APP_TOKEN");
            return;
        }
    };
    let state = web::Data::new(state);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            request = requests.recv() => match request {
                Some(SocketRequest::Command(command)) => {
                    rt::spawn(trace::with_its_own(answer(state.clone(), slack.clone(), command)));
                }
                Some(SocketRequest::Interaction(interaction, acknowledge)) => {
                    let (state, slack) = (state.clone(), slack.clone());
                    rt::spawn(trace::with_its_own(async move {
                        let answer = interactions::react_to(state, slack, interaction).await;
                        let answer = answer.unwrap_or_else(|problem| {
                            tracing::warn!(error = %problem, "a request over the Slack socket was refused");
                            None
                        });
                        // Slack has stopped waiting when nobody takes the answer.
                        drop(acknowledge.send(answer));
                    }));
                }
                None => break,
            },
        }
    }
    connection.close().await;
}

async fn answer(state: web::Data<AppState>, slack: Slack, command: SlashCommand) {
    let client = slack.client.clone();
    let response_url = command.response_url.clone();
    let answer = commands::answer(&state, slack, command).await;
    let response = Response::private(answer.unwrap_or_else(|problem| commands::said(&problem)));
    if let Err(error) = client.respond(&response_url, &response).await {
        tracing::warn!(%error, "an answer did not reach Slack");
    }
}
