//! Reads the lists of the dashboard: what is late or due soon, obligations, acceptances that end.

use std::collections::HashMap;

use abate_entity::cadence_run::RunState;
use abate_entity::lifecycle::State;
use abate_entity::{acceptance, app_user, cadence, cadence_run, risk, team};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
};

use super::view::{AcceptanceRow, CadenceRow};
use crate::access::scope::Scope;
use crate::page::badge::{Badge, Tone};
use crate::page::due::{Due, Moment};
use crate::platform::problem::Problem;
use crate::risk::finder;
use crate::risk::key::RiskKey;

/// Rows that a list of the dashboard has at most.
const ROWS: u64 = 6;
/// Obligations that the dashboard shows at most.
const CADENCES: u64 = 50;
/// Runs that are looked at to say how they stand.
const RUNS: u64 = 2000;
/// Days before its end from which an acceptance is shown.
const ENDING_DAYS: i64 = 30;

/// Open risks that are due from `from` on and before `until`, soonest first.
///
/// One query a state, each of which an index answers in the order wanted; one for all would have to sort.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn due_between(
    db: &impl ConnectionTrait,
    scope: &Scope,
    team: Option<i64>,
    from: Option<DateTime<Utc>>,
    until: DateTime<Utc>,
) -> Result<Vec<risk::Model>, Problem> {
    let mut risks = Vec::new();
    for state in State::ALL.iter().filter(|state| state.is_open()) {
        let mut query = finder::visible(scope, risk::Entity::find())
            .filter(risk::Column::State.eq(*state))
            .filter(risk::Column::DueAt.lt(until))
            .order_by_asc(risk::Column::DueAt)
            .order_by_asc(risk::Column::Id)
            .limit(ROWS);
        if let Some(from) = from {
            query = query.filter(risk::Column::DueAt.gte(from));
        }
        if let Some(team) = team {
            query = query.filter(risk::Column::TeamId.eq(team));
        }
        risks.extend(query.all(db).await?);
    }
    risks.sort_by_key(|risk| (risk.due_at, risk.id));
    risks.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    Ok(risks)
}

/// Acceptances that end soon, soonest first.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn ending_acceptances(
    db: &impl ConnectionTrait,
    scope: &Scope,
    team: Option<i64>,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<Vec<AcceptanceRow>, Problem> {
    let mut query = acceptance::Entity::find()
        .join(JoinType::InnerJoin, acceptance_risk())
        .filter(acceptance::Column::State.eq("in_force"))
        .filter(acceptance::Column::EndsAt.lt(now + Duration::days(ENDING_DAYS)))
        .order_by_asc(acceptance::Column::EndsAt)
        .order_by_asc(acceptance::Column::Id)
        .limit(ROWS);
    if let Some(teams) = scope.teams() {
        query = query.filter(risk::Column::TeamId.is_in(teams.iter().copied()));
    }
    if let Some(team) = team {
        query = query.filter(risk::Column::TeamId.eq(team));
    }
    let rows = query.all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rows.iter().map(|row| row.risk_id);
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(db).await?;
    let risks: HashMap<i64, risk::Model> = risks.into_iter().map(|risk| (risk.id, risk)).collect();
    let names = names(db, rows.iter().filter_map(|row| row.decided_by)).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let risk = risks.get(&row.risk_id)?;
            let key = RiskKey(risk.id).to_string();
            Some(AcceptanceRow {
                href: format!("/risks/{key}"),
                key,
                title: risk.title.clone(),
                level: Badge::level(risk.level.as_str()),
                approver: row.decided_by.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
                ends: Due::running(row.ends_on, today),
            })
        })
        .collect())
}

fn acceptance_risk() -> RelationDef {
    acceptance::Entity::belongs_to(risk::Entity).from(acceptance::Column::RiskId).to(risk::Column::Id).into()
}

/// The obligations, those that need somebody first, and how many stand in each way, in words.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn obligations(
    db: &impl ConnectionTrait,
    scope: &Scope,
    team: Option<i64>,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<(Vec<CadenceRow>, Standing), Problem> {
    let mut query = cadence::Entity::find()
        .filter(cadence::Column::Active.eq(true))
        .order_by_asc(cadence::Column::Name)
        .order_by_asc(cadence::Column::Id)
        .limit(CADENCES);
    if let Some(teams) = scope.teams() {
        query = query.filter(cadence::Column::TeamId.is_in(teams.iter().copied()));
    }
    if let Some(team) = team {
        query = query.filter(cadence::Column::TeamId.eq(team));
    }
    let cadences = query.all(db).await?;
    if cadences.is_empty() {
        return Ok((Vec::new(), Standing::default()));
    }
    let runs = cadence_run::Entity::find()
        .filter(cadence_run::Column::CadenceId.is_in(cadences.iter().map(|cadence| cadence.id)))
        .order_by_desc(cadence_run::Column::DueAt)
        .order_by_desc(cadence_run::Column::Id)
        .limit(RUNS)
        .all(db)
        .await?;
    let names = names(db, cadences.iter().filter_map(|cadence| cadence.owner_id)).await?;
    let teams = team::Entity::find().all(db).await?;
    let mut standing = Standing::default();
    let mut rows: Vec<(u8, CadenceRow)> = cadences
        .iter()
        .map(|cadence| {
            let runs: Vec<_> = runs.iter().filter(|run| run.cadence_id == cadence.id).collect();
            let person = cadence.owner_id.and_then(|id| names.get(&id).cloned());
            let team = teams.iter().find(|team| team.id == cadence.team_id).map(|team| team.name.clone());
            let (urgency, badge) = stand(&runs, now);
            standing.count(urgency);
            (urgency, row(cadence, &runs, person.or(team).unwrap_or_default(), badge, now, zone))
        })
        .collect();
    rows.sort_by_key(|(urgency, _)| *urgency);
    Ok((rows.into_iter().map(|(_, row)| row).collect(), standing))
}

