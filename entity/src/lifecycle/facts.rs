//! Rules. What a judgement looks at: the risk as it is, what is asked, and by whom.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::words::{BlockerKind, Event, Party, Resolution, State, Treatment, Via};
use crate::level::Level;

/// The risk as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Where it stands.
    pub state: State,
    /// How bad it is.
    pub level: Level,
    /// Why it is closed; set exactly while it is.
    pub resolution: Option<Resolution>,
    /// What is meant to be done.
    pub treatment: Treatment,
    /// Whether it has a title and an asset.
    pub described: bool,
    /// How likely it is, 1 to 5.
    pub likelihood: Option<u8>,
    /// How bad it would be, 1 to 5.
    pub impact: Option<u8>,
    /// Likelihood and impact that the treatment aims at; none where only scanners support the risk.
    pub target: Option<(u8, u8)>,
    /// Who answers for it.
    pub owner: Option<i64>,
    /// Who does the work.
    pub assignee: Option<i64>,
    /// Whether it has a written plan.
    pub has_plan: bool,
    /// Whether it has a ticket.
    pub has_ticket: bool,
    /// Evidence added since the last closing or failed verification.
    pub evidence_count: u32,
    /// When the standing claim says it was fixed.
    pub claimed_at: Option<DateTime<Utc>>,
    /// Everybody who counts as having made the standing claim.
    pub claimed_by: Vec<i64>,
    /// The scan whose absence made the standing claim.
    pub claimed_by_scan: Option<i64>,
    /// What the standing claim says became of the risk; the verifier may see it otherwise.
    pub claimed_as: Option<Resolution>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// The risk that says the same.
    pub duplicate_of: Option<i64>,
    /// What the work waits for; set exactly while it is blocked.
    pub blocker: Option<BlockerKind>,
    /// When somebody has to look again: at the blocker, or at the transfer.
    pub review_on: Option<NaiveDate>,
    /// Days of pause asked for with the standing block, while a risk manager is awaited.
    pub pause_asked_days: Option<u32>,
    /// Who asked for that pause.
    pub pause_asked_by: Option<i64>,
    /// Days of pause approved over its whole life.
    pub paused_days: u32,
    /// Who proposed to dismiss it, while a second person is awaited.
    pub dismissal_proposed_by: Option<i64>,
    /// What they wrote.
    pub dismissal: Option<Given>,
    /// Who asked to accept or renew, while an approver is awaited.
    pub acceptance_asked_by: Option<i64>,
    /// What they wrote.
    pub asked: Option<Given>,
    /// Who approved the standing acceptance.
    pub accepted_by: Option<i64>,
    /// The last day of the standing acceptance; set while it is accepted, and on through a fix that was
    /// claimed meanwhile until that is verified or fails.
    pub accepted_until: Option<NaiveDate>,
    /// How often the standing acceptance was renewed.
    pub renewal_count: u32,
    /// How often the owner sent it back.
    pub send_back_count: u32,
    /// How often a claim failed.
    pub verify_fail_count: u32,
    /// How often it came back.
    pub reopen_count: u32,
}

impl Facts {
    /// A described risk without a rating, an owner or a history.
    #[must_use]
    pub const fn new(state: State, level: Level) -> Self {
        Self {
            state,
            level,
            resolution: None,
            treatment: Treatment::Modify,
            described: true,
            likelihood: None,
            impact: None,
            target: None,
            owner: None,
            assignee: None,
            has_plan: false,
            has_ticket: false,
            evidence_count: 0,
            claimed_at: None,
            claimed_by: Vec::new(),
            claimed_by_scan: None,
            claimed_as: None,
            closed_at: None,
            duplicate_of: None,
            blocker: None,
            review_on: None,
            pause_asked_days: None,
            pause_asked_by: None,
            paused_days: 0,
            dismissal_proposed_by: None,
            dismissal: None,
            acceptance_asked_by: None,
            asked: None,
            accepted_by: None,
            accepted_until: None,
            renewal_count: 0,
            send_back_count: 0,
            verify_fail_count: 0,
            reopen_count: 0,
        }
    }
}

/// The risk that a duplicate points to, as looked up by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateTarget {
    /// Its id.
    pub id: i64,
    /// Where it stands.
    pub state: State,
    /// Whether it is the very risk that is to be dismissed.
    pub is_itself: bool,
}

/// What the form says. Every field is optional here: the table knows which step needs which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Given {
    /// Why.
    pub reason: Option<String>,
    /// Links, or ids of files that were added before.
    pub evidence: Vec<String>,
    /// How it ended.
    pub resolution: Option<Resolution>,
    /// For an acceptance free text, for "not affected" one of the VEX words.
    pub justification: Option<String>,
    /// The risk that says the same.
    pub duplicate_of: Option<DuplicateTarget>,
    /// The last day of an acceptance.
    pub expires_on: Option<NaiveDate>,
    /// What keeps the risk in bounds meanwhile.
    pub compensating_controls: Option<String>,
    /// What the work waits for.
    pub blocker_kind: Option<BlockerKind>,
    /// When to look again.
    pub review_on: Option<NaiveDate>,
    /// For how many days the clock should pause.
    pub pause_days: Option<u32>,
    /// Who answers for it.
    pub owner: Option<i64>,
    /// How likely it is, 1 to 5.
    pub likelihood: Option<u8>,
    /// How bad it would be, 1 to 5.
    pub impact: Option<u8>,
    /// How likely it is after the work, 1 to 5.
    pub residual_likelihood: Option<u8>,
    /// How bad it would be after the work, 1 to 5.
    pub residual_impact: Option<u8>,
    /// Whether the work is at its end.
    pub no_more_work: Option<bool>,
    /// What is meant to be done.
    pub treatment: Option<Treatment>,
    /// How it is meant to be done.
    pub plan: Option<String>,
}

