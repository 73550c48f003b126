//! `/api/v1/users`

use abate_entity::{app_user, team, user_role};
use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::given;
use crate::access::require::Require;
use crate::access::right::{Configure, See};
use crate::access::role::{EVERY_TEAM, Role};
use crate::access::user_edit::{self, By, HeldRole, UserEdit};
use crate::access::{team as teams, user};
use crate::audit_log;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// A user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UserView {
    id: i64,
    email: String,
    name: String,
    active: bool,
    /// Roles held, with the team's key, none for all teams.
    roles: Vec<HeldRole>,
    slack_linked: bool,
    /// IANA zone the person works in; none for the organisation's.
    zone: Option<String>,
    /// Local time from which nothing is sent.
    quiet_from: String,
    /// Local time from which messages are sent again.
    quiet_to: String,
    /// When somebody left.
    left_at: Option<DateTime<Utc>>,
}

impl UserView {
    fn new(user: app_user::Model, roles: Vec<HeldRole>) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            active: user.active,
            roles,
            slack_linked: user.slack_user.is_some(),
            zone: user.zone,
            quiet_from: user.quiet_from,
            quiet_to: user.quiet_to,
            left_at: user.left_at,
        }
    }
}

/// The users, by name.
#[utoipa::path(tag = "access", params(PageQuery), responses((status = 200, body = Page<UserView>)))]
#[get("/users")]
pub(super) async fn list_users(
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
        let held = roles.iter().filter(|held| held.user_id == user.id).filter_map(|held| {
            Some(HeldRole { role: held.role.parse().ok()?, team: team_key(held.team_id) })
        });
        let held = held.collect();
        UserView::new(user, held)
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
pub(super) async fn create_user(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    new: web::Json<NewUser>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
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
            let roles = user_edit::roles_of(tx, user.id).await?;
            let entry = serde_json::json!({"email": user.email, "roles": roles});
            audit_log::add(tx, &caller, "user.create", &format!("user-{}", user.id), entry, now).await?;
            Ok(UserView::new(user, roles))
        })
        .await?;
    Ok(HttpResponse::Created().json(view))
}

/// What to change of a user; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct UserForm {
    name: Option<String>,
    /// False for somebody who has left: they are signed out, and what they owned goes to others.
    active: Option<bool>,
    /// All the roles to hold, in place of those held.
    roles: Option<Vec<HeldRole>>,
    /// IANA zone the person works in; null for the organisation's.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    zone: Option<Option<String>>,
    /// Local time from which nothing is sent, as `18:00`.
    quiet_from: Option<String>,
    /// Local time from which messages are sent again, as `08:00`.
    quiet_to: Option<String>,
}

/// Changes a user: name, roles, hours, and whether they are still here.
#[utoipa::path(
    tag = "access",
    params(("email" = String, Path)),
    request_body = UserForm,
    responses((status = 200, body = UserView), (status = 409, description = "Nobody would be left to administer Abate"))
)]
#[patch("/users/{email}")]
pub(super) async fn change_user(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    email: web::Path<String>,
    form: web::Json<UserForm>,
) -> Result<web::Json<UserView>, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let form = form.into_inner();
    let edit = UserEdit {
        name: form.name,
        active: form.active,
        roles: form.roles,
        zone: form.zone,
        quiet_from: form.quiet_from,
        quiet_to: form.quiet_to,
    };
    let by = By { actor_id: Some(caller.id), via: caller.via, now: state.clock.now() };
    let view = state
        .database
        .write(async |tx| {
            let user = user::known(tx, &email).await?;
            let user = user_edit::edit(tx, by, user, edit.clone()).await?;
            let roles = user_edit::roles_of(tx, user.id).await?;
            Ok(UserView::new(user, roles))
        })
        .await?;
    Ok(web::Json(view))
}
