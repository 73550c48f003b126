//! The statements that turn staged rows into findings, risks, identities, events and tags, set by set.

use abate_entity::import;
use abate_entity::level::Level;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, Value};
use serde_json::json;

use super::compare::OTHERS;
use super::first_event_sql;
use super::receive::Mode;
use super::row::first_clock_event;
use super::ruling_share::{self, Share};
use super::status;
use crate::platform::clock::never;
use crate::platform::database::{placeholders, take_numbers};
use crate::platform::problem::Problem;
use crate::risk::clock::Clock;
use crate::risk::create::NUMBERS;
use crate::risk::record::Occasion;

/// A run of staged rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Part {
    pub(super) const ALL: Self = Self { from: 0, to: i64::MAX };

    /// Its rows among those of new risks, and its rows among the others.
    fn halves(self) -> impl Iterator<Item = Self> {
        let halves = [
            Self { from: self.from, to: self.to.min(OTHERS - 1) },
            Self { from: self.from.max(OTHERS), to: self.to },
        ];
        halves.into_iter().filter(|half| half.from <= half.to)
    }
}

/// What the statements need beside the rows.
pub(super) struct Parameters<'a> {
    pub(super) import: &'a import::Model,
    pub(super) scope_id: i64,
    pub(super) occasion: &'a Occasion<'a>,
    /// From when the clocks of new risks count.
    pub(super) starts_at: DateTime<Utc>,
}

impl Parameters<'_> {
    /// The source's backlog comes in: its risks carry a mark.
    fn onboarding(&self) -> bool {
        self.import.mode == Mode::Backlog.as_str()
    }
}

/// One of five values, by the level of the row.
pub(super) const BY_LEVEL: &str =
    "CASE s.level WHEN 0 THEN ? WHEN 1 THEN ? WHEN 2 THEN ? WHEN 3 THEN ? ELSE ? END";

/// The range that the numbers of findings come from.
const FINDING_NUMBERS: &str = "finding";

/// The columns that a finding takes over from its staged row.
const CONTENT: [&str; 12] = [
    "asset_id",
    "content_hash",
    "kind",
    "severity",
    "unknown_severity",
    "title",
    "location",
    "rule",
    "package",
    "package_version",
    "fixed_version",
    "data",
];

/// What became of the finding of a staged row, as SQL; rows that only change or return leave it as it is.
const INTAKE: &str = "CASE s.action WHEN 'keep' THEN 'kept' WHEN 'wait' THEN 'waiting' WHEN 'suppress' THEN 'suppressed' \
     WHEN 'attach' THEN CASE WHEN s.risk_id IS NULL THEN 'put_aside' ELSE 'risk' END ELSE 'risk' END";

/// The actions that make or change findings of their own without making risks.
const HELD: [&str; 4] = [status::ATTACH, status::KEEP, status::WAIT, status::SUPPRESS];

