//! `POST /slack/commands`

use abate_integrations::slack::command::CommandRequest;
use abate_integrations::slack::{Message, Response, SlashCommand};
use actix_web::{HttpRequest, HttpResponse, web};

use super::context::Context;
use super::waiting::answer_in_time;
use super::{command, person, signed};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Answers a slash command.
pub(crate) async fn take(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let slack = signed::check(&state, &request, &body)?.clone();
    let command = match SlashCommand::parse(&body) {
        Ok(CommandRequest::Command(command)) => command,
        Ok(CommandRequest::CertificateCheck) => return Ok(HttpResponse::Ok().finish()),
        Err(error) => return Err(Problem::new(Kind::Malformed, error.to_string())),
    };
    let client = slack.client.clone();
    let response_url = command.response_url.clone();
    let work = async move {
        let answer = answer(&state, slack, command).await;
        Response::private(answer.unwrap_or_else(|problem| said(&problem)))
    };
    let late = async move |response: Response| {
        if let Err(error) = client.respond(&response_url, &response).await {
            tracing::warn!(%error, "a late answer did not reach Slack");
        }
    };
    Ok(match answer_in_time(work, late).await {
        Some(response) => HttpResponse::Ok().json(response.to_json()),
        None => {
            let waiting = Message::plain("Working on it; the answer comes in a moment.");
            HttpResponse::Ok().json(Response::private(waiting).to_json())
        }
    })
}

/// What a command leads to.
///
/// # Errors
/// What the command says.
pub(crate) async fn answer(
    state: &AppState,
    slack: super::Slack,
    typed: SlashCommand,
) -> Result<Message, Problem> {
    let actor = person::actor(state, &slack, &typed.user).await?;
    let context = Context {
        state: state.clone(),
        slack,
        actor,
        now: state.clock.now(),
        request: typed.trigger,
        response_url: typed.response_url,
    };
    command::run(&context, &typed.command, &typed.text).await
}

/// A problem as a sentence for the one who asked.
pub(crate) fn said(problem: &Problem) -> Message {
    if let Some(cause) = problem.cause() {
        tracing::error!(error = format!("{cause:#}"), "a request from Slack failed");
    }
    Message::plain(format!("{}: {}", problem.title(), problem.detail()))
}
