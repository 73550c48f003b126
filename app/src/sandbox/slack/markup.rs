//! Rules. Slack's text markup as spans that a page can show.

/// A stretch of text with one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) look: Look,
    pub(super) text: String,
    /// Where a link leads; empty for anything else.
    pub(super) address: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Bold,
    Italic,
    Code,
    Link,
    Mention,
    /// A call to everybody: shown loudly, for no program should utter one unasked.
    Broadcast,
    Line,
}

/// Reads markup; `name_of` gives the name of a person by id.
pub(super) fn spans(text: &str, name_of: impl Fn(&str) -> Option<String>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '\n' {
            spans.push(Span::new(Look::Line, String::new()));
            rest = &rest[1..];
        } else if first == '<'
            && let Some(end) = rest.find('>')
        {
            spans.push(reference(&rest[1..end], &name_of));
            rest = &rest[end + 1..];
        } else if let Some((look, end)) = wrapped(rest, first) {
            spans.push(Span::new(look, unescape(&rest[1..end])));
            rest = &rest[end + 1..];
        } else {
            let skip = first.len_utf8();
            let end = rest[skip..].find(['\n', '<', '*', '_', '`']).map_or(rest.len(), |end| end + skip);
            let words = unescape(&rest[..end]);
            match spans.last_mut() {
                Some(last) if last.look == Look::Plain => last.text.push_str(&words),
                _ => spans.push(Span::new(Look::Plain, words)),
            }
            rest = &rest[end..];
        }
    }
    spans
}

impl Span {
    pub(super) fn new(look: Look, text: String) -> Self {
        Self { look, text, address: String::new() }
    }
}

fn reference(inner: &str, name_of: &impl Fn(&str) -> Option<String>) -> Span {
    if let Some(person) = inner.strip_prefix('@') {
        let name = name_of(person).unwrap_or_else(|| person.to_owned());
        return Span::new(Look::Mention, format!("@{name}"));
    }
    if let Some(call) = inner.strip_prefix('!') {
        return Span::new(Look::Broadcast, format!("@{call}"));
    }
    let (address, label) = inner.split_once('|').unwrap_or((inner, inner));
    if !address.starts_with("http://") && !address.starts_with("https://") {
        return Span::new(Look::Plain, unescape(label));
    }
    Span { look: Look::Link, text: unescape(label), address: unescape(address) }
}

/// The end of `*bold*`, `_italic_` or `` `code` `` that starts here, if one does.
fn wrapped(rest: &str, first: char) -> Option<(Look, usize)> {
    let look = match first {
        '*' => Look::Bold,
        '_' => Look::Italic,
        '`' => Look::Code,
        _ => return None,
    };
    let end = rest[1..].find([first, '\n', '<'])? + 1;
    let closes = rest[end..].starts_with(first) && end > 1;
    let after = rest[end + 1..].chars().next();
    (closes && after.is_none_or(|next| !next.is_alphanumeric())).then_some((look, end))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn looks(text: &str) -> Vec<(Look, String)> {
        spans(text, |id| (id == "U1").then(|| "Ana".to_owned()))
            .into_iter()
            .map(|span| (span.look, span.text))
            .collect()
    }

    #[test]
    fn each_look_is_read() {
        let read = looks("*R-1* &lt;b&gt; `x_y` <https://a.example|see>\n<@U1> <!channel>");
        let words = |text: &str| (Look::Plain, text.to_owned());
        assert_eq!(
            read,
            [
                (Look::Bold, "R-1".to_owned()),
                words(" <b> "),
                (Look::Code, "x_y".to_owned()),
                words(" "),
                (Look::Link, "see".to_owned()),
                (Look::Line, String::new()),
                (Look::Mention, "@Ana".to_owned()),
                words(" "),
                (Look::Broadcast, "@channel".to_owned()),
            ]
        );
    }

    #[test]
    fn a_script_is_no_link() {
        assert_eq!(looks("<javascript:alert(1)|x>"), [(Look::Plain, "x".to_owned())]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,80}", markup in "[*_`<>|&!@a\n]{0,40}") {
            let _ = looks(&text);
            let _ = looks(&markup);
        }
    }
}
