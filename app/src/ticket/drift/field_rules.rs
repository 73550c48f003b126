//! Rules. Which side owns a field of a ticket, and what is done where the two sides differ.

use abate_entity::text_enum;

text_enum! {
    /// A field of a ticket that somebody may change.
    pub enum Field ("field") {
        /// The title.
        Summary = "summary",
        /// What it is about.
        Description = "description",
        /// The level, as one of JIRA's priorities.
        Priority = "priority",
        /// The last day.
        DueDate = "due_date",
        /// The labels that begin with `abate-`.
        OwnLabels = "own_labels",
        /// All other labels.
        OtherLabels = "other_labels",
        /// Who does the work.
        Assignee = "assignee",
        /// In which sprint it is done.
        Sprint = "sprint",
        /// Its place on the board.
        Rank = "rank",
        /// The parts of the project that it is about.
        Components = "components",
    }
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// We.
    Abate,
    /// The people at JIRA.
    Jira,
}

impl Side {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Abate => "abate",
            Self::Jira => "jira",
        }
    }
}

/// Who owns what. The status is not here: a move in JIRA is a proposal, and the risk decides.
pub const OWNERS: [(Field, Side); 10] = [
    (Field::Summary, Side::Abate),
    (Field::Description, Side::Abate),
    (Field::Priority, Side::Abate),
    (Field::DueDate, Side::Abate),
    (Field::OwnLabels, Side::Abate),
    (Field::OtherLabels, Side::Jira),
    (Field::Assignee, Side::Jira),
    (Field::Sprint, Side::Jira),
    (Field::Rank, Side::Jira),
    (Field::Components, Side::Jira),
];

/// Who owns a field.
#[must_use]
pub fn owner(field: Field) -> Side {
    OWNERS.iter().find(|(owned, _)| *owned == field).map_or(Side::Jira, |(_, side)| *side)
}

/// The fields that Abate owns.
pub fn ours() -> impl Iterator<Item = Field> {
    OWNERS.into_iter().filter(|(_, side)| *side == Side::Abate).map(|(field, _)| field)
}

impl Field {
    /// What JIRA calls it.
    #[must_use]
    pub const fn jira_name(self) -> &'static str {
        match self {
            Self::DueDate => "duedate",
            Self::OwnLabels | Self::OtherLabels => "labels",
            field => field.as_str(),
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::DueDate => "due date",
            Self::OwnLabels => "labels of Abate",
            Self::OtherLabels => "other labels",
            field => field.as_str(),
        }
    }

    /// Why the owner's value counts.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::DueDate => "the due date follows the policy",
            Self::Priority => "the priority follows the risk's level",
            Self::Summary | Self::Description => "what the risk says is written in Abate",
            Self::OwnLabels => "the labels that begin with abate- tell which ticket it is",
            Self::Assignee => "who does the work is decided in JIRA",
            _ => "JIRA decides it",
        }
    }
}

/// Text as it is compared: white space counts once, since JIRA breaks and joins lines as it likes.
#[must_use]
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is known of one field.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What we say.
    pub ours: &'a str,
    /// What we said when JIRA was told last.
    pub told: Option<&'a str>,
    /// What JIRA says.
    pub theirs: &'a str,
    /// Whether the very change that made it so was undone before.
    pub restored: bool,
}

impl Seen<'_> {
    /// Whether JIRA says something else than it was told.
    #[must_use]
    pub fn has_drifted(&self) -> bool {
        self.told.is_some_and(|told| fold(told) != fold(self.theirs)) && fold(self.ours) != fold(self.theirs)
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Both say the same.
    Nothing,
    /// Ours is new: JIRA is told.
    Send,
    /// Theirs was changed and is ours to say: it is set back.
    Restore,
    /// Theirs counts: we take it.
    Take,
    /// They differ, and nothing is done, for this reason.
    LetBe(&'static str),
}

/// What is to be done about a field.
#[must_use]
pub fn settle(owner: Side, seen: &Seen<'_>) -> Verdict {
    let ours = fold(seen.ours);
    if ours == fold(seen.theirs) {
        return Verdict::Nothing;
    }
    match owner {
        Side::Jira => Verdict::Take,
        Side::Abate if seen.told.is_none_or(|told| fold(told) != ours) => Verdict::Send,
        Side::Abate if seen.restored => {
            Verdict::LetBe("it was set back and did not stay, so that a rule of the site may be at work")
        }
        Side::Abate => Verdict::Restore,
    }
}

/// Whether what JIRA shows after a write of ours is only what it made of it: nobody else has touched the field since, and
/// our account no more often than we wrote it. A create leaves no trace in the history, so that it counts none.
#[must_use]
pub fn is_rendering(writes: usize, by_us: usize, by_others: usize) -> bool {
    by_others == 0 && by_us <= writes
}

/// Whom JIRA names as the one who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Nobody.
    Nobody,
    /// Somebody whom we do not know, or who may not see the risk.
    Stranger,
    /// This user.
    User(i64),
}

