//! Rules. Records that a report lists more than once, of which the first stands for all.

use std::collections::HashSet;

use super::fingerprint;

/// What has been seen of one report, as short digests.
#[derive(Default)]
pub(crate) struct Repeats(HashSet<[u8; 16]>);

impl Repeats {
    /// Whether nothing with these parts was seen before.
    pub(crate) fn is_first(&mut self, parts: &[&str]) -> bool {
        self.0.insert(fingerprint::own("repeats", &parts.join("\u{1f}")).hash)
    }
}
