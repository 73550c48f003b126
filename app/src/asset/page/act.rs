//! `POST /assets/{key}/{action}`: the small forms on the page of an asset.

use actix_web::{HttpRequest, HttpResponse, web};
use sea_orm::DatabaseTransaction;
use serde::Deserialize;

use super::show::page;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::KeepRegister;
use crate::asset::assessment::{self, NewAssessment};
use crate::asset::definition::Definition;
use crate::asset::{edit, finder, matcher, merge, retire};
use crate::page::badge::Tone;
use crate::page::{said, shell};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// What the forms send; each sends some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    pub(super) into: String,
    pub(super) matchers: String,
    pub(super) likelihood: String,
    pub(super) impact: String,
    pub(super) rationale: String,
    pub(super) assessor: String,
    pub(super) assessed_on: String,
    pub(super) reason: String,
}

/// Does what a form asks. What is wrong with it is said on the asset's page.
pub(super) async fn act(
    request: HttpRequest,
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    path: web::Path<(String, String)>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let (key, action) = path.into_inner();
    let done = state.database.write(async |tx| take(tx, &state, &caller, &key, &action, &form.0).await).await;
    match done {
        Ok((key, text)) => Ok(said::see_other(&format!("/assets/{key}"), Tone::Good, text)),
        Err(problem)
            if matches!(problem.kind(), Kind::Invalid | Kind::Conflict | Kind::Stale | Kind::Forbidden) =>
        {
            let asset = finder::one(state.database.reader(), &caller.scope(), &key).await?;
            let page = page(&request, &caller, &state, asset, Some((&form.0, &problem))).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

/// Does it; answers the asset to go on with, and what to say.
async fn take(
    tx: &DatabaseTransaction,
    state: &AppState,
    caller: &Actor,
    key: &str,
    action: &str,
    sent: &Sent,
) -> Result<(String, &'static str), Problem> {
    let now = state.clock.now();
    let asset = finder::one(tx, &caller.scope(), key).await?;
    match action {
        "review" => {
            let definition = Definition::of(&asset);
            edit::edit(tx, caller, asset, &definition, true, now).await?;
            Ok((key.to_owned(), "It stands in the register as reviewed."))
        }
        "merge" => {
            let into = sent.into.trim();
            let known =
                finder::one(tx, &caller.scope(), into).await.map_err(|problem| match problem.kind() {
                    Kind::NotFound => Problem::invalid("into", format!("There is no asset {into:?}.")),
                    _ => problem,
                })?;
            let left = merge::merge(tx, caller, asset, known, now).await?;
            Ok((left.key, "Merged: its reports lead here now, and its risks follow."))
        }
        "matchers" => {
            let lines = sent.matchers.lines().map(str::trim).filter(|line| !line.is_empty());
            let wanted =
                matcher::read(lines.map(|line| line.split_once(char::is_whitespace).unwrap_or((line, ""))))?;
            edit::set_matchers(tx, caller, &asset, &wanted, now).await?;
            Ok((key.to_owned(), "From now on reports find it by these."))
        }
        "assess" => {
            assessment::add(tx, caller, &asset, judgement(sent)?, now).await?;
            Ok((key.to_owned(), "The judgement is written down."))
        }
        "retire" => {
            retire::retire(tx, caller, asset, &sent.reason, now).await?;
            Ok((
                key.to_owned(),
                "Out of service. Its open risks wait for somebody to verify that they are gone.",
            ))
        }
        _ => Err(Problem::not_found("such form")),
    }
}

fn judgement(sent: &Sent) -> Result<NewAssessment, Problem> {
    let score = |field: &str, text: &str| {
        text.trim().parse::<u8>().map_err(|_| Problem::invalid(field, "Choose 1 to 5."))
    };
    let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(NewAssessment {
        likelihood: score("likelihood", &sent.likelihood)?,
        impact: score("impact", &sent.impact)?,
        rationale: sent.rationale.clone(),
        assessor: said(&sent.assessor),
        assessed_on: match said(&sent.assessed_on) {
            Some(day) => Some(day.parse().map_err(|_| Problem::invalid("assessed_on", "Choose a day."))?),
            None => None,
        },
    })
}
