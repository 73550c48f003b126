//! Rules. What happens to a risk as far as its clocks care.

use abate_entity::level::Level;
use abate_entity::text_enum;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Why an acceptance ended.
    pub enum AcceptanceEnd ("end of an acceptance") {
        /// Its last day passed.
        Expired = "expired",
        /// An approver took it back.
        Revoked = "revoked",
        /// The level rose.
        LevelRose = "level_rose",
        /// KEV listed it.
        KevListed = "kev_listed",
    }
}

/// What the directive says about a vulnerability on the asset of a risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The vulnerability.
    pub cve: String,
    /// The day on which KEV listed it; none where it does not.
    pub kev_added: Option<NaiveDate>,
    /// Calendar days from the later of listing and start; none means at the next upgrade.
    pub days: Option<u32>,
    /// Whether traces of an attack have to be looked for.
    pub forensics: bool,
    /// The row of the directive's table in words.
    pub row: String,
}

/// Something that moves a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happening", rename_all = "snake_case")]
pub enum Happening {
    /// The risk was recorded: triage begins.
    Ingested {
        /// How bad it looks.
        level: Level,
    },
    /// Triage ended.
    TriageLeft,
    /// A dismissal no longer holds: triage begins again.
    TriageRestarted,
    /// The risk was confirmed: remediation counts from a day that may lie in the past.
    Started {
        /// How bad it is.
        level: Level,
        /// The day from which it counts.
        sla_start: NaiveDate,
        /// The day on which a patch came out, where a report says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patch_released: Option<NaiveDate>,
    },
    /// A new rating.
    LevelChanged {
        /// How bad it is now.
        to: Level,
    },
    /// The directive judged one of its vulnerabilities.
    Judged(Judgement),
    /// A risk manager approved a pause of so many days from the day of the block.
    PauseApproved {
        /// The day of the block.
        from: NaiveDate,
        /// How long at most.
        days: u32,
    },
    /// The wait is over.
    PauseEnded,
    /// The risk is accepted; an acceptance that stands is renewed.
    Accepted {
        /// The last day.
        until: NaiveDate,
    },
    /// The acceptance ended.
    AcceptanceEnded {
        /// Why.
        because: AcceptanceEnd,
    },
    /// A fix is claimed, as of the event's time.
    Claimed,
    /// The claim failed.
    ClaimFailed,
    /// The risk was closed.
    Closed,
    /// The risk came back.
    Reopened,
    /// A person moved the due date.
    Moved {
        /// To which day.
        to: NaiveDate,
        /// Why.
        reason: String,
    },
    /// Another version of the policy or of the calendar holds from now on.
    PolicyChanged,
}

/// A happening with its time and the versions that held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockEvent {
    /// When it took effect.
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub happening: Happening,
    /// The versions of the policies, such as `standard@1`; the first is the base, and the strictest counts.
    pub policies: Vec<String>,
    /// The version of the calendar.
    pub calendar: String,
}
