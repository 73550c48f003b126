//! `/risk list`: open risks, narrowed by what was typed.

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use abate_integrations::slack::{Block, Message};

use super::{Answering, Command};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::finder::{self, RiskFilter};
use crate::risk::key::RiskKey;
use crate::slack::arguments::{Token, tokens};
use crate::slack::card;
use crate::slack::context::Context;

/// Risks shown at most; the rest is on the page.
const SHOWN: u64 = 15;

/// The command.
pub(crate) static COMMAND: Command = Command {
    word: "list",
    arguments: "late critical team=payments words",
    summary: "open risks, soonest due first; narrow it by late, mine, unowned, a level, a state, name=value, or words",
    run,
};

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move { shown(context, filter(tokens(rest))?).await })
}

/// The risks that a filter lets through.
///
/// # Errors
/// 422 for a filter that means nothing.
pub(crate) async fn shown(context: &Context, filter: RiskFilter) -> Result<Message, Problem> {
    let db = context.state.database.reader();
    let page = PageQuery { limit: Some(SHOWN), cursor: None };
    let found =
        finder::page(db, &context.actor.scope(), context.actor.id, &filter, &page, context.now).await?;
    if found.items.is_empty() {
        return Ok(Message::plain("No risk of yours to see is like that."));
    }
    let zone = Policies::load(db).await?.zone;
    let text = match (found.items.len(), &found.next_cursor) {
        (1, None) => "One risk.".to_owned(),
        (count, None) => format!("{count} risks, soonest due first."),
        (count, Some(_)) => {
            format!("The first {count} risks, soonest due first; narrow the list to see others.")
        }
    };
    let mut blocks = vec![Block::text(text.as_str())];
    for risk in &found.items {
        let page = context.page(&format!("risks/{}", RiskKey(risk.id)));
        blocks.push(card::line(risk, &page, context.now, zone));
    }
    Ok(Message { text, blocks })
}

fn filter(tokens: Vec<Token>) -> Result<RiskFilter, Problem> {
    let mut filter = RiskFilter::default();
    let mut words: Vec<String> = Vec::new();
    for token in tokens {
        match token {
            Token::Pair(name, value) => set(&mut filter, &name, value)?,
            Token::Link(word) | Token::Mention(word) => words.push(word),
            Token::Word(word) => match word.to_lowercase().as_str() {
                "late" | "overdue" => filter.overdue = Some(true),
                "mine" | "my" => filter.owner = Some("me".to_owned()),
                "unowned" => filter.owner = Some("unowned".to_owned()),
                "all" => State::ALL.iter().for_each(|state| add(&mut filter.state, state.as_str())),
                level if level.parse::<Level>().is_ok() => add(&mut filter.level, level),
                state if state.parse::<State>().is_ok() => add(&mut filter.state, state),
                _ => words.push(word),
            },
        }
    }
    if !words.is_empty() {
        filter.q = Some(words.join(" "));
    }
    if filter.state.is_none() {
        filter.state = Some("any_open".to_owned());
    }
    Ok(filter)
}

fn set(filter: &mut RiskFilter, name: &str, value: String) -> Result<(), Problem> {
    let field = match name {
        "state" => &mut filter.state,
        "level" => &mut filter.level,
        "owner" => &mut filter.owner,
        "assignee" => &mut filter.assignee,
        "team" => &mut filter.team,
        "waiting" => &mut filter.waiting,
        "asset" => &mut filter.asset,
        "source" => &mut filter.source,
        "cve" => &mut filter.cve,
        "stride" => &mut filter.stride,
        "technique" => &mut filter.technique,
        "control" => &mut filter.control,
        "sort" => &mut filter.sort,
        other => {
            let known = "state, level, owner, assignee, team, waiting, asset, source, cve, stride, technique, control or sort";
            return Err(Problem::invalid(other, format!("There is no such filter; use {known}.")));
        }
    };
    *field = Some(value);
    Ok(())
}

fn add(field: &mut Option<String>, word: &str) {
    match field {
        Some(words) => {
            words.push(',');
            words.push_str(word);
        }
        None => *field = Some(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_narrow_the_list() {
        let filter = filter(tokens("late critical high blocked team=payments open redirect")).unwrap();
        assert_eq!(filter.overdue, Some(true));
        assert_eq!(filter.level.as_deref(), Some("critical,high"));
        assert_eq!(filter.state.as_deref(), Some("blocked,open"));
        assert_eq!(filter.team.as_deref(), Some("payments"));
        assert_eq!(filter.q.as_deref(), Some("redirect"));
    }

    #[test]
    fn without_words_it_is_what_is_open() {
        assert_eq!(filter(Vec::new()).unwrap().state.as_deref(), Some("any_open"));
        assert!(filter(tokens("colour=red")).unwrap_err().to_string().contains("colour"));
    }
}
