//! `POST /api/v1/users/{email}/hand-over`

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use serde_json::json;

use crate::access::require::Require;
use crate::access::right::Configure;
use crate::access::role::EVERY_TEAM;
use crate::access::user;
use crate::audit_log;
use crate::owner::hand_over;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Who takes over.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct HandOverForm {
    /// Address of who takes over; when left out, who owns the asset of each risk, else who leads its team.
    to: Option<String>,
}

/// Hands the risks of somebody over, in the background: to one person, or to who stands in for each.
#[utoipa::path(
    tag = "access",
    params(("email" = String, Path)),
    request_body = HandOverForm,
    responses((status = 202, description = "It is under way"))
)]
#[post("/users/{email}/hand-over")]
pub(super) async fn hand_over_risks(
    caller: Require<Configure>,
    state: web::Data<AppState>,
    email: web::Path<String>,
    form: web::Json<HandOverForm>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let from = user::known(tx, &email).await?;
            let to = match &form.to {
                Some(email) => Some(user::active_by_email(tx, "to", email).await?.id),
                None => None,
            };
            if to == Some(from.id) {
                return Err(Problem::invalid("to", "Name somebody else."));
            }
            hand_over::want(tx, from.id, to, Some(caller.id), now).await?;
            let subject = format!("user-{}", from.id);
            audit_log::add(tx, &caller, "user.hand_over", &subject, json!({"to": form.to}), now).await
        })
        .await?;
    Ok(HttpResponse::Accepted().json(json!({"from": *email, "to": form.to})))
}
