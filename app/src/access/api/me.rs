//! `/api/v1/me`

use actix_web::{get, patch, web};
use serde::{Deserialize, Serialize};

use super::given;
use crate::access::require::Require;
use crate::access::right::SignedIn;
use crate::access::role::Role;
use crate::access::user;
use crate::access::user_edit::{self, UserEdit};
use crate::platform::problem::Problem;
use crate::state::AppState;

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
pub(super) async fn me(caller: Require<SignedIn>) -> web::Json<Me> {
    let actor = caller.into_actor();
    web::Json(Me { id: actor.id, roles: actor.roles(), email: actor.email, name: actor.name })
}

/// When messages may reach you; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct HoursForm {
    /// IANA zone you work in; null for the organisation's.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    zone: Option<Option<String>>,
    /// Local time from which nothing is sent, as `18:00`.
    quiet_from: Option<String>,
    /// Local time from which messages are sent again, as `08:00`.
    quiet_to: Option<String>,
}

/// When messages reach you.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Hours {
    zone: Option<String>,
    quiet_from: String,
    quiet_to: String,
}

/// Says when messages may reach you.
#[utoipa::path(tag = "access", request_body = HoursForm, responses((status = 200, body = Hours)))]
#[patch("/me")]
pub(super) async fn change_me(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    form: web::Json<HoursForm>,
) -> Result<web::Json<Hours>, Problem> {
    let now = state.clock.now();
    let edit = UserEdit {
        zone: form.zone.clone(),
        quiet_from: form.quiet_from.clone(),
        quiet_to: form.quiet_to.clone(),
        ..UserEdit::default()
    };
    let by = user_edit::By { actor_id: Some(caller.id), via: caller.via, now };
    let user = state
        .database
        .write(async |tx| {
            let user = user::known(tx, &caller.email).await?;
            user_edit::edit(tx, by, user, edit.clone()).await
        })
        .await?;
    Ok(web::Json(Hours { zone: user.zone, quiet_from: user.quiet_from, quiet_to: user.quiet_to }))
}
