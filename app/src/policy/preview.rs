//! What would become of the open risks under a new version of a policy or of a calendar. Nothing is changed.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Policies;
use super::proposal::Proposal;
use super::recompute::{self, Found};
use super::recompute_rules::{Date, Which};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Risks that are listed; the others are counted.
const LISTED: usize = 100;

/// What would become of the open risks.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// Stands for the version and for those that hold now; to publish it, send it back.
    pub digest: String,
    /// The version that it would be.
    pub version: i32,
    /// Open risks.
    pub open: u64,
    /// Those whose date would move.
    pub changed: u64,
    /// Those that would have less time.
    pub earlier: u64,
    /// Those that would have more time.
    pub later: u64,
    /// Those that are in time now and would be late.
    pub becoming_late: u64,
    /// Those that are late and stay so, although they would have more time: a date that has passed never moves out.
    pub staying_late: u64,
    /// Some of those whose date would move, those that would be due soonest.
    pub items: Vec<Moved>,
}

/// A risk whose date would move.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Moved {
    /// Which risk.
    pub key: String,
    /// How bad it is.
    #[schema(value_type = String)]
    pub level: abate_entity::level::Level,
    /// triage or remediation.
    pub clock: &'static str,
    /// When it is due now.
    pub old_due_at: Option<DateTime<Utc>>,
    /// The same as a local day.
    pub old_due_on: Option<NaiveDate>,
    /// When it would be due.
    pub new_due_at: Option<DateTime<Utc>>,
    /// The same as a local day.
    pub new_due_on: Option<NaiveDate>,
    /// The policies that rule it now, the base first.
    pub old_policies: Vec<String>,
    /// The policies that would rule it.
    pub new_policies: Vec<String>,
}

/// Stands for a version and for those that hold as it is looked at: what is published is what was looked at, in place of
/// what it was compared with. The risks are not part of it: they change all day, and publishing says what became of them.
pub(super) fn digest(proposal: &Proposal, current: &Policies) -> Result<String, Problem> {
    let version = proposal.newest(current) + 1;
    let mut seen = Sha256::new();
    seen.update(format!("{} {}@{version} {}", proposal.kind(), proposal.name, proposal.stored()?));
    for policy in current.sla().in_force() {
        seen.update(format!("\npolicy {}", policy.label()));
    }
    for calendar in current.calendars().in_force() {
        seen.update(format!("\ncalendar {}", calendar.label()));
    }
    Ok(hex::encode(seen.finalize()))
}

/// Looks at every open risk.
pub(super) async fn look(
    state: &AppState,
    proposal: &Proposal,
    now: DateTime<Utc>,
) -> Result<Preview, Problem> {
    let db = state.database.reader();
    let current = Policies::load(db).await?;
    let policies = current.with(proposal)?;
    let mut preview = Preview {
        digest: digest(proposal, &current)?,
        version: proposal.newest(&current) + 1,
        ..Preview::default()
    };
    let mut after = 0;
    loop {
        let looked = recompute::look(db, &policies, recompute::ALL, after, now).await?;
        preview.open += looked.count;
        for found in looked.found {
            preview.count(found, now);
        }
        preview.keep_soonest();
        match looked.last {
            Some(last) => after = last,
            None => break,
        }
    }
    Ok(preview)
}

impl Preview {
    fn count(&mut self, found: Found, now: DateTime<Utc>) {
        let outcome = found.outcome;
        self.staying_late += u64::from(outcome.stays_late);
        if !outcome.is_change() {
            return;
        }
        self.changed += 1;
        self.becoming_late += u64::from(outcome.becomes_late(now));
        match outcome.is_later() {
            true => self.later += 1,
            false => self.earlier += 1,
        }
        let at = |date: Option<Date>| date.map(|date| date.at);
        let on = |date: Option<Date>| date.and_then(|date| date.on);
        self.items.push(Moved {
            key: RiskKey(found.risk.id).to_string(),
            level: found.risk.level,
            clock: match outcome.which {
                Which::Triage => "triage",
                Which::Remediation => "remediation",
            },
            old_due_at: at(outcome.old),
            old_due_on: on(outcome.old),
            new_due_at: at(outcome.new),
            new_due_on: on(outcome.new),
            old_policies: outcome.old_policies,
            new_policies: found.ruling.policies,
        });
    }

    /// Lists those that would be due soonest; having no date is later than any.
    fn keep_soonest(&mut self) {
        self.items.sort_by_key(|moved| moved.new_due_at.unwrap_or(DateTime::<Utc>::MAX_UTC));
        self.items.truncate(LISTED);
    }
}
