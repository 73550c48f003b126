//! A new version of a policy or of a calendar: looked at before it is published, and worked into all open risks after.

use abate_entity::{calendar, sla_policy};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction};
use serde_json::{Value, json};

use super::calendar_form::CalendarForm;
use super::policy_form::PolicyForm;
use super::preview::{self, Preview};
use super::version_difference::{self, Said};
use super::{NAME_RULE, Policies, STANDARD, is_name, recompute, write};
use crate::access::actor::Actor;
use crate::audit_log;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::risk::clock::{SlaCalendar, SlaPolicy};
use crate::state::AppState;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// A version that somebody means to publish.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Of which policy or calendar.
    pub name: String,
    /// What it says.
    pub data: ProposedData,
}

/// What a version says.
#[derive(Clone, Debug)]
pub enum ProposedData {
    /// A policy for due dates.
    Policy(SlaPolicy),
    /// A calendar.
    Calendar(SlaCalendar),
}

impl Proposal {
    /// A version of a policy.
    ///
    /// # Errors
    /// 422 naming each field that is wrong.
    pub fn policy(name: &str, form: &PolicyForm) -> Result<Self, Problem> {
        check_name(name)?;
        let policy = form.read()?;
        if name == STANDARD && policy.applies != crate::risk::clock::Applies::default() {
            let detail =
                "The standard policy holds for all; leave \"applies\" out, or give the policy another name.";
            return Err(broken("applies", "standard_holds_for_all", detail));
        }
        Ok(Self { name: name.to_owned(), data: ProposedData::Policy(policy) })
    }

    /// A version of a calendar.
    ///
    /// # Errors
    /// 422 naming each field that is wrong.
    pub fn calendar(name: &str, form: &CalendarForm, organisation: chrono_tz::Tz) -> Result<Self, Problem> {
        check_name(name)?;
        let calendar = form.read()?;
        if name == STANDARD && calendar.zone != organisation {
            let detail = format!("The organisation's zone is {organisation}, as configured in ABATE_ZONE.");
            return Err(broken("zone", "zone_of_the_organisation", &detail));
        }
        Ok(Self { name: name.to_owned(), data: ProposedData::Calendar(calendar) })
    }

    /// policy or calendar.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.data {
            ProposedData::Policy(_) => "policy",
            ProposedData::Calendar(_) => "calendar",
        }
    }

    /// The number of the newest version of its name, 0 when there is none.
    #[must_use]
    pub fn newest(&self, policies: &Policies) -> i32 {
        match self.data {
            ProposedData::Policy(_) => policies.sla.newest(&self.name).map_or(0, |newest| newest.number),
            ProposedData::Calendar(_) => {
                policies.calendars.newest(&self.name).map_or(0, |newest| newest.number)
            }
        }
    }

    /// What it says, as it is stored.
    pub(super) fn stored(&self) -> Result<Value, Problem> {
        match &self.data {
            ProposedData::Policy(policy) => write(policy),
            ProposedData::Calendar(calendar) => write(calendar),
        }
    }

    /// What it says otherwise than the version that holds.
    pub(super) fn difference(&self, policies: &Policies) -> Vec<Said> {
        match &self.data {
            ProposedData::Policy(policy) => {
                let before = policies.sla.newest(&self.name).map(|newest| &newest.data);
                version_difference::of_policy(before, policy)
            }
            ProposedData::Calendar(calendar) => {
                let before = policies.calendars.newest(&self.name).map(|newest| &newest.data);
                version_difference::of_calendar(before, calendar)
            }
        }
    }

    fn before(&self, policies: &Policies) -> Result<Value, Problem> {
        match self.data {
            ProposedData::Policy(_) => write(&policies.sla.newest(&self.name).map(|newest| &newest.data)),
            ProposedData::Calendar(_) => {
                write(&policies.calendars.newest(&self.name).map(|newest| &newest.data))
            }
        }
    }

    async fn insert(
        &self,
        tx: &DatabaseTransaction,
        version: i32,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let (name, data) = (Set(self.name.clone()), Set(self.stored()?));
        let (version, created_at) = (Set(version), Set(now));
        match self.data {
            ProposedData::Policy(_) => {
                let row = sla_policy::ActiveModel { name, version, data, created_at, ..Default::default() };
                row.insert(tx).await?;
            }
            ProposedData::Calendar(_) => {
                let row = calendar::ActiveModel { name, version, data, created_at, ..Default::default() };
                row.insert(tx).await?;
            }
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), Problem> {
    if is_name(name) { Ok(()) } else { Err(broken("name", "named", NAME_RULE)) }
}

fn broken(field: &str, rule: &'static str, detail: &str) -> Problem {
    Problem::all_invalid(vec![FieldProblem::new(field, detail).by(rule)])
}

/// Publishes what was previewed, and has the open risks worked out again.
///
/// # Errors
/// 409 when another version was published since what `digest` stands for was looked at, 422 without a reason.
pub async fn publish(
    state: &AppState,
    actor: &Actor,
    proposal: &Proposal,
    digest: &str,
    reason: &str,
) -> Result<Preview, Problem> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.contains('\0') {
        let detail = format!("Say why, in 1 to {LONGEST_REASON} characters.");
        return Err(broken("reason", "reason_given", &detail));
    }
    if preview::digest(proposal, &Policies::load(state.database.reader()).await?)? != digest {
        return Err(moved());
    }
    let now = state.clock.now();
    // As the risks are now, for the log and the answer.
    let preview = preview::look(state, proposal, now).await?;
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            if preview::digest(proposal, &policies)? != digest {
                return Err(moved());
            }
            proposal.insert(tx, preview.version, now).await?;
            let subject = format!("{}-{}@{}", proposal.kind(), proposal.name, preview.version);
            let data = json!({
                "before": proposal.before(&policies)?, "after": proposal.stored()?, "reason": reason, "digest": digest,
                "open": preview.open, "earlier": preview.earlier, "later": preview.later,
                "becoming_late": preview.becoming_late,
                "staying_late": preview.staying_late,
            });
            let action = format!("{}.publish", proposal.kind());
            audit_log::add(tx, actor, &action, &subject, data, now).await?;
            recompute::want(tx, recompute::ALL, now).await
        })
        .await?;
    Ok(preview)
}

fn moved() -> Problem {
    let detail = "This is not what you looked at, or another version was published since; look again, and publish that.";
    Problem::new(Kind::Conflict, detail)
}
