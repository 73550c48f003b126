//! One import: what it changed or would change, and what may be done with it.

use abate_integrations::vex::VexFormat;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::Value;

use super::{Asked, badge, name};
use crate::access::require::Require;
use crate::access::right::{ApproveImports, DecideFindings, Import, See};
use crate::intake::plan::{self, PlanQuery};
use crate::intake::view::ImportView;
use crate::intake::{api, status};
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::form::Field;
use crate::page::frame::{Frame, Section};
use crate::page::listing::Pager;
use crate::page::{context, shell};
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;
use crate::workshop::mapping_page;

#[derive(Template)]
#[template(path = "intake/show.html")]
struct ShowPage {
    frame: Frame,
    id: i64,
    name: String,
    status: Badge,
    problem: String,
    problem_tone: &'static str,
    questions: Vec<String>,
    warnings: Vec<String>,
    may_apply: bool,
    backlog_offered: bool,
    may_undo: bool,
    /// The branch that was only compared, for those who may name it the one that counts.
    other_branch: Option<String>,
    scope_id: i64,
    counts: Vec<(String, String)>,
    facts: Vec<(&'static str, String)>,
    changes: Vec<ChangeRow>,
    mapping: Vec<Field>,
    pager: Pager,
    rejected_title: &'static str,
    rejected: Vec<(String, String)>,
}

struct ChangeRow {
    title: String,
    action: String,
    reason: String,
    level: Badge,
    risk: String,
    place: String,
}

pub(super) async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let row = api::find(db, &caller, *id).await?;
    let mapping = match caller.holds::<Import>() {
        true => mapping_page::fields(db, &row).await?,
        false => Vec::new(),
    };
    let compared = row.status == status::COMPARED;
    let waits = compared || matches!(row.status.as_str(), status::PLANNED | status::NEEDS_APPROVAL);
    let planned = match waits {
        true => {
            let query = PlanQuery { cursor: Some(asked.cursor.clone()), ..PlanQuery::default() };
            plan::planned(db, &row, &query).await?
        }
        false => Page { items: Vec::new(), next_cursor: None },
    };
    let scope_id = row.scope_id.unwrap_or_default();
    let import = ImportView::of(db, row).await?;
    let changes = planned.items.into_iter().map(|change| ChangeRow {
        title: change.title,
        action: capitalised(&change.action),
        reason: change.reason,
        level: match change.level {
            "unknown" => Badge::toned(Tone::Warn, "Unknown", ""),
            level => Badge::level(level),
        },
        risk: change.risk.unwrap_or_default(),
        place: [change.package, change.location]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · "),
    });
    let path = format!("/imports/{}", import.id);
    let name = name(&import);
    let is_statement = VexFormat::named(&import.format).is_some();
    shell::html(&ShowPage {
        frame: context::frame(&request, &caller, name.clone(), Section::Imports),
        id: import.id,
        status: badge(&import.status),
        problem: if import.questions.is_empty() { problem(&import, compared) } else { String::new() },
        questions: import.questions.iter().map(|question| question.detail.clone()).collect(),
        warnings: import
            .warnings
            .iter()
            .map(|warning| format!("{} ({})", warning.detail, counted(warning.count, "time", "times")))
            .collect(),
        backlog_offered: import.backlog_offered,
        other_branch: import.branch.clone().filter(|_| compared && caller.holds::<DecideFindings>()),
        scope_id,
        problem_tone: if import.status == status::FAILED { "bad" } else { "plain" },
        may_apply: match import.status.as_str() {
            status::PLANNED if import.questions.is_empty() => caller.holds::<Import>(),
            status::PLANNED => caller.holds::<ApproveImports>(),
            status::NEEDS_APPROVAL => caller.holds::<ApproveImports>(),
            _ => false,
        },
        may_undo: import.status == status::APPLIED
            && (is_statement || !import.scope.is_empty())
            && caller.holds::<ApproveImports>(),
        counts: if is_statement { statement_counts(&import) } else { counts(&import) },
        rejected_title: match is_statement {
            true => "Statements that change nothing",
            false => "Records that could not be read",
        },
        rejected: rejected(&import.rejected),
        facts: facts(&import),
        changes: changes.collect(),
        mapping,
        pager: asked.pager(&path, planned.next_cursor.as_deref()),
        name,
    })
}

fn problem(import: &ImportView, compared: bool) -> String {
    if compared {
        return "This scan is of another branch or image than the one that counts. What it would change is shown, and \
                nothing is written."
            .to_owned();
    }
    let detail = import.problem.as_ref().and_then(|problem| problem.get("detail")).and_then(Value::as_str);
    detail.unwrap_or_default().to_owned()
}

fn statement_counts(import: &ImportView) -> Vec<(String, String)> {
    let counts = &import.counts;
    [
        ("Statements", counts.findings),
        ("Put to risks", counts.updated),
        ("Risks as before", counts.unchanged),
        ("Without effect", counts.rejected),
    ]
    .map(|(label, count)| (label.to_owned(), count.to_string()))
    .into()
}

fn counts(import: &ImportView) -> Vec<(String, String)> {
    let counts = &import.counts;
    let mut all: Vec<(String, String)> = [
        ("Findings", counts.findings),
        ("Risks made", counts.created),
        ("Changed", counts.updated),
        ("As before", counts.unchanged),
        ("Back", counts.reopened),
        ("Gone", counts.vanished),
        ("Unreadable", counts.rejected),
        ("Kept without a risk", counts.kept),
        ("Waiting for a person", counts.waiting),
        ("Suppressed", counts.suppressed),
    ]
    .map(|(label, count)| (label.to_owned(), count.to_string()))
    .into();
    let levels = import.by_level.as_object().into_iter().flatten();
    let levels = levels.filter(|(_, count)| count.as_i64() != Some(0));
    all.extend(levels.map(|(level, count)| (capitalised(level), count.to_string())));
    all
}

fn rejected(list: &Value) -> Vec<(String, String)> {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let rejected = list.as_array().into_iter().flatten();
    rejected
        .map(|record| {
            let line = record.get("line").and_then(Value::as_u64).unwrap_or(0);
            let path = text(record, "path");
            let place = if line == 0 { path } else { format!("{path} (line {line})") };
            (place, text(record, "reason"))
        })
        .collect()
}

fn facts(import: &ImportView) -> Vec<(&'static str, String)> {
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    let all = vec![
        ("Source", import.source.clone()),
        ("Scope", import.scope.clone()),
        ("Asset", import.asset.clone()),
        ("Tool", import.tool.clone()),
        ("Format", import.format.clone()),
        ("Run", some(&import.run)),
        ("Branch", some(&import.branch)),
        ("Commit", some(&import.commit)),
        ("Image", some(&import.digest)),
        ("Intake rules", import.intake_rules.map(|version| format!("version {version}")).unwrap_or_default()),
        ("Whole scan", if import.complete { "yes" } else { "no: nothing counts as gone" }.to_owned()),
        ("Scanned", import.scanned_at.format("%Y-%m-%d %H:%M UTC").to_string()),
        ("Received", import.received_at.format("%Y-%m-%d %H:%M UTC").to_string()),
        ("SHA-256", import.sha256.chars().take(16).collect()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
