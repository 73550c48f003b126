//! `/risk fixed`: say that the work is done, with what shows it.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "fixed",
    arguments: "R-12 https://evidence",
    summary: "say that the work is done, with what shows it",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::ClaimFixed, rest, &[])
}
