//! `/api/v1/cadences`

use abate_entity::cadence;
use abate_entity::cadence::CadenceKind;
use abate_entity::cadence_run::RunState;
use actix_web::http::header::IF_MATCH;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Deserializer, Serialize};

use super::view::{CadenceView, RunView};
use crate::access::require::Require;
use crate::access::right::{KeepCadences, See};
use crate::access::team;
use crate::calendar::local_time;
use crate::obligation::cadence::{self as cadences, Definition};
use crate::obligation::default_cadence::{AT_SET_UP, DEFAULTS, DefaultCadence};
use crate::obligation::finder::{self, Around, Names};
use crate::obligation::input;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::state::AppState;

/// The cadences that you may see, by name, each with its next and its last run.
#[utoipa::path(tag = "obligations", params(PageQuery), responses((status = 200, body = Page<CadenceView>)))]
#[get("/cadences")]
pub(super) async fn list(
    caller: Require<See>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<CadenceView>>, Problem> {
    let db = state.database.reader();
    let found = finder::cadences(db, &caller.scope(), &page).await?;
    let views = views(db, found.items, state.clock.now()).await?;
    Ok(web::Json(Page { items: views, next_cursor: found.next_cursor }))
}

/// A cadence to be set up. Only the name and the rule have to be given.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CadenceForm {
    name: String,
    /// What it is about, as `asvs_audit`; `other` when left out.
    kind: Option<String>,
    #[serde(default)]
    description: String,
    /// A recurrence rule, as `FREQ=MONTHLY;BYDAY=2TU`.
    rule: String,
    /// From when on; today when left out. It moves to the first day that matches the rule.
    starts_on: Option<NaiveDate>,
    /// Local time of day at which a run begins, as `09:00`.
    time_of_day: Option<String>,
    /// IANA zone; the organisation's when left out.
    zone: Option<String>,
    lead_days: Option<u16>,
    grace_days: Option<u16>,
    /// The most calendar months between two runs.
    ceiling_months: Option<u32>,
    #[serde(default)]
    back_to_business_day: bool,
    /// When it was last done, before or outside Abate.
    last_done_on: Option<NaiveDate>,
    /// Key of the team that answers for it.
    team: Option<String>,
    /// Address of the person who does it.
    owner: Option<String>,
}

impl CadenceForm {
    async fn resolve(
        &self,
        db: &impl ConnectionTrait,
        policies: &Policies,
        now: DateTime<Utc>,
    ) -> Result<Definition, Problem> {
        let zone = self.zone.as_deref().map(input::zone).transpose()?.unwrap_or(policies.zone);
        let team = self.team.as_deref().unwrap_or(team::DEFAULT_KEY);
        let kind = self.kind.as_deref().map(input::kind).transpose()?.unwrap_or(CadenceKind::Other);
        let time = self.time_of_day.as_deref().unwrap_or("09:00");
        Ok(Definition {
            name: self.name.clone(),
            kind,
            description: self.description.clone(),
            rule: self.rule.clone(),
            starts_on: self.starts_on.unwrap_or_else(|| local_time::local_date(zone, now)),
            time_of_day: input::time_of_day(time)?,
            zone,
            lead_days: self.lead_days.unwrap_or(7),
            grace_days: self.grace_days.unwrap_or(7),
            ceiling_months: self.ceiling_months,
            back_to_business_day: self.back_to_business_day,
            last_done_on: self.last_done_on,
            team_id: team::by_key(db, "team", team).await?.id,
            owner_id: input::owner(db, self.owner.as_deref()).await?,
            active: true,
        })
    }
}

/// Sets up a cadence and makes its first runs.
#[utoipa::path(
    tag = "obligations",
    request_body = CadenceForm,
    responses((status = 201, body = CadenceView))
)]
#[post("/cadences")]
pub(super) async fn create_cadence(
    caller: Require<KeepCadences>,
    state: web::Data<AppState>,
    form: web::Json<CadenceForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let view = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let definition = form.resolve(tx, &policies, now).await?;
            let row = cadences::create(tx, &caller, &policies, &definition, now).await?;
            one_view(tx, row, now).await
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}

/// A run as a rule would make it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PreviewedRun {
    /// The date that the rule gives.
    scheduled_on: NaiveDate,
    /// The day by which it would have to be done.
    due_on: NaiveDate,
}

