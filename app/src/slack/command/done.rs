//! `/cadence done`: completes a run of an obligation.

use abate_integrations::slack::{Block, Message};

use super::{Answering, Command};
use crate::access::right::DoRuns;
use crate::obligation::finder;
use crate::obligation::run::{self, Proof};
use crate::platform::problem::Problem;
use crate::slack::arguments::{Token, readable, tokens};
use crate::slack::card::words;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "done",
    arguments: "12 https://evidence words",
    summary: "say that a run is done, with what shows it",
    run: complete,
};

fn complete<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (number, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let id: i64 = number.parse().map_err(|_| {
            Problem::invalid("run", format!("Name the run: /cadence done {}", COMMAND.arguments))
        })?;
        let url = tokens(rest).into_iter().find_map(|token| match token {
            Token::Link(link) => Some(link),
            _ => None,
        });
        let proof = Proof { text: readable(rest), url };
        context
            .change::<DoRuns>(async |tx, occasion| {
                let held = finder::run(tx, &context.actor.scope(), id).await?;
                let name = held.cadence.name.clone();
                let run =
                    run::complete(tx, &context.actor, occasion.policies, held, proof.clone(), context.now)
                        .await?;
                let text = format!("Run {id} of {name} is {}.", words(run.state.as_str()));
                Ok(Message { blocks: vec![Block::text(text.as_str())], text })
            })
            .await
    })
}
