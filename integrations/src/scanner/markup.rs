//! Rules. Plain text out of the HTML that some tools write into their descriptions.

/// The text without tags and with its references resolved. A text without tags stays as it is.
pub(crate) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        match tag(rest) {
            Some((name, length)) => {
                if BREAKS.iter().any(|known| name.eq_ignore_ascii_case(known)) && !text.ends_with('\n') {
                    text.push('\n');
                }
                rest = &rest[length..];
            }
            None => {
                text.push('<');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    let mut resolved = text;
    for (reference, character) in REFERENCES {
        if resolved.contains('&') {
            resolved = resolved.replace(reference, character);
        }
    }
    resolved.trim().to_owned()
}

/// Tags that end a line.
const BREAKS: &[&str] = &["br", "p", "div", "li", "ul", "ol", "tr", "table", "pre", "h1", "h2", "h3", "h4"];

/// The references that tools use; the last one must stay last, or it would make new ones.
const REFERENCES: &[(&str, &str)] = &[
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
];

/// Name and length of the tag that a text begins with; none where the sign is a plain "less than".
fn tag(text: &str) -> Option<(&str, usize)> {
    let inner = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    let length = inner.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let name = &inner[..length];
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    let after = inner[length..].chars().next()?;
    if !matches!(after, '>' | '/' | ' ' | '\t' | '\n' | '\r') {
        return None;
    }
    // A tag is short; whatever goes on and on is text.
    let end = text.bytes().take(2_000).position(|byte| byte == b'>')?;
    Some((name, end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_go_and_text_stays() {
        assert_eq!(plain("<p>One <b>bold</b></p><p>Two &amp;lt; three</p>"), "One bold\nTwo &lt; three");
        assert_eq!(plain("a < b and c > d"), "a < b and c > d");
        assert_eq!(plain("Vec<u8>"), "Vec<u8>".replace("<u8>", ""));
        assert_eq!(plain("x<br/>y<br>z"), "x\ny\nz");
        assert_eq!(plain("cut <b"), "cut <b");
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer(text in "[<>/a-z &;ü]{0,60}") {
            prop_assert!(plain(&text).len() <= text.len() + text.matches('<').count());
        }
    }
}
