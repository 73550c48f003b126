//! `/api/v1/controls` and `/api/v1/risks/{key}/controls`

use std::collections::HashMap;

use abate_entity::{app_user, control, control_evidence};
use actix_web::{HttpResponse, get, patch, post, put, web};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::decay_rules::{ControlState, proof};
use super::edit::{self, ControlEdit, Feed};
use super::evidence::{self, NewProof};
use super::relied::{self, Relying};
use super::store;
use crate::access::require::Require;
use crate::access::right::{DoRuns, KeepRegister, MoveRisks, See};
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::may_edit;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(record)
        .service(show)
        .service(change)
        .service(list_evidence)
        .service(add_evidence)
        .service(rely);
}

/// A control.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ControlView {
    key: String,
    /// Counts its changes.
    version: i32,
    name: String,
    description: String,
    /// What shows that it works.
    measure: String,
    /// How old its newest proof may be; none when it needs none.
    cadence_days: Option<i32>,
    /// Address of who answers for it.
    owner: Option<String>,
    /// planned, active, degraded or retired.
    state: String,
    /// fresh, stale or none.
    proof: &'static str,
    /// Of when its newest proof is.
    evidence_at: Option<DateTime<Utc>>,
    /// What it answers for.
    mappings: Vec<ItemForm>,
}

/// An item of a framework.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ItemForm {
    /// asvs_5.0.0, asvs_4.0.3, nist_csf_2.0, iso27001_2022, iso9001_2015 or cis_v8.
    framework: String,
    /// The item, as A.8.8.
    item: String,
}

async fn views(
    db: &impl ConnectionTrait,
    controls: Vec<control::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<ControlView>, Problem> {
    let owners = controls.iter().filter_map(|control| control.owner_id);
    let people: HashMap<i64, String> = app_user::Entity::find()
        .filter(app_user::Column::Id.is_in(owners))
        .all(db)
        .await?
        .into_iter()
        .map(|user| (user.id, user.email))
        .collect();
    let mappings = store::mappings(db).await?;
    let view = |control: control::Model| ControlView {
        proof: proof(control.evidence_at, control.cadence_days, now).as_str(),
        owner: control.owner_id.and_then(|id| people.get(&id).cloned()),
        mappings: mappings
            .iter()
            .filter(|row| row.control_id == control.id)
            .map(|row| ItemForm { framework: row.framework.clone(), item: row.item.clone() })
            .collect(),
        key: control.key,
        version: control.version,
        name: control.name,
        description: control.description,
        measure: control.measure,
        cadence_days: control.cadence_days,
        state: control.state,
        evidence_at: control.evidence_at,
    };
    Ok(controls.into_iter().map(view).collect())
}

async fn one(
    db: &impl ConnectionTrait,
    control: control::Model,
    now: DateTime<Utc>,
) -> Result<ControlView, Problem> {
    let view = views(db, vec![control], now).await?.pop();
    view.ok_or_else(|| Problem::not_found("such control"))
}

/// Every control.
#[utoipa::path(tag = "controls", responses((status = 200, body = Page<ControlView>)))]
#[get("/controls")]
async fn list(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<ControlView>>, Problem> {
    let db = state.database.reader();
    let items = views(db, store::all(db).await?, state.clock.now()).await?;
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// A control.
#[utoipa::path(tag = "controls", params(("key" = String, Path)), responses((status = 200, body = ControlView)))]
#[get("/controls/{key}")]
async fn show(
    _caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<web::Json<ControlView>, Problem> {
    let db = state.database.reader();
    Ok(web::Json(one(db, store::by_key(db, &key).await?, state.clock.now()).await?))
}

/// Where proof comes from by itself: give one of both.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FeedForm {
    /// Number of an obligation whose completed runs are proof.
    cadence: Option<i64>,
    /// Name of a source whose full scans are proof.
    source: Option<String>,
}

/// What to say of a control; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct ControlForm {
    /// Letters, digits, dots, - and _; for a new one only.
    key: Option<String>,
    name: Option<String>,
    description: Option<String>,
    /// What shows that it works.
    measure: Option<String>,
    /// How old its newest proof may be, null when it needs none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    cadence_days: Option<Option<i32>>,
    /// Address of who answers for it, null for nobody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    /// planned, active, degraded or retired.
    state: Option<String>,
    /// What it answers for, in place of what it did.
    mappings: Option<Vec<ItemForm>>,
    /// Where its proof comes from by itself, in place of where it did.
    feeds: Option<Vec<FeedForm>>,
}

/// Tells a field that is null from one that was left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl ControlForm {
    fn edit(self) -> Result<ControlEdit, Problem> {
        let state = self.state.map(|word| word.parse::<ControlState>()).transpose();
        let state = state.map_err(|error| Problem::invalid("state", format!("{error}.")))?;
        let feed = |form: FeedForm| match (form.cadence, form.source) {
            (Some(cadence), None) => Ok(Feed::Cadence(cadence)),
            (None, Some(source)) => Ok(Feed::Source(source)),
            _ => Err(Problem::invalid("feeds", "Give either a cadence or a source.")),
        };
        Ok(ControlEdit {
            name: self.name,
            description: self.description,
            measure: self.measure,
            cadence_days: self.cadence_days,
            owner: self.owner,
            state,
            mappings: self
                .mappings
                .map(|items| items.into_iter().map(|form| (form.framework, form.item)).collect()),
            feeds: self.feeds.map(|feeds| feeds.into_iter().map(feed).collect()).transpose()?,
        })
    }
}

/// Records a control.
#[utoipa::path(tag = "controls", request_body = ControlForm, responses((status = 201, body = ControlView)))]
#[post("/controls")]
async fn record(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    form: web::Json<ControlForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let form = form.into_inner();
    let key = form.key.clone().unwrap_or_default();
    let edit = form.edit()?;
    let row = state.database.write(async |tx| edit::add(tx, &caller, &key, edit.clone(), now).await).await?;
    Ok(HttpResponse::Created().json(one(state.database.reader(), row, now).await?))
}

/// Changes a control.
#[utoipa::path(tag = "controls", params(("key" = String, Path)), request_body = ControlForm,
    responses((status = 200, body = ControlView)))]
