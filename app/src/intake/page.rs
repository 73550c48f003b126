//! `/imports`: what came in, a form for more, and the page of one import with its plan.

use abate_entity::import;
use abate_integrations::scanner::ScanFormat;
use abate_integrations::vex::VexFormat;
use abate_integrations::workshop::WorkshopFormat;
use actix_multipart::Multipart;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use askama::Template;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use serde_json::Value;

use super::plan::{self, PlanQuery};
use super::stage::{self, Sender};
use super::view::ImportView;
use super::{api, receive, status};
use crate::access::actor::Via;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{ApproveImports, Configure, DecideFindings, Import, See};
use crate::access::session::CurrentSession;
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::form::{Field, Kind};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, said, shell};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::state::AppState;
use crate::workshop::mapping_page;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/imports", web::get().to(list))
        .route("/imports", web::post().to(upload))
        .route("/imports/{id}", web::get().to(show))
        .route("/imports/{id}/apply", web::post().to(approve))
        .route("/imports/{id}/undo", web::post().to(take_back));
}

#[derive(Template)]
#[template(path = "intake/list.html")]
struct ListPage {
    frame: Frame,
    may_import: bool,
    may_configure: bool,
    formats: Vec<&'static str>,
    fields: Vec<Field>,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
}

struct Row {
    href: String,
    name: String,
    status: Badge,
    source: String,
    asset: String,
    counts: String,
    received: String,
}

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

/// Where a list goes on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    cursor: String,
}

impl Asked {
    fn page(&self) -> PageQuery {
        PageQuery { limit: None, cursor: Some(self.cursor.clone()) }
    }

    fn pager(&self, path: &str, next: Option<&str>) -> Pager {
        let first = if self.cursor.is_empty() { String::new() } else { path.to_owned() };
        let next = next.map(|cursor| address(path, &[("cursor", cursor)])).unwrap_or_default();
        let summary = if first.is_empty() && next.is_empty() { "" } else { "More than fits on one page" };
        Pager { summary: summary.to_owned(), first, next }
    }
}

async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let paging = asked.page();
    let limit = paging.limit()?;
    let mut query = api::visible(&caller).order_by_desc(import::Column::Id).limit(limit + 1);
    if let Some(after) = paging.after::<i64>()? {
        query = query.filter(import::Column::Id.lt(after));
    }
    let imports = Page::cut(query.all(db).await?, limit, |import| import.id);
    let mut rows = Vec::with_capacity(imports.items.len());
    for import in imports.items {
        rows.push(row(ImportView::of(db, import).await?));
    }
    shell::html(&ListPage {
        frame: context::frame(&request, &caller, "Imports", Section::Imports),
        may_import: caller.holds::<Import>(),
        may_configure: caller.holds::<Configure>(),
        formats: ScanFormat::all()
            .map(ScanFormat::title)
            .chain(WorkshopFormat::all().map(WorkshopFormat::title))
            .chain(VexFormat::ALL.into_iter().map(VexFormat::title))
            .collect(),
        fields: vec![
            Field::new("asset", "Asset", Kind::Text).hint(
                "Its key; the report's target unless told. An unknown one is put on the register for review.",
            ),
            Field::new("run", "Run", Kind::Text)
                .hint("A name for this scan; the same name twice is one import."),
            Field::new("partial", "The scan covered only a part, so nothing counts as gone", Kind::Check),
        ],
        rows,
        pager: asked.pager("/imports", imports.next_cursor.as_deref()),
        empty: Empty {
            title: "Nothing has come in yet".to_owned(),
            text: "Upload a report above, or let your pipeline send each scan with `abate import`."
                .to_owned(),
            links: Vec::new(),
        },
    })
}

fn row(import: ImportView) -> Row {
    let changed = [
        (import.counts.created, "made"),
        (import.counts.updated, "changed"),
        (import.counts.reopened, "back"),
        (import.counts.vanished, "gone"),
        (import.counts.rejected, "unreadable"),
        (import.counts.kept, "kept"),
        (import.counts.waiting, "waiting"),
        (import.counts.suppressed, "suppressed"),
    ];
    let mut words = vec![counted(import.counts.findings.unsigned_abs(), "finding", "findings")];
    words.extend(
        changed.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")),
    );
    Row {
        href: format!("/imports/{}", import.id),
        name: name(&import),
        status: badge(&import.status),
        source: import.source,
        asset: import.asset,
        counts: words.join(", "),
        received: import.received_at.format("%Y-%m-%d %H:%M").to_string(),
    }
}

fn name(import: &ImportView) -> String {
    if import.file_name.is_empty() { format!("Import {}", import.id) } else { import.file_name.clone() }
}

fn badge(status: &str) -> Badge {
    let tone = match status {
        status::APPLIED => Tone::Good,
        status::FAILED => Tone::Bad,
        status::NEEDS_APPROVAL | status::PLANNED => Tone::Warn,
        _ => Tone::Plain,
    };
    Badge::toned(tone, capitalised(status), "")
}

async fn upload(
    request: HttpRequest,
    caller: Require<Import>,
    state: web::Data<AppState>,
    payload: Multipart,
) -> Result<HttpResponse, Problem> {
    let own = request
        .extensions()
        .get::<CurrentSession>()
        .map(|session| session.0.csrf_token.clone())
        .unwrap_or_default();
    let upload = receive::multipart(payload, Some(&own)).await?;
    let sender = Sender { actor: Some(caller.into_actor()), via: Via::Page, idempotency_key: None };
    let import = stage::stage(&state, &sender, upload).await?;
    let (tone, text) = match import.status.as_str() {
        status::APPLIED => (Tone::Good, "Imported."),
        status::PLANNED => (Tone::Plain, "This is what the file would change; nothing is written yet."),
        status::NEEDS_APPROVAL => (Tone::Warn, "This import waits for a yes."),
        status::COMPARED => (Tone::Plain, "This is what another branch would change; nothing is written."),
        _ => (Tone::Plain, "The import is being applied; reload in a moment."),
    };
    Ok(said::see_other(&format!("/imports/{}", import.id), tone, text))
}

async fn show(
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

/// Forms that only carry the token.
#[derive(Debug, Deserialize)]
struct Nothing {}

/// The buttons under a plan.
#[derive(Debug, Deserialize)]
struct Agreed {
    backlog: Option<bool>,
}

async fn approve(
    caller: Require<Import>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    form: SignedForm<Agreed>,
) -> Result<HttpResponse, Problem> {
    let import = api::approve_as(&state, &caller, *id, form.0.backlog).await?;
    let (tone, text) = match import.status.as_str() {
        status::NEEDS_APPROVAL => (Tone::Warn, "There is a question to answer first."),
        _ => (Tone::Good, "The import is being applied; reload in a moment."),
    };
    Ok(said::see_other(&format!("/imports/{}", import.id), tone, text))
}

async fn take_back(
    caller: Require<ApproveImports>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    _form: SignedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let import = api::undo_as(&state, &caller, *id).await?;
    let text = "The import was undone: its risks are withdrawn, and what it closed is open again.";
    Ok(said::see_other(&format!("/imports/{}", import.id), Tone::Good, text))
}
