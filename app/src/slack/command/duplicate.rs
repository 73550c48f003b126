//! `/risk duplicate`: says that two risks are one.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, key};
use crate::platform::problem::Problem;
use crate::slack::arguments::{key_first, tokens};
use crate::slack::context::Context;
use crate::slack::{step, step_form};

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "duplicate",
    arguments: "R-12 R-3 reason https://evidence",
    summary: "dismiss the first risk, because the second says the same",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (first, rest) = key(&COMMAND, rest)?;
        let (second, rest) = key_first(rest).ok_or_else(|| {
            Problem::invalid("duplicate_of", format!("Name both risks: /risk duplicate {first} R-3"))
        })?;
        let second = second.to_string();
        let defaults = [("resolution", "duplicate"), ("duplicate_of", second.as_str())];
        let form = step_form::typed(Event::Dismiss, tokens(rest), &defaults)?;
        step::take_or_ask(context, first, &form).await
    })
}
