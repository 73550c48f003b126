//! `/api/v1/imports/{id}/plan`: what an import would change, each with its reason, before anything is written.

use abate_entity::lifecycle::State;
use abate_entity::{finding, import, risk, staged_change};
use actix_web::{get, web};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::reason::{self, Change};
use super::{api, status};
use crate::access::require::Require;
use crate::access::right::SignedIn;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::state::AppState;

/// Where the records that could not be read are numbered from in a plan: behind all changes.
const REJECTED_FROM: i64 = 1 << 60;

/// Registers the endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(plan);
}

/// Which part of a plan to list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub(super) struct PlanQuery {
    /// create, attach, keep, wait, suppress, update, return, miss, vanish, propose or reject; all of them unless told.
    pub(super) action: Option<String>,
    /// Rows on the page, 1 to 200; 25 unless told.
    pub(super) limit: Option<u64>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// A change that an import means to make.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PlannedChange {
    /// create, attach, keep, wait, suppress, update, return, miss, vanish, propose or reject.
    pub(super) action: String,
    /// Why.
    pub(super) reason: String,
    /// The intake rule that decided, empty when none had to.
    pub(super) rule: String,
    /// The risk that it concerns, when that is there already.
    pub(super) risk: Option<String>,
    /// The level of the risk; for what has no risk, the severity that the tool gives.
    pub(super) level: &'static str,
    /// One line.
    pub(super) title: String,
    /// Where it is.
    pub(super) location: String,
    /// The package.
    pub(super) package: String,
    /// Version that mends it.
    pub(super) fixed_version: String,
    #[serde(skip)]
    place: i64,
}

/// What an import would change; empty once it was applied.
#[utoipa::path(tag = "imports", params(("id" = i64, Path), PlanQuery), responses((status = 200, body = Page<PlannedChange>)))]
#[get("/imports/{id}/plan")]
async fn plan(
    caller: Require<SignedIn>,
    state: web::Data<AppState>,
    id: web::Path<i64>,
    query: web::Query<PlanQuery>,
) -> Result<web::Json<Page<PlannedChange>>, Problem> {
    let db = state.database.reader();
    let import = api::find(db, &caller, *id).await?;
    Ok(web::Json(planned(db, &import, &query).await?))
}

/// A page of what an import would change.
pub(super) async fn planned(
    db: &impl ConnectionTrait,
    import: &import::Model,
    query: &PlanQuery,
) -> Result<Page<PlannedChange>, Problem> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, after) = (page.limit()?, page.after::<i64>()?.unwrap_or(-1));
    let mut changes = Vec::new();
    if after < REJECTED_FROM {
        changes = staged(db, import, query.action.as_deref(), after, limit + 1).await?;
    }
    let waits = matches!(import.status.as_str(), status::PLANNED | status::NEEDS_APPROVAL | status::COMPARED);
    let with_rejected = query.action.as_deref().is_none_or(|action| action == status::REJECT);
    if waits && with_rejected && changes.len() as u64 <= limit {
        let is_statement = crate::vex::import::is_one(import);
        changes.extend(rejected(&import.rejected, after, is_statement));
    }
    changes.truncate(usize::try_from(limit + 1).unwrap_or(usize::MAX));
    Ok(Page::cut(changes, limit, |change| change.place))
}

async fn staged(
    db: &impl ConnectionTrait,
    import: &import::Model,
    action: Option<&str>,
    after: i64,
    limit: u64,
) -> Result<Vec<PlannedChange>, Problem> {
    let mut query = staged_change::Entity::find()
        .filter(staged_change::Column::ImportId.eq(import.id))
        .filter(staged_change::Column::Ordinal.gt(after))
        .order_by_asc(staged_change::Column::Ordinal)
        .limit(limit);
    if let Some(action) = action {
        query = query.filter(staged_change::Column::Action.eq(action));
    }
    let rows = query.all(db).await?;
    let risks = risk::Entity::find()
        .filter(risk::Column::Id.is_in(rows.iter().filter_map(|row| row.risk_id)))
        .all(db)
        .await?;
    let findings = finding::Entity::find()
        .filter(finding::Column::Id.is_in(rows.iter().filter_map(|row| row.finding_id)))
        .all(db)
        .await?;
    let change = |row: staged_change::Model| {
        let risk = risks.iter().find(|risk| Some(risk.id) == row.risk_id);
        let known = findings.iter().find(|finding| Some(finding.id) == row.finding_id);
        planned_change(import, row, risk, known)
    };
    Ok(rows.into_iter().map(change).collect())
}

fn planned_change(
    import: &import::Model,
    row: staged_change::Model,
    risk: Option<&risk::Model>,
    known: Option<&finding::Model>,
) -> PlannedChange {
    let closed = |risk: &risk::Model| matches!(risk.state, State::Closed | State::Verification);
    let scheme = if row.scheme.is_empty() { known.map_or("", |known| &known.scheme) } else { &row.scheme };
    // A statement says itself why.
    let said = (row.action == status::PROPOSE).then(|| row.description.clone());
    let reason = reason::sentence(&Change {
        action: &row.action,
        scheme,
        rule: &row.intake_rule,
        rules_version: import.rules_version,
        confirm: row.confirm,
        known: known.is_some(),
        has_risk: row.risk_id.is_some(),
        was_missing: known
            .is_some_and(|known| known.missing_import_id.is_some() && known.lost_import_id.is_none()),
        was_closed: risk.is_some_and(closed) && known.is_some_and(|known| known.missing_import_id.is_none()),
    });
    let absent = matches!(row.action.as_str(), status::MISS | status::VANISH);
    let without_risk = matches!(row.action.as_str(), status::KEEP | status::WAIT | status::SUPPRESS);
    let level = match risk {
        Some(risk) => risk.level.as_str(),
        None if without_risk && row.unknown_severity => "unknown",
        None if without_risk => row.severity.as_str(),
        None => row.level.as_str(),
    };
    let text = |own: String, before: fn(&finding::Model) -> &String| {
        if absent { known.map(|known| before(known).clone()).unwrap_or_default() } else { own }
    };
    PlannedChange {
        reason: said.unwrap_or(reason),
        risk: row.risk_id.map(|id| RiskKey(id).to_string()),
        level,
        title: text(row.title, |known| &known.title),
        location: text(row.location, |known| &known.location),
        package: text(row.package, |known| &known.package),
        fixed_version: text(row.fixed_version, |known| &known.fixed_version),
        rule: row.intake_rule,
        action: row.action,
        place: row.ordinal,
    }
}

/// The records that could not be read, and the statements that change nothing, behind `after`.
fn rejected(list: &Value, after: i64, is_statement: bool) -> Vec<PlannedChange> {
    let text =
        |record: &Value, name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let all = list.as_array().into_iter().flatten().zip(REJECTED_FROM..);
    all.filter(|(_, place)| *place > after)
        .map(|(record, place)| PlannedChange {
            action: status::REJECT.to_owned(),
            reason: match is_statement {
                true => text(record, "reason"),
                false => format!("This record could not be read: {}", text(record, "reason")),
            },
            rule: String::new(),
            risk: None,
            level: "unknown",
            title: text(record, "path"),
            location: match record.get("line").and_then(Value::as_u64).unwrap_or(0) {
                0 => String::new(),
                line => format!("line {line}"),
            },
            package: String::new(),
            fixed_version: String::new(),
            place,
        })
        .collect()
}
