//! `/risk pause`: answer whoever asked that the clock of a blocked risk pauses.

use abate_entity::lifecycle::Pending;
use abate_integrations::slack::Message;

use super::{Answering, Command, key};
use crate::access::right::MoveRisks;
use crate::platform::problem::Problem;
use crate::risk::parties::requester;
use crate::risk::{decline, finder, pause};
use crate::slack::arguments::readable;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "pause",
    arguments: "R-12 approve|refuse reason",
    summary: "answer whoever asked that the clock of a blocked risk pauses",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (key, words) = key(&COMMAND, rest)?;
        let (word, reason) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        let yes = match word.to_ascii_lowercase().as_str() {
            "approve" => true,
            "refuse" => false,
            _ => {
                let wanted = format!("Say approve or refuse: /risk {} {}", COMMAND.word, COMMAND.arguments);
                return Err(Problem::invalid("answer", wanted));
            }
        };
        let reason = readable(reason);
        context
            .change::<MoveRisks>(async |tx, occasion| {
                let risk = finder::one(tx, &context.actor.scope(), key).await?;
                let who = requester(&context.actor, &risk);
                if !yes {
                    decline::decline(tx, occasion, risk, &who, Some(Pending::Pause), &reason).await?;
                    return Ok(Message::plain(format!("The clock of {key} runs on.")));
                }
                let risk = pause::approve(tx, occasion, risk, &who, &reason).await?;
                let due =
                    risk.due_on.map(|day| format!("; it is due {day} at the latest")).unwrap_or_default();
                Ok(Message::plain(format!("The clock of {key} pauses{due}.")))
            })
            .await
    })
}
