//! `/api/v1/workshop-prompts`, and the answers to them in a draft.

use actix_web::{get, post, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::hold::{self, FoundRisk, Session};
use super::hold_api::FoundView;
use super::prompt::{self, Prompt};
use crate::access::require::Require;
use crate::access::right::{RecordRisks, See};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(questions).service(answer);
}

/// The questions that help to find risks.
#[utoipa::path(tag = "workshops", responses((status = 200, body = Vec<Prompt>)))]
#[get("/workshop-prompts")]
async fn questions(_caller: Require<See>) -> Result<web::Json<Vec<Prompt>>, Problem> {
    Ok(web::Json(prompt::all()?))
}

/// An answer to a question.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    /// Id of the question.
    prompt: String,
    /// yes, no or unknown; a "no" becomes a risk of the draft.
    answer: String,
    /// Key of the asset that it is about.
    asset: String,
    /// What was said.
    #[serde(default)]
    note: String,
}

/// Takes answers to the questions: each "no" is a risk of the draft that waits for a rating, once for each asset.
#[utoipa::path(tag = "workshops", params(("id" = i64, Path)), request_body = Vec<AnswerForm>, responses((status = 200, body = Vec<FoundView>)))]
#[post("/workshops/{id}/answers")]
async fn answer(
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: web::Json<Vec<AnswerForm>>,
) -> Result<web::Json<Vec<FoundView>>, Problem> {
    let now = state.clock.now();
    let known = prompt::all()?;
    let mut found = Vec::new();
    for (number, answer) in form.iter().enumerate() {
        let prompt = known.iter().find(|prompt| prompt.id == answer.prompt).ok_or_else(|| {
            Problem::invalid(
                format!("[{number}].prompt"),
                format!("There is no question {:?}.", answer.prompt),
            )
        })?;
        match answer.answer.as_str() {
            "yes" | "unknown" => {}
            "no" => found.push(FoundRisk {
                title: prompt.risk.clone(),
                description: [prompt.question.clone(), "No.".to_owned(), answer.note.clone()]
                    .join("\n\n")
                    .trim()
                    .to_owned(),
                assets: vec![answer.asset.clone()],
                stride: prompt.stride.clone(),
                external_id: Some(format!("{}@{}", prompt.id, answer.asset)),
                ..FoundRisk::default()
            }),
            _ => return Err(Problem::invalid(format!("[{number}].answer"), "Use yes, no or unknown.")),
        }
    }
    let risks = state
        .database
        .write(async |tx| {
            let workshop = hold::draft(tx, *id).await?;
            let session = Session { tx, ids: &state.ids, actor: &caller, now };
            let mut risks = Vec::new();
            for found in found.clone() {
                risks.extend(session.add(&workshop, found).await?);
            }
            Ok(risks)
        })
        .await?;
    Ok(web::Json(risks.into_iter().map(FoundView::from).collect()))
}
