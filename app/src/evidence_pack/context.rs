//! What sections of a pack stand on: the moments, the names that rows refer to by number, and what was known of risks.

use std::collections::{HashMap, HashSet};

use abate_entity::{app_user, asset, audit_entry, rating_grid, risk, risk_event, team};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value};

use super::period_rules::{Days, Period};
use crate::calendar::local_time;
use crate::platform::problem::Problem;
use crate::risk::difference;
use crate::risk::key::RiskKey;

/// Rows that are read at once.
pub(super) const PAGE: u64 = 500;

/// What sections stand on.
pub(super) struct Context {
    pub(super) db: DatabaseConnection,
    pub(super) days: Days,
    pub(super) period: Period,
    pub(super) zone: Tz,
    /// The team that the pack is about; none for all.
    pub(super) team: Option<i64>,
    people: HashMap<i64, String>,
    assets: HashMap<i64, String>,
    /// The assets that the team had then.
    of_team: HashSet<i64>,
    teams: HashMap<i64, String>,
    grids: HashMap<i64, String>,
}

/// What was known of a risk.
pub(super) struct History {
    /// The row, of which only what never changes may be used.
    pub(super) risk: risk::Model,
    /// What was recorded until then, oldest first.
    pub(super) events: Vec<risk_event::Model>,
    /// What was recorded later.
    pub(super) later: Vec<risk_event::Model>,
    /// What it was then.
    pub(super) values: Map<String, Value>,
}

impl Context {
    /// Reads the names.
    pub(super) async fn read(
        db: &DatabaseConnection,
        days: Days,
        period: Period,
        zone: Tz,
        team: Option<i64>,
    ) -> Result<Self, Problem> {
        let people = app_user::Entity::find().all(db).await?;
        let teams = team::Entity::find().all(db).await?;
        let grids = rating_grid::Entity::find().all(db).await?;
        let mut assets: Vec<(i64, String, i64)> = asset::Entity::find()
            .select_only()
            .columns([asset::Column::Id, asset::Column::Key, asset::Column::TeamId])
            .into_tuple()
            .all(db)
            .await?;
        if team.is_some() {
            let teams = teams_of_assets(db, period.as_of).await?;
            for (id, _, team) in &mut assets {
                *team = teams.get(id).copied().unwrap_or(*team);
            }
        }
        Ok(Self {
            db: db.clone(),
            days,
            period,
            zone,
            team,
            people: people.into_iter().map(|user| (user.id, user.email)).collect(),
            of_team: assets.iter().filter(|asset| team == Some(asset.2)).map(|asset| asset.0).collect(),
            assets: assets.into_iter().map(|(id, key, _)| (id, key)).collect(),
            teams: teams.into_iter().map(|team| (team.id, team.key)).collect(),
            grids: grids
                .into_iter()
                .map(|grid| (grid.id, format!("{}@{}", grid.name, grid.version)))
                .collect(),
        })
    }

    /// Address of a person.
    pub(super) fn person(&self, id: Option<i64>) -> Value {
        named(&self.people, id)
    }

    /// Key of an asset.
    pub(super) fn asset(&self, id: Option<i64>) -> Value {
        named(&self.assets, id)
    }

    /// Key of a team.
    pub(super) fn team_key(&self, id: Option<i64>) -> Value {
        named(&self.teams, id)
    }

    /// Name and version of a grid.
    pub(super) fn grid(&self, id: Option<i64>) -> Value {
        named(&self.grids, id)
    }

    /// Whether the asset was one of the team that the pack is about.
    pub(super) fn is_of_team(&self, asset: Option<i64>) -> bool {
        self.team.is_none() || asset.is_some_and(|id| self.of_team.contains(&id))
    }

    /// Whether it was recorded in the period.
    pub(super) fn covers(&self, at: DateTime<Utc>) -> bool {
        at >= self.period.since && at < self.period.until
    }

    /// The day of a moment in the organisation's zone.
    pub(super) fn local_day(&self, at: DateTime<Utc>) -> NaiveDate {
        local_time::local_date(self.zone, at)
    }

