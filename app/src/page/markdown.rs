//! Rules. Markdown from people and tools as HTML that is safe to show.
//!
//! Raw HTML is shown as text, images become links (a picture would tell a stranger who reads the page), and a link
//! leads only to the web or to an e-mail address.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html};

use crate::risk::mention_rules::{starts, word_at};

/// Longest text that is rendered; what follows is cut, so that a page stays small whatever was stored.
const LONGEST: usize = 200_000;

/// Renders Markdown to HTML that can stand in a page as it is.
pub fn render(text: &str) -> String {
    render_to(text, &[])
}

/// Renders Markdown that speaks to people: each word after an @, with the name that stands in its place in bold.
pub fn render_to(text: &str, people: &[(String, String)]) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = TextMergeStream::new(Parser::new_ext(cut(text), options).map(safe));
    let events = events.flat_map(|event| match event {
        Event::Text(text) if !people.is_empty() => bold_names(&text, people),
        event => vec![event],
    });
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    html::push_html(&mut out, events);
    out
}

/// One event of the document, with what could harm the reader taken out.
fn safe(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: allowed(dest_url), title, id })
        }
        Event::Start(Tag::Image { dest_url, title, id, .. }) => {
            Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url: allowed(dest_url), title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        other => other,
    }
}

/// A text, cut at the words that mean people.
fn bold_names<'a>(text: &str, people: &[(String, String)]) -> Vec<Event<'a>> {
    let plain = |text: &str| Event::Text(CowStr::from(text.to_owned()));
    let mut events = Vec::new();
    let (mut from, mut before) = (0, ' ');
    for (index, character) in text.char_indices() {
        if character == '@' && index >= from && starts(before) {
            let word = word_at(&text[index + 1..]);
            if let Some((_, name)) = people.iter().find(|(known, _)| known == word) {
                let bold =
                    [Event::Start(Tag::Strong), plain(&format!("@{name}")), Event::End(TagEnd::Strong)];
                events.push(plain(&text[from..index]));
                events.extend(bold);
                from = index + 1 + word.len();
            }
        }
        before = character;
    }
    events.push(plain(&text[from..]));
    events
}

/// The address when it leads to a place that a reader expects, else nowhere.
fn allowed(address: CowStr<'_>) -> CowStr<'_> {
    let lower = address.trim_start().to_ascii_lowercase();
    let leads_outside = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    let stays_here = lower.starts_with('/') && !lower.starts_with("//") && !lower.starts_with("/\\");
    if leads_outside || stays_here { address } else { CowStr::Borrowed("#") }
}

/// At most [`LONGEST`] bytes, ending between two characters.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_text_is_formatted() {
        assert_eq!(
            render("Fixed in **1.2**, see `main.rs`"),
            "<p>Fixed in <strong>1.2</strong>, see <code>main.rs</code></p>\n"
        );
    }

    #[test]
    fn html_is_shown_as_text() {
        assert_eq!(render("a <script>alert(1)</script>"), "<p>a &lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
        assert!(!render("<div onclick=x>\n\nhello</div>").contains("<div"));
    }

    #[test]
    fn links_lead_only_to_the_web_or_this_server() {
        for bad in
            ["[x](javascript:alert(1))", "[x](//evil.example)", "[x](DATA:text/html,1)", "[x](vbscript:1)"]
        {
            assert!(render(bad).contains("href=\"#\""), "{bad} gave {}", render(bad));
        }
        assert!(render("[x](https://example.com/a)").contains("href=\"https://example.com/a\""));
        assert!(render("[x](/risks/R-1)").contains("href=\"/risks/R-1\""));
    }

    #[test]
    fn a_picture_becomes_a_link() {
        let html = render("![shot](https://example.com/a.png)");
        assert!(
            html.contains("<a href=\"https://example.com/a.png\">shot</a>") && !html.contains("<img"),
            "{html}"
        );
    }

    #[test]
    fn names_stand_in_bold_and_stay_text() {
        let people = [("bo".to_owned(), "Bo <i>Li</i>".to_owned())];
        assert_eq!(
            render_to("Look, @bo, not @bob nor `@bo`", &people),
            "<p>Look, <strong>@Bo &lt;i&gt;Li&lt;/i&gt;</strong>, not @bob nor <code>@bo</code></p>\n"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_an_element_that_runs(text in ".{0,200}") {
            let html = render(&text).to_lowercase();
            prop_assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("href=\"javascript"));
        }
    }
}
