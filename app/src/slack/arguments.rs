//! Rules. What people type after a command: a key, `name=value` pairs, links, words.

use std::str::FromStr;

use crate::risk::key::RiskKey;

/// One thing that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// `name=value`, where the value may stand in quotes.
    Pair(String, String),
    /// A web address.
    Link(String),
    /// A person, by Slack's id.
    Mention(String),
    /// Anything else.
    Word(String),
}

/// Splits what was typed.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    // Phones turn quotes into typographic ones.
    let text = text.replace(['“', '”', '„'], "\"");
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (piece, after) = piece(rest);
        tokens.push(token(&piece));
        rest = after.trim_start();
    }
    tokens
}

/// What was typed, as it was meant to be read: without the markup that Slack adds on the way.
pub(crate) fn readable(text: &str) -> String {
    let words = tokens(text).into_iter().map(|token| match token {
        Token::Pair(name, value) => format!("{name}={value}"),
        Token::Mention(user) => format!("@{user}"),
        Token::Link(word) | Token::Word(word) => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The key that a text begins with, and the text after it.
pub(crate) fn key_first(text: &str) -> Option<(RiskKey, &str)> {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    RiskKey::from_str(first).ok().map(|key| (key, rest.trim()))
}

/// One piece up to the next space outside quotes and angle brackets.
fn piece(text: &str) -> (String, &str) {
    let mut piece = String::new();
    let mut quoted = false;
    let mut bracketed = false;
    for (place, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        if character.is_whitespace() && !quoted && !bracketed {
            return (piece, &text[place..]);
        }
        piece.push(character);
    }
    (piece, "")
}

fn token(piece: &str) -> Token {
    if let Some((name, value)) = piece.split_once('=')
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    {
        return Token::Pair(name.to_owned(), bare(value));
    }
    if let Some(inner) = piece.strip_prefix('<').and_then(|piece| piece.strip_suffix('>')) {
        let (target, label) = inner.split_once('|').unwrap_or((inner, inner));
        if let Some(user) = target.strip_prefix('@') {
            return Token::Mention(user.to_owned());
        }
        return if is_link(target) { Token::Link(unescape(target)) } else { Token::Word(unescape(label)) };
    }
    if is_link(piece) { Token::Link(unescape(piece)) } else { Token::Word(unescape(piece)) }
}

/// A value without its quotes and without the markup that Slack puts around addresses.
fn bare(value: &str) -> String {
    let value = value.trim_matches('"');
    match value.strip_prefix('<').and_then(|value| value.strip_suffix('>')) {
        Some(inner) => match inner.split_once('|') {
            Some((target, label)) if target.starts_with("mailto:") => unescape(label),
            Some((target, _)) => unescape(target),
            None => unescape(inner),
        },
        None => unescape(value),
    }
}

fn is_link(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Slack sends these three characters as entities.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_of_word_is_told_apart() {
        let typed = "owner=<mailto:ana@example.com|ana@example.com> reason=“two words” <https://a.example/?x=1&amp;y=2> \
                     <@U0ANA|ana> a&lt;b <#C1|risks> https://b.example x=";
        assert_eq!(
            tokens(typed),
            [
                Token::Pair("owner".into(), "ana@example.com".into()),
                Token::Pair("reason".into(), "two words".into()),
                Token::Link("https://a.example/?x=1&y=2".into()),
                Token::Mention("U0ANA".into()),
                Token::Word("a<b".into()),
                Token::Word("risks".into()),
                Token::Link("https://b.example".into()),
                Token::Pair("x".into(), String::new()),
            ]
        );
    }

    #[test]
    fn a_key_comes_first() {
        assert_eq!(key_first(" r-12  fixed now "), Some((RiskKey(12), "fixed now")));
        assert_eq!(key_first("R-12"), Some((RiskKey(12), "")));
        assert_eq!(key_first("fixed R-12"), None);
        assert_eq!(key_first(""), None);
    }

    proptest! {
        #[test]
        fn any_text_is_split(text in ".{0,80}", markup in "[<>@|\"= a]{0,40}") {
            tokens(&text);
            tokens(&markup);
        }
    }
}
