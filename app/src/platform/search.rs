//! Rules. The words of a text, the same for both databases: lower case, split at everything that is neither letter
//! nor digit; names such as CVE-2026-1, R-12, pkg:npm/qs@6.5.2 or T1110.004 are kept whole besides.

use std::collections::BTreeSet;

/// Longest word that is kept, in bytes.
const LONGEST: usize = 100;

/// The words to keep for a text, each once.
pub fn words(text: &str, into: &mut BTreeSet<String>) {
    for part in text.split_whitespace() {
        let part = part.to_lowercase();
        let whole = part.trim_matches(|character: char| !character.is_alphanumeric());
        let pieces: Vec<&str> =
            whole.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).collect();
        if pieces.len() > 1 {
            keep(whole, into);
        }
        for piece in pieces {
            keep(piece, into);
        }
    }
}

/// The words that a search asks for, in its order: names whole, everything else split. At most eight.
#[must_use]
pub fn asked(query: &str) -> Vec<String> {
    let mut asked = Vec::new();
    for part in query.split_whitespace() {
        let part = part.to_lowercase();
        let whole = part.trim_matches(|character: char| !character.is_alphanumeric());
        if !whole.is_empty() && whole.len() <= LONGEST && !whole.contains(['\'', '"', '\\', '\0']) {
            asked.push(whole.to_owned());
        } else {
            let pieces = whole.split(|c: char| !c.is_alphanumeric());
            asked.extend(
                pieces.filter(|piece| !piece.is_empty() && piece.len() <= LONGEST).map(str::to_owned),
            );
        }
    }
    asked.truncate(8);
    asked
}

fn keep(word: &str, into: &mut BTreeSet<String>) {
    // Quotes would have to be escaped in both databases' languages; the pieces beside them are kept.
    if word.len() <= LONGEST && !word.contains(['\'', '"', '\\', '\0']) {
        into.insert(word.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Vec<String> {
        let mut found = BTreeSet::new();
        words(text, &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn names_are_found_whole_and_in_pieces() {
        assert_eq!(of("Fix CVE-2026-1234!"), ["1234", "2026", "cve", "cve-2026-1234", "fix"]);
        assert_eq!(of("(pkg:npm/qs@6.5.2)"), ["2", "5", "6", "npm", "pkg", "pkg:npm/qs@6.5.2", "qs"]);
        assert_eq!(of("Größe straße"), ["größe", "straße"]);
        assert_eq!(of("don't"), ["don", "t"]);
    }

    #[test]
    fn what_is_asked_is_what_was_kept() {
        assert_eq!(asked("cve-2026-1234 Fix"), ["cve-2026-1234", "fix"]);
        assert_eq!(asked("don't"), ["don", "t"]);
        assert!(asked("  -- ").is_empty());
    }

    proptest! {
        #[test]
        fn every_word_of_a_text_finds_it(text in "\\PC{0,80}") {
            let kept = of(&text);
            for word in asked(&text) {
                prop_assert!(kept.contains(&word), "{word:?} of {text:?}");
            }
        }
    }
}
