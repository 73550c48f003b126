//! `/risk fail`: say that a claimed fix does not hold.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "fail", arguments: "R-12 reason", summary: "say that a claimed fix does not hold", run };

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::VerifyFail, rest, &[])
}
