//! `/risk acknowledge`: takes an incident on, so that nobody is called any more.

use abate_integrations::slack::Message;

use super::{Answering, Command};
use crate::access::right::LeadIncidents;
use crate::incident::finder;
use crate::incident::key::IncidentKey;
use crate::incident::step::{self, Step};
use crate::platform::problem::Problem;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "acknowledge", arguments: "I-12", summary: "take an incident on", run };

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let key: IncidentKey = rest
            .trim()
            .parse()
            .map_err(|_| Problem::invalid("key", "Name the incident: /risk acknowledge I-12"))?;
        one(context, key).await
    })
}

/// Takes an incident on.
///
/// # Errors
/// 403 when it is not the asker's right, 409 when somebody has done so.
pub(crate) async fn one(context: &Context, key: IncidentKey) -> Result<Message, Problem> {
    context
        .change::<LeadIncidents>(async |tx, _| {
            let incident = finder::one(tx, &finder::scope(&context.actor), key).await?;
            context.actor.require_in::<LeadIncidents>(incident.team_id)?;
            step::take(tx, &context.actor, incident, Step::Acknowledge, context.now).await?;
            let page = context.page(&format!("incidents/{key}"));
            Ok(Message::plain(format!("You have taken {key} on. Nobody is called any more. {page}")))
        })
        .await
}
