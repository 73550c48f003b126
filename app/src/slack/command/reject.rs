//! `/risk reject`: say no to what somebody asked for, or take one's own request back.

use abate_integrations::slack::Message;

use super::{Answering, Command, key};
use crate::access::right::MoveRisks;
use crate::risk::parties::requester;
use crate::risk::{decline, finder};
use crate::slack::arguments::readable;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "reject",
    arguments: "R-12 reason",
    summary: "say no to what somebody asked for, or take your own request back",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (key, words) = key(&COMMAND, rest)?;
        context
            .change::<MoveRisks>(async |tx, occasion| {
                let risk = finder::one(tx, &context.actor.scope(), key).await?;
                let who = requester(&context.actor, &risk);
                decline::decline(tx, occasion, risk, &who, None, &readable(words)).await?;
                Ok(Message::plain(format!("The request about {key} is answered with no.")))
            })
            .await
    })
}
