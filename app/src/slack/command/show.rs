//! `/risk show`: a risk, its dates and what can be done about it.

use abate_integrations::slack::Message;

use super::{Answering, Command, key};
use crate::platform::problem::Problem;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::slack::card;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "show",
    arguments: "R-12",
    summary: "show a risk, why it is due when it is, and what you can do about it",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (key, _) = key(&COMMAND, rest)?;
        one(context, key).await
    })
}

/// Shows one risk.
///
/// # Errors
/// 404 when there is none that may be seen.
pub(crate) async fn one(context: &Context, key: RiskKey) -> Result<Message, Problem> {
    let risk = finder::one(context.state.database.reader(), &context.actor.scope(), key).await?;
    card::full(context, &risk).await
}
