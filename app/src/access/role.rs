//! Rules. The roles that a user can hold, in one team or in all.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number that stands for all teams where a role is held.
pub const EVERY_TEAM: i64 = 0;

/// A role. Owner and assignee are not roles: they are who they are for one risk.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees, changes nothing; management.
    Viewer,
    /// Records risks.
    Reporter,
    /// Works on risks: can own one and be assigned one.
    Engineer,
    /// Confirms and dismisses risks, runs imports, signs off workshops.
    Triager,
    /// Checks that what is said to be fixed is fixed.
    Verifier,
    /// Decides about treatment without a fix, about pauses and obligations.
    RiskManager,
    /// Approves the acceptance of low and medium risks; leads a team.
    TeamLead,
    /// Approves the acceptance of high risks.
    HeadOfSecurity,
    /// Approves the acceptance of critical risks.
    Executive,
    /// Reads everything, the audit log included.
    Auditor,
    /// A machine that brings reports, and nothing else.
    Integration,
    /// Configures; takes no decision about a risk by this role alone.
    Admin,
}

impl Role {
    /// All roles, in the order they are shown in.
    pub const ALL: [Self; 12] = [
        Self::Viewer,
        Self::Reporter,
        Self::Engineer,
        Self::Triager,
        Self::Verifier,
        Self::RiskManager,
        Self::TeamLead,
        Self::HeadOfSecurity,
        Self::Executive,
        Self::Auditor,
        Self::Integration,
        Self::Admin,
    ];

    /// What the first user of a new database gets: everything but verifying, so that nobody starts out able to
    /// claim a fix and verify it alone.
    pub const FIRST_USER: [Self; 10] = [
        Self::Viewer,
        Self::Reporter,
        Self::Engineer,
        Self::Triager,
        Self::RiskManager,
        Self::TeamLead,
        Self::HeadOfSecurity,
        Self::Executive,
        Self::Auditor,
        Self::Admin,
    ];

    /// Its name in commands, files and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Reporter => "reporter",
            Self::Engineer => "engineer",
            Self::Triager => "triager",
            Self::Verifier => "verifier",
            Self::RiskManager => "risk_manager",
            Self::TeamLead => "team_lead",
            Self::HeadOfSecurity => "head_of_security",
            Self::Executive => "executive",
            Self::Auditor => "auditor",
            Self::Integration => "integration",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no role of this name.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no role {0:?}; the roles are viewer, reporter, engineer, triager, verifier, risk_manager, team_lead, head_of_security, executive, auditor, integration, admin"
)]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
