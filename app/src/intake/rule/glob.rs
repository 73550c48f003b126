//! Rules. Patterns for paths and names: `*` stands for anything within a segment, `**` also across `/`, `?` for one
//! character.

/// Whether `text` fits `pattern` as a whole.
#[must_use]
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    // For each place in the text: whether the pattern read so far can end there. Bounded work whatever the pattern.
    let text: Vec<char> = text.chars().collect();
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    let mut index = 0;
    while index < pattern.len() {
        let across = pattern[index] == '*' && pattern.get(index + 1) == Some(&'*');
        match pattern[index] {
            '*' => {
                for place in 0..text.len() {
                    ends[place + 1] |= ends[place] && (across || text[place] != '/');
                }
                index += if across { 2 } else { 1 };
                // `**/` also stands for no folder at all.
                if across && pattern.get(index) == Some(&'/') {
                    let mut after = vec![false; text.len() + 1];
                    for place in 0..=text.len() {
                        after[place] = ends[place] && (place == 0 || text[place - 1] == '/');
                    }
                    ends = after;
                    index += 1;
                }
            }
            wanted => {
                for place in (0..text.len()).rev() {
                    let same = if wanted == '?' { text[place] != '/' } else { text[place] == wanted };
                    ends[place + 1] = ends[place] && same;
                }
                ends[0] = false;
                index += 1;
            }
        }
    }
    ends[text.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stop_at_folders_and_two_of_them_do_not() {
        for (pattern, text, expected) in [
            ("src/*.rs", "src/main.rs", true),
            ("src/*.rs", "src/deep/main.rs", false),
            ("src/**/*.rs", "src/deep/er/main.rs", true),
            ("src/**/*.rs", "src/main.rs", true),
            ("**/test/**", "app/test/a.js", true),
            ("**/test/**", "test/a.js", true),
            ("**/test/**", "app/latest/a.js", false),
            ("**", "", true),
            ("*", "a/b", false),
            ("lib?", "lib1", true),
            ("lib?", "lib", false),
            ("CVE-2026-*", "CVE-2026-1001", true),
            ("", "a", false),
            ("", "", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_fits_itself_and_two_stars(text in "[a-z/.]{0,40}") {
            prop_assert!(fits(&text, &text));
            prop_assert!(fits("**", &text));
            let around = format!("**{text}**");
            prop_assert!(fits(&around, &text) || text.starts_with('/'));
        }
    }
}
