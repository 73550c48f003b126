//! What would have become of the findings that came in so far under other rules. Nothing is changed.

use abate_entity::level::Level;
use abate_entity::tier::Tier;
use chrono::NaiveDate;
use futures_util::TryStreamExt as _;
use sea_orm::{DatabaseConnection, QueryResult, Statement, StreamTrait as _};
use serde::Serialize;

use super::decide::{Facts, decide};
use super::model::{Effect, Rule};
use crate::access::scope::Scope;
use crate::intake::plan_rules::Intake;
use crate::platform::database::placeholders;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;

/// Findings that are looked at, the newest first.
const LOOKED_AT: i64 = 200_000;
/// Differences that are listed; the others are counted.
const LISTED: usize = 200;

/// What other rules would have made of the findings.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(super) struct Preview {
    /// Findings that were looked at, the newest first.
    pub(super) findings: u64,
    /// Those that would have become something else.
    pub(super) different: u64,
    /// Findings without a risk that would become one with their next scan.
    pub(super) new_risks: u64,
    /// Those of them that would be confirmed at once, where their owner is known.
    pub(super) confirmed: u64,
    /// Findings without a risk that would wait for a person.
    pub(super) waiting: u64,
    /// Findings without a risk that would be kept.
    pub(super) kept: u64,
    /// Findings without a risk that would be suppressed.
    pub(super) suppressed: u64,
    /// Risks that these rules would not have made. They stay as they are: rules close nothing.
    pub(super) risks_that_stay: u64,
    /// The first of the differences.
    pub(super) differences: Vec<Difference>,
}

/// A finding that would have become something else.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Difference {
    /// Number of the finding.
    pub(super) finding: i64,
    /// One line.
    pub(super) title: String,
    /// Key of the asset.
    pub(super) asset: String,
    /// The risk that it supports.
    pub(super) risk: Option<String>,
    /// What became of it: risk, kept, waiting or suppressed.
    pub(super) now: &'static str,
    /// What would: make_risk, confirm, wait, keep_finding or suppress.
    pub(super) then: &'static str,
    /// The rule that decides so.
    pub(super) rule: String,
}

/// Applies rules to what came in before.
pub(super) async fn preview(
    db: &DatabaseConnection,
    scope: &Scope,
    rules: &[Rule],
    today: NaiveDate,
) -> Result<Preview, Problem> {
    let backend = db.get_database_backend();
    let sql = placeholders(
        backend,
        "SELECT f.id, f.title, f.severity, f.unknown_severity, f.kind, f.location, f.rule, f.package, f.fixed_version, \
         f.intake, f.risk_id, a.key, a.tier, a.team_id, s.name FROM finding f \
         JOIN source_scope c ON c.id = f.scope_id JOIN source s ON s.id = c.source_id \
         LEFT JOIN risk r ON r.id = f.risk_id JOIN asset a ON a.id = COALESCE(r.asset_id, c.asset_id) \
         WHERE f.lost_import_id IS NULL AND f.intake <> 'put_aside' AND f.decided_by IS NULL \
         ORDER BY f.id DESC LIMIT ?",
    );
    let mut rows = db.stream_raw(Statement::from_sql_and_values(backend, sql, [LOOKED_AT.into()])).await?;
    let mut preview = Preview::default();
    while let Some(row) = rows.try_next().await? {
        if scope.covers(row.try_get_by_index(13)?) {
            look(&mut preview, &row, rules, today)?;
        }
    }
    Ok(preview)
}

fn look(preview: &mut Preview, row: &QueryResult, rules: &[Rule], today: NaiveDate) -> Result<(), Problem> {
    let text = |index: usize| row.try_get_by_index::<String>(index);
    let (kind, location, rule, package) = (text(4)?, text(5)?, text(6)?, text(7)?);
    let (asset, source) = (text(11)?, text(14)?);
    let unknown: bool = row.try_get_by_index(3)?;
    let severity: Level = row.try_get_by_index(2)?;
    let facts = Facts {
        severity: (!unknown).then_some(severity),
        kind: &kind,
        path: path_of(&location),
        rule: &rule,
        package: &package,
        asset: &asset,
        tier: row.try_get_by_index::<Tier>(12)?,
        source: &source,
        has_fix: !text(8)?.is_empty(),
    };
    let ruling = decide(rules, &facts, today);
    let now: Intake = text(9)?.parse().map_err(Problem::internal)?;
    preview.findings += 1;
    let then = match ruling.effect {
        Effect::MakeRisk | Effect::Confirm => Intake::Risk,
        Effect::Wait => Intake::Waiting,
        Effect::KeepFinding => Intake::Kept,
        Effect::Suppress => Intake::Suppressed,
    };
    if now == then {
        return Ok(());
    }
    preview.different += 1;
    match (now, then) {
        (Intake::Risk, _) => preview.risks_that_stay += 1,
        (_, Intake::Risk) => {
            preview.new_risks += 1;
            preview.confirmed += u64::from(ruling.effect == Effect::Confirm);
        }
        (_, Intake::Waiting) => preview.waiting += 1,
        (_, Intake::Suppressed) => preview.suppressed += 1,
        _ => preview.kept += 1,
    }
    if preview.differences.len() < LISTED {
        preview.differences.push(Difference {
            finding: row.try_get_by_index(0)?,
            title: text(1)?,
            risk: row.try_get_by_index::<Option<i64>>(10)?.map(|id| RiskKey(id).to_string()),
            now: now.as_str(),
            then: ruling.effect.as_str(),
            rule: ruling.rule.to_owned(),
            asset,
        });
    }
    Ok(())
}

/// The path of a location, without the line.
fn path_of(location: &str) -> &str {
    match location.rsplit_once(':') {
        Some((path, line)) if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) => path,
        _ => location,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_with_or_without_a_line() {
        assert_eq!(path_of("src/a.py:12"), "src/a.py");
        assert_eq!(path_of("src/a.py"), "src/a.py");
        assert_eq!(path_of("arn:aws:s3:::logs"), "arn:aws:s3:::logs");
    }
}
