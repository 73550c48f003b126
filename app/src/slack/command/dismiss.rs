//! `/risk dismiss`: say that something is no risk.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "dismiss",
    arguments: "R-12 resolution=false_positive reason https://evidence",
    summary: "say that something is no risk",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::Dismiss, rest, &[])
}