    /// The moment, unless it came later than what the pack shows.
    pub(super) fn known(&self, at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        at.filter(|at| *at < self.period.as_of)
    }

    /// The next risks after the number, lowest first, with what was known of them; none after the last.
    pub(super) async fn histories(&self, after: &mut i64) -> Result<Option<Vec<History>>, Problem> {
        let rows = risk::Entity::find()
            .filter(risk::Column::Id.gt(*after))
            .filter(risk::Column::CreatedAt.lt(self.period.as_of))
            .order_by_asc(risk::Column::Id)
            .limit(PAGE)
            .all(&self.db)
            .await?;
        let Some(last) = rows.last() else { return Ok(None) };
        *after = last.id;
        Ok(Some(self.known_of(rows).await?))
    }

    /// What was known of these risks, by number; those of other teams are left out.
    pub(super) async fn histories_of(&self, ids: &[i64]) -> Result<HashMap<i64, History>, Problem> {
        let mut found = HashMap::new();
        for ids in ids.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
            let rows = risk::Entity::find()
                .filter(risk::Column::Id.is_in(ids.iter().copied()))
                .filter(risk::Column::CreatedAt.lt(self.period.as_of))
                .all(&self.db)
                .await?;
            found.extend(self.known_of(rows).await?.into_iter().map(|history| (history.risk.id, history)));
        }
        Ok(found)
    }

    async fn known_of(&self, rows: Vec<risk::Model>) -> Result<Vec<History>, Problem> {
        let events = risk_event::Entity::find()
            .filter(risk_event::Column::RiskId.is_in(rows.iter().map(|risk| risk.id)))
            .order_by_asc(risk_event::Column::RiskId)
            .order_by_asc(risk_event::Column::Version)
            .all(&self.db)
            .await?;
        let mut by_risk: HashMap<i64, Vec<risk_event::Model>> = HashMap::new();
        for event in events {
            by_risk.entry(event.risk_id).or_default().push(event);
        }
        let histories = rows.into_iter().map(|risk| {
            let all = by_risk.remove(&risk.id).unwrap_or_default();
            let (events, later): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|event| event.recorded_at < self.period.as_of);
            let values = difference::replay(events.iter().map(|event| &event.data));
            History { risk, events, later, values }
        });
        let ours = |history: &History| match self.team {
            Some(team) => history.number("team_id") == Some(team),
            None => true,
        };
        Ok(histories.filter(|history| !history.events.is_empty() && ours(history)).collect())
    }
}

impl History {
    /// Its key.
    pub(super) fn key(&self) -> String {
        RiskKey(self.risk.id).to_string()
    }

    /// What was said of it then.
    pub(super) fn value(&self, name: &str) -> Value {
        self.values.get(name).cloned().unwrap_or_default()
    }

    /// A number that was said of it then.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.values.get(name).and_then(Value::as_i64)
    }
}

/// The teams that assets had at a moment, where they have others today: the log says what was before each change since.
async fn teams_of_assets(
    db: &DatabaseConnection,
    as_of: DateTime<Utc>,
) -> Result<HashMap<i64, i64>, Problem> {
    let changes = audit_entry::Entity::find()
        .filter(audit_entry::Column::Action.is_in(["asset.edit", "asset.import"]))
        .filter(audit_entry::Column::RecordedAt.gte(as_of))
        .order_by_desc(audit_entry::Column::Id)
        .all(db)
        .await?;
    let mut teams = HashMap::new();
    for change in changes {
        let edited = change.subject.strip_prefix("asset-").and_then(|id| id.parse().ok());
        teams.extend(edited.zip(change.data["fields"]["team"]["from"].as_i64()));
        let imported = change.data["teams"].as_array().into_iter().flatten();
        teams.extend(imported.filter_map(|moved| moved["asset"].as_i64().zip(moved["from"].as_i64())));
    }
    Ok(teams)
}

fn named(names: &HashMap<i64, String>, id: Option<i64>) -> Value {
    let Some(id) = id else { return Value::Null };
    names.get(&id).cloned().map_or_else(|| Value::from(id), Value::from)
}
