//! `/risk reopen`: bring a closed risk back.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "reopen", arguments: "R-12 reason", summary: "bring a closed risk back", run };

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::Reopen, rest, &[])
}
