//! Sets up and changes cadences.

use abate_entity::cadence::{self, CadenceKind};
use abate_entity::cadence_run::{self, RunState};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder,
};
use serde_json::json;

use super::ceiling::{DueRule, PlannedRun};
use super::default_cadence::DefaultCadence;
use super::plan::Plan;
use super::recurrence::Recurrence;
use super::tick;
use crate::access::actor::Actor;
use crate::access::right::KeepCadences;
use crate::audit_log;
use crate::calendar::business_day::Holidays;
use crate::calendar::local_time;
use crate::platform::problem::{FieldProblem, Kind, Problem};
use crate::policy::Policies;

/// Longest name, in characters.
const MAX_NAME: usize = 200;
/// Longest description, in characters.
const MAX_TEXT: usize = 10_000;
/// Most days of lead or grace.
const MAX_DAYS: u16 = 90;
/// Most months of a ceiling.
const MAX_MONTHS: u32 = 60;
/// How many runs a preview shows.
const PREVIEWED: usize = 6;
/// How the time of day is written.
const TIME: &str = "%H:%M";

/// What makes up a cadence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// What people call it.
    pub name: String,
    /// What it is about.
    pub kind: CadenceKind,
    /// What has to be done.
    pub description: String,
    /// When it falls due.
    pub rule: String,
    /// From when on.
    pub starts_on: NaiveDate,
    /// Local time of day at which a run begins.
    pub time_of_day: NaiveTime,
    /// The zone of that time.
    pub zone: Tz,
    /// How many days before it is due a run opens.
    pub lead_days: u16,
    /// How many days after it was due a run may still be done, late.
    pub grace_days: u16,
    /// The most calendar months between two runs.
    pub ceiling_months: Option<u32>,
    /// Whether a run on a day off is due on the business day before.
    pub back_to_business_day: bool,
    /// When it was last done, before or outside Abate.
    pub last_done_on: Option<NaiveDate>,
    /// Who answers for it.
    pub team_id: i64,
    /// The person who does it.
    pub owner_id: Option<i64>,
    /// Whether runs are made.
    pub active: bool,
}

impl Definition {
    /// A default as this organisation would start it.
    #[must_use]
    pub fn from_default(offer: &DefaultCadence, starts_on: NaiveDate, zone: Tz, team_id: i64) -> Self {
        Self {
            name: offer.name.to_owned(),
            kind: offer.kind,
            description: offer.description.to_owned(),
            rule: offer.rule.to_owned(),
            starts_on,
            time_of_day: NaiveTime::from_hms_opt(9, 0, 0).unwrap_or(NaiveTime::MIN),
            zone,
            lead_days: offer.lead_days,
            grace_days: offer.grace_days,
            ceiling_months: offer.ceiling_months,
            back_to_business_day: offer.back_to_business_day,
            last_done_on: None,
            team_id,
            owner_id: None,
            active: true,
        }
    }

    /// Reads a cadence's row.
    ///
    /// # Errors
    /// When the row was written by something else.
    pub fn of(row: &cadence::Model) -> Result<Self, Problem> {
        let unreadable = |what: &str| Problem::internal(anyhow::anyhow!("cadence {}: bad {what}", row.id));
        let days = |number: i32| u16::try_from(number).map_err(Problem::internal);
        Ok(Self {
            name: row.name.clone(),
            kind: row.kind,
            description: row.description.clone(),
            rule: row.rule.clone(),
            starts_on: row.starts_on,
            time_of_day: NaiveTime::parse_from_str(&row.time_of_day, TIME).map_err(Problem::internal)?,
            zone: row.zone.parse().map_err(|_| unreadable("zone"))?,
            lead_days: days(row.lead_days)?,
            grace_days: days(row.grace_days)?,
            ceiling_months: row.ceiling_months.map(u32::try_from).transpose().map_err(Problem::internal)?,
            back_to_business_day: row.back_to_business_day,
            last_done_on: row.last_done_on,
            team_id: row.team_id,
            owner_id: row.owner_id,
            active: row.active,
        })
    }

    /// What decides about its runs.
    ///
    /// # Errors
    /// 422 for the rule or another field.
    pub fn plan(&self, holidays: Holidays) -> Result<Plan, Problem> {
        let start = self.starts_on.and_time(self.time_of_day);
        let recurrence = Recurrence::new(&self.rule, start, self.zone)
            .map_err(|problem| Problem::invalid("rule", problem.to_string()))?;
        Ok(Plan {
            recurrence,
            due: DueRule {
                ceiling_months: self.ceiling_months,
                back_to_business_day: self.back_to_business_day,
                holidays,
            },
            lead_days: self.lead_days,
            grace_days: self.grace_days,
            last_done_on: self.last_done_on,
        })
    }

