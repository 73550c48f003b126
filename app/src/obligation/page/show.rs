//! `GET /cadences/{id}`

use abate_entity::cadence;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::gather::{Lines, resting};
use crate::access::require::Require;
use crate::access::right::{KeepCadences, See};
use crate::calendar::local_time::local_date;
use crate::obligation::cadence::{Definition, holidays};
use crate::obligation::finder::{self, Names};
use crate::obligation::view::CadencePage;
use crate::page::badge::capitalised;
use crate::page::due::{day, days};
use crate::page::frame::Section;
use crate::page::listing::{Pager, address};
use crate::page::{context, markdown, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::state::AppState;

/// How many coming dates are shown.
const COMING: usize = 6;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The end of the runs of the page before.
    cursor: String,
}

/// The page of a cadence: what it is, its runs, the dates that come.
pub(super) async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let row = finder::cadence(db, &caller.scope(), *id).await?;
    let paging = PageQuery { limit: None, cursor: Some(asked.cursor.clone()) };
    let found = finder::runs(db, &row, &[], &paging).await?;
    let names = Names::of(db, found.items.iter().flat_map(Names::in_run).chain([row.owner_id])).await?;
    let policies = Policies::load(db).await?;
    let lines = Lines { names: &names, now: state.clock.now(), zone: policies.zone };
    let here = format!("/cadences/{}", row.id);
    let next = found.next_cursor.map(|cursor| address(&here, &[("cursor", &cursor)]));
    shell::html(&CadencePage {
        frame: context::frame(&request, &caller, row.name.clone(), Section::Cadences),
        name: row.name.clone(),
        kind: capitalised(row.kind.as_str()),
        resting: resting(&row),
        description: markdown::render(&row.description),
        facts: facts(&row, &lines),
        runs: found.items.iter().map(|run| lines.run(run)).collect(),
        pager: Pager {
            summary: next.as_ref().map(|_| "Latest first".to_owned()).unwrap_or_default(),
            first: if asked.cursor.is_empty() { String::new() } else { here.clone() },
            next: next.unwrap_or_default(),
        },
        coming: coming(&row, &policies, &lines)?,
        edit_href: if caller.holds_in::<KeepCadences>(row.team_id) {
            format!("{here}/edit")
        } else {
            String::new()
        },
    })
}

fn facts(row: &cadence::Model, lines: &Lines<'_>) -> Vec<(String, String)> {
    let mut facts = vec![
        ("Who".to_owned(), lines.owner(row)),
        ("Team".to_owned(), lines.names.team_name(row.team_id)),
        ("Rule".to_owned(), row.rule.clone()),
        ("Begins".to_owned(), format!("{} at {}, {}", day(row.starts_on), row.time_of_day, row.zone)),
        ("Opens".to_owned(), format!("{} before it is due", days(row.lead_days.into()))),
        ("Missed".to_owned(), format!("{} after it was due", days(row.grace_days.into()))),
    ];
    if let Some(months) = row.ceiling_months {
        facts.push(("At the latest".to_owned(), format!("{months} months after the run before")));
    }
    if let Some(done) = row.last_done_on {
        facts.push(("Last done".to_owned(), day(done)));
    }
    facts
}

fn coming(
    row: &cadence::Model,
    policies: &Policies,
    lines: &Lines<'_>,
) -> Result<Vec<(String, String)>, Problem> {
    if !row.active {
        return Ok(Vec::new());
    }
    let plan = Definition::of(row)?.plan(holidays(policies))?;
    let today = local_date(lines.zone, lines.now);
    let planned = plan.due.preview(&plan.recurrence, row.last_done_on, today, COMING);
    Ok(planned
        .unwrap_or_default()
        .into_iter()
        .map(|run| {
            let pulled = if run.due_on == run.scheduled_on {
                String::new()
            } else {
                format!("due {}", day(run.due_on))
            };
            (day(run.scheduled_on), pulled)
        })
        .collect())
}