/// Writes the rows of a part; answers what is added to the number of a row to get the number of its new risk.
pub(super) async fn write(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
) -> Result<Option<i64>, Problem> {
    let import_id = with.import.id;
    let mut made = None;
    if let Some((from, count)) = span(tx, import_id, "create", part).await? {
        // The numbers follow the rows' own, so that each statement works them out alike.
        let risk = take_numbers(tx, NUMBERS, count).await? - from;
        let finding = take_numbers(tx, FINDING_NUMBERS, count).await? - from;
        let shares =
            ruling_share::of_new_risks(tx, with.occasion.policies, import_id, (part.from, part.to)).await?;
        for share in &shares {
            insert_risks(tx, with, part, risk, share).await?;
        }
        insert_identities(tx, with, part, risk).await?;
        for share in &shares {
            first_event_sql::insert(tx, with, part, risk, share).await?;
        }
        insert_ratings(tx, with, part, risk).await?;
        insert_tags(tx, with, part, risk).await?;
        insert_findings(tx, with, part, "create", finding, Some(risk)).await?;
        update_findings(tx, with, part, "action = 'create'", Some(("? + s.ordinal", vec![risk.into()])))
            .await?;
        made = Some(risk);
    }
    // What was to be a new risk and supports another keeps its place among the new ones, far from the others: a run of
    // numbers over both would be a waste.
    for held in part.halves() {
        for action in HELD {
            if let Some((from, count)) = span(tx, import_id, action, held).await? {
                let finding = take_numbers(tx, FINDING_NUMBERS, count).await? - from;
                insert_findings(tx, with, held, action, finding, None).await?;
            }
        }
    }
    let held = "action IN ('attach', 'keep', 'wait', 'suppress')";
    update_findings(tx, with, part, held, Some(("s.risk_id", vec![]))).await?;
    update_findings(tx, with, part, "action IN ('update', 'return')", None).await?;
    mark_absent(tx, with, part, "miss", "missing_import_id").await?;
    mark_absent(tx, with, part, "vanish", "lost_import_id").await?;
    Ok(made)
}

/// Throws the rows of a part away.
pub(super) async fn clear(tx: &DatabaseTransaction, import_id: i64, part: Part) -> Result<(), Problem> {
    let sql = "DELETE FROM staged_change WHERE import_id = ? AND ordinal BETWEEN ? AND ?";
    execute(tx, sql, vec![import_id.into(), part.from.into(), part.to.into()]).await
}

/// The first row of an action, and how many numbers its rows span.
async fn span(
    tx: &DatabaseTransaction,
    import_id: i64,
    action: &str,
    part: Part,
) -> Result<Option<(i64, i64)>, Problem> {
    let backend = tx.get_database_backend();
    let sql = placeholders(
        backend,
        "SELECT MIN(ordinal), MAX(ordinal) FROM staged_change WHERE import_id = ? AND action = ? AND ordinal BETWEEN ? AND ?",
    );
    let values = [import_id.into(), action.into(), part.from.into(), part.to.into()];
    let row = tx.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let Some(row) = row else { return Ok(None) };
    let first = row.try_get_by_index::<Option<i64>>(0)?;
    let last = row.try_get_by_index::<Option<i64>>(1)?;
    Ok(first.zip(last).map(|(first, last)| (first, last - first + 1)))
}

async fn insert_risks(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
    number: i64,
    share: &Share,
) -> Result<(), Problem> {
    let Parameters { import, occasion, starts_at, .. } = *with;
    let json = json_of(tx, "'{}'");
    let sql = format!(
        "INSERT INTO risk (id, uuid, version, origin, asset_id, team_id, owner_id, title, description, mitigation, state, \
         level, inherent_likelihood, inherent_impact, current_likelihood, current_impact, score, grid_id, policy_id, \
         confidential, ticket_wanted, onboarding, plan, detected_at, sla_start_at, triage_due_at, due_at, due_zone, reopen_count, \
         standing, import_id, created_at, updated_at) \
         SELECT ? + s.ordinal, s.risk_uuid, 1, 'scanner', a.id, a.team_id, a.owner_id, s.title, s.description, s.mitigation, 'new', s.level, \
         s.likelihood, s.impact, s.likelihood, s.impact, s.likelihood * s.impact, ?, ?, s.confidential, FALSE, ?, '', ?, ?, \
         {BY_LEVEL}, ?, ?, 0, {json}, ?, ?, ? FROM staged_change s JOIN asset a ON a.id = s.asset_id \
         WHERE s.import_id = ? AND s.action = 'create' AND s.ordinal BETWEEN ? AND ? AND {}",
        share.condition
    );
    let mut values = vec![
        number.into(),
        occasion.policies.grid_id().into(),
        share.ruling.policy_id.into(),
        with.onboarding().into(),
        import.received_at.into(),
        starts_at.into(),
    ];
    for level in Level::ALL.iter().copied() {
        let first = first_clock_event(&share.ruling, level, starts_at);
        let clock = Clock::replay([&first], &occasion.policies.versions).map_err(Problem::internal)?;
        values.push(clock.triage_due_at.unwrap_or_else(never).into());
    }
    values.extend([
        never().into(),
        occasion.policies.zone_labelled(&share.ruling.calendar).name().into(),
        import.id.into(),
        occasion.now.into(),
        occasion.now.into(),
        import.id.into(),
        part.from.into(),
        part.to.into(),
    ]);
    execute(tx, &sql, values).await
}

