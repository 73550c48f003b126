//! Finds risks. What the caller may see comes first in every query.

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use abate_entity::{
    app_user, asset, control, finding, risk, risk_control, risk_tag, source, source_scope, team,
};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::key::RiskKey;
use super::{for_me, search, technique};
use crate::access::scope::Scope;
use crate::owner::unowned::nobody_owns;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::{FieldProblem, Problem};

/// The states in which a risk is late once its due date has passed.
const UNDER_A_CLOCK: [State; 6] =
    [State::New, State::Triage, State::Open, State::InProgress, State::Blocked, State::Verification];

/// What to look for; several filters have to hold together.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::IntoParams, utoipa::ToSchema)]
#[serde(default)]
pub struct RiskFilter {
    /// States, separated by commas; `any_open` for all that are neither accepted nor closed.
    pub state: Option<String>,
    /// Levels, separated by commas.
    pub level: Option<String>,
    /// Address of the owner, `me`, `none`, or `unowned` for those whose owner has left too.
    pub owner: Option<String>,
    /// Address of the assignee, `me`, or `none`.
    pub assignee: Option<String>,
    /// Key of the team, or `mine` for those in which you hold a role.
    pub team: Option<String>,
    /// Key of the asset, primary or further.
    pub asset: Option<String>,
    /// Name of a source that supports the risk.
    pub source: Option<String>,
    /// `me` for those that wait for your approval or verification.
    pub waiting: Option<String>,
    /// Only those that no source sees any more, before they are confirmed.
    pub gone: Option<bool>,
    /// Only those that are late, or only those that are not.
    pub overdue: Option<bool>,
    /// Due before this moment.
    pub due_before: Option<DateTime<Utc>>,
    /// A vulnerability, as CVE-2026-1234.
    pub cve: Option<String>,
    /// A STRIDE category.
    pub stride: Option<String>,
    /// An ATT&CK technique.
    pub technique: Option<String>,
    /// Key of a control that the risk relies on.
    pub control: Option<String>,
    /// Words of the risk, a CVE, a technique or a key; the last word may be a beginning.
    pub q: Option<String>,
    /// `due_at` (the default), `-due_at`, `level`, `-level`, `updated_at` or `-updated_at`.
    pub sort: Option<String>,
}

impl RiskFilter {
    /// Reads a filter that risks are changed by: where a list shows too many when a name is mistyped, this would change
    /// them.
    ///
    /// # Errors
    /// 422 naming each filter that does not exist, or that says nothing it can be.
    pub fn strict(given: Map<String, Value>) -> Result<Self, Problem> {
        let known = serde_json::to_value(Self::default()).map_err(Problem::internal)?;
        let mut wrong = Vec::new();
        let mut narrows = false;
        for (name, value) in &given {
            let at = format!("filter.{name}");
            if known.get(name).is_none() {
                let detail = format!("There is no filter {name:?}; use those of the list of risks.");
                wrong.push(FieldProblem::new(at, detail).by("known_filter"));
                continue;
            }
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            if let Err(error) = serde_json::from_value::<Self>(Value::Object(alone)) {
                wrong.push(FieldProblem::new(at, format!("This cannot be read: {error}.")));
            }
            let says_nothing = match value {
                Value::Null => true,
                Value::String(text) => text.trim().is_empty(),
                Value::Bool(false) => name == "gone",
                _ => false,
            };
            narrows |= name != "sort" && !says_nothing;
        }
        if wrong.is_empty() && !narrows {
            let detail = "This would find every risk; say which ones, as in {\"state\": \"triage\"}.";
            wrong.push(FieldProblem::new("filter", detail).by("narrow_filter"));
        }
        if !wrong.is_empty() {
            return Err(Problem::all_invalid(wrong));
        }
        serde_json::from_value(Value::Object(given)).map_err(Problem::internal)
    }
}

/// Where a page of risks ends.
#[derive(Serialize, Deserialize)]
enum Place {
    Due(DateTime<Utc>, i64),
    Level(i16, i64),
    Updated(DateTime<Utc>, i64),
}

#[derive(Clone, Copy)]
enum SortBy {
    Due,
    Level,
    Updated,
}

/// Finds one risk that may be seen.
///
/// # Errors
/// 404 when there is none.
pub async fn one(db: &impl ConnectionTrait, scope: &Scope, key: RiskKey) -> Result<risk::Model, Problem> {
    visible(scope, risk::Entity::find_by_id(key.0))
        .one(db)
        .await?
        .ok_or_else(|| Problem::not_found(format!("risk {key}")))
}

