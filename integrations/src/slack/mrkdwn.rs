//! Slack's text markup, built so that nobody's words can become markup.
//!
//! Text from people and scanners enters through [`Mrkdwn::plain`], [`Mrkdwn::bold`] and the like, which
//! escape the three characters that start a mention, a link or an entity. Only literals of the
//! program pass unescaped.

/// What stands in for a text that would be empty, which Slack refuses.
const NOTHING: &str = "-";
const ELLIPSIS: char = '…';

/// A piece of marked-up text, kept in parts so that it can be cut without tearing a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mrkdwn {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// May be cut at any escaped character.
    Words(String),
    /// Kept whole or left out.
    Whole(String),
}

impl Mrkdwn {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a literal of the program, which may carry markup.
    pub fn literal(mut self, text: &'static str) -> Self {
        self.parts.push(Part::Whole(text.to_owned()));
        self
    }

    /// Adds anybody's words.
    pub fn plain(mut self, text: impl AsRef<str>) -> Self {
        self.parts.push(Part::Words(text.as_ref().to_owned()));
        self
    }

    /// Adds anybody's words in bold.
    pub fn bold(self, text: impl AsRef<str>) -> Self {
        self.wrapped('*', text.as_ref())
    }

    /// Adds anybody's words as code.
    pub fn code(self, text: impl AsRef<str>) -> Self {
        self.wrapped('`', text.as_ref())
    }

    /// Adds a link. The label is anybody's words; an address with characters of markup is not linked.
    pub fn link(mut self, address: &str, label: impl AsRef<str>) -> Self {
        let label = one_line(label.as_ref());
        let linkable = address.starts_with("http://") || address.starts_with("https://");
        if linkable && !address.contains(['<', '>', '|', ' ', '\n']) {
            let label = escape(&label).replace('|', "¦");
            self.parts.push(Part::Whole(format!("<{}|{label}>", escape(address))));
            self
        } else {
            self.plain(label)
        }
    }

    /// Adds a mention of a person by Slack id; anything that is not an id stays plain text.
    pub fn mention(mut self, user: &str) -> Self {
        if !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            self.parts.push(Part::Whole(format!("<@{user}>")));
            self
        } else {
            self.plain(user)
        }
    }

    /// Starts a new line.
    pub fn line(self) -> Self {
        self.literal("\n")
    }

    /// Adds all of another text.
    pub fn then(mut self, other: Mrkdwn) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The text in at most `limit` characters, never empty.
    pub fn render(&self, limit: usize) -> String {
        let room = limit.saturating_sub(1);
        let mut text = String::new();
        let mut length = 0;
        for (index, part) in self.parts.iter().enumerate() {
            let last = index + 1 == self.parts.len();
            let rendered = match part {
                Part::Words(words) => escape(words),
                Part::Whole(whole) => whole.clone(),
            };
            let size = units(&rendered);
            if length + size <= if last { limit } else { room } {
                text.push_str(&rendered);
                length += size;
                continue;
            }
            if let Part::Words(words) = part {
                text.push_str(&escaped_up_to(words, room - length));
            }
            text.push(ELLIPSIS);
            break;
        }
        if text.trim().is_empty() { NOTHING.to_owned() } else { text }
    }

    fn wrapped(mut self, mark: char, text: &str) -> Self {
        let inner = one_line(text).replace(mark, "'");
        if inner.trim().is_empty() {
            return self;
        }
        self.parts.push(Part::Whole(format!("{mark}{}{mark}", escape(&inner))));
        self
    }
}

impl From<&str> for Mrkdwn {
    fn from(text: &str) -> Self {
        Self::new().plain(text)
    }
}

/// Escapes the characters that Slack reads as markup of entities.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Plain text (labels, headers) in at most `limit` characters, on one line, never empty.
pub fn cut_plain(text: &str, limit: usize) -> String {
    let text = one_line(text);
    let text = text.trim();
    if text.is_empty() {
        return NOTHING.to_owned();
    }
    if units(text) <= limit {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut length = 0;
    for character in text.chars() {
        length += character.len_utf16();
        if length >= limit {
            break;
        }
        cut.push(character);
    }
    cut.push(ELLIPSIS);
    cut
}

/// The length as Slack may count it: UTF-16 units are never fewer than characters.
pub(crate) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn escaped_up_to(words: &str, room: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    for character in words.chars() {
        let piece = escape(character.encode_utf8(&mut [0; 4]));
        length += units(&piece);
        if length > room {
            break;
        }
        text.push_str(&piece);
    }
    text
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nobody_can_shout_at_a_channel() {
        let text = Mrkdwn::new()
            .plain("<!channel> <@U1>")
            .bold("<!here>")
            .code("<!everyone>")
            .link("https://a.example/?x=1&y=<!channel>", "<!channel>|x")
            .link("javascript:alert(1)", "<!here>")
            .mention("<!channel>")
            .render(3000);
        assert!(!text.contains("<!"), "{text}");
        assert!(!text.contains("<@"), "{text}");
    }

    #[test]
    fn links_and_mentions_survive_whole_or_not_at_all() {
        let text = Mrkdwn::new().plain("see ").link("https://a.example/r/12?a=1&b=2", "R-12").plain(" by ");
        assert_eq!(
            text.clone().mention("U0ANA").render(3000),
            "see <https://a.example/r/12?a=1&amp;b=2|R-12> by <@U0ANA>"
        );
        assert_eq!(text.render(20), "see …");
    }

    #[test]
    fn empty_text_is_replaced() {
        assert_eq!(Mrkdwn::new().plain("  \n").bold("").render(10), "-");
        assert_eq!(cut_plain("\n", 10), "-");
    }

    proptest! {
        #[test]
        fn any_text_fits_and_carries_no_markup(words in "[a&<>!|*`@ \u{1F600}\n]{0,60}", limit in 1usize..80) {
            let text = Mrkdwn::new().plain(&words).bold(&words).plain(&words).render(limit);
            prop_assert!(units(&text) <= limit.max(1), "{}", text);
            prop_assert!(!text.contains(['<', '>']));
            // Each ampersand starts a whole entity: nothing was torn.
            for (place, _) in text.match_indices('&') {
                let rest = &text[place..];
                prop_assert!(["&amp;", "&lt;", "&gt;"].iter().any(|entity| rest.starts_with(entity)), "{}", text);
            }
            prop_assert!(units(&cut_plain(&words, limit)) <= limit.max(1));
        }
    }
}
