//! `/api/v1/me`, `/users`, `/teams` and `/tokens`.

use abate_entity::{api_token, app_user, team, user_role};
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::require::Require;
use super::right::{Configure, See, SignedIn};
use super::role::Role;
use super::token::TokenScope;
use super::{team as teams, token, user};
use crate::audit_log;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(me)
        .service(list_users)
        .service(create_user)
        .service(list_teams)
        .service(create_team)
        .service(list_tokens)
        .service(create_token)
        .service(revoke_token);
}

/// The caller.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Me {
    id: i64,
    email: String,
    name: String,
    roles: Vec<Role>,
}

/// Who you are to Abate.
#[utoipa::path(tag = "access", responses((status = 200, body = Me)))]
#[get("/me")]
async fn me(caller: Require<SignedIn>) -> web::Json<Me> {
    let actor = caller.into_actor();
    web::Json(Me { id: actor.id, roles: actor.roles(), email: actor.email, name: actor.name })
}

/// A user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UserView {
    id: i64,
    email: String,
    name: String,
    active: bool,
    /// Roles held, with the team's key, none for all teams.
    roles: Vec<RoleView>,
    slack_linked: bool,
}

/// A role and where it is held.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RoleView {
    role: String,
    team: Option<String>,
}

/// The users, by name.
#[utoipa::path(tag = "access", params(PageQuery), responses((status = 200, body = Page<UserView>)))]
#[get("/users")]
async fn list_users(
    _caller: Require<See>,
    state: web::Data<AppState>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<UserView>>, Problem> {
    let db = state.database.reader();
    let limit = page.limit()?;
    let mut query = app_user::Entity::find().order_by_asc(app_user::Column::Id).limit(limit + 1);
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(app_user::Column::Id.gt(after));
    }
    let users = Page::cut(query.all(db).await?, limit, |user| user.id);
    let ids: Vec<i64> = users.items.iter().map(|user| user.id).collect();
    let roles = user_role::Entity::find().filter(user_role::Column::UserId.is_in(ids)).all(db).await?;
    let teams = team::Entity::find().all(db).await?;
    let team_key = |id: i64| teams.iter().find(|team| team.id == id).map(|team| team.key.clone());
    Ok(web::Json(users.map(|user| {
        UserView {
            roles: roles
                .iter()
                .filter(|held| held.user_id == user.id)
                .map(|held| RoleView { role: held.role.clone(), team: team_key(held.team_id) })
                .collect(),
            id: user.id,
            email: user.email,
            name: user.name,
            active: user.active,
            slack_linked: user.slack_user.is_some(),
        }
    })))
}

/// A user to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    email: String,
    name: String,
    /// Roles to hold.
    #[serde(default)]
    roles: Vec<Role>,
    /// Key of the team the roles are held in; all teams when left out.
    team: Option<String>,
    /// Password, at least 12 characters; left out for somebody who cannot sign in with one.
    password: Option<String>,
}

/// Makes a user.
#[utoipa::path(tag = "access", request_body = NewUser, responses((status = 201, body = UserView)))]
#[post("/users")]
async fn create_user(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    new: web::Json<NewUser>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let password_hash = match &new.password {
        Some(password) => Some(state.passwords.hash(&state.ids, password).await?),
        None => None,
    };
    let view = state
        .database
        .write(async |tx| {
            let team = match &new.team {
                Some(key) => Some(teams::by_key(tx, "team", key).await?),
                None => None,
            };
            let user = user::create(
                tx,
                &user::NewUser {
                    email: new.email.clone(),
                    name: new.name.clone(),
                    roles: new.roles.clone(),
                    team_id: team.as_ref().map(|team| team.id),
                    password_hash: password_hash.clone(),
                },
                now,
            )
            .await?;
            let roles: Vec<RoleView> = new
                .roles
                .iter()
                .map(|role| RoleView { role: role.to_string(), team: new.team.clone() })
                .collect();
            let entry = serde_json::json!({"email": user.email, "roles": roles});
            audit_log::add(tx, &caller, "user.create", &format!("user-{}", user.id), entry, now).await?;
            Ok(UserView {
                id: user.id,
                email: user.email,
                name: user.name,
                active: user.active,
                roles,
                slack_linked: false,
            })
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}

/// A team.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TeamView {
    id: i64,
    key: String,
    name: String,
}

/// The teams, by key.
#[utoipa::path(tag = "access", responses((status = 200, body = Page<TeamView>)))]
#[get("/teams")]
async fn list_teams(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<TeamView>>, Problem> {
    let teams = team::Entity::find().order_by_asc(team::Column::Key).all(state.database.reader()).await?;
    let items =
        teams.into_iter().map(|team| TeamView { id: team.id, key: team.key, name: team.name }).collect();
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
async fn create_team(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    new: web::Json<NewTeam>,
) -> Result<HttpResponse, Problem> {
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
    Ok(HttpResponse::Created().json(TeamView { id: team.id, key: team.key, name: team.name }))
}

/// A token, without its secret part.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TokenView {
    id: i64,
    /// Its first characters.
    hint: String,
    scope: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// The token itself; only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl TokenView {
    fn new(row: api_token::Model, token: Option<String>) -> Self {
        Self {
            id: row.id,
            hint: row.hint,
            scope: row.scope,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            token,
        }
    }
}

/// Your own tokens, newest first.
#[utoipa::path(tag = "access", responses((status = 200, body = Page<TokenView>)))]
#[get("/tokens")]
async fn list_tokens(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
) -> Result<web::Json<Page<TokenView>>, Problem> {
    let rows = api_token::Entity::find()
        .filter(api_token::Column::UserId.eq(caller.id))
        .order_by_desc(api_token::Column::Id)
        .limit(200)
        .all(state.database.reader())
        .await?;
    let items = rows.into_iter().map(|row| TokenView::new(row, None)).collect();
    Ok(web::Json(Page { items, next_cursor: None }))
}

/// A token to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What it allows; everything you may do unless told.
    #[serde(default = "everything")]
    scope: TokenScope,
    /// After how many days it ends, 1 to 366; never when left out.
    expires_in_days: Option<i64>,
}

fn everything() -> TokenScope {
    TokenScope::All
}

/// Makes a token that acts as you.
#[utoipa::path(tag = "access", request_body = NewToken, responses((status = 201, body = TokenView)))]
#[post("/tokens")]
async fn create_token(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    new: web::Json<NewToken>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let expires_at = match new.expires_in_days {
        None => None,
        Some(days @ 1..=366) => Some(now + Duration::days(days)),
        Some(_) => return Err(Problem::invalid("expires_in_days", "Use 1 to 366 days.")),
    };
    let (token, row) = state
        .database
        .write(async |tx| {
            let made = token::create(tx, &state.ids, caller.id, new.scope, expires_at, now).await?;
            let entry = serde_json::json!({"scope": made.1.scope, "expires_at": expires_at});
            audit_log::add(tx, &caller, "token.create", &format!("token-{}", made.1.id), entry, now).await?;
            Ok(made)
        })
        .await?;
    Ok(HttpResponse::Created().json(TokenView::new(row, Some(token))))
}

/// Withdraws one of your tokens.
#[utoipa::path(tag = "access", responses((status = 204)))]
#[delete("/tokens/{id}")]
async fn revoke_token(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            if !token::revoke(tx, caller.id, *id, now).await? {
                return Err(Problem::not_found("such token"));
            }
            let subject = format!("token-{}", *id);
            audit_log::add(tx, &caller, "token.revoke", &subject, serde_json::json!({}), now).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