/// How many obligations stand how.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// A run is past its date and not done.
    pub(super) late: u64,
    /// The last run was missed.
    pub(super) missed: u64,
    /// A run can be done now.
    pub(super) due: u64,
    /// None of these.
    pub(super) on_time: u64,
}

impl Standing {
    fn count(&mut self, urgency: u8) {
        match urgency {
            0 => self.late += 1,
            1 => self.missed += 1,
            2 => self.due += 1,
            _ => self.on_time += 1,
        }
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        [(self.late, "late"), (self.missed, "missed"), (self.due, "due"), (self.on_time, "on time")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// How an obligation stands; `runs` are newest first.
fn stand(runs: &[&cadence_run::Model], now: DateTime<Utc>) -> (u8, Badge) {
    let last = runs.iter().find(|run| !run.state.is_open()).map(|run| run.state);
    let open = || runs.iter().filter(|run| run.state.is_open());
    if open().any(|run| run.due_at < now) {
        return (0, Badge::toned(Tone::Bad, "Late", "A run is past its date and not done"));
    }
    if last == Some(RunState::Missed) {
        return (1, Badge::toned(Tone::Bad, "Last one missed", ""));
    }
    if open().any(|run| run.state != RunState::Planned) {
        return (2, Badge::toned(Tone::Warn, "Due", "It can be done now"));
    }
    match last {
        Some(RunState::DoneLate) => (3, Badge::toned(Tone::Warn, "Done late", "")),
        Some(RunState::Skipped) => (3, Badge::toned(Tone::Plain, "Skipped", "With an approval")),
        Some(_) => (3, Badge::toned(Tone::Good, "Done in time", "")),
        None => (3, Badge::toned(Tone::Plain, "Planned", "")),
    }
}

/// How often a rule recurs, in words: `month`, `3 months`.
fn every(rule: &str) -> String {
    let part = |name: &str| {
        rule.split([';', ':', '\n']).find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let unit = match part("FREQ") {
        Some("DAILY") => "day",
        Some("WEEKLY") => "week",
        Some("MONTHLY") => "month",
        Some("YEARLY") => "year",
        _ => return "as planned".to_owned(),
    };
    // Twelve months and a year's several months are said as people say them.
    match (unit, part("INTERVAL").and_then(|text| text.parse::<u32>().ok()).unwrap_or(1)) {
        ("month", 12) => "year".to_owned(),
        ("year", 1) => match part("BYMONTH").map_or(1, |months| months.split(',').count()) {
            1 => "year".to_owned(),
            months if 12 % months == 0 => format!("{} months", 12 / months),
            months => format!("year, {months} times"),
        },
        (unit, 1) => unit.to_owned(),
        (unit, interval) => format!("{interval} {unit}s"),
    }
}

fn row(
    cadence: &cadence::Model,
    runs: &[&cadence_run::Model],
    owner: String,
    standing: Badge,
    now: DateTime<Utc>,
    zone: Tz,
) -> CadenceRow {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let last = runs.iter().find(|run| !run.state.is_open()).map(|run| {
        let words = run.state.as_str().replace('_', " ");
        (Moment::new(run.completed_at.unwrap_or(run.due_at), zone), Badge::toned(Tone::Plain, words, ""))
    });
    let next = runs.iter().rev().find(|run| run.state.is_open());
    CadenceRow {
        name: cadence.name.clone(),
        href: format!("/cadences/{}", cadence.id),
        every: every(&cadence.rule),
        owner,
        last,
        next: next
            .map_or_else(|| Due::none("not planned yet"), |run| Due::running(local(run.due_at), local(now))),
        standing,
    }
}

async fn names(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, String>, Problem> {
    let ids: Vec<i64> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let users = app_user::Entity::find().filter(app_user::Column::Id.is_in(ids)).all(db).await?;
    Ok(users.into_iter().map(|user| (user.id, user.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_told_as_people_tell_it() {
        for (rule, words) in [
            ("FREQ=MONTHLY;BYDAY=2WE", "month"),
            ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", "3 months"),
            ("RRULE:FREQ=YEARLY;BYMONTH=1,7;BYDAY=2MO", "6 months"),
            ("FREQ=MONTHLY;INTERVAL=12", "year"),
            ("FREQ=WEEKLY", "week"),
            ("FREQ=YEARLY;BYMONTH=1,2,3,4,5", "year, 5 times"),
            ("", "as planned"),
        ] {
            assert_eq!(every(rule), words, "{rule}");
        }
    }
}