async fn insert_identities(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
    number: i64,
) -> Result<(), Problem> {
    let sql = "INSERT INTO risk_identity (asset_id, scheme, hash, risk_id, because, created_at) \
               SELECT s.asset_id, s.scheme, s.hash, ? + s.ordinal, 'first seen', ? FROM staged_change s \
               WHERE s.import_id = ? AND s.action = 'create' AND s.ordinal BETWEEN ? AND ?";
    let values = vec![
        number.into(),
        with.occasion.now.into(),
        with.import.id.into(),
        part.from.into(),
        part.to.into(),
    ];
    execute(tx, sql, values).await
}

/// The rating that each risk begins with, with the reasons in a sentence each.
async fn insert_ratings(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
    number: i64,
) -> Result<(), Problem> {
    let words = Level::ALL.iter().map(|level| format!("WHEN {} THEN '{level}' ", level.as_i16()));
    let severity = format!("CASE s.severity {}END", words.collect::<String>());
    let because = format!(
        "'[\"impact ' || s.impact || ': the tier of the asset\", \"likelihood ' || s.likelihood || ': the scanner says ' || \
         {severity} || CASE WHEN s.likelihood > s.severity + 1 THEN ', and a feed that it is attacked' ELSE '' END || '\"]'"
    );
    let (because, inputs) = (json_of(tx, &because), json_of(tx, "?"));
    let sql = format!(
        "INSERT INTO risk_rating (risk_id, version, kind, likelihood, impact, level, grid_id, because, inputs, source, \
         actor_id, reason, made_at) SELECT ? + s.ordinal, 1, 'inherent', s.likelihood, s.impact, s.level, ?, {because}, \
         {inputs}, 'scanner', ?, '', ? FROM staged_change s \
         WHERE s.import_id = ? AND s.action = 'create' AND s.ordinal BETWEEN ? AND ?"
    );
    let values = vec![
        number.into(),
        with.occasion.policies.grid_id().into(),
        json!({ "import": with.import.id }).to_string().into(),
        with.occasion.actor_id.into(),
        with.occasion.now.into(),
        with.import.id.into(),
        part.from.into(),
        part.to.into(),
    ];
    execute(tx, &sql, values).await
}

async fn insert_tags(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
    number: i64,
) -> Result<(), Problem> {
    let pairs = match tx.get_database_backend() {
        DbBackend::Postgres => {
            "t.pair->>0, t.pair->>1 FROM staged_change s CROSS JOIN LATERAL jsonb_array_elements(s.tags) AS t(pair)"
        }
        _ => {
            "json_extract(t.value, '$[0]'), json_extract(t.value, '$[1]') FROM staged_change s, json_each(s.tags) t"
        }
    };
    let sql = format!(
        "INSERT INTO risk_tag (risk_id, kind, value) SELECT ? + s.ordinal, {pairs} \
         WHERE s.import_id = ? AND s.action = 'create' AND s.ordinal BETWEEN ? AND ? ON CONFLICT DO NOTHING"
    );
    execute(tx, &sql, vec![number.into(), with.import.id.into(), part.from.into(), part.to.into()]).await?;
    if with.onboarding() {
        let sql = "INSERT INTO risk_tag (risk_id, kind, value) SELECT ? + s.ordinal, 'mark', 'onboarding' \
                   FROM staged_change s WHERE s.import_id = ? AND s.action = 'create' AND s.ordinal BETWEEN ? AND ?";
        let values = vec![number.into(), with.import.id.into(), part.from.into(), part.to.into()];
        execute(tx, sql, values).await?;
    }
    Ok(())
}

