//! `/settings/tickets`: which risks get a ticket, where, and how many a team gets in a day.

use abate_entity::level::Level;
use abate_entity::{connection, team};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;

use super::api::{self, RuleForm, TicketRulesView};
use super::model::TicketRules;
use super::store::{self, NewVersion};
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::Configure;
use crate::page::badge::{Tone, capitalised};
use crate::page::form::{Choice, Field, Kind, Problems};
use crate::page::frame::{Frame, Section};
use crate::page::refused::problems;
use crate::page::{context, said, shell};
use crate::platform::problem::{self, Problem};
use crate::state::AppState;

const PAGE: &str = "/settings/tickets";

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/settings/tickets", web::get().to(show)).route("/settings/tickets", web::post().to(change));
}

#[derive(Template)]
#[template(path = "ticket/rules.html")]
struct RulesPage {
    frame: Frame,
    problems: Option<Problems>,
    version: i32,
    rows: Vec<Row>,
    cap: Field,
    fields: Vec<Field>,
}

struct Row {
    index: usize,
    who: String,
    what: String,
}

/// What a button or a form asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wish {
    Add,
    Remove,
    Cap,
}

/// What the forms send.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sent {
    wish: Wish,
    version: i32,
    #[serde(default)]
    index: usize,
    #[serde(default)]
    level: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    asset: String,
    #[serde(default)]
    then: String,
    #[serde(default)]
    daily_cap: String,
}

async fn show(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, None).await?)
}

async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    refused: Option<&Problem>,
) -> Result<RulesPage, Problem> {
    let db = state.database.reader();
    let view = api::view(db, store::newest(db).await?).await?;
    let teams = team::Entity::find().order_by_asc(team::Column::Name).all(db).await?;
    let sites = connection::Entity::find()
        .filter(connection::Column::RemovedAt.is_null())
        .order_by_asc(connection::Column::Id)
        .all(db)
        .await?;
    let mut levels = vec![Choice::new("", "Any level", "high")];
    let worst_first = Level::ALL.iter().rev();
    levels.extend(worst_first.map(|level| Choice::new(level.as_str(), at_least(*level), "high")));
    let mut of_teams = vec![Choice::new("", "Any team", "")];
    of_teams.extend(teams.iter().map(|team| Choice::new(team.key.as_str(), team.name.as_str(), "")));
    let mut thens = vec![Choice::new("first", "A ticket at the first connection in use", "first")];
    thens.extend(
        sites.iter().map(|site| Choice::new(site.id.to_string(), format!("A ticket at {}", site.name), "")),
    );
    thens.push(Choice::new("none", "No ticket", ""));
    Ok(RulesPage {
        frame: context::frame(request, caller, "Tickets", Section::Elsewhere),
        problems: refused.map(problems),
        rows: rows(&view, &sites),
        cap: Field::new("daily_cap", "Most tickets for a team in a day", Kind::Number)
            .between("1", "10000")
            .value(view.daily_cap.map(|cap| cap.to_string()).unwrap_or_default())
            .hint("Empty for any number. What is over it is made on the days after, the worst first."),
        version: view.version,
        fields: vec![
            Field::new("level", "Risks of", Kind::Choice).choices(levels),
            Field::new("team", "Of the team", Kind::Choice).choices(of_teams),
            Field::new("asset", "On the asset", Kind::Text).hint("Its key; any where it is empty."),
            Field::new("then", "Get", Kind::Choice).required().choices(thens),
        ],
    })
}

fn at_least(level: Level) -> String {
    match level {
        Level::Critical => "Level critical".to_owned(),
        level => format!("Level {level} or above"),
    }
}

fn rows(view: &TicketRulesView, sites: &[connection::Model]) -> Vec<Row> {
    let words = |rule: &RuleForm| {
        let mut who = rule.level.map_or_else(|| "Any level".to_owned(), at_least);
        if !rule.teams.is_empty() {
            who = format!("{who}, team {}", rule.teams.join(", "));
        }
        if !rule.assets.is_empty() {
            who = format!("{who}, on {}", rule.assets.join(", "));
        }
        let site = |id: i64| sites.iter().find(|site| site.id == id).map(|site| site.name.as_str());
        let what = match (rule.ticket, rule.connection) {
            (false, _) => "no ticket".to_owned(),
            (true, None) => "a ticket at the first connection in use".to_owned(),
            (true, Some(id)) => {
                format!("a ticket at {}", site(id).unwrap_or("a connection that was removed"))
            }
        };
        (who, capitalised(&what))
    };
    let row = |(index, rule): (usize, &RuleForm)| {
        let (who, what) = words(rule);
        Row { index, who, what }
    };
    view.rules.iter().enumerate().map(row).collect()
}

async fn change(
    request: HttpRequest,
    caller: Require<Configure>,
    state: web::Data<AppState>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let SignedForm(sent) = form;
    match write(&state, &caller, &sent).await {
        Ok(()) => Ok(said::see_other(PAGE, Tone::Good, "Saved; tickets that are there stay.")),
        Err(problem) if matches!(problem.kind(), problem::Kind::Invalid | problem::Kind::Stale) => {
            let page = page(&request, &caller, &state, Some(&problem)).await?;
            shell::html_with_problem(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn write(state: &AppState, caller: &Actor, sent: &Sent) -> Result<(), Problem> {
    let db = state.database.reader();
    let view = api::view(db, store::newest(db).await?).await?;
    let (mut rules, mut daily_cap) = (view.rules, view.daily_cap);
    let note = match sent.wish {
        Wish::Add => {
            let some = |text: &str| -> Vec<String> {
                Some(text.trim().to_owned()).filter(|text| !text.is_empty()).into_iter().collect()
            };
            let level = Some(sent.level.as_str()).filter(|level| !level.is_empty());
            let level = level.map(str::parse).transpose();
            let new = RuleForm {
                level: level.map_err(|_| Problem::invalid("level", "Choose one of the levels."))?,
                teams: some(&sent.team),
                assets: some(&sent.asset),
                ticket: sent.then != "none",
                connection: sent.then.parse().ok(),
            };
            rules.insert(0, new);
            "A rule was added."
        }
        Wish::Remove if sent.index < rules.len() => {
            rules.remove(sent.index);
            "A rule was removed."
        }
        Wish::Remove => return Err(Problem::invalid("index", "There is no such rule any more.")),
        Wish::Cap => {
            let text = sent.daily_cap.trim();
            daily_cap = match text {
                "" => None,
                text => Some(text.parse().map_err(|_| Problem::invalid("daily_cap", "Use a whole number."))?),
            };
            "The cap was changed."
        }
    };
    let rules = TicketRules { rules: api::read(db, rules).await?, daily_cap };
    let version = NewVersion { base: sent.version, rules, note: note.to_owned() };
    let now = state.clock.now();
    state.database.write(async |tx| store::add(tx, caller, version.clone(), now).await.map(drop)).await
}
