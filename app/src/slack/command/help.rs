//! `help`: what can be typed.

use abate_integrations::slack::{Block, Message, Mrkdwn};

use super::Family;

/// The help text, after a word on why it is shown.
pub(crate) fn text(family: &Family, because: &str) -> Message {
    let mut lines = Mrkdwn::new();
    for command in family.commands {
        let typed = format!("{} {} {}", family.name, command.word, command.arguments);
        lines = lines.code(typed.trim()).plain(format!(" – {}", command.summary)).line();
    }
    lines = lines.code(format!("{} help", family.name)).plain(" – show this text");
    let mut blocks = vec![Block::text(lines), Block::note("Buttons and forms do the same as the commands.")];
    if !because.is_empty() {
        blocks.insert(0, Block::text(because));
    }
    let words: Vec<&str> = family.commands.iter().map(|command| command.word).collect();
    Message {
        text: format!("{because} What you can type after {}: {}", family.name, words.join(", ")),
        blocks,
    }
}
