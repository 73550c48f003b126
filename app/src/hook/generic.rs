//! `POST /hooks/generic/{id}`: a report of any known format, from whoever has the secret.

use abate_entity::hook;
use actix_web::HttpRequest;

use super::delivery::Delivery;
use super::secret;
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// The header that names a delivery, so that it may be sent twice.
const DELIVERY_HEADER: &str = "X-Abate-Delivery";

/// Believes the request, and says what of it is to be kept.
pub(super) fn check(
    state: &AppState,
    hook: &hook::Model,
    request: &HttpRequest,
    body: &[u8],
) -> Result<Delivery, Problem> {
    if secret::is_signed(request) {
        secret::check_signed(state, hook, request, body)?;
    } else {
        secret::check_carried(state, hook, request)?;
    }
    if body.is_empty() {
        return Err(Problem::new(Kind::Malformed, "The body is empty. Send the report as the body."));
    }
    Ok(Delivery::report(state, secret::header(request, DELIVERY_HEADER), body.to_vec()))
}