impl Given {
    /// Fills what is not said here from an earlier form: the second person of a dismissal and the approver
    /// of an acceptance agree to what the first one wrote.
    #[must_use]
    pub fn or(self, earlier: &Self) -> Self {
        Self {
            reason: self.reason.or_else(|| earlier.reason.clone()),
            evidence: if self.evidence.is_empty() { earlier.evidence.clone() } else { self.evidence },
            resolution: self.resolution.or(earlier.resolution),
            justification: self.justification.or_else(|| earlier.justification.clone()),
            duplicate_of: self.duplicate_of.or(earlier.duplicate_of),
            expires_on: self.expires_on.or(earlier.expires_on),
            compensating_controls: self
                .compensating_controls
                .or_else(|| earlier.compensating_controls.clone()),
            blocker_kind: self.blocker_kind.or(earlier.blocker_kind),
            review_on: self.review_on.or(earlier.review_on),
            pause_days: self.pause_days.or(earlier.pause_days),
            owner: self.owner.or(earlier.owner),
            likelihood: self.likelihood.or(earlier.likelihood),
            impact: self.impact.or(earlier.impact),
            residual_likelihood: self.residual_likelihood.or(earlier.residual_likelihood),
            residual_impact: self.residual_impact.or(earlier.residual_impact),
            no_more_work: self.no_more_work.or(earlier.no_more_work),
            treatment: self.treatment.or(earlier.treatment),
            plan: self.plan.or_else(|| earlier.plan.clone()),
        }
    }
}

/// What the machine has established and no form can state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The risk comes from a workshop that was signed off.
    SignedOffWorkshop,
    /// A CVE of the KEV catalogue on an asset that faces the internet.
    KevOnInternetFacing,
    /// A rule for what comes in confirms it.
    ConfirmRule,
    /// A suppression rule matches.
    SuppressionRule,
    /// A trusted author's VEX statement says not affected or fixed.
    TrustedVex,
    /// The finding is a sample that its tool made up.
    SampleFinding,
    /// Another risk is the same in every respect.
    ExactDuplicate,
    /// Enough full scans of every live source no longer saw it; the last of them.
    Absence {
        /// The last scan.
        scan: i64,
    },
    /// A full scan of every live source that does not see it.
    CleanScan {
        /// The scan.
        scan: i64,
        /// When it looked.
        at: DateTime<Utc>,
    },
    /// A scan saw it again.
    Redetected {
        /// When it looked.
        at: DateTime<Utc>,
    },
    /// Something that the dismissal rested on has changed: a new version, a withdrawn statement, a higher
    /// severity.
    MaterialChange,
    /// The ticket was moved.
    JiraChange {
        /// When.
        at: DateTime<Utc>,
    },
    /// The level rose while it was accepted.
    LevelRose,
    /// Its CVE entered the KEV catalogue while it was accepted.
    KevAdded,
}

/// How far the rules let people go; the organisation's policy may set these tighter or wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The longest acceptance in days, by level from info to critical.
    pub acceptance_days: [u16; 5],
    /// How often an acceptance may be renewed.
    pub renewals: u32,
    /// How often an owner may send a risk back before the lead decides.
    pub send_backs: u32,
    /// How far ahead the review of a blocker may lie.
    pub review_days: u16,
    /// The longest single pause in days.
    pub pause_days: u32,
    /// All pauses together in days.
    pub pause_days_total: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            acceptance_days: [365, 365, 180, 90, 30],
            renewals: 2,
            send_backs: 2,
            review_days: 30,
            pause_days: 30,
            pause_days_total: 90,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The step.
    pub event: Event,
    /// What the form says.
    pub given: Given,
    /// What the machine has established.
    pub proofs: Vec<Proof>,
    /// When it takes effect: now, or when the ticket or the scan changed.
    pub at: DateTime<Utc>,
    /// The day of today in the organisation's zone.
    pub today: NaiveDate,
    /// How far the rules let people go.
    pub limits: Limits,
}

impl Request {
    /// A bare request under the default limits.
    #[must_use]
    pub fn new(event: Event, at: DateTime<Utc>, today: NaiveDate) -> Self {
        Self { event, given: Given::default(), proofs: Vec::new(), at, today, limits: Limits::default() }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// The person; none for the system.
    pub user: Option<i64>,
    /// In which capacities they stand to this very risk.
    pub parties: BTreeSet<Party>,
    /// Through which door.
    pub via: Via,
}

impl Requester {
    /// A person with their capacities.
    #[must_use]
    pub fn person(user: i64, parties: impl IntoIterator<Item = Party>, via: Via) -> Self {
        Self { user: Some(user), parties: parties.into_iter().collect(), via }
    }

    /// The system in one capacity.
    #[must_use]
    pub fn system(party: Party, via: Via) -> Self {
        Self { user: None, parties: BTreeSet::from([party]), via }
    }

    /// Whether no person asks.
    #[must_use]
    pub const fn is_system(&self) -> bool {
        self.user.is_none()
    }
}