    /// Checks every field; answers the plan and the next runs.
    ///
    /// # Errors
    /// 422 naming each field that is wrong.
    pub fn check(&self, policies: &Policies, today: NaiveDate) -> Result<(Plan, Vec<PlannedRun>), Problem> {
        let mut wrong = Vec::new();
        let mut field = |field: &str, detail: String| wrong.push(FieldProblem::new(field, detail));
        let length = self.name.trim().chars().count();
        if length == 0 || length > MAX_NAME {
            field("name", format!("Give it a name of 1 to {MAX_NAME} characters."));
        }
        if self.description.chars().count() > MAX_TEXT {
            field("description", format!("Use at most {MAX_TEXT} characters."));
        }
        for (name, days) in [("lead_days", self.lead_days), ("grace_days", self.grace_days)] {
            if days > MAX_DAYS {
                field(name, format!("Use 0 to {MAX_DAYS} days."));
            }
        }
        if self.ceiling_months.is_some_and(|months| months == 0 || months > MAX_MONTHS) {
            field("ceiling_months", format!("Use 1 to {MAX_MONTHS} months, or leave it out."));
        }
        if self.last_done_on.is_some_and(|day| day > today) {
            field("last_done_on", "Use a day that has been, or leave it out.".to_owned());
        }
        let plan = match self.plan(holidays(policies)) {
            Ok(plan) => Some(plan),
            Err(problem) => {
                wrong.extend(problem.errors().iter().cloned());
                None
            }
        };
        let Some(plan) = plan.filter(|_| wrong.is_empty()) else {
            return Err(Problem::all_invalid(wrong));
        };
        let next = plan
            .due
            .preview(&plan.recurrence, self.last_done_on, today, PREVIEWED)
            .map_err(|problem| Problem::invalid("rule", problem.to_string()))?;
        Ok((plan, next))
    }

    fn write(&self, plan: &Plan, row: &mut cadence::ActiveModel) {
        row.name = Set(self.name.trim().to_owned());
        row.kind = Set(self.kind);
        row.description = Set(self.description.trim().to_owned());
        row.rule = Set(plan.recurrence.rule());
        row.starts_on = Set(plan.recurrence.start().date());
        row.time_of_day = Set(self.time_of_day.format(TIME).to_string());
        row.zone = Set(self.zone.name().to_owned());
        row.lead_days = Set(i32::from(self.lead_days));
        row.grace_days = Set(i32::from(self.grace_days));
        row.ceiling_months = Set(self.ceiling_months.and_then(|months| i32::try_from(months).ok()));
        row.back_to_business_day = Set(self.back_to_business_day);
        row.last_done_on = Set(self.last_done_on);
        row.team_id = Set(self.team_id);
        row.owner_id = Set(self.owner_id);
        row.active = Set(self.active);
    }
}

/// The days off of the calendar in force.
#[must_use]
pub fn holidays(policies: &Policies) -> Holidays {
    policies
        .versions
        .calendars
        .get(&policies.calendar)
        .map(|calendar| calendar.holidays.clone())
        .unwrap_or_default()
}

