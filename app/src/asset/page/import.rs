//! `POST /assets/import`: the register as a table, and what came of it.

use actix_multipart::Multipart;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};

use crate::access::require::Require;
use crate::access::right::KeepRegister;
use crate::access::session::CurrentSession;
use crate::asset::import::{self, Action, ImportReport, ReportRow, upload};
use crate::asset::view::{AssetImportPage, AssetImportRow};
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::frame::Section;
use crate::page::{context, said, shell};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// Rows that the page shows.
const SHOWN: usize = 500;

/// Takes a table in, or says what it would change.
pub(super) async fn import(
    request: HttpRequest,
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    payload: Multipart,
) -> Result<HttpResponse, Problem> {
    let own = request
        .extensions()
        .get::<CurrentSession>()
        .map(|session| session.0.csrf_token.clone())
        .unwrap_or_default();
    let taken = match upload::multipart(payload, Some(&own)).await {
        Ok(table) => import::take(&state, Some(&caller), caller.via, table).await,
        Err(problem) => Err(problem),
    };
    let report = match taken {
        Ok(report) => report,
        Err(problem) if is_of_the_file(&problem) => return Ok(said::refused("/assets", &problem)),
        Err(problem) => return Err(problem),
    };
    let heading = if report.applied { "The register was brought in" } else { "What the table would change" };
    shell::html(&AssetImportPage {
        frame: context::frame(&request, &caller, heading, Section::Assets),
        heading: heading.to_owned(),
        summary: summary(&report),
        columns: report
            .columns
            .iter()
            .map(|column| (column.header.clone(), column.field.unwrap_or("not used").to_owned()))
            .collect(),
        rows: report.rows.iter().filter(|row| row.action != Action::Unchanged).take(SHOWN).map(row).collect(),
        problems: report
            .problems
            .iter()
            .take(SHOWN)
            .map(|problem| (format!("Line {}, {}", problem.line, problem.column), problem.detail.clone()))
            .collect(),
        notes: report
            .notes
            .iter()
            .take(SHOWN)
            .map(|note| (format!("Line {}", note.line), note.detail.clone()))
            .collect(),
    })
}

/// Whether another file mends it.
fn is_of_the_file(problem: &Problem) -> bool {
    let mendable = [Kind::Invalid, Kind::Malformed, Kind::TooLarge, Kind::UnsupportedMedia, Kind::Conflict];
    mendable.contains(&problem.kind())
}

fn summary(report: &ImportReport) -> String {
    let counts = report.counts;
    let mut words = vec![counted(counts.created as u64, "new asset", "new assets")];
    words.push(format!("{} changed", counts.changed));
    words.push(format!("{} as before", counts.unchanged));
    if counts.wrong > 0 {
        words.push(counted(counts.wrong as u64, "row is wrong", "rows are wrong"));
    }
    words.join(", ")
}

fn row(row: &ReportRow) -> AssetImportRow {
    let tone = if row.action == Action::Create { Tone::Good } else { Tone::Plain };
    AssetImportRow {
        line: row.line.to_string(),
        href: if row.action == Action::Create { String::new() } else { format!("/assets/{}", row.key) },
        key: row.key.clone(),
        name: row.name.clone(),
        action: Badge::toned(tone, if row.action == Action::Create { "New" } else { "Changed" }, ""),
        changes: row.changes.iter().map(|field| capitalised(field)).collect::<Vec<_>>().join(", "),
    }
}
