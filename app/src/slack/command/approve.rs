//! `/risk approve`: agree to an acceptance that somebody else asked for.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "approve",
    arguments: "R-12",
    summary: "agree to an acceptance that somebody else asked for",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::Accept, rest, &[])
}
