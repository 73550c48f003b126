//! `/risk help`: what can be typed.

use abate_integrations::slack::{Block, Message, Mrkdwn};

use super::{Answering, COMMANDS, Command};
use crate::slack::context::Context;

/// The command.
pub(crate) static COMMAND: Command = Command { word: "help", arguments: "", summary: "show this text", run };

fn run<'a>(_: &'a Context, _: &'a str) -> Answering<'a> {
    Box::pin(async { Ok(text("")) })
}

/// The help text, after a word on why it is shown.
pub(crate) fn text(because: &str) -> Message {
    let mut lines = Mrkdwn::new();
    for command in COMMANDS {
        let typed = format!("/risk {} {}", command.word, command.arguments);
        lines = lines.code(typed.trim()).plain(format!(" – {}", command.summary)).line();
    }
    let mut blocks = vec![Block::text(lines), Block::note("Buttons and forms do the same as the commands.")];
    if !because.is_empty() {
        blocks.insert(0, Block::text(because));
    }
    let words: Vec<&str> = COMMANDS.iter().map(|command| command.word).collect();
    Message { text: format!("{because} What you can type after /risk: {}", words.join(", ")), blocks }
}
