//! `/risk verify`: say that you checked a fix that somebody else claimed.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "verify",
    arguments: "R-12 https://evidence",
    summary: "say that you checked a fix that somebody else claimed",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::VerifyPass, rest, &[])
}
