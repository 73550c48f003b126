//! `/risk start`: begin the work.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "start", arguments: "R-12 plan=\"what will be done\"", summary: "begin the work", run };

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::Start, rest, &[])
}
