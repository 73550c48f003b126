//! `/risk comment`: adds a remark.

use abate_integrations::slack::Message;

use super::{Answering, Command, key};
use crate::access::right::MoveRisks;
use crate::risk::{comment, finder};
use crate::slack::arguments::readable;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "comment", arguments: "R-12 words", summary: "write a remark on a risk", run };

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (key, words) = key(&COMMAND, rest)?;
        context
            .change::<MoveRisks>(async |tx, occasion| {
                let risk = finder::one(tx, &context.actor.scope(), key).await?;
                comment::add(tx, occasion, risk, &readable(words)).await?;
                Ok(Message::plain(format!("Your remark is on {key}.")))
            })
            .await
    })
}
