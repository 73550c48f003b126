//! Takes a step of the lifecycle for somebody in Slack; where its form is not complete, offers the form.

use abate_entity::lifecycle::{Availability, Event, Transition};
use abate_entity::risk;
use abate_integrations::slack::{Block, Message, Mrkdwn};

use super::card::{self, step_button, words};
use super::context::Context;
use crate::access::right::MoveRisks;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::api::TransitionForm;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::step::{self, Asked};

/// Takes the step; answers what became of the risk.
///
/// # Errors
/// What the engine says: 409, 403, 422.
pub(crate) async fn take(context: &Context, key: RiskKey, form: &TransitionForm) -> Result<Message, Problem> {
    let event = form.event()?;
    context
        .change::<MoveRisks>(async |tx, occasion| {
            let risk = finder::one(tx, &context.actor.scope(), key).await?;
            let given = form.resolve(tx, risk.id).await?;
            let requester = requester(&context.actor, &risk);
            let before = risk.clone();
            let after = step::take(tx, occasion, risk, &requester, Asked::by_person(event, given)).await?;
            Ok(told(context, &before, &after, occasion.policies))
        })
        .await
}

/// Takes the step, or answers with what is missing and a button for the form.
///
/// # Errors
/// What the engine says, but for what the form can mend.
pub(crate) async fn take_or_ask(
    context: &Context,
    key: RiskKey,
    form: &TransitionForm,
) -> Result<Message, Problem> {
    match take(context, key, form).await {
        Err(problem) if problem.kind() == Kind::Invalid => {
            let Some((transition, _)) = open(context, key, form.event()?).await? else {
                return Err(problem);
            };
            let mut text = Mrkdwn::new().bold(format!("{key}: {}", transition.label)).plain(" needs more.");
            for error in problem.errors() {
                text = text.line().plain("• ").code(&error.field).plain(format!(" {}", error.detail));
            }
            Ok(Message {
                text: format!("{key}: {} needs more. {}", transition.label, problem.detail()),
                blocks: vec![
                    Block::text(text),
                    Block::Actions(vec![step_button(transition, &key.to_string())]),
                    Block::note("Add it to the command as name=value, or press the button for a form."),
                ],
            })
        }
        other => other,
    }
}

/// The step, if it is open to this person, with the fields that its form has to fill.
///
/// # Errors
/// 404 when there is no such risk.
pub(crate) async fn open(
    context: &Context,
    key: RiskKey,
    event: Event,
) -> Result<Option<(&'static Transition, Vec<&'static str>)>, Problem> {
    let db = context.state.database.reader();
    let risk = finder::one(db, &context.actor.scope(), key).await?;
    let policies = Policies::load(db).await?;
    let event = event.spoken_in(risk.state);
    let steps =
        step::open_steps(db, &policies, &risk, &requester(&context.actor, &risk), context.now).await?;
    Ok(steps.into_iter().find_map(|(transition, availability)| match availability {
        Availability::Open { asks, .. } if transition.event == event => {
            Some((transition, asks.into_iter().map(|missing| missing.field).collect()))
        }
        _ => None,
    }))
}

fn told(context: &Context, before: &risk::Model, after: &risk::Model, policies: &Policies) -> Message {
    let key = RiskKey(after.id);
    let text = if before.state == after.state {
        format!(
            "{key} is still {}: your request is noted and waits for a second person.",
            words(after.state.as_str())
        )
    } else {
        let resolution =
            after.resolution.map(|word| format!(" ({})", words(word.as_str()))).unwrap_or_default();
        format!("{key} is now {}{resolution}.", words(after.state.as_str()))
    };
    let page = context.page(&format!("risks/{key}"));
    Message {
        blocks: vec![Block::text(text.as_str()), card::line(after, &page, context.now, policies.zone)],
        text,
    }
}
