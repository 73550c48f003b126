//! Rules. Who a comment speaks to: words that begin with @, as an address or a part of a name.

/// Most people that one comment speaks to.
pub const MOST: usize = 20;

/// The words after each @ that begins a word, without repeats; what stands in code is left alone.
#[must_use]
pub fn words(body: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut in_code = false;
    let mut before = ' ';
    for (index, character) in body.char_indices() {
        if character == '`' {
            in_code = !in_code;
        }
        if character == '@' && !in_code && starts(before) {
            let word = word_at(&body[index + 1..]);
            if !word.is_empty() && !found.contains(&word) && found.len() < MOST {
                found.push(word);
            }
        }
        before = character;
    }
    found
}

/// Whether a mention can begin after this character: not within an address, a path or a word.
pub fn starts(before: char) -> bool {
    before.is_whitespace() || matches!(before, '(' | '[' | ',' | ';' | ':' | '*' | '"' | '>')
}

/// The word that a text begins with, without the punctuation that ends a sentence.
#[must_use]
pub fn word_at(text: &str) -> &str {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@');
    let end = text.find(|c: char| !part(c)).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '_', '-', '+', '@'])
}

/// Whether a word means this person: their whole address, the part before its @, or a word of their name.
#[must_use]
pub fn means(word: &str, email: &str, name: &str) -> bool {
    let same = |other: &str| other.to_lowercase() == word.to_lowercase();
    if word.contains('@') {
        return same(email);
    }
    let local = email.split('@').next().unwrap_or_default();
    same(local)
        || name.split_whitespace().any(same)
        || same(&name.split_whitespace().collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_after_an_at_sign_are_found() {
        assert_eq!(words("@ana, look: (@bo.li) and @ana again."), ["ana", "bo.li"]);
        assert_eq!(words("Ask @ana@example.org."), ["ana@example.org"]);
        assert!(words("mail ana@example.org, run `@decorator`, npm i @ or a/@scope").is_empty());
    }

    #[test]
    fn a_word_means_who_bears_it() {
        assert!(means("ANA", "ana@example.org", "Ana Lima") && means("lima", "x@example.org", "Ana Lima"));
        assert!(means("ana.lima", "x@example.org", "Ana Lima") && means("a@b.org", "A@b.org", "x"));
        assert!(
            !means("an", "ana@example.org", "Ana Lima")
                && !means("ana@example.com", "ana@example.org", "Ana")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,200}") {
            for word in words(&text) {
                let mention = format!("@{word}");
                prop_assert!(!word.is_empty() && text.contains(&mention));
            }
        }
    }
}
