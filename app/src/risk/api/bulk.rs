//! `POST /api/v1/risks/bulk`

use actix_web::{post, web};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::form::TransitionForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::access::user;
use crate::platform::problem::Problem;
use crate::risk::bulk::{self, Outcome, Which, Work};
use crate::risk::edit::Edit;
use crate::risk::finder::RiskFilter;
use crate::state::AppState;

/// The same for several risks: one of `transition`, `assign` and `edit`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkForm {
    /// Keys of the risks, at most 500; or give `filter`.
    keys: Option<Vec<String>>,
    /// What finds the risks, at most 500, as in the list; a name that is no filter is refused.
    #[schema(value_type = Option<RiskFilter>)]
    filter: Option<Map<String, Value>>,
    /// A step of the lifecycle.
    transition: Option<TransitionForm>,
    /// Who answers and works.
    assign: Option<AssignForm>,
    /// What they say.
    edit: Option<BulkEditForm>,
    /// Only says how it would go.
    #[serde(default)]
    dry_run: bool,
}

/// Who answers and works; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AssignForm {
    /// Address of the owner, null for nobody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    /// Address of the assignee, null for nobody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// Why.
    reason: String,
}

/// What to change; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BulkEditForm {
    mitigation: Option<String>,
    plan: Option<String>,
    /// Whether a ticket is wanted whatever the rule says.
    ticket_wanted: Option<bool>,
    /// Why.
    reason: String,
}

/// Tells a field that is null from one that was left out.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
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
    /// Where the risk stands now, or would stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// Why not, as a problem document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

/// Takes the same step for several risks, gives them to somebody, or changes what they say; each by itself.
#[utoipa::path(tag = "risks", request_body = BulkForm, responses((status = 200, body = BulkAnswer)))]
#[post("/risks/bulk")]
pub(super) async fn bulk_risks(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    form: web::Json<BulkForm>,
) -> Result<web::Json<BulkAnswer>, Problem> {
    let form = form.into_inner();
    let dry_run = form.dry_run;
    let which = match (form.keys, form.filter) {
        (Some(keys), None) => Which::Keys(keys),
        (None, Some(filter)) => Which::Found(Box::new(RiskFilter::strict(filter)?)),
        _ => return Err(Problem::invalid("keys", "Give keys or a filter.")),
    };
    let work = match (form.transition, form.assign, form.edit) {
        (Some(transition), None, None) => {
            transition.event()?;
            Work::Transition(Box::new(transition))
        }
        (None, Some(assign), None) => assigned(state.database.reader(), assign).await?,
        (None, None, Some(edit)) => Work::Edit(Box::new(Edit {
            mitigation: edit.mitigation,
            plan: edit.plan,
            ticket_wanted: edit.ticket_wanted,
            reason: edit.reason,
            ..Edit::default()
        })),
        _ => return Err(Problem::invalid("transition", "Give one of transition, assign and edit.")),
    };
    let outcomes = bulk::run(&state, &caller, &which, &work, dry_run).await?;
    let results = outcomes.into_iter().map(|Outcome { key, result }| match result {
        Ok(risk) => BulkResult { key, state: Some(risk.state.as_str()), problem: None },
        Err(problem) => BulkResult { key, state: None, problem: Some(problem.document()) },
    });
    Ok(web::Json(BulkAnswer { results: results.collect() }))
}

async fn assigned(db: &impl ConnectionTrait, form: AssignForm) -> Result<Work, Problem> {
    let person = async |field: &str, who: Option<Option<String>>| -> Result<_, Problem> {
        Ok(match who {
            None => None,
            Some(None) => Some(None),
            Some(Some(email)) => Some(Some(user::active_by_email(db, field, &email).await?.id)),
        })
    };
    Ok(Work::Edit(Box::new(Edit {
        owner_id: person("owner", form.owner).await?,
        assignee_id: person("assignee", form.assignee).await?,
        reason: form.reason,
        ..Edit::default()
    })))
}
