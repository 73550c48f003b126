//! Which policies and which calendar rule a risk, by its assets and its team.

use std::collections::{BTreeMap, HashMap};

use abate_entity::tier::Tier;
use abate_entity::{risk, team};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::version::Version;
use super::{Policies, STANDARD};
use crate::platform::problem::Problem;
use crate::risk::affected::{self, Affected};
use crate::risk::clock::{ClockEvent, Happening, SlaPolicy};

/// A risk where it is, or where it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The risk.
    pub risk_id: i64,
    /// Its primary asset.
    pub asset_id: i64,
    /// The team that answers for it.
    pub team_id: i64,
}

impl From<&risk::Model> for Placed {
    fn from(risk: &risk::Model) -> Self {
        Self { risk_id: risk.id, asset_id: risk.asset_id, team_id: risk.team_id }
    }
}

/// The versions that rule a risk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ruling {
    /// The policies, as `standard@1`; the first is the base, which also says how pauses and returns count.
    pub policies: Vec<String>,
    /// The calendar, as `standard@1`.
    pub calendar: String,
    /// Number of the base policy's row.
    pub policy_id: i64,
}

impl Ruling {
    /// Names the versions beside each happening.
    #[must_use]
    pub fn stamp(&self, happenings: Vec<(DateTime<Utc>, Happening)>) -> Vec<ClockEvent> {
        let stamp = |(at, happening)| ClockEvent {
            at,
            happening,
            policies: self.policies.clone(),
            calendar: self.calendar.clone(),
        };
        happenings.into_iter().map(stamp).collect()
    }
}

/// What a team asks for in place of what holds for the organisation.
#[derive(Clone, Debug, Default)]
pub(super) struct TeamChoice {
    pub(super) calendar: Option<String>,
    pub(super) policy: Option<String>,
}

pub(super) async fn team_choices(db: &impl ConnectionTrait) -> Result<BTreeMap<i64, TeamChoice>, Problem> {
    let chosen =
        Condition::any().add(team::Column::Calendar.is_not_null()).add(team::Column::Policy.is_not_null());
    let teams = team::Entity::find().filter(chosen).all(db).await?.into_iter();
    Ok(teams.map(|team| (team.id, TeamChoice { calendar: team.calendar, policy: team.policy })).collect())
}

/// The rulings of risks, by the number of the risk.
///
/// # Errors
/// When the database cannot be asked, or one of the assets is not there.
pub async fn of_risks(
    db: &impl ConnectionTrait,
    policies: &Policies,
    risks: &[Placed],
) -> Result<HashMap<i64, Ruling>, Problem> {
    let places: Vec<(i64, i64)> = risks.iter().map(|risk| (risk.risk_id, risk.asset_id)).collect();
    let affected = affected::of_risks(db, &places).await?;
    // Most risks of a page are on few assets.
    let mut known: HashMap<(&Affected, i64), Ruling> = HashMap::new();
    let mut rulings = HashMap::with_capacity(risks.len());
    for risk in risks {
        let Some(affected) = affected.get(&risk.risk_id) else { continue };
        let ruling =
            known.entry((affected, risk.team_id)).or_insert_with(|| policies.ruling(affected, risk.team_id));
        rulings.insert(risk.risk_id, ruling.clone());
    }
    Ok(rulings)
}

impl Policies {
    /// What rules a risk of a team. A policy holds where one of the affected assets asks for it.
    #[must_use]
    pub fn ruling(&self, affected: &Affected, team_id: i64) -> Ruling {
        let base = self.base_of(team_id);
        let (policy_id, base_name, base) = base
            .map_or((self.policy_id, STANDARD, self.policy.clone()), |policy| {
                (policy.id, policy.name.as_str(), policy.label())
            });
        let further = self.sla.in_force().into_iter().filter(|policy| {
            let Affected { tiers, internet_facing, data_classes } = affected;
            let asked = data_classes.iter().any(|class| self.asked_for.get(class) == Some(&policy.name));
            let fits = |tier: &Tier| policy.data.applies.fits(*tier, *internet_facing, data_classes, asked);
            ![base_name, STANDARD].contains(&policy.name.as_str()) && tiers.iter().any(fits)
        });
        let policies = std::iter::once(base).chain(further.map(Version::label)).collect();
        Ruling { policies, calendar: self.calendar_of(team_id), policy_id }
    }

    /// The newest version of the policy that a team starts from, where it has chosen one.
    fn base_of(&self, team_id: i64) -> Option<&Version<SlaPolicy>> {
        self.sla.newest(self.teams.get(&team_id)?.policy.as_deref()?)
    }

    /// How long after a due date of a team's risk a channel hears nothing of it, as its base says by now.
    #[must_use]
    pub fn grace_of(&self, team_id: i64) -> Duration {
        let base = self.base_of(team_id).or_else(|| self.sla.newest(STANDARD));
        base.map_or(Duration::zero(), |policy| Duration::hours(i64::from(policy.data.grace_hours)))
    }

    /// Whether a policy that may hold for some risk asks for the directive.
    #[must_use]
    pub fn may_judge(&self) -> bool {
        let asked = |name: &String| {
            self.asked_for.values().any(|asked| asked == name)
                || self.teams.values().any(|team| team.policy.as_ref() == Some(name))
        };
        let may_hold = |policy: &&Version<SlaPolicy>| {
            !policy.data.applies.only_where_asked || policy.name == STANDARD || asked(&policy.name)
        };
        self.sla.in_force().into_iter().filter(may_hold).any(|policy| policy.data.directive)
    }

    /// What rules where nothing is known of the asset: the organisation's own policy and calendar.
    #[must_use]
    pub fn ruling_of_all(&self) -> Ruling {
        Ruling {
            policies: vec![self.policy.clone()],
            calendar: self.calendar.clone(),
            policy_id: self.policy_id,
        }
    }

    /// The zone whose days count for a team's risks.
    #[must_use]
    pub fn zone_of(&self, team_id: i64) -> Tz {
        self.calendars_newest(team_id).map_or(self.zone, |calendar| calendar.data.zone)
    }

    /// The zone of a version of a calendar, such as `standard@1`.
    #[must_use]
    pub fn zone_labelled(&self, calendar: &str) -> Tz {
        self.versions.calendars.get(calendar).map_or(self.zone, |calendar| calendar.zone)
    }

    fn calendar_of(&self, team_id: i64) -> String {
        self.calendars_newest(team_id).map_or_else(|| self.calendar.clone(), Version::label)
    }
}
