//! `/risk accept`: ask to live with a risk until the end of a day.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, step};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "accept",
    arguments: "R-12 justification=\"why\" compensating_controls=\"what\" expires_on=2027-01-31",
    summary: "ask to live with a risk until the end of a day",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    step(context, &COMMAND, Event::Accept, rest, &[])
}