/// A page of the risks that may be seen. `me` is the caller, for filters that say so.
///
/// # Errors
/// 422 for a filter that means nothing.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    me: i64,
    filter: &RiskFilter,
    page: &PageQuery,
    now: DateTime<Utc>,
) -> Result<Page<risk::Model>, Problem> {
    let limit = page.limit()?;
    let (sort, order) = sort(filter)?;
    let mut query = visible(scope, risk::Entity::find()).filter(condition(db, me, filter, now).await?);
    if let Some(place) = page.after::<Place>()? {
        query = query.filter(after(sort, &order, place)?);
    }
    let column = match sort {
        SortBy::Due => risk::Column::DueAt,
        SortBy::Level => risk::Column::Level,
        SortBy::Updated => risk::Column::UpdatedAt,
    };
    let rows = query
        .order_by(column, order.clone())
        .order_by(risk::Column::Id, order)
        .limit(limit + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, limit, |risk| match sort {
        SortBy::Due => Place::Due(risk.due_at, risk.id),
        SortBy::Level => Place::Level(risk.level.as_i16(), risk.id),
        SortBy::Updated => Place::Updated(risk.updated_at, risk.id),
    }))
}

/// The first risks that a filter finds, in the order of their keys.
///
/// # Errors
/// 422 for a filter that means nothing.
pub async fn first(
    db: &impl ConnectionTrait,
    scope: &Scope,
    me: i64,
    filter: &RiskFilter,
    most: u64,
    now: DateTime<Utc>,
) -> Result<Vec<risk::Model>, Problem> {
    let found = visible(scope, risk::Entity::find()).filter(condition(db, me, filter, now).await?);
    Ok(found.order_by_asc(risk::Column::Id).limit(most).all(db).await?)
}

/// Narrows a query to what may be seen.
pub fn visible(scope: &Scope, query: Select<risk::Entity>) -> Select<risk::Entity> {
    match scope.teams() {
        None => query,
        Some(teams) => query.filter(risk::Column::TeamId.is_in(teams.iter().copied())),
    }
}

fn sort(filter: &RiskFilter) -> Result<(SortBy, Order), Problem> {
    let text = filter.sort.as_deref().unwrap_or("due_at");
    let (name, order) = text.strip_prefix('-').map_or((text, Order::Asc), |name| (name, Order::Desc));
    let sort = match name {
        "due_at" => SortBy::Due,
        "level" => SortBy::Level,
        "updated_at" => SortBy::Updated,
        _ => {
            return Err(Problem::invalid(
                "sort",
                "Sort by due_at, level or updated_at, with - for descending.",
            ));
        }
    };
    Ok((sort, order))
}

fn after(sort: SortBy, order: &Order, place: Place) -> Result<Condition, Problem> {
    let (column, value, id) = match (sort, place) {
        (SortBy::Due, Place::Due(at, id)) => (risk::Column::DueAt, Expr::val(at), id),
        (SortBy::Level, Place::Level(level, id)) => (risk::Column::Level, Expr::val(level), id),
        (SortBy::Updated, Place::Updated(at, id)) => (risk::Column::UpdatedAt, Expr::val(at), id),
        _ => return Err(Problem::invalid("cursor", "This cursor belongs to another sort order.")),
    };
    let place = Expr::tuple([value, Expr::val(id)]);
    let key = Expr::tuple([Expr::col(column), Expr::col(risk::Column::Id)]);
    Ok(Condition::all().add(match order {
        Order::Desc => key.lt(place),
        _ => key.gt(place),
    }))
}

