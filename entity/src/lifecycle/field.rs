//! Rules. What a step can be told: each form, button and help text is made from these.

use super::transition::Transition;
use super::words::{BlockerKind, Treatment, VexJustification};

/// How a field is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Several lines of text.
    LongText,
    /// A link, or a file that was added before.
    Evidence,
    /// One of a few words.
    Choice,
    /// A day.
    Date,
    /// A number of days.
    Days,
    /// A score from 1 to 5.
    Score,
    /// A user.
    Person,
    /// The key of another risk.
    Risk,
    /// A yes.
    Confirmation,
}

/// One thing that a step can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Why.
    Reason,
    /// What shows it.
    Evidence,
    /// How it ended.
    Resolution,
    /// Why the organisation can live with it.
    Justification,
    /// Why a known weakness does not hurt here.
    VexJustification,
    /// The risk that says the same.
    DuplicateOf,
    /// The last day of an acceptance.
    ExpiresOn,
    /// What keeps the risk in bounds meanwhile.
    CompensatingControls,
    /// What the work waits for.
    BlockerKind,
    /// When to look again.
    ReviewOn,
    /// For how many days the clock should pause.
    PauseDays,
    /// Who answers for it.
    Owner,
    /// How likely it is.
    Likelihood,
    /// How bad it would be.
    Impact,
    /// How likely it is after the work.
    ResidualLikelihood,
    /// How bad it would be after the work.
    ResidualImpact,
    /// Whether the work is at its end.
    NoMoreWork,
    /// What is meant to be done.
    Treatment,
    /// How it is meant to be done.
    Plan,
}

impl Field {
    /// The name in requests. Acceptances and dismissals both call theirs `justification`: the first is free
    /// text, the second one of the VEX words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reason => "reason",
            Self::Evidence => "evidence",
            Self::Resolution => "resolution",
            Self::Justification | Self::VexJustification => "justification",
            Self::DuplicateOf => "duplicate_of",
            Self::ExpiresOn => "expires_on",
            Self::CompensatingControls => "compensating_controls",
            Self::BlockerKind => "blocker_kind",
            Self::ReviewOn => "review_on",
            Self::PauseDays => "pause_days",
            Self::Owner => "owner",
            Self::Likelihood => "likelihood",
            Self::Impact => "impact",
            Self::ResidualLikelihood => "residual_likelihood",
            Self::ResidualImpact => "residual_impact",
            Self::NoMoreWork => "no_more_work",
            Self::Treatment => "treatment",
            Self::Plan => "plan",
        }
    }

    /// The name beside the input.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reason => "Reason",
            Self::Evidence => "Evidence (link or file)",
            Self::Resolution => "Resolution",
            Self::Justification => "Why this can be lived with",
            Self::VexJustification => "Why it does not affect us",
            Self::DuplicateOf => "Duplicate of",
            Self::ExpiresOn => "Accepted until (last day)",
            Self::CompensatingControls => "Compensating controls",
            Self::BlockerKind => "Waits for",
            Self::ReviewOn => "Look again on",
            Self::PauseDays => "Ask to pause the clock for (days)",
            Self::Owner => "Owner",
            Self::Likelihood => "Likelihood (1 to 5)",
            Self::Impact => "Impact (1 to 5)",
            Self::ResidualLikelihood => "Likelihood left (1 to 5)",
            Self::ResidualImpact => "Impact left (1 to 5)",
            Self::NoMoreWork => "No more work is planned",
            Self::Treatment => "Treatment",
            Self::Plan => "Plan",
        }
    }

    /// How it is entered.
    #[must_use]
    pub const fn kind(self) -> FieldKind {
        match self {
            Self::Reason | Self::Justification | Self::CompensatingControls | Self::Plan => {
                FieldKind::LongText
            }
            Self::Evidence => FieldKind::Evidence,
            Self::Resolution | Self::VexJustification | Self::BlockerKind | Self::Treatment => {
                FieldKind::Choice
            }
            Self::DuplicateOf => FieldKind::Risk,
            Self::ExpiresOn | Self::ReviewOn => FieldKind::Date,
            Self::PauseDays => FieldKind::Days,
            Self::Owner => FieldKind::Person,
            Self::Likelihood | Self::Impact | Self::ResidualLikelihood | Self::ResidualImpact => {
                FieldKind::Score
            }
            Self::NoMoreWork => FieldKind::Confirmation,
        }
    }

    /// The words to choose from in a given step; empty for what is no choice.
    #[must_use]
    pub fn choices(self, transition: &Transition) -> Vec<&'static str> {
        match self {
            Self::Resolution => transition.resolutions.iter().map(|word| word.as_str()).collect(),
            Self::VexJustification => VexJustification::ALL.iter().map(|word| word.as_str()).collect(),
            Self::BlockerKind => BlockerKind::ALL.iter().map(|word| word.as_str()).collect(),
            // To retain it is to accept it, which is another step.
            Self::Treatment => Treatment::ALL
                .iter()
                .filter(|word| **word != Treatment::Retain)
                .map(|word| word.as_str())
                .collect(),
            _ => Vec::new(),
        }
    }
}
