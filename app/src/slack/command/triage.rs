//! `/risk triage`: what waits for an assessment.

use super::{Answering, Command, list};
use crate::risk::finder::RiskFilter;
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "triage", arguments: "", summary: "the risks that nobody has assessed yet", run };

fn run<'a>(context: &'a Context, _: &'a str) -> Answering<'a> {
    let filter = RiskFilter { state: Some("new,triage".to_owned()), ..RiskFilter::default() };
    Box::pin(list::shown(context, filter))
}
