//! `/teams`: the teams, who leads them, and a form for each.

use abate_entity::{app_user, team};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;

use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::access::role::EVERY_TEAM;
use crate::access::team::{self as teams, TeamEdit};
use crate::access::user_edit::By;
use crate::page::badge::Tone;
use crate::page::form::{Choice, Field, Kind, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::refused::problems;
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;

#[derive(Template)]
#[template(path = "owner/teams.html")]
struct TeamsPage {
    frame: Frame,
    problems: Option<Problems>,
    rows: Vec<Row>,
}

struct Row {
    id: i64,
    key: String,
    name: String,
    /// Who leads it; empty when nobody does.
    lead: String,
    /// What its due dates are derived from.
    due_dates: String,
    fields: Vec<Field>,
}

/// The teams.
pub(super) async fn list(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, None).await?)
}

async fn page(
    request: &HttpRequest,
    caller: &Require<Configure>,
    state: &AppState,
    refused: Option<&Problem>,
) -> Result<TeamsPage, Problem> {
    let db = state.database.reader();
    let people = app_user::Entity::find()
        .filter(app_user::Column::Active.eq(true))
        .order_by_asc(app_user::Column::Name)
        .all(db)
        .await?;
    let teams = team::Entity::find().order_by_asc(team::Column::Name).all(db).await?;
    Ok(TeamsPage {
        frame: context::frame(request, caller, "Teams", Section::Elsewhere),
        problems: refused.map(problems),
        rows: teams.into_iter().map(|team| row(team, &people)).collect(),
    })
}

fn row(team: team::Model, people: &[app_user::Model]) -> Row {
    let lead = people.iter().find(|user| Some(user.id) == team.lead_id);
    let chosen = lead.map(|user| user.email.as_str()).unwrap_or_default();
    let mut choices = vec![Choice::new("", "Nobody", chosen)];
    choices.extend(people.iter().map(|user| Choice::new(&user.email, &user.name, chosen)));
    Row {
        id: team.id,
        due_dates: due_dates(&team),
        lead: lead.map(|user| user.name.clone()).unwrap_or_default(),
        fields: vec![
            Field::new("name", "Name", Kind::Text).required().value(&team.name),
            Field::new("lead", "Lead", Kind::Choice).choices(choices),
        ],
        key: team.key,
        name: team.name,
    }
}

fn due_dates(team: &team::Model) -> String {
    let named = [("Policy", &team.policy), ("Calendar", &team.calendar)];
    let chosen = named.into_iter().filter_map(|(what, name)| Some(format!("{what} {}", name.as_ref()?)));
    chosen.collect::<Vec<_>>().join(", ")
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TeamForm {
    name: Option<String>,
    lead: Option<String>,
}

/// Changes a team.
pub(super) async fn change(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: SignedForm<TeamForm>,
) -> Result<HttpResponse, Problem> {
    caller.require_in::<Configure>(EVERY_TEAM)?;
    let by = By { actor_id: Some(caller.id), via: caller.via, now: state.clock.now() };
    let edit = TeamEdit { name: form.0.name, lead: Some(form.0.lead) };
    let changed = state.database.write(async |tx| {
        let team = teams::known(tx, &key).await?;
        teams::edit(tx, by, team, edit.clone()).await
    });
    match changed.await {
        Ok(team) => Ok(said::see_other("/teams", Tone::Good, &format!("{} is changed.", team.name))),
        Err(problem) if problem.kind() == problem::Kind::Invalid => {
            let page = page(&request, &caller, &state, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}
