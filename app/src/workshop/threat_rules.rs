//! Rules. What a later state of a model changes in a risk: only what the model itself says otherwise than before, so
//! that whatever people wrote since stays.

use abate_integrations::feed::attack;
use abate_integrations::workshop::{Position, WorkshopRisk};

/// What is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) mitigation: Option<String>,
    pub(super) inherent: Option<Position>,
    pub(super) target: Option<Position>,
    /// STRIDE, techniques, or what the model says about its status.
    pub(super) tags: bool,
}

impl Difference {
    /// Whether nothing of it is.
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What the model says now and did not say before.
pub(super) fn difference(before: &WorkshopRisk, now: &WorkshopRisk) -> Difference {
    let text = |before: &String, now: &String| (before != now).then(|| now.clone());
    let rated = (now.inherent != before.inherent || before.needs_rating) && !now.needs_rating;
    Difference {
        title: text(&before.title, &now.title),
        description: text(&before.description, &now.description),
        mitigation: text(&before.mitigation, &now.mitigation),
        inherent: rated.then_some(now.inherent),
        target: now.target.filter(|target| before.target != Some(*target)),
        tags: tags(before) != tags(now),
    }
}

/// The tag of a risk that has only a level from its model.
pub(super) const NEEDS: (&str, &str) = ("needs", "rating");
/// The kind of the tag that says how the model says that the risk stands.
pub(super) const PROPOSED: &str = "proposed";
/// Kinds of tags that a model writes.
pub(super) const TAG_KINDS: &[&str] = &["stride", "technique", "cwe", "category", "needs", "proposed"];

/// The words by which a risk of a model is found.
pub(super) fn tags(found: &WorkshopRisk) -> Vec<(&'static str, String)> {
    let stride = found.stride.iter().map(|category| ("stride", category.clone()));
    // Under the id of today, so that a model of an older version is found with the others.
    let techniques = found.attack.iter().filter_map(|technique| attack::current_id(&technique.id));
    let techniques = techniques.map(|id| ("technique", id));
    let weaknesses = found.cwes.iter().map(|cwe| ("cwe", cwe.clone()));
    let categories = found.categories.iter().map(|category| ("category", category.clone()));
    let needs = found.needs_rating.then(|| (NEEDS.0, NEEDS.1.to_owned()));
    let status = Some(found.status.clone()).filter(|status| !matches!(status.as_str(), "" | "open"));
    let mut tags: Vec<_> = stride
        .chain(techniques)
        .chain(weaknesses)
        .chain(categories)
        .chain(needs)
        .chain(status.map(|status| (PROPOSED, status)))
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn risk(title: &str, likelihood: u8, needs_rating: bool, status: &str) -> WorkshopRisk {
        WorkshopRisk {
            id: "T-1".to_owned(),
            title: title.to_owned(),
            inherent: Position { likelihood, impact: 3 },
            needs_rating,
            status: status.to_owned(),
            ..WorkshopRisk::default()
        }
    }

    #[test]
    fn a_level_alone_never_replaces_a_rating() {
        assert_eq!(difference(&risk("a", 3, false, ""), &risk("a", 4, true, "")).inherent, None);
        let rated = difference(&risk("a", 3, true, ""), &risk("a", 3, false, ""));
        assert_eq!(rated.inherent, Some(Position { likelihood: 3, impact: 3 }));
    }

    proptest! {
        #[test]
        fn the_same_model_again_changes_nothing(title in "[a-c]{1,3}", likelihood in 1_u8..=5, rating: bool, status in 0..3_usize) {
            let found = risk(&title, likelihood, rating, ["", "open", "mitigated"][status]);
            prop_assert!(difference(&found, &found.clone()).is_nothing());
        }

        #[test]
        fn only_what_differs_is_written(one in "[a-b]{1,2}", other in "[a-b]{1,2}", from in 1_u8..=5, to in 1_u8..=5) {
            let found = difference(&risk(&one, from, false, ""), &risk(&other, to, false, ""));
            prop_assert_eq!(found.title.is_some(), one != other);
            prop_assert_eq!(found.inherent.is_some(), from != to);
            prop_assert!(found.description.is_none() && found.mitigation.is_none() && !found.tags);
        }
    }
}
