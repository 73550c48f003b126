//! `GET /assets/{key}`

use abate_entity::{asset, asset_assessment};
use actix_web::{HttpRequest, HttpResponse, web};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::act::Sent;
use super::row::rows;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{KeepRegister, See};
use crate::asset::definition::words;
use crate::asset::view::{AssessmentCard, AssetPage, KeepForms};
use crate::asset::{assessment, data_class, finder as assets, matcher, register, retire};
use crate::page::badge::{Badge, capitalised};
use crate::page::form::{Choice, Field, Kind as Input, Problems};
use crate::page::frame::Section;
use crate::page::{context, markdown, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::risk::finder::{self, RiskFilter};
use crate::risk::page::row::Lines;
use crate::state::AppState;

/// The page of one asset.
pub(super) async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let asset = assets::one(state.database.reader(), &caller.scope(), &key).await?;
    shell::html(&page(&request, &caller, &state, asset, None).await?)
}

/// The page, with what was wrong with a form on it.
pub(super) async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    asset: asset::Model,
    wrong: Option<(&Sent, &Problem)>,
) -> Result<AssetPage, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let scope = caller.scope();
    let filter = RiskFilter {
        state: Some("any_open".to_owned()),
        asset: Some(asset.key.clone()),
        ..RiskFilter::default()
    };
    let risks = finder::page(db, &scope, caller.id, &filter, &PageQuery::default(), now).await?;
    let worst: Vec<_> = assessment::worst_open_risk(db, &scope, asset.id).await?.into_iter().collect();
    let zone = state.config.organisation.zone;
    let of_worst = Lines::of(db, &worst, now, zone).await?;
    let lines = Lines::of(db, &risks.items, now, zone).await?;
    let matchers = matcher::of_asset(db, asset.id).await?;
    let row = rows(db, std::slice::from_ref(&asset)).await?.pop();
    let may_keep = caller.holds_in::<KeepRegister>(asset.team_id) && asset.merged_into_id.is_none();
    let newest = assessment::of_asset(db, asset.id).await?.into_iter().next();
    Ok(AssetPage {
        frame: context::frame(request, caller, asset.name.clone(), Section::Assets),
        asset: row.ok_or_else(|| Problem::not_found(format!("asset {}", asset.key)))?,
        problems: wrong.map(|(_, problem)| problems(problem)),
        description: if asset.description.is_empty() {
            String::new()
        } else {
            markdown::render(&asset.description)
        },
        facts: facts(db, &asset).await?,
        keep: may_keep.then(|| forms(&asset, &matchers, wrong.map(|(sent, _)| sent))),
        matchers: matchers.into_iter().map(|(kind, pattern)| (capitalised(&kind), pattern)).collect(),
        assessment: newest.map(card),
        worst: worst.iter().map(|risk| of_worst.row(risk)).collect(),
        risks: risks.items.iter().map(|risk| lines.row(risk)).collect(),
        more: "All of them".to_owned(),
    })
}

fn problems(problem: &Problem) -> Problems {
    let errors = problem.errors();
    Problems {
        title: problem.title().to_owned(),
        items: match errors {
            [] => vec![(String::new(), problem.detail().to_owned())],
            errors => errors.iter().map(|error| (capitalised(&error.field), error.detail.clone())).collect(),
        },
    }
}

/// What else the register says.
async fn facts(db: &impl ConnectionTrait, asset: &asset::Model) -> Result<Vec<(String, String)>, Problem> {
    let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d").to_string();
    let ratings = [asset.confidentiality, asset.integrity, asset.availability];
    let ratings = ratings.map(|rating| rating.map_or_else(|| "–".to_owned(), |rating| rating.to_string()));
    let table = data_class::load(db).await?;
    let profiles = table.of(&words(&asset.data_classes)).into_iter();
    let profiles: Vec<String> = profiles.map(|(class, policy)| format!("{class}: {policy}")).collect();
    let merged = match asset.merged_into_id {
        Some(id) => asset::Entity::find_by_id(id).one(db).await?.map(|asset| asset.key),
        None => None,
    };
    let expires = retire::expires_at(asset).filter(|_| asset.retired_at.is_none());
    let all = [
        ("Environment", capitalised(&asset.environment)),
        ("Confidentiality, integrity, availability", ratings.join(", ")),
        ("Due dates asked for by its data", profiles.join(", ")),
        ("Responsible", capitalised(&asset.responsible_party)),
        ("Tags", words(&asset.tags).join(", ")),
        ("First seen", day(asset.created_at)),
        ("Last seen", asset.last_seen_at.map(day).unwrap_or_default()),
        ("Counts as gone on", expires.map(day).unwrap_or_default()),
        ("Out of service since", asset.retired_at.map(day).unwrap_or_default()),
        ("Merged into", merged.unwrap_or_default()),
    ];
    let said = all.into_iter().filter(|(_, value)| !value.is_empty());
    Ok(said.map(|(label, value)| (label.to_owned(), value)).collect())
}

fn card(row: asset_assessment::Model) -> AssessmentCard {
    AssessmentCard {
        level: Badge::level(row.level.as_str()),
        scores: format!("Likelihood {}, impact {}", row.likelihood, row.impact),
        rationale: markdown::render(&row.rationale),
        by: format!("{}, {}", row.assessor, row.assessed_on),
    }
}

fn forms(asset: &asset::Model, matchers: &[(String, String)], sent: Option<&Sent>) -> KeepForms {
    let kept: Vec<String> = matchers.iter().map(|(kind, pattern)| format!("{kind} {pattern}")).collect();
    let scores = |chosen: &str| {
        let mut choices = vec![Choice::new("", "Choose", chosen)];
        choices.extend((1..=5).map(|score| Choice::new(score.to_string(), score.to_string(), chosen)));
        choices
    };
    let blank = Sent::default();
    let said = sent.unwrap_or(&blank);
    KeepForms {
        edit_href: format!("/assets/{}/edit", asset.key),
        version: asset.version,
        unreviewed: asset.review_state == register::UNREVIEWED,
        in_service: asset.retired_at.is_none(),
        into: Field::new("into", "Key of the asset that it is in truth", Input::Text)
            .required()
            .value(&said.into),
        matchers: Field::new("matchers", "One a line: its kind and what it looks like", Input::Lines)
            .hint("arn, image, repository, purl, host or name; a * stands for any run of characters.")
            .value(if said.matchers.is_empty() { kept.join("\n") } else { said.matchers.clone() }),
        assess: vec![
            Field::new("likelihood", "Likelihood", Input::Choice)
                .required()
                .choices(scores(&said.likelihood)),
            Field::new("impact", "Impact", Input::Choice).required().choices(scores(&said.impact)),
            Field::new("rationale", "Why", Input::Lines).required().value(&said.rationale),
            Field::new("assessor", "Who judged", Input::Text).hint("You, unless told.").value(&said.assessor),
            Field::new("assessed_on", "When", Input::Date)
                .hint("Today, unless told.")
                .value(&said.assessed_on),
        ],
        reason: Field::new("reason", "What became of it", Input::Lines).required().value(&said.reason),
    }
}
