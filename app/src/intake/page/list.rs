//! What came in, and the form for more.

use abate_entity::import;
use abate_integrations::scanner::ScanFormat;
use abate_integrations::vex::VexFormat;
use abate_integrations::workshop::WorkshopFormat;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Asked, badge, name};
use crate::access::require::Require;
use crate::access::right::{Configure, Import, See};
use crate::intake::api;
use crate::intake::view::ImportView;
use crate::page::badge::{Badge, counted};
use crate::page::form::{Field, Kind};
use crate::page::frame::{Frame, Section};
use crate::page::listing::{Empty, Pager};
use crate::page::{context, shell};
use crate::platform::paging::Page;
use crate::platform::problem::Problem;
use crate::state::AppState;

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

pub(super) async fn list(
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
