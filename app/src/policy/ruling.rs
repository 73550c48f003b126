//! Which policies and which calendar rule a risk, by its asset and its team.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use abate_entity::tier::Tier;
use abate_entity::{asset, team};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
};

use super::version::Version;
use super::{Policies, STANDARD};
use crate::platform::problem::Problem;
use crate::risk::clock::{ClockEvent, Happening};

/// Assets that are asked for at a time.
const CHUNK: usize = 500;

/// What the choice of policies looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// How much depends on the asset.
    pub tier: Tier,
    /// Whether strangers can reach it.
    pub internet_facing: bool,
    /// The classes of data that it holds.
    pub data_classes: Vec<String>,
    /// The team that answers for the risk.
    pub team_id: i64,
}

impl Subject {
    /// A risk of a team on an asset.
    #[must_use]
    pub fn on(asset: &asset::Model, team_id: i64) -> Self {
        Self {
            tier: asset.tier,
            internet_facing: asset.internet_facing,
            data_classes: words(&asset.data_classes),
            team_id,
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
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

#[derive(FromQueryResult)]
struct Facts {
    id: i64,
    tier: Tier,
    internet_facing: bool,
    data_classes: String,
}

/// The rulings of risks, by the number of the asset and that of the team.
///
/// # Errors
/// When the database cannot be asked, or one of the assets is not there.
pub async fn of_risks(
    db: &impl ConnectionTrait,
    policies: &Policies,
    risks: &BTreeSet<(i64, i64)>,
) -> Result<HashMap<(i64, i64), Ruling>, Problem> {
    let ids: Vec<i64> =
        risks.iter().map(|(asset_id, _)| *asset_id).collect::<BTreeSet<_>>().into_iter().collect();
    let mut assets = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let found = asset::Entity::find()
            .select_only()
            .columns([
                asset::Column::Id,
                asset::Column::Tier,
                asset::Column::InternetFacing,
                asset::Column::DataClasses,
            ])
            .filter(asset::Column::Id.is_in(ids.iter().copied()))
            .into_model::<Facts>()
            .all(db)
            .await?;
        assets.extend(found.into_iter().map(|facts| (facts.id, facts)));
    }
    let ruling = |&(asset_id, team_id): &(i64, i64)| {
        let facts = assets.get(&asset_id).ok_or_else(|| Problem::not_found("the asset of the risk"))?;
        let subject = Subject {
            tier: facts.tier,
            internet_facing: facts.internet_facing,
            data_classes: words(&facts.data_classes),
            team_id,
        };
        Ok(((asset_id, team_id), policies.ruling(&subject)))
    };
    risks.iter().map(ruling).collect()
}

impl Policies {
    /// What rules a risk.
    #[must_use]
    pub fn ruling(&self, subject: &Subject) -> Ruling {
        let choice = self.teams.get(&subject.team_id);
        let named = choice.and_then(|choice| choice.policy.as_deref()).and_then(|name| self.sla.newest(name));
        let (policy_id, base) =
            named.map_or_else(|| (self.policy_id, self.policy.clone()), |policy| (policy.id, policy.label()));
        let base_name = named.map_or(STANDARD, |policy| policy.name.as_str());
        let further = self.sla.in_force().into_iter().filter(|policy| {
            let Subject { tier, internet_facing, data_classes, .. } = subject;
            let asked = data_classes.iter().any(|class| self.asked_for.get(class) == Some(&policy.name));
            ![base_name, STANDARD].contains(&policy.name.as_str())
                && policy.data.applies.fits(*tier, *internet_facing, data_classes, asked)
        });
        let policies = std::iter::once(base).chain(further.map(Version::label)).collect();
        Ruling { policies, calendar: self.calendar_of(subject.team_id), policy_id }
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
