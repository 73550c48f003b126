//! The statement that writes the first events of new risks, set by set.

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Value};
use serde_json::json;

use super::apply_sql::{BY_LEVEL, Parameters, Part, execute, json_of};
use super::row::first_clock_event;
use super::ruling_share::Share;
use crate::platform::problem::Problem;
use crate::risk::clock::Clock;
use crate::risk::record::Occasion;

/// The first event of each risk says, by its level, what its clocks begin with.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
    number: i64,
    share: &Share,
) -> Result<(), Problem> {
    let Parameters { import, occasion, starts_at, .. } = *with;
    let quote = |text: &str| match tx.get_database_backend() {
        DbBackend::Postgres => format!("CAST(to_json({text}) AS TEXT)"),
        _ => format!("json_quote({text})"),
    };
    let count = |column: &str| format!("COALESCE(CAST({column} AS TEXT), 'null')");
    // Put together as text, which takes half the time of the functions that set a value in JSON.
    let data = [
        BY_LEVEL.replace('?', "CAST(? AS TEXT)"),
        format!("',\"title\":' || {}", quote("s.title")),
        format!("',\"owner_id\":' || {}", count("a.owner_id")),
        format!("',\"team_id\":' || {}", count("a.team_id")),
        format!("',\"asset_id\":' || {}", count("a.id")),
        format!("',\"inherent_likelihood\":' || {}", count("s.likelihood")),
        format!("',\"inherent_impact\":' || {}", count("s.impact")),
        format!("',\"current_likelihood\":' || {}", count("s.likelihood")),
        format!("',\"current_impact\":' || {}", count("s.impact")),
        "',\"confidential\":' || CASE WHEN s.confidential THEN 'true' ELSE 'false' END".to_owned(),
        format!("'}},\"intake_rule\":' || {} || '}}'", quote("s.intake_rule")),
    ];
    let data = json_of(tx, &format!("({})", data.join(" || ")));
    let sql = format!(
        "INSERT INTO risk_event (risk_id, version, kind, to_state, effective_at, recorded_at, actor_id, via, reason, data) \
         SELECT ? + s.ordinal, 1, 'created', 'new', ?, ?, ?, ?, '', {data} FROM staged_change s \
         JOIN asset a ON a.id = s.asset_id \
         WHERE s.import_id = ? AND s.action = 'create' AND s.ordinal BETWEEN ? AND ? AND {}",
        share.condition
    );
    let mut values: Vec<Value> = vec![
        number.into(),
        starts_at.into(),
        occasion.now.into(),
        occasion.actor_id.into(),
        occasion.via.as_str().into(),
    ];
    for level in Level::ALL.iter().copied() {
        let clock = first_clock_event(&share.ruling, level, starts_at);
        let grid = occasion.policies.grid_label();
        let data = json!({
            "clock": [clock], "tzdata": chrono_tz::IANA_TZDB_VERSION, "level": level.as_str(), "grid": grid, "import": import.id,
            "intake_rules": import.rules_version,
        });
        let triage = Clock::replay([&clock], &occasion.policies.versions).map_err(Problem::internal)?;
        let after = first_values(occasion, level, triage.triage_due_at);
        // Left open at the end for what differs from row to row.
        let open = |value: serde_json::Value| {
            value.to_string().strip_suffix('}').map(str::to_owned).unwrap_or_default()
        };
        values.push(format!("{},\"after\":{}", open(data), open(after)).into());
    }
    values.extend([import.id.into(), part.from.into(), part.to.into()]);
    execute(tx, &sql, values).await
}

/// What all new risks of a level begin with; the rest of `risk::difference::values` differs from row to row.
fn first_values(
    occasion: &Occasion<'_>,
    level: Level,
    triage_due_at: Option<DateTime<Utc>>,
) -> serde_json::Value {
    json!({
        "state": State::New.as_str(), "resolution": null, "level": level.as_str(), "target_likelihood": null,
        "target_impact": null, "grid_id": occasion.policies.grid_id(), "treatment": null, "assignee_id": null,
        "triage_due_at": triage_due_at, "due_on": null, "review_on": null, "acceptance_ends_on": null,
    })
}
