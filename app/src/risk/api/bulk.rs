//! `POST /api/v1/risks/bulk`

use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::TransitionForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::step::{self, Asked};
use crate::state::AppState;

/// Most risks of one request.
const MOST: usize = 500;

/// The same step for several risks.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkForm {
    /// Keys of the risks, at most 500.
    keys: Vec<String>,
    /// The step.
    transition: TransitionForm,
}

/// How it went for each.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct BulkAnswer {
    /// In the order of the keys.
    results: Vec<BulkResult>,
}

/// How it went for one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BulkResult {
    key: String,
    /// Where the risk stands now, when the step was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// Why not, as a problem document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

/// Takes the same step for several risks, each by itself.
#[utoipa::path(tag = "risks", request_body = BulkForm, responses((status = 200, body = BulkAnswer)))]
#[post("/risks/bulk")]
pub(super) async fn bulk(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    form: web::Json<BulkForm>,
) -> Result<web::Json<BulkAnswer>, Problem> {
    if form.keys.is_empty() || form.keys.len() > MOST {
        return Err(Problem::invalid("keys", format!("Name 1 to {MOST} risks.")));
    }
    let event = form.transition.event()?;
    let now = state.clock.now();
    let policies = Policies::load(state.database.reader()).await?;
    let occasion = Occasion::by(&caller, now, &policies);
    let mut results = Vec::with_capacity(form.keys.len());
    for key in &form.keys {
        let taken = match key.parse::<RiskKey>() {
            Err(error) => Err(Problem::invalid("keys", error.to_string())),
            Ok(key) => {
                state
                    .database
                    .write(async |tx| {
                        let risk = finder::one(tx, &caller.scope(), key).await?;
                        let given = form.transition.resolve(tx, risk.id).await?;
                        let requester = requester(&caller, &risk);
                        step::take(tx, &occasion, risk, &requester, Asked::by_person(event, given)).await
                    })
                    .await
            }
        };
        results.push(match taken {
            Ok(risk) => BulkResult { key: key.clone(), state: Some(risk.state.as_str()), problem: None },
            Err(problem) => BulkResult { key: key.clone(), state: None, problem: Some(problem.document()) },
        });
    }
    Ok(web::Json(BulkAnswer { results }))
}
