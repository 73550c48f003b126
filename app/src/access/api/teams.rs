//! `/api/v1/teams`

use abate_entity::{app_user, team};
use actix_web::{HttpResponse, get, patch, post, web};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde::{Deserialize, Serialize};

use super::given;
use crate::access::require::Require;
use crate::access::right::{Configure, See};
use crate::access::role::EVERY_TEAM;
use crate::access::team::{self as teams, TeamEdit};
use crate::access::user_edit::By;
use crate::audit_log;
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// A team.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TeamView {
    id: i64,
    key: String,
    name: String,
    /// Address of who leads it.
    lead: Option<String>,
    /// Name of the calendar that it has chosen for its due dates.
    calendar: Option<String>,
    /// Name of the policy that its due dates start from, where it has chosen one.
    policy: Option<String>,
}

impl TeamView {
    async fn read(db: &impl ConnectionTrait, team: team::Model) -> Result<Self, Problem> {
        let lead = match team.lead_id {
            Some(id) => app_user::Entity::find_by_id(id).one(db).await?.map(|user| user.email),
            None => None,
        };
        Ok(Self {
            id: team.id,
            key: team.key,
            name: team.name,
            lead,
            calendar: team.calendar,
            policy: team.policy,
        })
    }
}

/// The teams, by key.
#[utoipa::path(tag = "access", responses((status = 200, body = Page<TeamView>)))]
#[get("/teams")]
pub(super) async fn list_teams(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<TeamView>>, Problem> {
    let db = state.database.reader();
    let mut items = Vec::new();
    for team in team::Entity::find().order_by_asc(team::Column::Key).all(db).await? {
        items.push(TeamView::read(db, team).await?);
    }
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// A team to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTeam {
    key: String,
    name: String,
}

/// Makes a team.
#[utoipa::path(tag = "access", request_body = NewTeam, responses((status = 201, body = TeamView)))]
#[post("/teams")]
pub(super) async fn create_team(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    new: web::Json<NewTeam>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let now = state.clock.now();
    let team = state
        .database
        .write(async |tx| {
            let team = teams::create(tx, &new.key, &new.name, now).await?;
            let entry = serde_json::json!({"key": team.key, "name": team.name});
            audit_log::add(tx, &caller, "team.create", &format!("team-{}", team.id), entry, now).await?;
            Ok(team)
        })
        .await?;
    Ok(HttpResponse::Created().json(TeamView::read(state.database.reader(), team).await?))
}

/// What to change of a team; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct TeamForm {
    name: Option<String>,
    /// Address of who leads it, who gets the role team_lead in it; null for nobody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    lead: Option<Option<String>>,
}

/// Changes a team.
#[utoipa::path(
    tag = "access",
    params(("key" = String, Path)),
    request_body = TeamForm,
    responses((status = 200, body = TeamView))
)]
#[patch("/teams/{key}")]
pub(super) async fn change_team(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<TeamForm>,
) -> Result<web::Json<TeamView>, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let edit = TeamEdit { name: form.name.clone(), lead: form.lead.clone() };
    let by = By { actor_id: Some(caller.id), via: caller.via, now: state.clock.now() };
    let view = state
        .database
        .write(async |tx| {
            let team = teams::known(tx, &key).await?;
            let team = teams::edit(tx, by, team, edit.clone()).await?;
            TeamView::read(tx, team).await
        })
        .await?;
    Ok(web::Json(view))
}
