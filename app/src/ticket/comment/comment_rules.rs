//! Rules. How comments read on the other side, and which of them are ours.

use abate_entity::text_enum;

text_enum! {
    /// Where a comment goes.
    pub(crate) enum Direction ("direction") {
        /// To JIRA.
        Out = "out",
        /// From there.
        In = "in",
    }
}

text_enum! {
    /// How far a comment is.
    pub(crate) enum CommentState ("state of a comment") {
        /// To be written.
        Wanted = "wanted",
        /// A try may have reached JIRA.
        Trying = "trying",
        /// It is there.
        Done = "done",
        /// It does not go there.
        Refused = "refused",
    }
}

/// Longest comment on a risk, in characters.
const LONGEST: usize = 20_000;

/// How the key of a remark begins that is written in the same call as what it is about.
const RIDING: &str = "with:";

/// The key of a remark that is written in the same call as what it is about.
#[must_use]
pub(crate) fn riding(about: &str) -> String {
    format!("{RIDING}{about}")
}

/// Whether a remark goes with another call or not at all.
#[must_use]
pub(crate) fn is_riding(key: Option<&str>) -> bool {
    key.is_some_and(|key| key.starts_with(RIDING))
}

/// A comment of the risk as JIRA gets it.
#[must_use]
pub(crate) fn outward(author: &str, risk: &str, body: &str) -> String {
    format!("{author} on {risk}:\n\n{body}")
}

/// A comment from JIRA as the risk gets it. Without a known author the text names one.
#[must_use]
pub(crate) fn inward(text: &str, author: Option<&str>, issue: &str) -> String {
    let text = if text.trim().is_empty() { "(a comment without text)" } else { text.trim() };
    let text = match author {
        Some(name) => format!("{} on {issue} in JIRA:\n\n{text}", name.trim()),
        None => text.to_owned(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// Whether two texts say the same whatever JIRA made of their lines and marks.
#[must_use]
pub(crate) fn says_the_same(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    letters(one) == letters(other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_unknown_author_is_named_in_the_text() {
        assert_eq!(inward(" Fixed. ", Some("Dana"), "SEC-1"), "Dana on SEC-1 in JIRA:\n\nFixed.");
        assert_eq!(inward("Fixed.", None, "SEC-1"), "Fixed.");
        assert_eq!(inward("", None, "SEC-1"), "(a comment without text)");
        assert!(is_riding(Some(&riding("state:3"))) && !is_riding(Some("state:3")) && !is_riding(None));
    }

    #[test]
    fn lines_and_marks_do_not_count() {
        assert!(says_the_same("R-1 is closed.\n\nSo *this* was moved", "R-1 is closed. So this was moved"));
        assert!(!says_the_same("R-1 is closed", "R-2 is closed"));
    }

    proptest! {
        #[test]
        fn whatever_comes_in_fits(text in ".{0,40}", name in ".{0,20}", times in 0..2_000_usize) {
            let long = text.repeat(times);
            let comment = inward(&long, Some(&name), "SEC-1");
            prop_assert!(comment.chars().count() <= LONGEST && !comment.trim().is_empty());
        }
    }
}
