//! `/api/v1/notify-rules`

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};

use crate::access::require::Require;
use crate::access::right::{KeepIncidentRules, See};
use crate::incident::duty_rules::NotifyRule;
use crate::incident::notify_rule::{self, RuleSet};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Who has to be told of which class of data by when. Check it with counsel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RulesView {
    /// The version of the set.
    version: i32,
    /// The rules.
    items: Vec<NotifyRule>,
}

impl From<RuleSet> for RulesView {
    fn from(set: RuleSet) -> Self {
        Self { version: set.version, items: set.rules }
    }
}

/// The rules in force.
#[utoipa::path(tag = "incidents", responses((status = 200, body = RulesView)))]
#[get("/notify-rules")]
pub(super) async fn rules(
    _caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<web::Json<RulesView>, Problem> {
    Ok(web::Json(notify_rule::load(state.database.reader()).await?.into()))
}

/// A new version of the rules.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesForm {
    /// The version that was seen.
    version: i32,
    /// All rules, as they shall be.
    items: Vec<NotifyRule>,
    /// Why they change.
    reason: String,
}

/// Makes a new version of the rules. Incidents that stand keep the duties that they have.
#[utoipa::path(
    tag = "incidents",
    request_body = RulesForm,
    responses((status = 200, body = RulesView), (status = 412, description = "They were changed meanwhile"))
)]
#[put("/notify-rules")]
pub(super) async fn replace_rules(
    caller: Require<KeepIncidentRules>,
    state: web::Data<AppState>,
    form: web::Json<RulesForm>,
) -> Result<web::Json<RulesView>, Problem> {
    // They are those of the whole organisation.
    caller.require_in::<KeepIncidentRules>(0)?;
    let now = state.clock.now();
    let set = state
        .database
        .write(async |tx| {
            notify_rule::replace(tx, &caller, form.version, form.items.clone(), &form.reason, now).await
        })
        .await?;
    Ok(web::Json(set.into()))
}
