//! `/api/v1/feeds`

use actix_web::{get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::FeedView;
use crate::access::require::Require;
use crate::access::right::SignedIn;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list);
}

/// The feeds, with how old each copy is.
#[utoipa::path(tag = "feeds", responses((status = 200, body = Vec<FeedView>)))]
#[get("/feeds")]
async fn list(
    _caller: Require<SignedIn>,
    state: web::Data<AppState>,
) -> Result<web::Json<Vec<FeedView>>, Problem> {
    let now = state.clock.now();
    Ok(web::Json(FeedView::all(state.database.reader(), &state.config.feeds, now).await?))
}
