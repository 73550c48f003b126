//! `/risk block`: say what the work waits for.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "block",
    arguments: "R-12 blocker_kind=vendor review_on=2027-01-31 reason",
    summary: "say what the work waits for",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::Block, rest, &[])
}