pub(super) async fn condition(
    db: &impl ConnectionTrait,
    me: i64,
    filter: &RiskFilter,
    now: DateTime<Utc>,
) -> Result<Condition, Problem> {
    let mut all = Condition::all();
    match &filter.state {
        Some(states) => all = all.add(risk::Column::State.is_in(states_of(states)?)),
        // An undone import's risks are in no list.
        None => {
            all = all.add(
                Condition::any()
                    .add(risk::Column::Resolution.is_null())
                    .add(risk::Column::Resolution.ne(abate_entity::lifecycle::Resolution::Withdrawn)),
            );
        }
    }
    if let Some(levels) = &filter.level {
        let levels = words::<Level>("level", levels)?;
        all = all.add(risk::Column::Level.is_in(levels));
    }
    if filter.owner.as_deref() == Some("unowned") {
        all = all.add(nobody_owns());
    } else if let Some(owner) = &filter.owner {
        all = all.add(person(db, "owner", risk::Column::OwnerId, owner, me).await?);
    }
    if let Some(assignee) = &filter.assignee {
        all = all.add(person(db, "assignee", risk::Column::AssigneeId, assignee, me).await?);
    }
    if filter.team.as_deref() == Some("mine") {
        all = all.add(for_me::of_my_teams(me));
    } else if let Some(key) = &filter.team {
        let team = team::Entity::find().filter(team::Column::Key.eq(key)).one(db).await?;
        let team = team.ok_or_else(|| Problem::invalid("team", format!("There is no team {key:?}.")))?;
        all = all.add(risk::Column::TeamId.eq(team.id));
    }
    if let Some(key) = &filter.asset {
        let asset = asset::Entity::find().filter(asset::Column::Key.eq(key)).one(db).await?;
        let asset = asset.ok_or_else(|| Problem::invalid("asset", format!("There is no asset {key:?}.")))?;
        let further = Query::select()
            .column(abate_entity::risk_asset::Column::RiskId)
            .from(abate_entity::risk_asset::Entity)
            .and_where(abate_entity::risk_asset::Column::AssetId.eq(asset.id))
            .to_owned();
        all = all.add(
            Condition::any()
                .add(risk::Column::AssetId.eq(asset.id))
                .add(risk::Column::Id.in_subquery(further)),
        );
    }
    if let Some(name) = &filter.source {
        let supported = Query::select()
            .column(finding::Column::RiskId)
            .from(finding::Entity)
            .and_where(
                finding::Column::ScopeId.in_subquery(
                    Query::select()
                        .column((source_scope::Entity, source_scope::Column::Id))
                        .from(source_scope::Entity)
                        .inner_join(
                            source::Entity,
                            Expr::col((source::Entity, source::Column::Id))
                                .equals((source_scope::Entity, source_scope::Column::SourceId)),
                        )
                        .and_where(Expr::col((source::Entity, source::Column::Name)).eq(name.as_str()))
                        .to_owned(),
                ),
            )
            .and_where(finding::Column::RiskId.is_not_null())
            .to_owned();
        all = all.add(risk::Column::Id.in_subquery(supported));
    }
    match filter.waiting.as_deref() {
        None => {}
        Some("me") => all = all.add(for_me::waiting(db, me).await?),
        Some(_) => return Err(Problem::invalid("waiting", "Only me can be asked for.")),
    }
    if let Some(gone) = filter.gone {
        all = all.add(if gone { for_me::gone() } else { for_me::gone().not() });
    }
    if let Some(overdue) = filter.overdue {
        let late =
            Condition::all().add(risk::Column::State.is_in(UNDER_A_CLOCK)).add(risk::Column::DueAt.lt(now));
        all = all.add(if overdue { late } else { late.not() });
    }
    if let Some(before) = filter.due_before {
        all = all.add(risk::Column::DueAt.lt(before));
    }
    for (kind, value) in [("cve", &filter.cve), ("stride", &filter.stride), ("technique", &filter.technique)]
    {
        if let Some(value) = value {
            all = all.add(risk::Column::Id.in_subquery(tagged(kind, value)));
        }
    }
    if let Some(key) = &filter.control {
        all = all.add(risk::Column::Id.in_subquery(relying(key)));
    }
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        all = all.add(match (q.parse::<RiskKey>(), search::matching(db.get_database_backend(), q)) {
            (Ok(key), _) => risk::Column::Id.eq(key.0),
            (Err(_), Some(found)) => found,
            (Err(_), None) => return Err(Problem::invalid("q", "Ask for words, a CVE, or a key.")),
        });
    }
    Ok(all)
}

fn relying(key: &str) -> sea_orm::sea_query::SelectStatement {
    let named = Query::select()
        .column(control::Column::Id)
        .from(control::Entity)
        .and_where(control::Column::Key.eq(key))
        .to_owned();
    Query::select()
        .column(risk_control::Column::RiskId)
        .from(risk_control::Entity)
        .and_where(risk_control::Column::ControlId.in_subquery(named))
        .to_owned()
}

fn tagged(kind: &str, value: &str) -> sea_orm::sea_query::SelectStatement {
    let values = match kind {
        "stride" => vec![value.trim().to_lowercase().replace(' ', "_")],
        "technique" => technique::asked(value),
        _ => vec![value.trim().to_uppercase()],
    };
    Query::select()
        .column(risk_tag::Column::RiskId)
        .from(risk_tag::Entity)
        .and_where(risk_tag::Column::Kind.eq(kind))
        .and_where(risk_tag::Column::Value.is_in(values))
        .to_owned()
}

async fn person(
    db: &impl ConnectionTrait,
    field: &str,
    column: risk::Column,
    who: &str,
    me: i64,
) -> Result<Expr, Problem> {
    Ok(match who {
        "me" => column.eq(me),
        "none" => column.is_null(),
        email => {
            let user = app_user::Entity::find()
                .filter(app_user::Column::Email.eq(email.to_lowercase()))
                .one(db)
                .await?
                .ok_or_else(|| Problem::invalid(field, format!("There is no user {email:?}.")))?;
            column.eq(user.id)
        }
    })
}

fn states_of(text: &str) -> Result<Vec<State>, Problem> {
    if text == "any_open" {
        return Ok(UNDER_A_CLOCK.to_vec());
    }
    words("state", text)
}

fn words<T: std::str::FromStr>(field: &str, text: &str) -> Result<Vec<T>, Problem>
where
    T::Err: std::fmt::Display,
{
    text.split(',')
        .map(|word| word.trim().parse::<T>().map_err(|error| Problem::invalid(field, error.to_string())))
        .collect()
}