#[patch("/controls/{key}")]
async fn change(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<ControlForm>,
) -> Result<web::Json<ControlView>, Problem> {
    let now = state.clock.now();
    let form = form.into_inner();
    if form.key.as_ref().is_some_and(|new| *new != *key) {
        return Err(Problem::invalid("key", "The key stays: leave it out."));
    }
    let edit = form.edit()?;
    let row = state
        .database
        .write(async |tx| {
            let before = store::by_key(tx, &key).await?;
            edit::change(tx, &caller, before, edit.clone(), now).await
        })
        .await?;
    Ok(web::Json(one(state.database.reader(), row, now).await?))
}

/// What shows that a control works.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProofView {
    id: i64,
    /// link, note, measurement, run or import.
    kind: String,
    title: String,
    url: Option<String>,
    /// What was measured.
    value: Option<f64>,
    /// The run of an obligation that it is.
    run: Option<i64>,
    /// The scan that it is.
    import: Option<i64>,
    /// Of when it is.
    at: DateTime<Utc>,
    added_at: DateTime<Utc>,
}

impl From<control_evidence::Model> for ProofView {
    fn from(row: control_evidence::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            title: row.title,
            url: row.url,
            value: row.value,
            run: row.run_id,
            import: row.import_id,
            at: row.at,
            added_at: row.created_at,
        }
    }
}

/// What shows that a control works, the newest two hundred.
#[utoipa::path(tag = "controls", params(("key" = String, Path)), responses((status = 200, body = Page<ProofView>)))]
#[get("/controls/{key}/evidence")]
async fn list_evidence(
    _caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<web::Json<Page<ProofView>>, Problem> {
    let db = state.database.reader();
    let control = store::by_key(db, &key).await?;
    let items = evidence::of(db, control.id).await?.into_iter().map(ProofView::from).collect();
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// Proof to be added.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct ProofForm {
    /// It, in one line.
    title: String,
    /// Where it is.
    url: Option<String>,
    /// What was measured.
    value: Option<f64>,
    /// Of when it is, now unless told.
    at: Option<DateTime<Utc>>,
}

/// Adds what shows that a control works.
#[utoipa::path(tag = "controls", params(("key" = String, Path)), request_body = ProofForm,
    responses((status = 201, body = ProofView)))]
#[post("/controls/{key}/evidence")]
async fn add_evidence(
    caller: Require<DoRuns>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<ProofForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let ProofForm { title, url, value, at } = form.into_inner();
    let new = NewProof { title, url, value, at };
    let row = state
        .database
        .write(async |tx| {
            let control = store::by_key(tx, &key).await?;
            evidence::add(tx, &caller, control, &new, now).await
        })
        .await?;
    Ok(HttpResponse::Created().json(ProofView::from(row)))
}

/// Which controls a risk relies on from now on, and which not any more.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct RelyingForm {
    /// Keys of controls.
    add: Vec<String>,
    /// Keys of controls.
    remove: Vec<String>,
    /// Why.
    reason: String,
}

/// The controls that a risk relies on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RelyingView {
    /// The risk's key.
    risk: String,
    /// Its version.
    version: i32,
    /// Keys of the controls.
    controls: Vec<String>,
}

/// Changes which controls a risk relies on.
#[utoipa::path(tag = "controls", params(("key" = String, Path)), request_body = RelyingForm,
    responses((status = 200, body = RelyingView)))]
#[put("/risks/{key}/controls")]
async fn rely(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<RelyingForm>,
) -> Result<web::Json<RelyingView>, Problem> {
    let now = state.clock.now();
    let RelyingForm { add, remove, reason } = form.into_inner();
    let new = Relying { add, remove, reason };
    let risk = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            may_edit(&caller, &risk)?;
            relied::change(tx, &Occasion::by(&caller, now, &policies), risk, &new).await
        })
        .await?;
    let controls = relied::keys(state.database.reader(), risk.id).await?;
    Ok(web::Json(RelyingView { risk: key.to_string(), version: risk.version, controls }))
}
