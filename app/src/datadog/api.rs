//! `/api/v1/connections/datadog`

use abate_entity::datadog_connection;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

use super::connection;
use super::position::Position;
use super::view::DatadogView;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::audit_log;
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::platform::text::short;
use crate::state::AppState;

/// Longest name and asset.
const LONGEST: usize = 300;
/// Longest query.
const LONGEST_QUERY: usize = 2_000;
/// Minutes between two looks, unless told.
const USUAL_INTERVAL: i32 = 5;
/// Longest time between two looks: a day.
const LONGEST_INTERVAL: i32 = 24 * 60;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(show).service(change).service(remove);
}

/// The accounts of Datadog whose signals are read.
#[utoipa::path(tag = "connections", responses((status = 200, body = Page<DatadogView>)))]
#[get("/connections/datadog")]
async fn list(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<DatadogView>>, Problem> {
    Ok(web::Json(Page { items: all(&state).await?, next_cursor: None }))
}

/// Every connection that nobody has removed.
pub(super) async fn all(state: &AppState) -> Result<Vec<DatadogView>, Problem> {
    let db = state.database.reader();
    let rows = datadog_connection::Entity::find()
        .filter(datadog_connection::Column::RemovedAt.is_null())
        .order_by_asc(datadog_connection::Column::Id)
        .all(db)
        .await?;
    let mut items = Vec::new();
    for row in rows {
        items.push(DatadogView::of(db, row).await?);
    }
    Ok(items)
}

/// A connection to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDatadog {
    /// The source that its signals come under.
    pub(super) name: String,
    /// Datadog's site, as in datadoghq.eu.
    pub(super) site: String,
    /// The organisation's API key.
    #[schema(value_type = String)]
    pub(super) api_key: SecretString,
    /// An application key that may read signals, and write them unless `write_back` is false.
    #[schema(value_type = String)]
    pub(super) application_key: SecretString,
    /// Key or name of the asset that signals are about, unless they name another; the name unless told.
    pub(super) asset: Option<String>,
    /// Which signals, in Datadog's search language; all unless told.
    pub(super) query: Option<String>,
    /// Minutes between two looks, 1 to 1440; 5 unless told.
    pub(super) interval_minutes: Option<i32>,
    /// Whether signals are told how they were triaged here; true unless told.
    pub(super) write_back: Option<bool>,
}

/// Makes a connection; its keys are sealed and never shown.
#[utoipa::path(
    tag = "connections",
    request_body = NewDatadog,
    responses((status = 201, body = DatadogView))
)]
#[post("/connections/datadog")]
async fn create(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    new: web::Json<NewDatadog>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Created().json(make(&state, &caller, new.into_inner()).await?))
}

/// Makes a connection.
pub(super) async fn make(state: &AppState, actor: &Actor, new: NewDatadog) -> Result<DatadogView, Problem> {
    let now = state.clock.now();
    let name = short("name", LONGEST, Some(new.name))?
        .ok_or_else(|| Problem::invalid("name", "Name the source that the signals come under."))?;
    let site = connection::site(state, &new.site).ok_or_else(|| {
        let sites = connection::sites(state).join(", ");
        Problem::invalid("site", format!("Use one of: {sites}."))
    })?;
    check_key("api_key", &new.api_key)?;
    check_key("application_key", &new.application_key)?;
    let uuid = state.ids.uuid(now);
    let row = datadog_connection::ActiveModel {
        uuid: Set(uuid),
        name: Set(name.to_lowercase()),
        keys: Set(connection::seal(state, uuid, &site, &new.api_key, &new.application_key)?),
        site: Set(site),
        asset: Set(short("asset", LONGEST, new.asset)?),
        query: Set(short("query", LONGEST_QUERY, new.query)?.unwrap_or_default()),
        interval_minutes: Set(interval(new.interval_minutes.unwrap_or(USUAL_INTERVAL))?),
        write_back: Set(new.write_back.unwrap_or(true)),
        enabled: Set(true),
        position: Set(serde_json::to_value(Position::first(now)).map_err(Problem::internal)?),
        next_at: Set(now),
        created_by: Set(Some(actor.id)),
        created_at: Set(now),
        ..Default::default()
    };
    let row = state
        .database
        .write(async |tx| {
            let row = row.clone().insert(tx).await?;
            let data = json!({"name": row.name, "site": row.site});
            audit_log::add(tx, actor, "datadog.create", &subject(row.id), data, now).await?;
            Ok(row)
        })
        .await?;
    DatadogView::of(state.database.reader(), row).await
}

/// A connection.
#[utoipa::path(
    tag = "connections",
    params(("id" = i64, Path)),
    responses((status = 200, body = DatadogView))
)]
#[get("/connections/datadog/{id}")]
async fn show(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<DatadogView>, Problem> {
    let db = state.database.reader();
    Ok(web::Json(DatadogView::of(db, connection::one(db, *id).await?).await?))
}

/// What to change of a connection; what is left out stays. Its site stays, as its keys are sealed for it.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DatadogChange {
    /// Nothing is read or told while false.
    pub(super) enabled: Option<bool>,
    /// Key or name of the asset that signals are about.
    pub(super) asset: Option<String>,
    /// Which signals, in Datadog's search language.
    pub(super) query: Option<String>,
    /// Minutes between two looks.
    pub(super) interval_minutes: Option<i32>,
    /// Whether signals are told how they were triaged here.
    pub(super) write_back: Option<bool>,
    /// Another API key; together with an application key.
    #[schema(value_type = Option<String>)]
    pub(super) api_key: Option<SecretString>,
    /// Another application key; together with an API key.
    #[schema(value_type = Option<String>)]
    pub(super) application_key: Option<SecretString>,
}

