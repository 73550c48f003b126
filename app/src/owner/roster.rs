//! Everybody who is here, read once for work that asks about many: when each may be told things, who leads which team,
//! who holds which role.

use std::collections::HashMap;

use abate_entity::{app_user, team, user_role};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::quiet_rules::{Hours, time};
use crate::access::role::{EVERY_TEAM, Role};
use crate::calendar::business_day::Holidays;
use crate::platform::problem::Problem;
use crate::policy::Policies;

/// Who is here.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    hours: HashMap<i64, Hours>,
    leads: HashMap<i64, i64>,
    holders: HashMap<(Role, i64), Vec<i64>>,
    /// The days off of the organisation.
    pub holidays: Holidays,
}

impl Roster {
    /// Reads it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn read(db: &impl ConnectionTrait, policies: &Policies) -> Result<Self, Problem> {
        let users = app_user::Entity::find().filter(app_user::Column::Active.eq(true)).all(db).await?;
        let hours: HashMap<i64, Hours> =
            users.iter().map(|user| (user.id, hours(user, policies.zone))).collect();
        let mut holders: HashMap<(Role, i64), Vec<i64>> = HashMap::new();
        for held in user_role::Entity::find().order_by_asc(user_role::Column::UserId).all(db).await? {
            if let Ok(role) = held.role.parse::<Role>()
                && hours.contains_key(&held.user_id)
            {
                holders.entry((role, held.team_id)).or_default().push(held.user_id);
            }
        }
        let teams = team::Entity::find().all(db).await?;
        let named = teams.into_iter().filter_map(|team| Some((team.id, team.lead_id?)));
        let leads = named.filter(|(_, lead)| hours.contains_key(lead)).collect();
        Ok(Self { hours, leads, holders, holidays: holidays(policies) })
    }

    /// Whether somebody is still here.
    #[must_use]
    pub fn is_here(&self, id: i64) -> bool {
        self.hours.contains_key(&id)
    }

    /// When somebody may be told things; none for who has left.
    #[must_use]
    pub fn hours(&self, id: i64) -> Option<Hours> {
        self.hours.get(&id).copied()
    }

    /// Who leads the team.
    #[must_use]
    pub fn lead(&self, team_id: i64) -> Option<i64> {
        let holders = || self.holders.get(&(Role::TeamLead, team_id))?.first().copied();
        self.leads.get(&team_id).copied().or_else(holders)
    }

    /// The people who hold the role in the team or in all, in the order of their numbers.
    #[must_use]
    pub fn holders(&self, role: Role, team_id: i64) -> Vec<i64> {
        let of = |team| self.holders.get(&(role, team)).into_iter().flatten().copied();
        let mut people: Vec<i64> = of(EVERY_TEAM).chain(of(team_id)).collect();
        people.sort_unstable();
        people.dedup();
        people
    }
}

/// When a person may be told things, in the zone they work in.
#[must_use]
pub fn hours(user: &app_user::Model, organisation: Tz) -> Hours {
    let zone = user.zone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(organisation);
    // What cannot be read was never written by us; then nothing is quiet but the weekend.
    let quiet_from = time(&user.quiet_from).unwrap_or_default();
    let quiet_to = time(&user.quiet_to).unwrap_or(quiet_from);
    Hours { zone, quiet_from, quiet_to }
}

/// The days off of the organisation.
#[must_use]
pub fn holidays(policies: &Policies) -> Holidays {
    policies
        .versions
        .calendars
        .get(&policies.calendar)
        .map(|calendar| calendar.holidays.clone())
        .unwrap_or_default()
}
