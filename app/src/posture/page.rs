//! `GET /`: the dashboard.

use abate_entity::lifecycle::State;
use abate_entity::team;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono::Duration;
use sea_orm::{EntityTrait, QueryOrder};
use serde::Deserialize;

use super::board::{self, Standing};
use super::cube::{AGE_NAMES, Cube, Totals};
use super::view::{DashboardPage, Tile};
use crate::access::require::Require;
use crate::access::right::See;
use crate::access::scope::Scope;
use crate::incident::finder;
use crate::page::badge::{Tone, capitalised, counted, grouped};
use crate::page::chart::{self, BarTable, Counts};
use crate::page::due::{Moment, SOON_DAYS};
use crate::page::form::{Choice, Field, Kind};
use crate::page::frame::Section;
use crate::page::listing::{Link, address};
use crate::page::{context, shell};
use crate::platform::problem::Problem;
use crate::risk::page::row::Lines;
use crate::state::AppState;

/// Registers the page.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/", web::get().to(dashboard));
}

/// What the dashboard is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Key of a team.
    team: String,
}

/// The cells that a reader looks at, and how lists about them are addressed.
struct Look<'a> {
    cube: &'a Cube,
    scope: &'a Scope,
    team: Option<&'a team::Model>,
}

impl Look<'_> {
    fn team_id(&self) -> Option<i64> {
        self.team.map(|team| team.id)
    }

    /// The address of the risks that `filters` leave, of the team looked at.
    fn risks(&self, filters: &[(&str, &str)]) -> String {
        let team = self.team.map_or("", |team| team.key.as_str());
        let filters: Vec<_> = filters.iter().copied().chain([("team", team)]).collect();
        address("/risks", &filters)
    }
}

/// The dashboard: what is late, why, and who acts.
async fn dashboard(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let zone = state.config.organisation.zone;
    let scope = caller.scope();
    let teams: Vec<team::Model> = team::Entity::find()
        .order_by_asc(team::Column::Name)
        .all(db)
        .await?
        .into_iter()
        .filter(|team| scope.covers(team.id))
        .collect();
    let team = teams.iter().find(|team| team.key == asked.team);
    let cube = state.posture.read(&state).await?;
    let look = Look { cube: &cube, scope: &scope, team };
    let team_id = look.team_id();
    let totals = cube.totals(&scope, team_id);
    let soon_until = now + Duration::days(SOON_DAYS);
    let late = board::due_between(db, &scope, team_id, None, now).await?;
    let soon = board::due_between(db, &scope, team_id, Some(now), soon_until).await?;
    let lines = Lines::of(db, &[late.as_slice(), soon.as_slice()].concat(), now, zone).await?;
    let (cadences, standing) = board::obligations(db, &scope, team_id, now, zone).await?;
    let acceptances = board::ending_acceptances(db, &scope, team_id, now, cube.today).await?;
    let open_breaches = finder::open_breaches(db, &finder::scope(&caller)).await?;
    let soon_before = soon_until.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    shell::html(&DashboardPage {
        frame: context::frame(&request, &caller, "Dashboard", Section::Dashboard),
        as_of: Moment::new(cube.as_of, zone),
        team: choice(&teams, team),
        tiles: breaches(open_breaches)
            .into_iter()
            .chain(tiles(&look, &totals, &standing, acceptances.len()))
            .collect(),
        cadence_summary: standing.words(),
        cadences,
        by_state: by_state(&look),
        ageing: ageing(&look),
        trend: chart::trend("Exposure", &cube.exposure(&scope, team_id)),
        late: late.iter().map(|risk| lines.row(risk)).collect(),
        late_link: Link::new(
            format!("All {} late", grouped(totals.late)),
            look.risks(&[("overdue", "true")]),
        ),
        soon: soon.iter().map(|risk| lines.row(risk)).collect(),
        soon_link: Link::new(
            format!("All {}", grouped(totals.soon)),
            look.risks(&[("overdue", "false"), ("due_before", &soon_before)]),
        ),
        acceptances,
        fresh: totals.open + totals.accepted == 0,
    })
}

fn choice(teams: &[team::Model], chosen: Option<&team::Model>) -> Option<Field> {
    if teams.len() < 2 {
        return None;
    }
    let chosen = chosen.map_or("", |team| team.key.as_str());
    let all = Choice::new("", "All teams", chosen);
    let choices = teams.iter().map(|team| Choice::new(&team.key, &team.name, chosen));
    Some(Field::new("team", "Team", Kind::Choice).choices(std::iter::once(all).chain(choices).collect()))
}

