//! `GET` and `PATCH /api/v1/risks/{key}`

use abate_entity::risk;
use actix_web::http::header::{ETAG, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, get, patch, web};
use serde::{Deserialize, Deserializer};

use super::view::RiskDetail;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, See};
use crate::access::user;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::edit::{self, Edit};
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::parties::may_edit;
use crate::risk::rated::Rated;
use crate::risk::record::Occasion;
use crate::risk::technique;
use crate::state::AppState;

/// A risk with everything it says.
#[utoipa::path(tag = "risks", params(("key" = String, Path)), responses((status = 200, body = RiskDetail)))]
#[get("/risks/{key}")]
pub(super) async fn show(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    answer(RiskDetail::read(db, risk, state.clock.now()).await?)
}

/// What to change; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EditForm {
    title: Option<String>,
    description: Option<String>,
    mitigation: Option<String>,
    plan: Option<String>,
    /// Address of the owner, null for nobody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    /// Address of the assignee, null for nobody.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// 1 to 5, before controls; together with `impact`.
    likelihood: Option<u8>,
    /// 1 to 5, before controls; together with `likelihood`.
    impact: Option<u8>,
    /// 1 to 5, with the controls that work today; together with `current_impact`.
    current_likelihood: Option<u8>,
    /// 1 to 5, with the controls that work today; together with `current_likelihood`.
    current_impact: Option<u8>,
    /// 1 to 5, after the planned treatment; together with `target_impact`.
    target_likelihood: Option<u8>,
    /// 1 to 5, after the planned treatment; together with `target_likelihood`.
    target_impact: Option<u8>,
    /// ATT&CK techniques in place of those it has, in the ids of any version.
    techniques: Option<Vec<String>>,
    /// Whether a ticket is wanted whatever the rule says.
    ticket_wanted: Option<bool>,
    /// Why.
    reason: String,
}

impl EditForm {
    /// The ratings that it gives, each with both scores.
    fn rated(&self) -> Result<Rated, Problem> {
        let both = |likelihood: Option<u8>, impact: Option<u8>, field: &str| match (likelihood, impact) {
            (Some(likelihood), Some(impact)) => Ok(Some((likelihood, impact))),
            (None, None) => Ok(None),
            _ => Err(Problem::invalid(field, "Give likelihood and impact together.")),
        };
        Ok(Rated {
            inherent: both(self.likelihood, self.impact, "likelihood")?,
            current: both(self.current_likelihood, self.current_impact, "current_likelihood")?,
            target: both(self.target_likelihood, self.target_impact, "target_likelihood")?,
        })
    }
}

/// Tells a field that is null from one that was left out.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Changes a risk: everything but where it stands.
#[utoipa::path(
    tag = "risks",
    params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = EditForm,
    responses((status = 200, body = RiskDetail), (status = 412, description = "Changed meanwhile"))
)]
#[patch("/risks/{key}")]
pub(super) async fn edit_risk(
    caller: Require<MoveRisks>,
    request: HttpRequest,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    form: web::Json<EditForm>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let expected = if_match(&request)?;
    let techniques =
        form.techniques.as_deref().map(|given| technique::resolved("techniques", given)).transpose()?;
    let rated = form.rated()?;
    let detail = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let risk = finder::one(tx, &caller.scope(), *key).await?;
            may_edit(&caller, &risk)?;
            check_version(&risk, expected)?;
            let person = async |field: &str, who: &Option<Option<String>>| -> Result<_, Problem> {
                Ok(match who {
                    None => None,
                    Some(None) => Some(None),
                    Some(Some(email)) => Some(Some(user::active_by_email(tx, field, email).await?.id)),
                })
            };
            let edit = Edit {
                title: form.title.clone(),
                description: form.description.clone(),
                mitigation: form.mitigation.clone(),
                plan: form.plan.clone(),
                owner_id: person("owner", &form.owner).await?,
                assignee_id: person("assignee", &form.assignee).await?,
                rated,
                why: None,
                techniques: techniques.clone(),
                ticket_wanted: form.ticket_wanted,
                reason: form.reason.clone(),
            };
            let risk = edit::edit(tx, &occasion, risk, edit).await?;
            RiskDetail::read(tx, risk, now).await
        })
        .await?;
    answer(detail)
}

fn answer(detail: RiskDetail) -> Result<HttpResponse, Problem> {
    let tag = format!("\"{}\"", detail.risk.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(detail))
}

/// The version that the caller saw.
///
/// # Errors
/// 422 when the header is no version.
pub(crate) fn if_match(request: &HttpRequest) -> Result<Option<i32>, Problem> {
    let Some(header) = request.headers().get(IF_MATCH) else {
        return Ok(None);
    };
    let text = header.to_str().unwrap_or_default().trim().trim_start_matches("W/").trim_matches('"');
    if text == "*" {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| Problem::invalid("If-Match", "Send the version that you saw, as in \"3\"."))
}

/// Refuses an edit of a risk that has moved on.
///
/// # Errors
/// 412.
pub(super) fn check_version(risk: &risk::Model, expected: Option<i32>) -> Result<(), Problem> {
    match expected {
        Some(version) if version != risk.version => Err(Problem::new(
            Kind::Stale,
            format!(
                "{} is at version {} by now, you saw {version}; read it again and repeat.",
                RiskKey(risk.id),
                risk.version
            ),
        )
        .with("version", risk.version)),
        _ => Ok(()),
    }
}
