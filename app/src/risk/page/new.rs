//! `GET /risks/new` and `POST /risks`: a risk that a person writes down.

use abate_entity::asset;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::act::{Sent, typed, value};
use super::steps::SCORES;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::RecordRisks;
use crate::asset::finder as assets;
use crate::page::badge::Tone;
use crate::page::form::{Choice, Field, Kind, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::{context, said, shell};
use crate::platform::problem::{Kind as Refusal, Problem};
use crate::risk::api::{RiskForm, record as write};
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Assets that the form offers; where there are more, their key is typed.
const MOST_ASSETS: u64 = 300;

/// The form.
#[derive(Template)]
#[template(path = "risk/new.html")]
struct NewRiskPage {
    frame: Frame,
    problems: Option<Problems>,
    fields: Vec<Field>,
}

/// What the form begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Key of the asset.
    asset: String,
}

/// An empty form.
pub(super) async fn blank(
    request: HttpRequest,
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let sent = vec![("asset".to_owned(), asked.into_inner().asset)];
    shell::html(&page(&request, &caller, &state, &sent, None).await?)
}

/// Records it. What is wrong with the form is said beside it.
pub(super) async fn record(
    request: HttpRequest,
    caller: Require<RecordRisks>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(sent) = form;
    let now = state.clock.now();
    let recorded = match read(&sent) {
        Ok(form) => state.database.write(async |tx| write(tx, &caller, &state.ids, &form, now).await).await,
        Err(problem) => Err(problem),
    };
    match recorded {
        Ok(risk) => {
            let key = RiskKey(risk.id);
            Ok(said::see_other(&format!("/risks/{key}"), Tone::Good, &format!("{key} is recorded.")))
        }
        Err(problem) if matches!(problem.kind(), Refusal::Invalid | Refusal::Forbidden) => {
            let page = page(&request, &caller, &state, &sent, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

fn read(sent: &Sent) -> Result<RiskForm, Problem> {
    let text = |name: &str| value(sent, name).unwrap_or_default().replace("\r\n", "\n");
    Ok(RiskForm {
        title: text("title"),
        description: text("description"),
        mitigation: text("mitigation"),
        asset: text("asset").trim().to_owned(),
        likelihood: typed(sent, "likelihood", "a number from 1 to 5")?,
        impact: typed(sent, "impact", "a number from 1 to 5")?,
        ..RiskForm::default()
    })
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    sent: &Sent,
    problem: Option<&Problem>,
) -> Result<NewRiskPage, Problem> {
    let mut fields = fields(state.database.reader(), caller).await?;
    let errors = problem.map(Problem::errors).unwrap_or_default();
    let mut items = Vec::new();
    for field in &mut fields {
        let known = value(sent, &field.name).unwrap_or_default().to_owned();
        *field = field.clone().value(known);
        if let Some(error) = errors.iter().find(|error| error.field == field.name) {
            field.error.clone_from(&error.detail);
            items.push((field.label.clone(), error.detail.clone()));
        }
    }
    Ok(NewRiskPage {
        frame: context::frame(request, caller, "Record a risk", Section::Risks),
        problems: problem.map(|problem| Problems {
            title: if items.is_empty() { problem.detail() } else { "Nothing was recorded yet." }.to_owned(),
            items,
        }),
        fields,
    })
}

async fn fields(db: &impl ConnectionTrait, caller: &Actor) -> Result<Vec<Field>, Problem> {
    let score = |name: &str, label: &str| {
        let scores = SCORES.iter().map(|(value, label)| Choice::new(*value, *label, ""));
        let choices = std::iter::once(Choice::new("", "Nobody has judged it yet", "")).chain(scores);
        Field::new(name, label, Kind::Choice).choices(choices.collect())
    };
    Ok(vec![
        Field::new("title", "The risk in one line", Kind::Text).required(),
        on_asset(db, caller).await?,
        Field::new("description", "What is wrong", Kind::Lines).hint("Markdown works."),
        Field::new("mitigation", "What to do about it", Kind::Lines),
        score("likelihood", "Likelihood before controls"),
        score("impact", "Impact before controls"),
    ])
}

/// The asset, out of those on which the caller may record risks.
async fn on_asset(db: &impl ConnectionTrait, caller: &Actor) -> Result<Field, Problem> {
    let known: Vec<(String, String)> = assets::visible(&caller.scope_of::<RecordRisks>())
        .filter(asset::Column::RetiredAt.is_null())
        .select_only()
        .columns([asset::Column::Key, asset::Column::Name])
        .order_by_asc(asset::Column::Name)
        .order_by_asc(asset::Column::Id)
        .limit(MOST_ASSETS + 1)
        .into_tuple()
        .all(db)
        .await?;
    let field = |kind: Kind, hint: &str| Field::new("asset", "Asset", kind).required().hint(hint);
    let team = "Its team answers for the risk, and its owner, until somebody else is named.";
    if known.len() as u64 > MOST_ASSETS {
        return Ok(field(Kind::Text, &format!("The key of the asset, as the register has it. {team}")));
    }
    let choices = known.into_iter().map(|(key, name)| Choice::new(key, name, ""));
    let choices = std::iter::once(Choice::new("", "Choose", "")).chain(choices).collect();
    Ok(field(Kind::Choice, team).choices(choices))
}