/// The next runs that a cadence would have, without setting it up.
#[utoipa::path(
    tag = "obligations",
    request_body = CadenceForm,
    responses((status = 200, body = Page<PreviewedRun>))
)]
#[post("/cadences/preview")]
pub(super) async fn preview(
    _caller: Require<KeepCadences>,
    state: web::Data<AppState>,
    form: web::Json<CadenceForm>,
) -> Result<web::Json<Page<PreviewedRun>>, Problem> {
    let now = state.clock.now();
    let db = state.database.reader();
    let policies = Policies::load(db).await?;
    let definition = form.resolve(db, &policies, now).await?;
    let (_, runs) = definition.check(&policies, local_time::local_date(definition.zone, now))?;
    let items = runs
        .into_iter()
        .map(|run| PreviewedRun { scheduled_on: run.scheduled_on, due_on: run.due_on })
        .collect();
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// Which of the offered cadences to set up.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DefaultsForm {
    /// Kinds, as `patch_review`; ASVS audit and patch review when left out.
    kinds: Vec<String>,
    /// Key of the team that answers for them.
    team: Option<String>,
}

/// Sets up cadences that Abate offers; those that are there already stay as they are.
#[utoipa::path(
    tag = "obligations",
    request_body = DefaultsForm,
    responses((status = 201, body = Page<CadenceView>))
)]
#[post("/cadences/defaults")]
pub(super) async fn create_default_cadences(
    caller: Require<KeepCadences>,
    state: web::Data<AppState>,
    form: web::Json<DefaultsForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let kinds: Vec<CadenceKind> =
        form.kinds.iter().map(|kind| input::kind(kind)).collect::<Result<_, _>>()?;
    let wanted = if kinds.is_empty() { AT_SET_UP.to_vec() } else { kinds };
    let offers: Vec<DefaultCadence> =
        DEFAULTS.into_iter().filter(|offer| wanted.contains(&offer.kind)).collect();
    let items = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let key = form.team.as_deref().unwrap_or(team::DEFAULT_KEY);
            let team_id = team::by_key(tx, "team", key).await?.id;
            let rows = cadences::create_defaults(tx, &caller, &policies, &offers, team_id, now).await?;
            views(tx, rows, now).await
        })
        .await?;
    Ok(HttpResponse::Created().json(Page { items, next_cursor: None }))
}

/// One cadence.
#[utoipa::path(tag = "obligations", params(("id" = i64, Path)), responses((status = 200, body = CadenceView)))]
#[get("/cadences/{id}")]
pub(super) async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<CadenceView>, Problem> {
    let db = state.database.reader();
    let row = finder::cadence(db, &caller.scope(), *id).await?;
    Ok(web::Json(one_view(db, row, state.clock.now()).await?))
}

/// What to change of a cadence; what is left out stays. `null` takes a ceiling, an owner or a date away.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CadenceEdit {
    name: Option<String>,
    kind: Option<String>,
    description: Option<String>,
    rule: Option<String>,
    starts_on: Option<NaiveDate>,
    time_of_day: Option<String>,
    zone: Option<String>,
    lead_days: Option<u16>,
    grace_days: Option<u16>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    ceiling_months: Option<Option<u32>>,
    back_to_business_day: Option<bool>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<NaiveDate>)]
    last_done_on: Option<Option<NaiveDate>>,
    team: Option<String>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    /// Whether runs are made.
    active: Option<bool>,
}

/// Tells `null` from left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(source: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(source).map(Some)
}

