//! Rules. Whether the risks that a workshop has are those that it says it found.

use std::collections::BTreeMap;

use abate_entity::level::Level;

/// Risks by level.
pub type Summary = BTreeMap<String, u32>;

/// Counts levels.
#[must_use]
pub fn count(levels: impl IntoIterator<Item = Level>) -> Summary {
    let mut summary = Summary::new();
    for level in levels {
        *summary.entry(level.as_str().to_owned()).or_default() += 1;
    }
    summary
}

/// Where the two differ, in words; nothing when they agree, or when nothing was stated.
#[must_use]
pub fn difference(stated: &Summary, counted: &Summary) -> Option<String> {
    if stated.is_empty() {
        return None;
    }
    let number = |summary: &Summary, level: Level| summary.get(level.as_str()).copied().unwrap_or(0);
    let differences: Vec<String> = Level::ALL
        .iter()
        .copied()
        .filter(|level| number(stated, *level) != number(counted, *level))
        .map(|level| format!("{level}: {} stated, {} counted", number(stated, level), number(counted, level)))
        .collect();
    (!differences.is_empty()).then(|| differences.join("; "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn differences_are_named_by_level() {
        let counted = count([Level::High, Level::High, Level::Medium]);
        let stated = Summary::from([("high".to_owned(), 2), ("medium".to_owned(), 1)]);
        assert_eq!(difference(&stated, &counted), None);
        let wrong = Summary::from([("high".to_owned(), 3), ("low".to_owned(), 0)]);
        assert_eq!(
            difference(&wrong, &counted).unwrap(),
            "medium: 0 stated, 1 counted; high: 3 stated, 2 counted"
        );
        assert_eq!(difference(&Summary::new(), &counted), None);
    }

    proptest! {
        #[test]
        fn what_is_counted_agrees_with_itself(levels in proptest::collection::vec(0..5_usize, 0..30)) {
            let counted = count(levels.into_iter().map(|index| Level::ALL[index]));
            prop_assert_eq!(difference(&counted, &counted), None);
        }
    }
}
