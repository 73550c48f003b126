//! `/api/v1/hooks`, and the template for Datadog.

use abate_entity::hook;
use abate_integrations::scanner::ScanFormat;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::HookView;
use super::{datadog, kind, secret};
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::audit_log;
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::platform::text::short;
use crate::state::AppState;

/// Longest name, asset and topic.
const LONGEST: usize = 300;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(show)
        .service(change)
        .service(remove)
        .service(datadog_template);
}

/// The hooks.
#[utoipa::path(tag = "hooks", responses((status = 200, body = Page<HookView>)))]
#[get("/hooks")]
async fn list(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<HookView>>, Problem> {
    Ok(web::Json(Page { items: all(&state).await?, next_cursor: None }))
}

/// Every hook that nobody has removed.
pub(super) async fn all(state: &AppState) -> Result<Vec<HookView>, Problem> {
    let rows = hook::Entity::find()
        .filter(hook::Column::RemovedAt.is_null())
        .order_by_asc(hook::Column::Id)
        .all(state.database.reader())
        .await?;
    let mut items = Vec::new();
    for row in rows {
        items.push(HookView::of(state, row).await?);
    }
    Ok(items)
}

/// A hook to be made.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHook {
    /// aws, datadog or generic.
    pub(super) kind: String,
    /// The source that its reports come from.
    pub(super) name: String,
    /// Key or name of the asset that they are about, unless they name another; the name unless told.
    pub(super) asset: Option<String>,
    /// The name of a format; told by the content unless set.
    pub(super) format: Option<String>,
    /// ARN of the SNS topic that may send; needed for SNS.
    pub(super) topic: Option<String>,
}

/// Makes a hook and answers its secret, for the only time.
#[utoipa::path(tag = "hooks", request_body = NewHook, responses((status = 201, body = HookView)))]
#[post("/hooks")]
async fn create(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    new: web::Json<NewHook>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Created().json(make(&state, &caller, new.into_inner()).await?))
}

/// Makes a hook.
pub(super) async fn make(state: &AppState, actor: &Actor, new: NewHook) -> Result<HookView, Problem> {
    if !kind::ALL.contains(&new.kind.as_str()) {
        return Err(Problem::invalid("kind", format!("Use one of: {}.", kind::ALL.join(", "))));
    }
    let name = short("name", LONGEST, Some(new.name))?
        .ok_or_else(|| Problem::invalid("name", "Name the source that the reports come from."))?;
    let row = hook::ActiveModel {
        kind: Set(new.kind),
        name: Set(name.to_lowercase()),
        asset: Set(short("asset", LONGEST, new.asset)?),
        format: Set(format_of(new.format)?),
        topic: Set(topic_of(new.topic)?),
        salt: Set(state.ids.secret::<32>()),
        enabled: Set(true),
        created_by: Set(Some(actor.id)),
        created_at: Set(state.clock.now()),
        removed_at: Set(None),
        ..Default::default()
    };
    let now = state.clock.now();
    let row = state
        .database
        .write(async |tx| {
            let row = row.clone().insert(tx).await?;
            let data = json!({"kind": row.kind, "name": row.name, "topic": row.topic});
            audit_log::add(tx, actor, "hook.create", &subject(&row), data, now).await?;
            Ok(row)
        })
        .await?;
    let secret = secret::of(state, &row);
    Ok(HookView { secret: Some(secret), ..HookView::of(state, row).await? })
}

/// A hook.
#[utoipa::path(tag = "hooks", params(("id" = i64, Path)), responses((status = 200, body = HookView)))]
#[get("/hooks/{id}")]
async fn show(
    _caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<web::Json<HookView>, Problem> {
    let row = one(state.database.reader(), *id).await?;
    Ok(web::Json(HookView::of(&state, row).await?))
}

/// What to change of a hook; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HookChange {
    /// Nothing is taken while false.
    pub(super) enabled: Option<bool>,
    /// Key or name of the asset that its reports are about.
    pub(super) asset: Option<String>,
    /// The name of a format, or auto.
    pub(super) format: Option<String>,
    /// ARN of the SNS topic that may send.
    pub(super) topic: Option<String>,
    /// Makes another secret, which is answered once; the old one ends at once.
    pub(super) new_secret: bool,
}

