//! Rules. Why findings are one risk: the schemes of fingerprints in words, and which risks may be joined.

use std::collections::BTreeSet;

use abate_entity::level::Level;
use chrono::{DateTime, Utc};

/// What a scheme of fingerprints compares.
#[must_use]
pub fn compares(scheme: &str) -> &'static str {
    match scheme.split('/').next().unwrap_or_default() {
        "sca" => "the same package, whatever its version, with the same vulnerability",
        "sast" => "the same rule in the same file, with the same code or the tool's own stable mark",
        "secret" => "the same rule in the same file, with the same secret by its keyed hash",
        "config" => "the same check on the same target and resource",
        "licence" => "the same licence of the same package",
        "cloud" => "the same rule on the same resource, or on what replaced it",
        "dynamic" | "dast" => "the same test on the same address and parameter",
        "threat" | "workshop" => "the same threat of the same model",
        "silent" => "the same source and scope",
        _ => "the same fingerprint",
    }
}

/// What is compared of two risks before one is joined to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its key.
    pub key: String,
    /// The primary asset and the further ones.
    pub assets: BTreeSet<i64>,
    /// The primary asset.
    pub primary: i64,
    /// When it has to be gone, the end of time when there is no date.
    pub due_at: DateTime<Utc>,
    /// How bad it is.
    pub level: Level,
}

/// Why a risk may not be joined to another: joining must not move the problem elsewhere, or put it off.
#[must_use]
pub fn refuses(from: &Side, into: &Side) -> Option<String> {
    if !into.assets.contains(&from.primary) {
        return Some(format!(
            "{} is not on the asset of {}; one risk is about one problem on one asset.",
            into.key, from.key
        ));
    }
    if into.due_at > from.due_at {
        return Some(format!(
            "{} is due sooner than {}; join {} to {} instead, so that nothing is put off.",
            from.key, into.key, into.key, from.key
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(key: &str, assets: &[i64], due: i64) -> Side {
        Side {
            key: key.to_owned(),
            assets: assets.iter().copied().collect(),
            primary: assets[0],
            due_at: DateTime::from_timestamp(due, 0).unwrap(),
            level: Level::High,
        }
    }

    #[test]
    fn joining_never_moves_a_problem_to_another_asset_or_a_later_date() {
        assert_eq!(refuses(&side("R-2", &[1], 9), &side("R-1", &[1], 9)), None);
        assert_eq!(refuses(&side("R-2", &[2], 9), &side("R-1", &[1, 2], 5)), None);
        assert!(refuses(&side("R-2", &[2], 9), &side("R-1", &[1], 5)).unwrap().contains("asset"));
        assert!(refuses(&side("R-2", &[1], 5), &side("R-1", &[1], 9)).unwrap().contains("join R-1 to R-2"));
    }

    #[test]
    fn a_scheme_is_in_words_whatever_its_version() {
        assert_eq!(compares("sca/1"), compares("sca/2"));
        assert_eq!(compares("of/tomorrow"), "the same fingerprint");
    }
}