async fn insert_findings(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
    action: &str,
    number: i64,
    risk: Option<i64>,
) -> Result<(), Problem> {
    let columns = CONTENT.join(", ");
    let content = CONTENT.map(|column| format!("s.{column}")).join(", ");
    let risk_id = if risk.is_some() { "? + s.ordinal" } else { "s.risk_id" };
    let sql = format!(
        "INSERT INTO finding (id, scope_id, scheme, hash, risk_id, intake, first_import_id, detected_at, {columns}) \
         SELECT ? + s.ordinal, ?, s.scheme, s.hash, {risk_id}, {INTAKE}, ?, ?, {content} FROM staged_change s \
         WHERE s.import_id = ? AND s.action = ? AND s.finding_id IS NULL AND s.ordinal BETWEEN ? AND ?"
    );
    let mut values: Vec<Value> = vec![number.into(), with.scope_id.into()];
    values.extend(risk.map(Value::from));
    values.extend([
        with.import.id.into(),
        with.import.scanned_at.into(),
        with.import.id.into(),
        action.into(),
        part.from.into(),
        part.to.into(),
    ]);
    execute(tx, &sql, values).await
}

/// Writes what findings say now; that they are there is part of it.
async fn update_findings(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
    which: &str,
    risk: Option<(&str, Vec<Value>)>,
) -> Result<(), Problem> {
    let content = CONTENT.map(|column| format!("{column} = s.{column}")).join(", ");
    let (risk_id, mut values) = match risk {
        // What a person decided to keep stays decided; whatever else becomes of it is no decision of theirs.
        Some((number, values)) => (
            format!(
                "risk_id = {number}, intake = {INTAKE}, \
                 decided_by = CASE s.action WHEN 'keep' THEN finding.decided_by ELSE NULL END, "
            ),
            values,
        ),
        None => (String::new(), Vec::new()),
    };
    let sql = format!(
        "UPDATE finding SET {risk_id}missing_import_id = NULL, lost_import_id = NULL, {content} FROM staged_change s \
         WHERE s.import_id = ? AND s.{which} AND s.ordinal BETWEEN ? AND ? AND finding.id = s.finding_id"
    );
    values.extend([with.import.id.into(), part.from.into(), part.to.into()]);
    execute(tx, &sql, values).await
}

/// Notes this import as the one that first did not see a finding, or the one that confirmed it.
async fn mark_absent(
    tx: &DatabaseTransaction,
    with: &Parameters<'_>,
    part: Part,
    action: &str,
    column: &str,
) -> Result<(), Problem> {
    let sql = format!(
        "UPDATE finding SET {column} = ? WHERE {column} IS NULL AND id IN (SELECT s.finding_id FROM staged_change s \
         WHERE s.import_id = ? AND s.action = ? AND s.ordinal BETWEEN ? AND ?)"
    );
    let values =
        vec![with.import.id.into(), with.import.id.into(), action.into(), part.from.into(), part.to.into()];
    execute(tx, &sql, values).await
}

/// A text as what JSON columns hold.
pub(super) fn json_of(tx: &DatabaseTransaction, text: &str) -> String {
    match tx.get_database_backend() {
        DbBackend::Postgres => format!("CAST({text} AS JSONB)"),
        _ => text.to_owned(),
    }
}

pub(super) async fn execute(tx: &DatabaseTransaction, sql: &str, values: Vec<Value>) -> Result<(), Problem> {
    let backend = tx.get_database_backend();
    tx.execute_raw(Statement::from_sql_and_values(backend, placeholders(backend, sql), values)).await?;
    Ok(())
}