/// Changes a hook.
#[utoipa::path(
    tag = "hooks",
    params(("id" = i64, Path)),
    request_body = HookChange,
    responses((status = 200, body = HookView))
)]
#[patch("/hooks/{id}")]
async fn change(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    wish: web::Json<HookChange>,
) -> Result<web::Json<HookView>, Problem> {
    Ok(web::Json(apply(&state, &caller, *id, wish.into_inner()).await?))
}

/// Changes a hook.
pub(super) async fn apply(
    state: &AppState,
    actor: &Actor,
    id: i64,
    wish: HookChange,
) -> Result<HookView, Problem> {
    let now = state.clock.now();
    let mut new = hook::ActiveModel { id: Set(id), ..Default::default() };
    let mut told = serde_json::Map::new();
    if let Some(enabled) = wish.enabled {
        new.enabled = Set(enabled);
        told.insert("enabled".into(), enabled.into());
    }
    if wish.asset.is_some() {
        let asset = short("asset", LONGEST, wish.asset)?;
        told.insert("asset".into(), asset.clone().into());
        new.asset = Set(asset);
    }
    if wish.format.is_some() {
        let format = format_of(wish.format)?;
        told.insert("format".into(), format.clone().into());
        new.format = Set(format);
    }
    if wish.topic.is_some() {
        let topic = topic_of(wish.topic)?;
        told.insert("topic".into(), topic.clone().into());
        new.topic = Set(topic);
    }
    if wish.new_secret {
        new.salt = Set(state.ids.secret::<32>());
        told.insert("secret".into(), "changed".into());
    }
    let row = state
        .database
        .write(async |tx| {
            let row = one(tx, id).await?;
            if told.is_empty() {
                return Ok(row);
            }
            let row = new.clone().update(tx).await?;
            audit_log::add(tx, actor, "hook.change", &subject(&row), Value::Object(told.clone()), now)
                .await?;
            Ok(row)
        })
        .await?;
    let secret = wish.new_secret.then(|| secret::of(state, &row));
    Ok(HookView { secret, ..HookView::of(state, row).await? })
}

/// Ends a hook; what came in through it stays.
#[utoipa::path(tag = "hooks", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/hooks/{id}")]
async fn remove(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let row = one(tx, *id).await?;
            let gone = hook::ActiveModel {
                id: Set(row.id),
                enabled: Set(false),
                removed_at: Set(Some(now)),
                ..Default::default()
            };
            gone.update(tx).await?;
            audit_log::add(tx, &caller, "hook.remove", &subject(&row), json!({"name": row.name}), now)
                .await?;
            Ok(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The payload to paste into Datadog's webhook integration.
#[utoipa::path(tag = "hooks", responses((status = 200, body = Value)))]
#[get("/connections/datadog-template")]
async fn datadog_template(_caller: Require<Configure>) -> web::Json<Value> {
    web::Json(datadog::template())
}

fn subject(row: &hook::Model) -> String {
    format!("hook-{}", row.id)
}

async fn one(db: &impl ConnectionTrait, id: i64) -> Result<hook::Model, Problem> {
    let found = hook::Entity::find_by_id(id).filter(hook::Column::RemovedAt.is_null()).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("hook {id}")))
}

fn format_of(value: Option<String>) -> Result<String, Problem> {
    match short("format", LONGEST, value)? {
        None => Ok("auto".to_owned()),
        Some(name) if name == "auto" => Ok(name),
        Some(name) => match ScanFormat::named(&name) {
            Ok(format) => Ok(format.name().to_owned()),
            Err(error) => Err(Problem::invalid("format", error.to_string())),
        },
    }
}

fn topic_of(value: Option<String>) -> Result<Option<String>, Problem> {
    let topic = short("topic", LONGEST, value)?;
    match topic {
        Some(topic) if !(topic.starts_with("arn:") && topic.contains(":sns:")) => Err(Problem::invalid(
            "topic",
            "Use the topic's ARN, as in arn:aws:sns:eu-west-1:111122223333:findings.",
        )),
        topic => Ok(topic),
    }
}
