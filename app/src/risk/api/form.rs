//! The form of a step, as scripts, pages and Slack send it: people by address, risks by key.

use abate_entity::lifecycle::{BlockerKind, Event, Given, Resolution, Treatment};
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::access::user;
use crate::platform::problem::Problem;
use crate::risk::{duplicate, evidence};

/// A step to be taken, with what its form takes; `GET …/actions` says which fields a step wants.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TransitionForm {
    /// The event, as `confirm`.
    pub event: String,
    /// Why.
    pub reason: Option<String>,
    /// What shows it: links, `evidence:` with the number of something attached before, `commit:` with its hash.
    pub evidence: Vec<String>,
    /// How it ended.
    pub resolution: Option<String>,
    /// Why it can be lived with, or one of the VEX words.
    pub justification: Option<String>,
    /// Key of the risk that says the same.
    pub duplicate_of: Option<String>,
    /// Last day of an acceptance.
    pub expires_on: Option<NaiveDate>,
    /// What keeps the risk in bounds meanwhile.
    pub compensating_controls: Option<String>,
    /// What the work waits for.
    pub blocker_kind: Option<String>,
    /// When to look again.
    pub review_on: Option<NaiveDate>,
    /// For how many days the clock should pause.
    pub pause_days: Option<u32>,
    /// Address of the owner.
    pub owner: Option<String>,
    /// 1 to 5.
    pub likelihood: Option<u8>,
    /// 1 to 5.
    pub impact: Option<u8>,
    /// 1 to 5, after the work.
    pub residual_likelihood: Option<u8>,
    /// 1 to 5, after the work.
    pub residual_impact: Option<u8>,
    /// Whether the work is at its end.
    pub no_more_work: Option<bool>,
    /// modify, retain, avoid or share.
    pub treatment: Option<String>,
    /// How it is meant to be done.
    pub plan: Option<String>,
}

impl TransitionForm {
    /// The event that is asked for.
    ///
    /// # Errors
    /// 422 when there is none of that name.
    pub fn event(&self) -> Result<Event, Problem> {
        word("event", &self.event)
    }

    /// Looks up whom and what the form names. `risk_id` is the risk that is to be moved.
    ///
    /// # Errors
    /// 422 naming the field that names nobody or nothing.
    pub async fn resolve(&self, db: &impl ConnectionTrait, risk_id: i64) -> Result<Given, Problem> {
        for (index, reference) in self.evidence.iter().enumerate() {
            evidence::check_reference(db, risk_id, &format!("evidence[{index}]"), reference).await?;
        }
        let owner = match &self.owner {
            Some(email) => Some(user::active_by_email(db, "owner", email).await?.id),
            None => None,
        };
        let duplicate_of = match &self.duplicate_of {
            Some(key) => Some(duplicate::of_key(db, risk_id, key).await?),
            None => None,
        };
        Ok(Given {
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
            resolution: self
                .resolution
                .as_deref()
                .map(|text| word::<Resolution>("resolution", text))
                .transpose()?,
            justification: self.justification.clone(),
            duplicate_of,
            expires_on: self.expires_on,
            compensating_controls: self.compensating_controls.clone(),
            blocker_kind: self
                .blocker_kind
                .as_deref()
                .map(|text| word::<BlockerKind>("blocker_kind", text))
                .transpose()?,
            review_on: self.review_on,
            pause_days: self.pause_days,
            owner,
            likelihood: self.likelihood,
            impact: self.impact,
            residual_likelihood: self.residual_likelihood,
            residual_impact: self.residual_impact,
            no_more_work: self.no_more_work,
            treatment: self
                .treatment
                .as_deref()
                .map(|text| word::<Treatment>("treatment", text))
                .transpose()?,
            plan: self.plan.clone(),
        })
    }
}

fn word<T: std::str::FromStr>(field: &str, text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| Problem::invalid(field, format!("{error}.")))
}