/// Data breaches that are open, first and in red; nothing while there is none.
fn breaches(open: u64) -> Option<Tile> {
    (open > 0).then(|| Tile {
        label: "Data breaches".to_owned(),
        value: grouped(open),
        note: "declared and not closed".to_owned(),
        href: "/incidents".to_owned(),
        tone: Tone::Bad.class(),
    })
}

fn tiles(look: &Look<'_>, totals: &Totals, standing: &Standing, ending: usize) -> Vec<Tile> {
    let tile = |label: &str, value: u64, note: String, href: String, tone: Tone| Tile {
        label: label.to_owned(),
        value: grouped(value),
        note,
        href,
        tone: tone.class(),
    };
    let bad_if = |count: u64| if count > 0 { Tone::Bad } else { Tone::Good };
    let warn_if = |count: u64| if count > 0 { Tone::Warn } else { Tone::Plain };
    let obligations = standing.late + standing.missed;
    vec![
        tile("Open", totals.open, since_last_week(look, totals), look.risks(&[]), Tone::Plain),
        tile(
            "Late",
            totals.late,
            worst(&totals.late_by_level),
            look.risks(&[("overdue", "true")]),
            bad_if(totals.late),
        ),
        tile(
            "Due in 14 days",
            totals.soon,
            worst(&totals.soon_by_level),
            look.risks(&[("sort", "due_at")]),
            warn_if(totals.soon),
        ),
        tile(
            "To triage",
            totals.to_triage,
            if totals.triage_late > 0 {
                format!("{} past their triage time", grouped(totals.triage_late))
            } else {
                "all within their triage time".to_owned()
            },
            look.risks(&[("state", "new,triage")]),
            warn_if(totals.triage_late),
        ),
        tile(
            "Accepted",
            totals.accepted,
            match ending {
                0 => "none ends within 30 days".to_owned(),
                1 => "1 ends within 30 days".to_owned(),
                more => format!("{more} end within 30 days"),
            },
            look.risks(&[("state", "accepted")]),
            Tone::Plain,
        ),
        tile("Obligations late", obligations, standing.words(), "/cadences".to_owned(), bad_if(obligations)),
    ]
}

fn since_last_week(look: &Look<'_>, totals: &Totals) -> String {
    let Some(before) = look.cube.open_a_week_ago(look.scope, look.team_id()) else {
        return match totals.to_verify {
            0 => "none waits for verification".to_owned(),
            waiting => counted(waiting, "waits for verification", "wait for verification"),
        };
    };
    match totals.open.cmp(&before) {
        std::cmp::Ordering::Equal => "as many as a week ago".to_owned(),
        std::cmp::Ordering::Greater => format!("{} more than a week ago", grouped(totals.open - before)),
        std::cmp::Ordering::Less => format!("{} fewer than a week ago", grouped(before - totals.open)),
    }
}

/// The two worst levels that occur, in words.
fn worst(by_level: &[u64; 5]) -> String {
    let levels = abate_entity::level::Level::ALL.iter().rev();
    let found: Vec<String> = levels
        .filter(|level| by_level[level.index()] > 0)
        .take(2)
        .map(|level| format!("{} {}", grouped(by_level[level.index()]), level.as_str()))
        .collect();
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}

fn by_state(look: &Look<'_>) -> BarTable {
    let states = State::ALL.iter().filter(|state| **state != State::Closed);
    let rows = states
        .map(|state| Counts {
            label: capitalised(state.as_str()),
            href: look.risks(&[("state", state.as_str())]),
            levels: worst_first(look.cube.of_state(look.scope, look.team_id(), *state)),
            links: chart::LEVELS.map(|level| look.risks(&[("state", state.as_str()), ("level", level)])),
        })
        .collect();
    chart::bars("Open and accepted risks by state and level", "State", rows)
}

fn ageing(look: &Look<'_>) -> BarTable {
    let rows = AGE_NAMES
        .into_iter()
        .enumerate()
        .map(|(bucket, label)| Counts {
            label: label.to_owned(),
            href: String::new(),
            levels: worst_first(look.cube.of_age(look.scope, look.team_id(), bucket)),
            links: Default::default(),
        })
        .collect();
    chart::bars("Open risks by age and level", "Days since the clock began", rows)
}

/// Counts come info first, charts show critical first.
fn worst_first(mut levels: [u64; 5]) -> [u64; 5] {
    levels.reverse();
    levels
}
