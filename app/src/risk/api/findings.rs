//! `GET /api/v1/risks/{key}/findings`

use std::collections::HashMap;

use abate_entity::{finding, risk_identity};
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::Value;

use super::view::Names;
use crate::access::require::Require;
use crate::access::right::See;
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::risk::{finder, identity};
use crate::state::AppState;

/// An observation that supports a risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FindingView {
    id: i64,
    kind: String,
    severity: &'static str,
    title: String,
    location: String,
    rule: String,
    package: String,
    package_version: String,
    fixed_version: String,
    detected_at: DateTime<Utc>,
    /// Whether its source still sees it.
    live: bool,
    /// What makes it the same problem as the others.
    same: Same,
    #[schema(value_type = Object)]
    data: Value,
}

/// Why a finding is part of its risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Same {
    /// Fingerprint scheme and version.
    scheme: String,
    /// What that scheme compares.
    compares: &'static str,
    /// How it came to this risk: first seen, joined, split.
    because: String,
    /// Address of the person who decided so, none for a rule.
    made_by: Option<String>,
}

/// The observations that support a risk, each with why it does.
#[utoipa::path(tag = "risks", params(("key" = String, Path), PageQuery), responses((status = 200, body = Page<FindingView>)))]
#[get("/risks/{key}/findings")]
pub(super) async fn findings(
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<RiskKey>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<Page<FindingView>>, Problem> {
    let db = state.database.reader();
    let risk = finder::one(db, &caller.scope(), *key).await?;
    let limit = page.limit()?;
    let mut query = finding::Entity::find()
        .filter(finding::Column::RiskId.eq(risk.id))
        .order_by_asc(finding::Column::Id)
        .limit(limit + 1);
    if let Some(after) = page.after::<i64>()? {
        query = query.filter(finding::Column::Id.gt(after));
    }
    let findings = Page::cut(query.all(db).await?, limit, |finding| finding.id);
    let identities = risk_identity::Entity::find()
        .filter(risk_identity::Column::RiskId.eq(risk.id))
        .filter(risk_identity::Column::Hash.is_in(findings.items.iter().map(|finding| finding.hash.as_str())))
        .all(db)
        .await?;
    let people: Vec<i64> = identities.iter().filter_map(|row| row.made_by).collect();
    let names = Names::of(db, &[], &people).await?;
    let mut identities: HashMap<(String, String), risk_identity::Model> =
        identities.into_iter().map(|row| ((row.scheme.clone(), row.hash.clone()), row)).collect();
    Ok(web::Json(findings.map(|finding| {
        let known = identities.remove(&(finding.scheme.clone(), finding.hash.clone()));
        let made_by = known.as_ref().and_then(|row| names.email(row.made_by?));
        FindingView {
            same: Same {
                compares: identity::compares(&finding.scheme),
                scheme: finding.scheme,
                because: known.map(|row| row.because).unwrap_or_default(),
                made_by,
            },
            id: finding.id,
            kind: finding.kind,
            severity: finding.severity.as_str(),
            title: finding.title,
            location: finding.location,
            rule: finding.rule,
            package: finding.package,
            package_version: finding.package_version,
            fixed_version: finding.fixed_version,
            detected_at: finding.detected_at,
            live: finding.lost_import_id.is_none(),
            data: finding.data,
        }
    })))
}
