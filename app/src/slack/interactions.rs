//! `POST /slack/interactions`

use abate_entity::lifecycle::Event;
use abate_integrations::slack::{Action, Interaction, Message, Response, SlackError, SubmittedValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::card::{ACKNOWLEDGE, SHOW, STEP, TAKE};
use super::commands::said;
use super::context::Context;
use super::step_form::{self, About, CALLBACK};
use super::waiting::answer_in_time;
use super::{Slack, command, person, signed, step};
use crate::incident::key::IncidentKey;
use crate::platform::problem::{Kind, Problem};
use crate::risk::api::TransitionForm;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Takes a pressed button or a sent form.
pub(crate) async fn take(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let slack = signed::check(&state, &request, &body)?.clone();
    let interaction =
        Interaction::parse(&body).map_err(|error| Problem::new(Kind::Malformed, error.to_string()))?;
    Ok(match react_to(state, slack, interaction).await? {
        Some(answer) => HttpResponse::Ok().json(answer),
        None => HttpResponse::Ok().finish(),
    })
}

/// Does what was asked for; what it answers belongs into the acknowledgement.
///
/// # Errors
/// 400 when a form is not one of ours.
pub(crate) async fn react_to(
    state: web::Data<AppState>,
    slack: Slack,
    interaction: Interaction,
) -> Result<Option<Value>, Problem> {
    match interaction {
        Interaction::BlockActions { user, trigger, response_url, actions, .. } => {
            let press = Press { user, trigger, response_url, actions };
            pressed(state, slack, press).await;
            Ok(None)
        }
        Interaction::ViewSubmission { user, view, callback, private, values } if callback == CALLBACK => {
            let about: About = serde_json::from_str(&private)
                .map_err(|error| Problem::new(Kind::Malformed, format!("private_metadata: {error}")))?;
            Ok(sent(state, slack, Sent { user, view, about, values }).await)
        }
        Interaction::ViewSubmission { .. } | Interaction::ViewClosed { .. } => Ok(None),
        Interaction::Unknown { kind } => {
            tracing::info!(kind, "Slack sent an interaction of an unknown kind");
            Ok(None)
        }
    }
}

struct Press {
    user: String,
    trigger: String,
    response_url: String,
    actions: Vec<Action>,
}

struct Sent {
    user: String,
    view: String,
    about: About,
    values: Vec<SubmittedValue>,
}

/// What pressing a button leads to.
enum Reaction {
    /// Something to say.
    Say(Message),
    /// A form was opened, or there is nothing to say.
    Silent,
}

async fn pressed(state: web::Data<AppState>, slack: Slack, press: Press) {
    let client = slack.client.clone();
    let response_url = press.response_url.clone();
    let work = async move {
        let reaction = react(&state, slack, press).await;
        if let Reaction::Say(message) = reaction.unwrap_or_else(|problem| Reaction::Say(said(&problem)))
            && let Err(error) = client.respond(&response_url, &Response::private(message)).await
        {
            tracing::warn!(%error, "an answer did not reach Slack");
        }
    };
    // Slack shows nothing of the answer to a press; what there is to say goes to the response address.
    answer_in_time(work, async |()| {}).await;
}

async fn react(state: &AppState, slack: Slack, press: Press) -> Result<Reaction, Problem> {
    let Some(action) = press.actions.first() else {
        return Ok(Reaction::Silent);
    };
    let known = [SHOW, TAKE, ACKNOWLEDGE].contains(&action.id.as_str()) || action.id.starts_with(STEP);
    if !known {
        return Ok(Reaction::Silent);
    }
    let actor = person::actor(state, &slack, &press.user).await?;
    let context = Context {
        state: state.clone(),
        slack,
        actor,
        now: state.clock.now(),
        request: press.trigger.clone(),
        response_url: press.response_url.clone(),
    };
    context.may_see()?;
    if action.id == ACKNOWLEDGE {
        let incident: IncidentKey =
            action.value.parse().map_err(|error| Problem::invalid("value", format!("{error}.")))?;
        return command::acknowledge::one(&context, incident).await.map(Reaction::Say);
    }
    let key: RiskKey =
        action.value.parse().map_err(|error| Problem::invalid("value", format!("{error}.")))?;
    if action.id == SHOW {
        return command::show::one(&context, key).await.map(Reaction::Say);
    }
    if action.id == TAKE {
        return command::take::one(&context, key).await.map(Reaction::Say);
    }
    let event: Event = action
        .id
        .strip_prefix(STEP)
        .unwrap_or_default()
        .parse()
        .map_err(|error| Problem::invalid("action", format!("{error}.")))?;
    ask(&context, key, event, &press.trigger).await
}

/// Takes a step at once when its form has nothing to fill; else opens the form.
async fn ask(context: &Context, key: RiskKey, event: Event, trigger: &str) -> Result<Reaction, Problem> {
    if let Some((transition, needed)) = step::open(context, key, event).await?
        && !needed.is_empty()
    {
        let about =
            About { key, event: transition.event.to_string(), response_url: context.response_url.clone() };
        let view = step_form::view(transition, &about, &needed);
        return match context.slack.client.open_view(trigger, &view).await {
            Ok(_) => Ok(Reaction::Silent),
            Err(SlackError::Refused { code, .. })
                if code == "expired_trigger_id" || code == "exchanged_trigger_id" =>
            {
                Err(Problem::new(
                    Kind::Unavailable,
                    "Slack waited too long for the form; press the button again.",
                ))
            }
            Err(error) => {
                tracing::warn!(%error, "Slack did not open a form");
                Err(Problem::new(
                    Kind::Unavailable,
                    "Slack did not open the form; use the command or Abate's page.",
                ))
            }
        };
    }
    let form = TransitionForm { event: event.to_string(), ..TransitionForm::default() };
    step::take(context, key, &form).await.map(Reaction::Say)
}

async fn sent(state: web::Data<AppState>, slack: Slack, sent: Sent) -> Option<Value> {
    let client = slack.client.clone();
    let response_url = sent.about.response_url.clone();
    let names: Vec<String> = sent.values.iter().map(|value| value.name.clone()).collect();
    let respond = async move |message: Message| {
        if !response_url.is_empty()
            && let Err(error) = client.respond(&response_url, &Response::private(message)).await
        {
            tracing::warn!(%error, "an answer did not reach Slack");
        }
    };
    let late = respond.clone();
    let work = async move { submit(&state, slack, sent).await };
    let late = async move |result: Result<Message, Problem>| {
        late(result.unwrap_or_else(|problem| said(&problem))).await;
    };
    match answer_in_time(work, late).await {
        Some(Ok(message)) => {
            actix_web::rt::spawn(async move { respond(message).await });
            None
        }
        Some(Err(problem)) => Some(json!({
            "response_action": "errors",
            "errors": errors(&problem, &names),
        })),
        None => None,
    }
}

async fn submit(state: &AppState, slack: Slack, sent: Sent) -> Result<Message, Problem> {
    let actor = person::actor(state, &slack, &sent.user).await?;
    let context = Context {
        state: state.clone(),
        slack,
        actor,
        now: state.clock.now(),
        // A form that was refused may be sent again, so only one that was taken counts as a first time.
        request: sent.view,
        response_url: sent.about.response_url.clone(),
    };
    context.may_see()?;
    let form = step_form::submitted(&sent.about.event, sent.values)?;
    step::take(&context, sent.about.key, &form).await
}

/// What is wrong, at the inputs that it is about; what is about none stands at the first.
fn errors(problem: &Problem, names: &[String]) -> Map<String, Value> {
    let mut errors: Map<String, Value> = problem
        .errors()
        .iter()
        .filter(|error| names.contains(&error.field))
        .map(|error| (error.field.clone(), error.detail.clone().into()))
        .collect();
    if errors.is_empty()
        && let Some(first) = names.first()
    {
        errors.insert(first.clone(), problem.detail().into());
    }
    errors
}
