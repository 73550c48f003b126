//! Finds cadences and runs. What the caller may see comes first in every query.

use std::collections::HashMap;

use abate_entity::cadence_run::{self, RunState};
use abate_entity::{app_user, cadence, team};
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::run::Held;
use crate::access::scope::Scope;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;

/// The cadences that may be seen, by name.
///
/// # Errors
/// When the database cannot be asked, or the page is none.
pub async fn cadences(
    db: &impl ConnectionTrait,
    scope: &Scope,
    page: &PageQuery,
) -> Result<Page<cadence::Model>, Problem> {
    let limit = page.limit()?;
    let mut query = visible(scope, cadence::Entity::find());
    if let Some((name, id)) = page.after::<(String, i64)>()? {
        let key = Expr::tuple([Expr::col(cadence::Column::Name), Expr::col(cadence::Column::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(name), Expr::val(id)])));
    }
    let rows = query
        .order_by_asc(cadence::Column::Name)
        .order_by_asc(cadence::Column::Id)
        .limit(limit + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, limit, |row| (row.name.clone(), row.id)))
}

/// One cadence that may be seen.
///
/// # Errors
/// 404 when there is none.
pub async fn cadence(db: &impl ConnectionTrait, scope: &Scope, id: i64) -> Result<cadence::Model, Problem> {
    visible(scope, cadence::Entity::find_by_id(id))
        .one(db)
        .await?
        .ok_or_else(|| Problem::not_found(format!("cadence {id}")))
}

/// The runs of a cadence, the latest first.
///
/// # Errors
/// When the database cannot be asked, or the page is none.
pub async fn runs(
    db: &impl ConnectionTrait,
    cadence: &cadence::Model,
    states: &[RunState],
    page: &PageQuery,
) -> Result<Page<cadence_run::Model>, Problem> {
    let limit = page.limit()?;
    let mut query = cadence_run::Entity::find().filter(cadence_run::Column::CadenceId.eq(cadence.id));
    if !states.is_empty() {
        query = query.filter(cadence_run::Column::State.is_in(states.iter().copied()));
    }
    if let Some(before) = page.after::<NaiveDate>()? {
        query = query.filter(cadence_run::Column::ScheduledOn.lt(before));
    }
    let rows = query.order_by_desc(cadence_run::Column::ScheduledOn).limit(limit + 1).all(db).await?;
    Ok(Page::cut(rows, limit, |row| row.scheduled_on))
}

/// One run that may be seen, with its cadence.
///
/// # Errors
/// 404 when there is none.
pub async fn run(db: &impl ConnectionTrait, scope: &Scope, id: i64) -> Result<Held, Problem> {
    let missing = || Problem::not_found(format!("run {id}"));
    let run = cadence_run::Entity::find_by_id(id).one(db).await?.ok_or_else(missing)?;
    let cadence = visible(scope, cadence::Entity::find_by_id(run.cadence_id)).one(db).await?;
    Ok(Held { run, cadence: cadence.ok_or_else(missing)? })
}

/// The runs of these cadences that a list shows: all that are open, and the last that is over.
///
/// # Errors
/// When the database cannot be asked.
pub async fn around_now(
    db: &impl ConnectionTrait,
    cadences: &[cadence::Model],
) -> Result<HashMap<i64, Around>, Problem> {
    let ids: Vec<i64> = cadences.iter().map(|cadence| cadence.id).collect();
    let open = [RunState::Planned, RunState::Due, RunState::InProgress];
    let last_over = Query::select()
        .expr(Expr::col(cadence_run::Column::Id).max())
        .from(cadence_run::Entity)
        .and_where(cadence_run::Column::CadenceId.is_in(ids.clone()))
        .and_where(cadence_run::Column::State.is_not_in(open))
        .group_by_col(cadence_run::Column::CadenceId)
        .to_owned();
    let shown = Condition::any()
        .add(cadence_run::Column::State.is_in(open))
        .add(cadence_run::Column::Id.in_subquery(last_over));
    let rows = cadence_run::Entity::find()
        .filter(cadence_run::Column::CadenceId.is_in(ids))
        .filter(shown)
        .order_by_asc(cadence_run::Column::ScheduledOn)
        .all(db)
        .await?;
    let mut around: HashMap<i64, Around> = HashMap::new();
    for run in rows {
        let place = around.entry(run.cadence_id).or_default();
        if !run.state.is_open() {
            place.last = Some(run);
        } else if place.next.is_none() {
            place.next = Some(run);
        }
    }
    Ok(around)
}

/// The runs of a cadence around now.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The one that is to be done next.
    pub next: Option<cadence_run::Model>,
    /// The last that is over.
    pub last: Option<cadence_run::Model>,
}

/// The people and teams that views name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    people: HashMap<i64, (String, String)>,
    teams: HashMap<i64, (String, String)>,
}

impl Names {
    /// Reads the names of these people, and of all teams.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn of(
        db: &impl ConnectionTrait,
        people: impl IntoIterator<Item = Option<i64>>,
    ) -> Result<Self, Problem> {
        let mut ids: Vec<i64> = people.into_iter().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        let people = app_user::Entity::find().filter(app_user::Column::Id.is_in(ids)).all(db).await?;
        let teams = team::Entity::find().all(db).await?;
        Ok(Self {
            people: people.into_iter().map(|user| (user.id, (user.email, user.name))).collect(),
            teams: teams.into_iter().map(|team| (team.id, (team.key, team.name))).collect(),
        })
    }

    /// Everybody whom these runs name.
    pub fn in_run(run: &cadence_run::Model) -> [Option<i64>; 4] {
        [run.owner_id, run.completed_by, run.skip_asked_by, run.decided_by]
    }

    /// The address of a person.
    #[must_use]
    pub fn email(&self, id: Option<i64>) -> Option<String> {
        self.people.get(&id?).map(|(email, _)| email.clone())
    }

    /// The name of a person.
    #[must_use]
    pub fn name(&self, id: Option<i64>) -> Option<String> {
        self.people.get(&id?).map(|(_, name)| name.clone())
    }

    /// The key of a team.
    #[must_use]
    pub fn team_key(&self, id: i64) -> String {
        self.teams.get(&id).map(|(key, _)| key.clone()).unwrap_or_default()
    }

    /// The name of a team.
    #[must_use]
    pub fn team_name(&self, id: i64) -> String {
        self.teams.get(&id).map(|(_, name)| name.clone()).unwrap_or_default()
    }
}

fn visible(scope: &Scope, query: Select<cadence::Entity>) -> Select<cadence::Entity> {
    match scope.teams() {
        None => query,
        Some(teams) => query.filter(cadence::Column::TeamId.is_in(teams.iter().copied())),
    }
}