/// Changes a connection, which is then looked at soon.
#[utoipa::path(
    tag = "connections",
    params(("id" = i64, Path)),
    request_body = DatadogChange,
    responses((status = 200, body = DatadogView))
)]
#[patch("/connections/datadog/{id}")]
async fn change(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    wish: web::Json<DatadogChange>,
) -> Result<web::Json<DatadogView>, Problem> {
    Ok(web::Json(apply(&state, &caller, *id, wish.into_inner()).await?))
}

/// Changes a connection.
pub(super) async fn apply(
    state: &AppState,
    actor: &Actor,
    id: i64,
    wish: DatadogChange,
) -> Result<DatadogView, Problem> {
    let now = state.clock.now();
    let known = connection::one(state.database.reader(), id).await?;
    let mut new = datadog_connection::ActiveModel { id: Set(id), ..Default::default() };
    let mut said = serde_json::Map::new();
    if let Some(enabled) = wish.enabled {
        new.enabled = Set(enabled);
        said.insert("enabled".into(), enabled.into());
    }
    if wish.asset.is_some() {
        let asset = short("asset", LONGEST, wish.asset)?;
        said.insert("asset".into(), asset.clone().into());
        new.asset = Set(asset);
    }
    if wish.query.is_some() {
        let query = short("query", LONGEST_QUERY, wish.query)?.unwrap_or_default();
        said.insert("query".into(), query.clone().into());
        new.query = Set(query);
    }
    if let Some(minutes) = wish.interval_minutes {
        new.interval_minutes = Set(interval(minutes)?);
        said.insert("interval_minutes".into(), minutes.into());
    }
    if let Some(write_back) = wish.write_back {
        new.write_back = Set(write_back);
        said.insert("write_back".into(), write_back.into());
    }
    match (&wish.api_key, &wish.application_key) {
        (None, None) => {}
        (Some(api), Some(application)) => {
            check_key("api_key", api)?;
            check_key("application_key", application)?;
            new.keys = Set(connection::seal(state, known.uuid, &known.site, api, application)?);
            said.insert("keys".into(), "changed".into());
        }
        (None, Some(_)) => return Err(Problem::invalid("api_key", "Set both keys together.")),
        (Some(_), None) => return Err(Problem::invalid("application_key", "Set both keys together.")),
    }
    if said.is_empty() {
        return DatadogView::of(state.database.reader(), known).await;
    }
    // What was wrong may be mended now.
    new.problem = Set(None);
    new.next_at = Set(now);
    let row = state
        .database
        .write(async |tx| {
            let before = connection::one(tx, id).await?;
            let mut new = new.clone();
            if new.query.is_set() {
                // A page of the old list is no page of the new one.
                new.position = Set(without_list(&before)?);
            }
            let row = new.update(tx).await?;
            audit_log::add(tx, actor, "datadog.change", &subject(id), Value::Object(said.clone()), now)
                .await?;
            Ok(row)
        })
        .await?;
    DatadogView::of(state.database.reader(), row).await
}

/// Ends a connection and forgets its keys; what came in through it stays.
#[utoipa::path(tag = "connections", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/connections/datadog/{id}")]
async fn remove(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx: &DatabaseTransaction| {
            let row = connection::one(tx, *id).await?;
            let gone = datadog_connection::ActiveModel {
                id: Set(row.id),
                enabled: Set(false),
                keys: Set(Vec::new()),
                removed_at: Set(Some(now)),
                ..Default::default()
            };
            gone.update(tx).await?;
            audit_log::add(tx, &caller, "datadog.remove", &subject(row.id), json!({"name": row.name}), now)
                .await?;
            Ok(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn subject(id: i64) -> String {
    format!("datadog-{id}")
}

fn without_list(row: &datadog_connection::Model) -> Result<Value, Problem> {
    let position: Position = serde_json::from_value(row.position.clone()).map_err(Problem::internal)?;
    serde_json::to_value(position.without_list()).map_err(Problem::internal)
}

fn interval(minutes: i32) -> Result<i32, Problem> {
    if (1..=LONGEST_INTERVAL).contains(&minutes) {
        return Ok(minutes);
    }
    Err(Problem::invalid("interval_minutes", format!("Use 1 to {LONGEST_INTERVAL} minutes.")))
}

/// Keys are letters, digits and few signs; the text of one is never in the answer.
fn check_key(field: &str, key: &SecretString) -> Result<(), Problem> {
    let key = key.expose_secret();
    if (8..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Problem::invalid(field, "Use the key as Datadog shows it: 8 to 200 letters and digits, no spaces."))
}
