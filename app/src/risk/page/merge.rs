//! `POST /risks/{key}/merge` and `/split`

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::show;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MergeRisks;
use crate::page::badge::Tone;
use crate::page::said;
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::{finder, merge, split};
use crate::state::AppState;

/// What the form that joins sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JoinForm {
    into: String,
    reason: String,
}

/// Joins a risk to another.
pub(super) async fn join(
    caller: Require<MergeRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<JoinForm>,
) -> Result<HttpResponse, Problem> {
    let from = show::find(&caller, &state, &key).await?;
    let SignedForm(form) = form;
    let now = state.clock.now();
    let joined = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let into: RiskKey = form
                .into
                .parse()
                .map_err(|_| Problem::invalid("into", "Give the key of a risk, as in R-3."))?;
            let from = finder::one(tx, &caller.scope(), RiskKey(from.id)).await?;
            let into = finder::one(tx, &caller.scope(), into).await?;
            merge::merge(tx, &occasion, &caller, from, into, form.reason.trim()).await
        })
        .await;
    answer(joined.map(|risk| (risk.id, format!("{key} is part of {} now.", RiskKey(risk.id)))), from.id)
}

/// Takes the findings out whose boxes are ticked.
pub(super) async fn split_off(
    caller: Require<MergeRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let from = show::find(&caller, &state, &key).await?;
    let SignedForm(sent) = form;
    let findings: Vec<i64> = sent
        .iter()
        .filter(|(name, _)| name == "finding")
        .filter_map(|(_, value)| value.parse().ok())
        .collect();
    let reason =
        sent.iter().find(|(name, _)| name == "reason").map(|(_, value)| value.trim()).unwrap_or_default();
    let now = state.clock.now();
    let made = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let occasion = Occasion::by(&caller, now, &policies);
            let from = finder::one(tx, &caller.scope(), RiskKey(from.id)).await?;
            split::split(tx, &state.ids, &occasion, &caller, from, &findings, reason).await
        })
        .await;
    answer(
        made.map(|risk| {
            (risk.id, format!("{} has the findings that were taken out of {key}.", RiskKey(risk.id)))
        }),
        from.id,
    )
}

/// Leads to the risk that goes on, or back with what was wrong.
fn answer(outcome: Result<(i64, String), Problem>, from: i64) -> Result<HttpResponse, Problem> {
    match outcome {
        Ok((id, text)) => Ok(said::see_other(&format!("/risks/{}", RiskKey(id)), Tone::Good, &text)),
        Err(problem) if matches!(problem.kind(), Kind::Invalid | Kind::NotFound) => {
            let back = format!("/risks/{}#findings", RiskKey(from));
            Ok(said::refused(&back, &problem))
        }
        Err(problem) => Err(problem),
    }
}
