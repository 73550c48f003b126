//! The slash commands: one file each, one line each in the table, from which the help text is made.

mod accept;
pub(crate) mod acknowledge;
mod approve;
mod assign;
mod block;
mod breach;
mod comment;
mod confirm;
mod dismiss;
mod done;
mod duplicate;
mod fail;
mod fixed;
mod help;
mod list;
mod mine;
mod pause;
mod reject;
mod reopen;
mod runs;
pub(crate) mod show;
mod snooze;
mod start;
pub(crate) mod take;
mod triage;
mod unblock;
mod verify;

use std::pin::Pin;

use abate_entity::lifecycle::Event;
use abate_integrations::slack::Message;

use super::arguments::{key_first, tokens};
use super::context::Context;
use super::{step, step_form};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

/// What running a command is.
type Answering<'a> = Pin<Box<dyn Future<Output = Result<Message, Problem>> + 'a>>;

/// A command.
pub(crate) struct Command {
    /// The first word.
    pub word: &'static str,
    /// What to type after it.
    pub arguments: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Does it, with what was typed after the first word.
    pub run: for<'a> fn(&'a Context, &'a str) -> Answering<'a>,
}

/// The commands of one name.
pub(crate) struct Family {
    /// The name, as it is typed.
    pub(crate) name: &'static str,
    /// What the name alone does.
    alone: &'static Command,
    /// Its commands, in the order of the help text.
    commands: &'static [&'static Command],
}

/// What can be done about risks.
static RISK: Family = Family {
    name: "/risk",
    alone: &mine::COMMAND,
    commands: &[
        &mine::COMMAND,
        &list::COMMAND,
        &triage::COMMAND,
        &show::COMMAND,
        &confirm::COMMAND,
        &dismiss::COMMAND,
        &duplicate::COMMAND,
        &take::COMMAND,
        &assign::COMMAND,
        &start::COMMAND,
        &block::COMMAND,
        &unblock::COMMAND,
        &pause::COMMAND,
        &fixed::COMMAND,
        &verify::COMMAND,
        &fail::COMMAND,
        &reopen::COMMAND,
        &accept::COMMAND,
        &approve::COMMAND,
        &reject::COMMAND,
        &comment::COMMAND,
        &snooze::COMMAND,
        &breach::COMMAND,
        &acknowledge::COMMAND,
    ],
};

/// What can be done about obligations.
static CADENCE: Family =
    Family { name: "/cadence", alone: &runs::COMMAND, commands: &[&runs::COMMAND, &done::COMMAND] };

/// Runs what was typed after the name of a family.
///
/// # Errors
/// What the command says.
pub(crate) async fn run(context: &Context, name: &str, text: &str) -> Result<Message, Problem> {
    context.may_see()?;
    let family = if name == CADENCE.name { &CADENCE } else { &RISK };
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if word.is_empty() {
        return (family.alone.run)(context, "").await;
    }
    if word.eq_ignore_ascii_case("help") {
        return Ok(help::text(family, ""));
    }
    if let Some(command) = family.commands.iter().find(|command| command.word.eq_ignore_ascii_case(word)) {
        return (command.run)(context, rest.trim()).await;
    }
    if let Ok(key) = word.parse::<RiskKey>() {
        return show::one(context, key).await;
    }
    Ok(help::text(family, &format!("There is no command {word:?}.")))
}

/// The key that a command begins with, and the rest.
fn key<'a>(command: &Command, rest: &'a str) -> Result<(RiskKey, &'a str), Problem> {
    key_first(rest).ok_or_else(|| {
        Problem::invalid("key", format!("Name the risk first: /risk {} {}", command.word, command.arguments))
    })
}

/// A command that is a step of the lifecycle; `defaults` fill fields that were not typed.
fn step<'a>(
    context: &'a Context,
    command: &'static Command,
    event: Event,
    rest: &'a str,
    defaults: &'a [(&'a str, &'a str)],
) -> Answering<'a> {
    Box::pin(async move {
        let (key, rest) = key(command, rest)?;
        let form = step_form::typed(event, tokens(rest), defaults)?;
        step::take_or_ask(context, key, &form).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_word_and_the_help_names_all() {
        for family in [&RISK, &CADENCE] {
            let help = format!("{:?}", help::text(family, "").blocks);
            for (index, command) in family.commands.iter().enumerate() {
                let earlier = &family.commands[..index];
                assert!(earlier.iter().all(|other| other.word != command.word), "{}", command.word);
                assert!(help.contains(command.summary), "{}", command.word);
            }
        }
    }
}
