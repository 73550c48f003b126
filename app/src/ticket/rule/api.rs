//! `/api/v1/ticket-rules`

use std::collections::HashMap;

use abate_entity::level::Level;
use abate_entity::{asset, team, ticket_rule_set};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{TicketRule, TicketRules};
use super::store::{self, NewVersion};
use crate::access::require::Require;
use crate::access::right::{Configure, See};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show).service(add);
}

/// A rule, as scripts write it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RuleForm {
    /// Risks of at least this level: info, low, medium, high or critical; of any where it is left out.
    #[schema(value_type = Option<String>)]
    pub(super) level: Option<Level>,
    /// Keys of the teams whose risks it is for; of any where there are none.
    pub(super) teams: Vec<String>,
    /// Keys of the assets whose risks it is for; of any where there are none.
    pub(super) assets: Vec<String>,
    /// Whether a risk that fits gets a ticket by itself.
    pub(super) ticket: bool,
    /// The number of the connection that its ticket is made at; the first one in use where it is left out.
    pub(super) connection: Option<i64>,
}

/// The rules in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TicketRulesView {
    pub(super) version: i32,
    /// The first one that fits decides; a risk that none fits gets no ticket by itself.
    pub(super) rules: Vec<RuleForm>,
    /// Most tickets that a team gets in a day; none for any number.
    pub(super) daily_cap: Option<i32>,
    /// Why this version was made.
    pub(super) note: String,
    pub(super) created_at: DateTime<Utc>,
}

/// A version to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRules {
    /// The version that it was made from; the one in force unless told.
    base: Option<i32>,
    /// The first one that fits decides; a risk that none fits gets no ticket by itself.
    rules: Vec<RuleForm>,
    /// Most tickets that a team gets in a day; any number where it is left out.
    daily_cap: Option<i32>,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Which risks get a ticket, where, and how many a team gets in a day.
#[utoipa::path(tag = "tickets", responses((status = 200, body = TicketRulesView)))]
#[get("/ticket-rules")]
async fn show(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<TicketRulesView>, Problem> {
    let db = state.database.reader();
    Ok(web::Json(view(db, store::newest(db).await?).await?))
}

/// Makes a new version. Tickets that are there stay.
#[utoipa::path(
    tag = "tickets",
    request_body = NewRules,
    responses((status = 201, body = TicketRulesView), (status = 412, description = "somebody else made a version meanwhile"))
)]
#[post("/ticket-rules")]
async fn add(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    new: web::Json<NewRules>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let new = new.into_inner();
    let base = match new.base {
        Some(base) => base,
        None => store::newest(db).await?.version,
    };
    let rules = TicketRules { rules: read(db, new.rules).await?, daily_cap: new.daily_cap };
    let version = NewVersion { base, rules, note: new.note };
    let now = state.clock.now();
    let row = state.database.write(async |tx| store::add(tx, &caller, version.clone(), now).await).await?;
    Ok(HttpResponse::Created().json(view(db, row).await?))
}

/// Reads the rules as they are written, with keys for numbers.
pub(super) async fn read(
    db: &impl ConnectionTrait,
    forms: Vec<RuleForm>,
) -> Result<Vec<TicketRule>, Problem> {
    let teams: HashMap<String, i64> =
        team::Entity::find().all(db).await?.into_iter().map(|team| (team.key, team.id)).collect();
    let keys = forms.iter().flat_map(|form| form.assets.iter().cloned());
    let assets: HashMap<String, i64> = asset::Entity::find()
        .filter(asset::Column::Key.is_in(keys))
        .all(db)
        .await?
        .into_iter()
        .map(|asset| (asset.key, asset.id))
        .collect();
    let mut rules = Vec::new();
    for (index, form) in forms.into_iter().enumerate() {
        let numbers = |list: &[String], known: &HashMap<String, i64>, field: &str, what: &str| {
            list.iter()
                .map(|key| {
                    known.get(key).copied().ok_or_else(|| {
                        let text = format!("There is no {what} with the key {key}.");
                        Problem::invalid(format!("rules[{index}].{field}"), text)
                    })
                })
                .collect::<Result<Vec<i64>, Problem>>()
        };
        rules.push(TicketRule {
            level: form.level,
            teams: numbers(&form.teams, &teams, "teams", "team")?,
            assets: numbers(&form.assets, &assets, "assets", "asset")?,
            ticket: form.ticket,
            connection: form.connection,
        });
    }
    Ok(rules)
}

/// A version, with keys for numbers.
pub(super) async fn view(
    db: &impl ConnectionTrait,
    row: ticket_rule_set::Model,
) -> Result<TicketRulesView, Problem> {
    let rules: Vec<TicketRule> = serde_json::from_value(row.rules).map_err(Problem::internal)?;
    let teams: HashMap<i64, String> =
        team::Entity::find().all(db).await?.into_iter().map(|team| (team.id, team.key)).collect();
    let ids = rules.iter().flat_map(|rule| rule.assets.iter().copied());
    let assets: HashMap<i64, String> = asset::Entity::find()
        .filter(asset::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|asset| (asset.id, asset.key))
        .collect();
    let keys = |ids: &[i64], known: &HashMap<i64, String>| {
        ids.iter().filter_map(|id| known.get(id).cloned()).collect()
    };
    let rules = rules.iter().map(|rule| RuleForm {
        level: rule.level,
        teams: keys(&rule.teams, &teams),
        assets: keys(&rule.assets, &assets),
        ticket: rule.ticket,
        connection: rule.connection,
    });
    Ok(TicketRulesView {
        version: row.version,
        rules: rules.collect(),
        daily_cap: row.daily_cap,
        note: row.note,
        created_at: row.created_at,
    })
}
