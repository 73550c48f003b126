//! Rules. Saying no to what waits for a second person, or taking one's own request back. Not a row of the table: the risk
//! stays where it stands.

use super::change::Change;
use super::facts::{Facts, Requester};
use super::guard::{Guard, Missing};
use super::right;
use super::step::Refusal;
use super::words::{Party, State};
use crate::text_enum;

text_enum! {
    /// Something that waits for a second person.
    pub enum Pending ("request") {
        /// An acceptance, or its renewal, for an approver.
        Acceptance = "acceptance",
        /// The dismissal of a high or critical risk, for another triager.
        Dismissal = "dismissal",
        /// A pause of the clock, for a risk manager.
        Pause = "pause",
    }
}

/// What saying no writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Declined {
    /// The fields.
    pub changes: Vec<Change>,
    /// Whether those who asked took it back themselves.
    pub withdrawn: bool,
}

impl Pending {
    /// Everything of the kind that waits, each with who asked.
    #[must_use]
    pub fn of(facts: &Facts) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|what| what.asker(facts).is_some()).collect()
    }

    /// Who asked, while it waits.
    #[must_use]
    pub const fn asker(self, facts: &Facts) -> Option<i64> {
        match self {
            Self::Acceptance => facts.acceptance_asked_by,
            Self::Dismissal => facts.dismissal_proposed_by,
            Self::Pause => facts.pause_asked_by,
        }
    }

    const fn cleared(self) -> Change {
        match self {
            Self::Acceptance => Change::AcceptanceAskedBy(None),
            Self::Dismissal => Change::DismissalProposedBy(None),
            Self::Pause => Change::PauseAsked(None),
        }
    }
}

/// Declines a request: whoever could agree to it may say no, and whoever asked may take it back.
///
/// # Errors
///
/// Says what is in the way: nothing waits, it is somebody else's answer, or the reason is not given.
pub fn decline(
    facts: &Facts,
    what: Pending,
    requester: &Requester,
    reason: Option<&str>,
) -> Result<Declined, Refusal> {
    let Some(asker) = what.asker(facts) else {
        return Err(Refusal::NoSuchStep { possible: Vec::new() });
    };
    let withdrawn = requester.user == Some(asker);
    let (may, who) = match what {
        Pending::Acceptance => {
            let approver = Party::approver_of(facts.level, facts.state == State::Accepted);
            (right::approves(requester, approver), approver.title())
        }
        Pending::Dismissal => (requester.parties.contains(&Party::Triager), Party::Triager.title()),
        Pending::Pause => (requester.parties.contains(&Party::RiskManager), Party::RiskManager.title()),
    };
    if requester.user.is_none() || !(withdrawn || may) {
        let rule = (what == Pending::Pause).then_some(Guard::PauseByAnother);
        return Err(Refusal::NotYourRight { who: format!("{who}, or for whoever asked"), rule });
    }
    if reason.is_none_or(|reason| reason.trim().is_empty()) {
        let why = "Say why".to_owned();
        return Err(Refusal::Missing(vec![Missing { field: "reason", rule: Guard::Reasoned, why }]));
    }
    Ok(Declined { changes: vec![what.cleared()], withdrawn })
}
