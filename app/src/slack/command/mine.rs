//! `/risk mine`, or `/risk` alone: the open risks that the asker owns or works on.

use abate_integrations::slack::{Block, Message};

use super::{Answering, Command};
use crate::platform::paging::PageQuery;
use crate::policy::Policies;
use crate::risk::api::view::is_late;
use crate::risk::finder::{self, RiskFilter};
use crate::risk::key::RiskKey;
use crate::slack::card;
use crate::slack::context::Context;

/// Risks shown at most; the rest is on the page.
const SHOWN: usize = 20;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "mine",
    arguments: "",
    summary: "the open risks that you own or work on; /risk alone does the same",
    run,
};

fn run<'a>(context: &'a Context, _: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let db = context.state.database.reader();
        let scope = context.actor.scope();
        let me = || Some("me".to_owned());
        let open = || RiskFilter { state: Some("any_open".to_owned()), ..RiskFilter::default() };
        let page = PageQuery { limit: Some(50), cursor: None };
        let owned = RiskFilter { owner: me(), ..open() };
        let mut risks = finder::page(db, &scope, context.actor.id, &owned, &page, context.now).await?.items;
        let assigned = RiskFilter { assignee: me(), ..open() };
        risks.extend(finder::page(db, &scope, context.actor.id, &assigned, &page, context.now).await?.items);
        risks.sort_by_key(|risk| (risk.due_at, risk.id));
        risks.dedup_by_key(|risk| risk.id);
        if risks.is_empty() {
            return Ok(Message::plain("You own no open risk and work on none."));
        }
        let zone = Policies::load(db).await?.zone;
        let late = risks.iter().filter(|risk| is_late(risk, context.now)).count();
        let text = format!("Your open risks: {}, of which {late} late.", risks.len());
        let mut blocks = vec![Block::text(text.as_str())];
        for risk in risks.iter().take(SHOWN) {
            let page = context.page(&format!("risks/{}", RiskKey(risk.id)));
            blocks.push(card::line(risk, &page, context.now, zone));
        }
        if risks.len() > SHOWN {
            blocks.push(Block::note(format!("{} more are in Abate.", risks.len() - SHOWN).as_str()));
        }
        Ok(Message { text, blocks })
    })
}