/// Sets up a cadence and makes its first runs.
///
/// # Errors
/// 403 without the right in that team, 409 when the name is taken, 422 naming each field that is wrong.
pub async fn create(
    tx: &DatabaseTransaction,
    actor: &Actor,
    policies: &Policies,
    definition: &Definition,
    now: DateTime<Utc>,
) -> Result<cadence::Model, Problem> {
    actor.require_in::<KeepCadences>(definition.team_id)?;
    let (plan, _) = definition.check(policies, local_time::local_date(definition.zone, now))?;
    refuse_same_name(tx, &definition.name, None).await?;
    let mut row = cadence::ActiveModel {
        version: Set(1),
        // Runs begin with the day on which the cadence is set up; what was before it is not its business.
        made_until: Set(now),
        look_again_at: Set(now),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    definition.write(&plan, &mut row);
    let made = row.insert(tx).await?;
    let entry = json!({"name": made.name, "rule": made.rule, "starts_on": made.starts_on});
    audit_log::add(tx, actor, "cadence.create", &format!("cadence-{}", made.id), entry, now).await?;
    tick::make_runs(tx, made, &plan, now).await
}

/// Changes a cadence. Runs that have opened stay as they are; those that were only planned are planned anew.
///
/// # Errors
/// 403 without the right in both teams, 412 when it was changed meanwhile, 422 naming each field that is wrong.
pub async fn edit(
    tx: &DatabaseTransaction,
    actor: &Actor,
    policies: &Policies,
    before: cadence::Model,
    definition: &Definition,
    now: DateTime<Utc>,
) -> Result<cadence::Model, Problem> {
    actor.require_in::<KeepCadences>(before.team_id)?;
    actor.require_in::<KeepCadences>(definition.team_id)?;
    let (plan, _) = definition.check(policies, local_time::local_date(definition.zone, now))?;
    refuse_same_name(tx, &definition.name, Some(before.id)).await?;
    let made_until = withdraw_planned(tx, &before, now).await?;
    let mut row = cadence::ActiveModel {
        version: Set(before.version + 1),
        made_until: Set(made_until),
        look_again_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    definition.write(&plan, &mut row);
    let updated = cadence::Entity::update_many()
        .set(row)
        .filter(cadence::Column::Id.eq(before.id))
        .filter(cadence::Column::Version.eq(before.version))
        .exec(tx)
        .await?;
    if updated.rows_affected != 1 {
        return Err(Problem::new(
            Kind::Stale,
            "The cadence was changed meanwhile; read it again and repeat.",
        ));
    }
    let entry = json!({
        "name": definition.name, "rule": plan.recurrence.rule(), "active": definition.active,
        "kind": definition.kind, "team": definition.team_id,
        "before": {
            "name": before.name, "rule": before.rule, "active": before.active, "kind": before.kind,
            "team": before.team_id,
        },
    });
    audit_log::add(tx, actor, "cadence.edit", &format!("cadence-{}", before.id), entry, now).await?;
    let after = by_id(tx, before.id).await?;
    if definition.active { tick::make_runs(tx, after, &plan, now).await } else { Ok(after) }
}

/// Sets up those of the offered cadences that are not there yet.
///
/// # Errors
/// 403 without the right in that team.
pub async fn create_defaults(
    tx: &DatabaseTransaction,
    actor: &Actor,
    policies: &Policies,
    offers: &[DefaultCadence],
    team_id: i64,
    now: DateTime<Utc>,
) -> Result<Vec<cadence::Model>, Problem> {
    let today = local_time::local_date(policies.zone, now);
    let mut made = Vec::new();
    for offer in offers {
        let there = cadence::Entity::find().filter(cadence::Column::Name.eq(offer.name)).one(tx).await?;
        if there.is_none() {
            let definition = Definition::from_default(offer, today, policies.zone, team_id);
            made.push(create(tx, actor, policies, &definition, now).await?);
        }
    }
    Ok(made)
}

async fn by_id(tx: &impl ConnectionTrait, id: i64) -> Result<cadence::Model, Problem> {
    cadence::Entity::find_by_id(id).one(tx).await?.ok_or_else(|| Problem::not_found("such cadence"))
}

/// Takes back the runs that were only planned; answers up to where runs still exist.
async fn withdraw_planned(
    tx: &DatabaseTransaction,
    cadence: &cadence::Model,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Problem> {
    cadence_run::Entity::delete_many()
        .filter(cadence_run::Column::CadenceId.eq(cadence.id))
        .filter(cadence_run::Column::State.eq(RunState::Planned))
        .filter(cadence_run::Column::OpensAt.gt(now))
        .exec(tx)
        .await?;
    let last = cadence_run::Entity::find()
        .filter(cadence_run::Column::CadenceId.eq(cadence.id))
        .order_by_desc(cadence_run::Column::ScheduledAt)
        .one(tx)
        .await?;
    Ok(last.map_or(now, |run| run.scheduled_at.max(now)))
}

async fn refuse_same_name(tx: &impl ConnectionTrait, name: &str, but: Option<i64>) -> Result<(), Problem> {
    let same = cadence::Entity::find().filter(cadence::Column::Name.eq(name.trim())).one(tx).await?;
    match same {
        Some(other) if Some(other.id) != but => Err(Problem::new(
            Kind::Conflict,
            format!("There is a cadence called {:?} already; choose another name.", other.name),
        )),
        _ => Ok(()),
    }
}
