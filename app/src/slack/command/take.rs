//! `/risk take`: makes the asker the assignee.

use abate_integrations::slack::Message;

use super::{Answering, Command, assign, key};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "take", arguments: "R-12", summary: "make yourself the one who does the work", run };

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (key, _) = key(&COMMAND, rest)?;
        one(context, key).await
    })
}

/// Makes the asker the assignee of one risk.
///
/// # Errors
/// 403 when it is not the asker's right.
pub(crate) async fn one(context: &Context, key: RiskKey) -> Result<Message, Problem> {
    assign::to(context, key, context.actor.id, "you").await
}
