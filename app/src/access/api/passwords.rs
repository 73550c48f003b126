//! `PUT /api/v1/users/{email}/password`

use actix_web::{HttpResponse, put, web};
use serde::Deserialize;

use crate::access::require::Require;
use crate::access::right::Configure;
use crate::access::role::EVERY_TEAM;
use crate::access::user_edit::By;
use crate::access::{password_change, user};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Another password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordForm {
    /// At least 12 characters.
    password: String,
}

/// Gives somebody another password, who is signed out everywhere.
#[utoipa::path(tag = "access", params(("email" = String, Path)), request_body = PasswordForm,
    responses((status = 204)))]
#[put("/users/{email}/password")]
pub(super) async fn set_password(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    email: web::Path<String>,
    form: web::Json<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let hash = state.passwords.hash(&state.ids, &form.password).await?;
    let by = By { actor_id: Some(caller.id), via: caller.via, now: state.clock.now() };
    state
        .database
        .write(async |tx| {
            let user = user::known(tx, &email).await?;
            password_change::change(tx, by, &user, &hash, None).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
