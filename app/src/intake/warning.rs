//! What of a report is left out although its records are taken: counted, and told with the import.

use std::collections::BTreeSet;

use abate_integrations::feed::attack;
use serde::{Deserialize, Serialize};

/// Different words that a warning names.
const NAMED: usize = 10;
/// Longest word that it names, in characters.
const LONGEST: usize = 40;

/// Something that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Warning {
    /// unknown_techniques.
    pub kind: String,
    /// How often.
    pub count: u64,
    /// What, and why.
    pub detail: String,
}

/// What was left out of a report so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Warnings {
    techniques: u64,
    named: BTreeSet<String>,
}

impl Warnings {
    /// Counts the ids that no version of ATT&CK has.
    pub(super) fn unknown_techniques(&mut self, ids: &[String]) {
        for id in ids.iter().filter(|id| attack::current_id(id).is_none()) {
            self.techniques += 1;
            if self.named.len() < NAMED {
                self.named.insert(id.chars().take(LONGEST).collect());
            }
        }
    }

    /// All of them, as an import keeps them.
    pub(super) fn list(&self) -> Vec<Warning> {
        if self.techniques == 0 {
            return Vec::new();
        }
        let named: Vec<&str> = self.named.iter().map(String::as_str).collect();
        let detail = format!(
            "No version of ATT&CK has these techniques, so they were left out of their findings: {}{}.",
            named.join(", "),
            if self.named.len() == NAMED { " and perhaps more" } else { "" },
        );
        vec![Warning { kind: "unknown_techniques".to_owned(), count: self.techniques, detail }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unknown_id_counts_and_few_are_named() {
        let mut warnings = Warnings::default();
        assert_eq!(warnings.list(), []);
        warnings.unknown_techniques(&["T1078".to_owned()]);
        assert_eq!(warnings.list(), []);
        for number in 0..30 {
            warnings.unknown_techniques(&[format!("T99{number:02}"), "brute force".to_owned()]);
        }
        let list = warnings.list();
        assert_eq!((list.len(), list[0].count), (1, 60));
        assert!(list[0].detail.contains("T9900") && !list[0].detail.contains("T9920"), "{list:?}");
    }
}
