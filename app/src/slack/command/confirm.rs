//! `/risk confirm`: say that a risk is real, rate it and give it an owner.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "confirm",
    arguments: "R-12 likelihood=4 impact=5 owner=name@example.com reason",
    summary: "say that a risk is real, rate it and give it an owner",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::Confirm, rest, &[])
}