impl CadenceEdit {
    async fn apply(&self, db: &impl ConnectionTrait, before: &cadence::Model) -> Result<Definition, Problem> {
        let was = Definition::of(before)?;
        Ok(Definition {
            name: self.name.clone().unwrap_or(was.name),
            kind: self.kind.as_deref().map(input::kind).transpose()?.unwrap_or(was.kind),
            description: self.description.clone().unwrap_or(was.description),
            rule: self.rule.clone().unwrap_or(was.rule),
            starts_on: self.starts_on.unwrap_or(was.starts_on),
            time_of_day: self
                .time_of_day
                .as_deref()
                .map(input::time_of_day)
                .transpose()?
                .unwrap_or(was.time_of_day),
            zone: self.zone.as_deref().map(input::zone).transpose()?.unwrap_or(was.zone),
            lead_days: self.lead_days.unwrap_or(was.lead_days),
            grace_days: self.grace_days.unwrap_or(was.grace_days),
            ceiling_months: self.ceiling_months.unwrap_or(was.ceiling_months),
            back_to_business_day: self.back_to_business_day.unwrap_or(was.back_to_business_day),
            last_done_on: self.last_done_on.unwrap_or(was.last_done_on),
            team_id: match &self.team {
                Some(key) => team::by_key(db, "team", key).await?.id,
                None => was.team_id,
            },
            owner_id: match &self.owner {
                Some(email) => input::owner(db, email.as_deref()).await?,
                None => was.owner_id,
            },
            active: self.active.unwrap_or(was.active),
        })
    }
}

/// Changes a cadence. Runs that have opened stay; those that were only planned are planned anew.
#[utoipa::path(
    tag = "obligations",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)),
    request_body = CadenceEdit,
    responses((status = 200, body = CadenceView))
)]
#[patch("/cadences/{id}")]
pub(super) async fn edit_cadence(
    request: HttpRequest,
    caller: Require<KeepCadences>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<CadenceEdit>,
) -> Result<web::Json<CadenceView>, Problem> {
    let now = state.clock.now();
    let seen = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok());
    let view = state
        .database
        .write(async |tx| {
            let before = finder::cadence(tx, &caller.scope(), *id).await?;
            if seen.is_some_and(|seen| seen.trim_matches('"') != before.version.to_string()) {
                let detail = "The cadence was changed meanwhile; read it again and repeat.";
                return Err(Problem::new(Kind::Stale, detail));
            }
            let policies = Policies::load(tx).await?;
            let definition = form.apply(tx, &before).await?;
            let after = cadences::edit(tx, &caller, &policies, before, &definition, now).await?;
            one_view(tx, after, now).await
        })
        .await?;
    Ok(web::Json(view))
}

/// Which runs to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub(super) struct RunFilter {
    /// States, separated by commas.
    state: Option<String>,
}

/// The runs of a cadence, the latest first.
#[utoipa::path(
    tag = "obligations",
    params(("id" = i64, Path), RunFilter, PageQuery),
    responses((status = 200, body = Page<RunView>))
)]
#[get("/cadences/{id}/runs")]
pub(super) async fn list_runs(
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    filter: web::Query<RunFilter>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<RunView>>, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let cadence = finder::cadence(db, &caller.scope(), *id).await?;
    let states: Vec<RunState> = match &filter.state {
        None => Vec::new(),
        Some(words) => words
            .split(',')
            .map(|word| {
                word.trim().parse().map_err(|unknown: abate_entity::text_enum::UnknownWord| {
                    Problem::invalid("state", unknown.to_string())
                })
            })
            .collect::<Result<_, _>>()?,
    };
    let runs = finder::runs(db, &cadence, &states, &page).await?;
    let people = runs.items.iter().flat_map(Names::in_run).chain([cadence.owner_id]);
    let names = Names::of(db, people).await?;
    Ok(web::Json(runs.map(|run| RunView::new(run, &cadence, &names, now))))
}

async fn one_view(
    db: &impl ConnectionTrait,
    row: cadence::Model,
    now: DateTime<Utc>,
) -> Result<CadenceView, Problem> {
    let mut views = views(db, vec![row], now).await?;
    views.pop().ok_or_else(|| Problem::not_found("such cadence"))
}

async fn views(
    db: &impl ConnectionTrait,
    rows: Vec<cadence::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<CadenceView>, Problem> {
    let mut around = finder::around_now(db, &rows).await?;
    let shown = around.values().flat_map(|around| around.next.iter().chain(&around.last));
    let people: Vec<_> = shown.flat_map(Names::in_run).chain(rows.iter().map(|row| row.owner_id)).collect();
    let names = Names::of(db, people).await?;
    let view = |row: cadence::Model| {
        let around: Around = around.remove(&row.id).unwrap_or_default();
        CadenceView::new(row, around, &names, now)
    };
    Ok(rows.into_iter().map(view).collect())
}
