//! Rules. Masking: a secret that a tool found never travels further than its parser.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The caller's key for hashes of secret values, so that nobody can guess a value from its hash.
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Takes the 32 bytes that the caller keeps secret.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Keyed hash of a value.
    pub(crate) fn hash(&self, value: &str) -> [u8; 16] {
        // HMAC takes a key of any length, so the error cannot occur; a hash of nothing would only lose a match.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return [0; 16];
        };
        mac.update(value.as_bytes());
        let mut hash = [0; 16];
        hash.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        hash
    }

    /// What may be shown of a value: its first four characters, its length, and a tag to tell values apart.
    pub(crate) fn mask(&self, value: &str) -> String {
        let value = value.trim();
        let length = value.chars().count();
        let shown: String = if length >= 12 { value.chars().take(4).collect() } else { String::new() };
        format!("{shown}… ({length} characters, #{})", hex::encode(&self.hash(value)[..4]))
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}

/// Whether the tool has already replaced the value by stars.
pub(crate) fn is_masked(text: &str) -> bool {
    text.contains("***") || text.contains("REDACTED")
}

/// Removes every known value from a text, and whatever stands in quotes where a credential is being described.
pub(crate) fn scrub(text: &str, value: &str) -> String {
    let text = if value.trim().len() >= 4 { text.replace(value.trim(), "[masked]") } else { text.to_owned() };
    mask_quoted(&text)
}

/// Replaces what stands between two equal quotes; an open quote masks the rest of its line.
fn mask_quoted(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        let opens = matches!(character, '"' | '`') || (character == '\'' && !before.is_alphanumeric());
        masked.push(character);
        before = character;
        if !opens {
            continue;
        }
        masked.push('…');
        for inner in characters.by_ref() {
            if inner == character || inner == '\n' {
                masked.push(inner);
                before = inner;
                break;
            }
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mask_tells_values_apart_without_giving_them_away() {
        let key = SecretKey::new([7; 32]);
        let one = key.mask("hunter2-hunter2-hunter2");
        assert!(one.starts_with("hunt… (23 characters, #"), "{one}");
        assert_ne!(one, key.mask("hunter2-hunter2-hunter3"));
        assert_ne!(one, SecretKey::new([8; 32]).mask("hunter2-hunter2-hunter2"));
        assert!(!key.mask("short").contains("shor"));
    }

    #[test]
    fn quoted_values_are_masked_and_apostrophes_are_not_quotes() {
        assert_eq!(scrub("Possible hardcoded password: 'tr0ub4dor'", ""), "Possible hardcoded password: '…'");
        assert_eq!(scrub("It's in user's file", ""), "It's in user's file");
        assert_eq!(scrub("key = \"abc", ""), "key = \"…");
        assert_eq!(scrub("found abcdef here", "abcdef"), "found [masked] here");
    }

    proptest! {
        #[test]
        fn a_known_value_never_survives(before in "[a-z '\"]{0,20}", value in "[A-Z0-9]{6,30}", after in "[a-z '\"]{0,20}") {
            let text = format!("{before}{value}{after}");
            prop_assert!(!scrub(&text, &value).contains(&value));
        }
    }
}
