//! `/risk triage`: what waits for an assessment, or the beginning of one.

use abate_entity::lifecycle::Event;

use super::{Answering, Command, list, step};
use crate::risk::finder::RiskFilter;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "triage",
    arguments: "R-12",
    summary: "begin to assess a risk; without a key, the risks that nobody has assessed yet",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    if !rest.is_empty() {
        return step(context, &COMMAND, Event::StartTriage, rest, &[]);
    }
    let filter = RiskFilter { state: Some("new,triage".to_owned()), ..RiskFilter::default() };
    Box::pin(list::shown(context, filter))
}
