//! `/cadence runs`, or `/cadence` alone: what is to be done next for each obligation.

use abate_integrations::slack::{Block, Message, Mrkdwn};

use super::{Answering, Command};
use crate::obligation::finder::{self, Names};
use crate::platform::paging::PageQuery;
use crate::slack::card::words;
use crate::slack::context::Context;

/// Obligations shown at most; the rest is on the page.
const SHOWN: usize = 20;
/// Obligations looked at.
const LOOKED_AT: u64 = 200;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "runs",
    arguments: "",
    summary: "what is to be done next for each obligation; /cadence alone does the same",
    run,
};

fn run<'a>(context: &'a Context, _: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let db = context.state.database.reader();
        let page = PageQuery { limit: Some(LOOKED_AT), cursor: None };
        let cadences = finder::cadences(db, &context.actor.scope(), &page).await?.items;
        let mut around = finder::around_now(db, &cadences).await?;
        let mut next: Vec<_> = cadences
            .iter()
            .filter_map(|cadence| Some((cadence, around.remove(&cadence.id)?.next?)))
            .collect();
        if next.is_empty() {
            return Ok(Message::plain("No obligation is to be done."));
        }
        next.sort_by_key(|(_, run)| (run.due_at, run.id));
        let owners = next.iter().map(|(cadence, run)| run.owner_id.or(cadence.owner_id));
        let names = Names::of(db, owners).await?;
        let text = format!("Obligations: {} runs to be done, soonest due first.", next.len());
        let mut blocks = vec![Block::text(text.as_str())];
        for (cadence, run) in next.iter().take(SHOWN) {
            let late = if run.due_at < context.now { ", late" } else { "" };
            let who = names.name(run.owner_id.or(cadence.owner_id)).unwrap_or_else(|| "nobody".to_owned());
            let line = Mrkdwn::new()
                .link(&context.page(&format!("runs/{}", run.id)), format!("Run {}", run.id))
                .plain(format!(
                    " · {} · {} · due {}{late} · {who}",
                    cadence.name,
                    words(run.state.as_str()),
                    run.due_on
                ));
            blocks.push(Block::text(line));
        }
        blocks.push(Block::note("/cadence done and the number of a run, with what shows it, completes it."));
        Ok(Message { text, blocks })
    })
}