/// Whom a risk gets as assignee, `None` where it keeps its own. `taken` is whom we took from JIRA last: only that one goes
/// when JIRA names nobody.
#[must_use]
pub fn assignee(kept: Option<i64>, taken: Option<i64>, named: Named) -> Option<Option<i64>> {
    match named {
        Named::User(user) => (kept != Some(user)).then_some(Some(user)),
        Named::Nobody => (taken.is_some() && kept == taken).then_some(None),
        Named::Stranger => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_field_has_one_owner() {
        for field in Field::ALL {
            assert_eq!(OWNERS.iter().filter(|(owned, _)| owned == field).count(), 1, "{field}");
        }
    }

    #[test]
    fn a_value_that_does_not_stay_is_set_back_once() {
        let seen = |restored| Seen { ours: "a", told: Some("a"), theirs: "b", restored };
        assert_eq!(settle(Side::Abate, &seen(false)), Verdict::Restore);
        assert!(matches!(settle(Side::Abate, &seen(true)), Verdict::LetBe(_)));
    }

    #[test]
    fn white_space_is_no_difference() {
        let seen = Seen { ours: "a b", told: None, theirs: " a\n\nb ", restored: false };
        assert_eq!(settle(Side::Abate, &seen), Verdict::Nothing);
        assert!(!seen.has_drifted());
    }

    #[test]
    fn what_jira_makes_of_a_write_is_no_change_of_somebody() {
        assert!(is_rendering(1, 1, 0) && is_rendering(1, 0, 0) && is_rendering(0, 0, 0));
        assert!(!is_rendering(0, 1, 0) && !is_rendering(1, 2, 0) && !is_rendering(1, 1, 1));
    }

    #[test]
    fn only_a_known_assignee_comes_in_and_only_that_one_goes() {
        assert_eq!(assignee(None, None, Named::User(1)), Some(Some(1)));
        assert_eq!(assignee(Some(1), Some(1), Named::User(1)), None);
        assert_eq!(assignee(Some(2), None, Named::Nobody), None);
        assert_eq!(assignee(Some(1), Some(1), Named::Nobody), Some(None));
        assert_eq!(assignee(Some(2), Some(1), Named::Nobody), None);
        assert_eq!(assignee(Some(1), Some(1), Named::Stranger), None);
    }

    /// A site that stores what it is told, and may write it in another way.
    #[derive(Debug, Default)]
    struct Model {
        ours: String,
        theirs: String,
        told: Option<(String, Option<String>)>,
        renders: bool,
        edits: usize,
        writes: usize,
        untouched: bool,
    }

    impl Model {
        /// One look: as `compare` does it.
        fn look(&mut self, owner: Side) -> Verdict {
            if let Some((_, shown @ None)) = &mut self.told
                && self.untouched
            {
                *shown = Some(self.theirs.clone());
            }
            let told = self.told.clone();
            let theirs = match &told {
                Some((sent, Some(shown))) if *shown == self.theirs => sent.clone(),
                _ => self.theirs.clone(),
            };
            let told = told.map(|(sent, _)| sent);
            let seen = Seen { ours: &self.ours, told: told.as_deref(), theirs: &theirs, restored: false };
            let verdict = settle(owner, &seen);
            match verdict {
                Verdict::Nothing => self.told = Some((self.ours.clone(), Some(self.theirs.clone()))),
                Verdict::Send | Verdict::Restore => {
                    self.writes += 1;
                    self.theirs = if self.renders { format!("<{}>", self.ours) } else { self.ours.clone() };
                    self.told = Some((self.ours.clone(), None));
                    self.untouched = true;
                }
                Verdict::Take => self.ours = self.theirs.clone(),
                Verdict::LetBe(_) => {}
            }
            verdict
        }
    }

    proptest! {
        #[test]
        fn after_a_verdict_nothing_is_left(ours in "[ab]{0,2}", theirs in "[ab]{0,2}", told in proptest::option::of("[ab]{0,2}")) {
            for owner in [Side::Abate, Side::Jira] {
                let seen = Seen { ours: &ours, told: told.as_deref(), theirs: &theirs, restored: false };
                let after = match settle(owner, &seen) {
                    Verdict::Send | Verdict::Restore => Seen { told: Some(&ours), theirs: &ours, ..seen },
                    Verdict::Take => Seen { ours: &theirs, ..seen },
                    _ => seen,
                };
                prop_assert_eq!(settle(owner, &after), Verdict::Nothing);
            }
        }

        #[test]
        fn whatever_both_sides_do_they_end_equal_with_no_more_writes_than_edits(
            steps in prop::collection::vec((0..3_u8, "[ab]{1,2}"), 0..40),
            renders: bool,
        ) {
            for owner in [Side::Abate, Side::Jira] {
                let mut model = Model { renders, ..Model::default() };
                for (what, value) in &steps {
                    match what {
                        0 if model.ours != *value => { model.ours.clone_from(value); model.edits += 1; }
                        1 if model.theirs != *value => {
                            model.theirs.clone_from(value);
                            model.untouched = false;
                            model.edits += 1;
                        }
                        2 => { model.look(owner); }
                        _ => {}
                    }
                }
                model.look(owner);
                prop_assert_eq!(model.look(owner), Verdict::Nothing);
                let written = if renders && model.told.as_ref().is_some_and(|_| model.writes > 0) {
                    model.theirs.trim_matches(['<', '>']).to_owned()
                } else {
                    model.theirs.clone()
                };
                prop_assert_eq!(&model.ours, &written);
                prop_assert!(model.writes <= model.edits, "{:?}", model);
                let writes = model.writes;
                model.look(owner);
                prop_assert_eq!(model.writes, writes);
            }
        }
    }
}
