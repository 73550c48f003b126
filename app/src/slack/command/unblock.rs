//! `/risk unblock`: say that the wait is over.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "unblock", arguments: "R-12", summary: "say that the wait is over", run };

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::Unblock, rest, &[])
}
