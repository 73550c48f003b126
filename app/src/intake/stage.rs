//! Reads an upload, compares it with what its scope is known to have, and stages what it would change.

use std::collections::HashSet;
use std::ops::ControlFlow;

use abate_entity::{import, source_scope};
use abate_integrations::scanner::{
    Certainty, Head, ParseError, RejectedRecord, ScanFormat, ScanRecord, ScanSummary, SecretKey,
};
use abate_integrations::workshop::WorkshopFormat;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait};
use tokio::sync::mpsc;

use super::finish::{self, Outcome};
use super::kept_file;
use super::known::{self, KnownFindings};
use super::origin::{self, Origin};
use super::placement::{self, Placement};
use super::plan_rules::{self, Absence, Decision, Seen};
use super::receive::Upload;
use super::row::{Ratings, StagedContent, StagedRow, severity_level};
use super::{stage_sql, status};
use crate::access::actor::{Actor, Via};
use crate::access::right::Import;
use crate::feed::known::Attacked;
use crate::platform::ids::Ids;
use crate::platform::problem::{FieldProblem, Problem};
use crate::platform::setting;
use crate::policy::Policies;
use crate::state::AppState;

/// Staged rows that are written in one transaction.
const BATCH: usize = 4_000;
/// Rejected records that are kept by name.
const REJECTED_KEPT: usize = 100;
/// Where rows without a new risk are numbered from, so that new risks are numbered without gaps.
const OTHERS: i64 = 1 << 40;
/// The setting that holds the key for hashes of secret values.
const HASH_KEY: &str = "intake.secret_hash_key";

/// Who sends a report.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The person, none for the command line.
    pub actor: Option<Actor>,
    /// Through what.
    pub via: Via,
    /// The key of the request.
    pub idempotency_key: Option<String>,
}

impl Sender {
    /// The person's number.
    #[must_use]
    pub fn actor_id(&self) -> Option<i64> {
        self.actor.as_ref().map(|actor| actor.id)
    }
}

/// Takes a report in and plans or applies it; the same request again answers the same import.
///
/// # Errors
/// 422 with line and column when the file cannot be used; then no risk was touched.
pub async fn stage(state: &AppState, sender: &Sender, mut upload: Upload) -> Result<import::Model, Problem> {
    let db = state.database.reader();
    if let Some(key) = &sender.idempotency_key
        && let Some(earlier) = origin::by_key(db, sender.actor_id(), key).await?
    {
        return Ok(earlier);
    }
    let named = upload.form.format.trim().to_lowercase();
    let (upload, recognised) = actix_web::web::block(move || {
        let recognised = recognise(&mut upload, &named);
        (upload, recognised)
    })
    .await
    .map_err(Problem::internal)?;
    match recognised.map_err(unusable)? {
        Recognised::Workshop(format) => crate::workshop::import::take(state, sender, upload, format).await,
        Recognised::Scan(format, summary) => scan(state, sender, upload, format, summary).await,
    }
}

enum Recognised {
    Workshop(WorkshopFormat),
    Scan(ScanFormat, ScanSummary),
}

fn recognise(upload: &mut Upload, named: &str) -> Result<Recognised, ParseError> {
    let format = match named {
        "" | "auto" => {
            let head = Head::read(&mut upload.file)?;
            let model = WorkshopFormat::recognise(&head, &mut upload.file)?;
            if let Some((format, Certainty::Certain)) = model {
                return Ok(Recognised::Workshop(format));
            }
            match (ScanFormat::recognise(&head), model) {
                (Ok(format), _) => format,
                (Err(_), Some((format, _))) => return Ok(Recognised::Workshop(format)),
                (Err(error), None) => return Err(error),
            }
        }
        name => match WorkshopFormat::named(name) {
            Some(format) => return Ok(Recognised::Workshop(format)),
            None => ScanFormat::named(name)?,
        },
    };
    let summary = format.summary(&mut upload.file)?;
    Ok(Recognised::Scan(format, summary))
}

/// The answer to a file that cannot be used.
#[must_use]
pub fn unusable(error: ParseError) -> Problem {
    let field = FieldProblem { field: "file".to_owned(), detail: error.to_string() };
    Problem::all_invalid(vec![field]).with("line", error.line).with("column", error.column)
}

async fn scan(
    state: &AppState,
    sender: &Sender,
    upload: Upload,
    format: ScanFormat,
    summary: ScanSummary,
) -> Result<import::Model, Problem> {
    let now = state.clock.now();
    let key = hash_key(state).await?;
    let begun =
        state.database.write(async |tx| begin(tx, sender, &upload, format, &summary, now).await).await?;
    let (import, origin) = match begun {
        Begun::Earlier(import) => return Ok(*import),
        Begun::New(import, origin) => (*import, origin),
    };
    // The report is gone with the import, unless its source was set to keep it.
    let kept = origin.source.keep_files.then(|| upload.file.try_clone());
    let mut outcome = compare_and_stage(state, sender, &import, &origin, upload, format, key).await;
    if let (Ok(_), Some(file)) = (&outcome, kept)
        && let Err(problem) = kept_file::keep(state, &import, file).await
    {
        outcome = Err(problem);
    }
    match outcome {
        Ok(outcome) => finish::finish(state, sender, import, &origin.scope, outcome).await,
        Err(problem) => {
            finish::fail(state, &import, &problem).await?;
            Err(problem)
        }
    }
}

enum Begun {
    Earlier(Box<import::Model>),
    New(Box<import::Model>, Box<Origin>),
}

async fn begin(
    tx: &DatabaseTransaction,
    sender: &Sender,
    upload: &Upload,
    format: ScanFormat,
    summary: &ScanSummary,
    now: DateTime<Utc>,
) -> Result<Begun, Problem> {
    let origin = origin::resolve(tx, &upload.form, format.name(), summary, now).await?;
    if let Some(actor) = &sender.actor {
        actor.require_in::<Import>(origin.asset.team_id)?;
    }
    // Asked before the file was read, and again now: a repeated request may have come meanwhile.
    if let Some(key) = &sender.idempotency_key
        && let Some(earlier) = origin::by_key(tx, sender.actor_id(), key).await?
    {
        return Ok(Begun::Earlier(Box::new(earlier)));
    }
    if let Some(earlier) = origin::repeated(tx, upload, &origin, now).await? {
        return Ok(Begun::Earlier(Box::new(earlier)));
    }
    let form = &upload.form;
    let row = import::ActiveModel {
        status: Set(status::RECEIVING.to_owned()),
        mode: Set(origin::mode(form).to_owned()),
        format: Set(format.name().to_owned()),
        file_name: Set(upload.file_name.clone()),
        sha256: Set(upload.sha256.clone()),
        size: Set(i64::try_from(upload.size).unwrap_or(i64::MAX)),
        source_id: Set(Some(origin.source.id)),
        scope_id: Set(Some(origin.scope.id)),
        asset_id: Set(Some(origin.asset.id)),
        base_import_id: Set(origin.scope.head_import_id),
        run: Set(form.run.clone()),
        branch: Set(form.branch.clone()),
        commit_id: Set(form.commit.clone()),
        digest: Set(form.digest.clone()),
        tool_name: Set(summary.tool_name.clone()),
        tool_version: Set(summary.tool_version.clone()),
        complete: Set(summary.complete && !form.partial),
        // A clock that runs ahead must not make later scans look old.
        scanned_at: Set(form.scanned_at.or(summary.scanned_at).unwrap_or(now).min(now)),
        findings: Set(0),
        created_count: Set(0),
        updated_count: Set(0),
        unchanged_count: Set(0),
        reopened_count: Set(0),
        vanished_count: Set(0),
        rejected_count: Set(0),
        by_level: Set(serde_json::json!({})),
        rejected: Set(serde_json::json!([])),
        problem: Set(None),
        idempotency_key: Set(sender.idempotency_key.clone()),
        actor_id: Set(sender.actor_id()),
        via: Set(sender.via.as_str().to_owned()),
        received_at: Set(now),
        ..Default::default()
    };
    placement::note_seen(tx, [origin.asset.id], now).await?;
    let import = row.insert(tx).await?;
    Ok(Begun::New(Box::new(import), Box::new(origin)))
}

/// The key under which secret values are hashed; made once a database, since another key makes every secret new.
async fn hash_key(state: &AppState) -> Result<[u8; 32], Problem> {
    let mut stored = setting::read(state.database.reader(), HASH_KEY).await?;
    if stored.is_none() {
        let mut bytes = [0; 32];
        state.ids.fill(&mut bytes);
        state
            .database
            .write(async |tx| Ok(setting::write_once(tx, HASH_KEY, &hex::encode(bytes)).await?))
            .await?;
        stored = setting::read(state.database.reader(), HASH_KEY).await?;
    }
    let mut key = [0; 32];
    hex::decode_to_slice(stored.unwrap_or_default(), &mut key).map_err(Problem::internal)?;
    Ok(key)
}

async fn compare_and_stage(
    state: &AppState,
    who: &Sender,
    import: &import::Model,
    origin: &Origin,
    upload: Upload,
    format: ScanFormat,
    key: [u8; 32],
) -> Result<Outcome, Problem> {
    let policies = Policies::load(state.database.reader()).await?;
    let ratings = Ratings::new(&policies, import.received_at)?;
    let placement = Placement::load(state.database.reader(), &origin.asset, who.actor.as_ref()).await?;
    let attacked = Attacked::load(state.database.reader()).await?;
    let known = known::of_scope(state.database.reader(), origin.scope.id).await?;
    let head = head_scanned_at(state, &origin.scope).await?;
    let (sender, mut batches) = mpsc::channel(2);
    let comparison = Comparison {
        known,
        seen: HashSet::new(),
        ratings,
        placement,
        attacked,
        ids: state.ids.clone(),
        received_at: import.received_at,
        scanned_at: import.scanned_at,
        batch: Vec::with_capacity(BATCH),
        batches: sender,
        next_new: 0,
        next_other: OTHERS,
        outcome: Outcome::default(),
    };
    let partial = upload.form.partial;
    let reading = tokio::task::spawn_blocking(move || {
        comparison.run(upload, format, &SecretKey::new(key), partial, head)
    });
    while let Some(rows) = batches.recv().await {
        let rows: Vec<StagedRow> = rows;
        state.database.write(async |tx| Ok(stage_sql::insert(tx, import.id, &rows).await?)).await?;
    }
    let mut outcome = reading.await.map_err(Problem::internal)?.map_err(unusable)?;
    if outcome.created > 0 {
        let attached = state
            .database
            .write(async |tx| Ok(stage_sql::attach_to_known_risks(tx, import.id).await?))
            .await?;
        outcome.created -= i64::try_from(attached).unwrap_or(0);
        outcome.attached += i64::try_from(attached).unwrap_or(0);
    }
    let met = std::mem::take(&mut outcome.met);
    if !met.is_empty() {
        let seen_at = import.received_at;
        state.database.write(async |tx| placement::note_seen(tx, met.clone(), seen_at).await).await?;
    }
    Ok(outcome)
}

async fn head_scanned_at(
    state: &AppState,
    scope: &source_scope::Model,
) -> Result<Option<DateTime<Utc>>, Problem> {
    let Some(head) = scope.head_import_id else {
        return Ok(None);
    };
    let head = import::Entity::find_by_id(head).one(state.database.reader()).await?;
    Ok(head.map(|head| head.scanned_at))
}

/// Compares records as they come out of the file; runs where it may block.
struct Comparison {
    known: KnownFindings,
    seen: HashSet<[u8; 16]>,
    ratings: Ratings,
    placement: Placement,
    attacked: Attacked,
    ids: Ids,
    received_at: DateTime<Utc>,
    scanned_at: DateTime<Utc>,
    batch: Vec<StagedRow>,
    batches: mpsc::Sender<Vec<StagedRow>>,
    next_new: i64,
    next_other: i64,
    outcome: Outcome,
}

impl Comparison {
    fn run(
        mut self,
        mut upload: Upload,
        format: ScanFormat,
        key: &SecretKey,
        partial: bool,
        head: Option<DateTime<Utc>>,
    ) -> Result<Outcome, ParseError> {
        let summary = format.parse(&mut upload.file, key, &mut |record| match record {
            ScanRecord::Finding(finding) => self.take(*finding),
            ScanRecord::Rejected(rejected) => self.reject(rejected),
        })?;
        self.outcome.complete = summary.complete && !partial;
        if plan_rules::counts_absences(summary.complete, partial, self.scanned_at, head) {
            self.absences();
        }
        self.outcome.met = std::mem::take(&mut self.placement.met);
        self.outcome.live = self.known.values().filter(|known| !known.lost).count();
        let _ = self.send();
        Ok(self.outcome)
    }

    fn take(&mut self, finding: abate_integrations::scanner::ScanFinding) -> ControlFlow<()> {
        self.outcome.findings += 1;
        let hash = finding.fingerprint.hash;
        if !self.seen.insert(hash) {
            // The same problem once more in one report: the first record stands for all.
            return ControlFlow::Continue(());
        }
        let (severity, _) = severity_level(finding.severity);
        let place = self.placement.of(&finding.resource);
        let ids = finding.vulnerability_ids.iter().map(String::as_str);
        let raises = self.attacked.raises(ids, place.footing.internet_facing);
        let Some(rated) = self.ratings.of(place.footing, severity, !raises.is_empty()) else {
            return ControlFlow::Break(());
        };
        if !finding.suppressed {
            self.outcome.by_level[rated.level.index()] += 1;
        }
        let seen = Seen { content: finding.content_hash, suppressed: finding.suppressed };
        let known = self.known.get(&hash);
        let decision = plan_rules::seen(known, seen, self.scanned_at);
        let finding_id = known.map(|known| known.finding_id);
        let risk_id = known.and_then(|known| known.risk.as_ref()).map(|risk| risk.id);
        let action = match decision {
            Decision::Unchanged => {
                self.outcome.unchanged += 1;
                return ControlFlow::Continue(());
            }
            Decision::Create => {
                self.outcome.created += 1;
                status::CREATE
            }
            Decision::Attach => {
                self.outcome.attached += 1;
                status::ATTACH
            }
            Decision::Update => {
                self.outcome.updated += 1;
                status::UPDATE
            }
            Decision::Return => {
                self.outcome.reopened += 1;
                status::RETURN
            }
        };
        let is_new = decision == Decision::Create;
        let ordinal = if is_new { next(&mut self.next_new) } else { next(&mut self.next_other) };
        let risk_uuid = is_new.then(|| self.ids.uuid(self.received_at));
        let content = Some(StagedContent::of(finding, rated, &raises));
        let asset_id = Some(place.asset_id);
        self.push(StagedRow { ordinal, action, risk_id, risk_uuid, finding_id, asset_id, content })
    }

    fn reject(&mut self, rejected: RejectedRecord) -> ControlFlow<()> {
        self.outcome.rejected_count += 1;
        if self.outcome.rejected.len() < REJECTED_KEPT {
            self.outcome.rejected.push(rejected);
        }
        ControlFlow::Continue(())
    }

    fn absences(&mut self) {
        let mut gone: Vec<_> = self
            .known
            .iter()
            .filter(|(hash, _)| !self.seen.contains(*hash))
            .map(|(_, known)| {
                (known.finding_id, known.risk.as_ref().map(|risk| risk.id), plan_rules::absent(known))
            })
            .filter(|(_, _, absence)| *absence != Absence::Nothing)
            .collect();
        // In the order of the findings, so that the same report always makes the same plan.
        gone.sort_unstable_by_key(|(finding_id, ..)| *finding_id);
        for (finding_id, risk_id, absence) in gone {
            self.outcome.vanished += 1;
            let action = if absence == Absence::Miss { status::MISS } else { status::VANISH };
            self.outcome.closing += usize::from(absence == Absence::Vanish);
            let ordinal = next(&mut self.next_other);
            let row = StagedRow {
                ordinal,
                action,
                risk_id,
                risk_uuid: None,
                finding_id: Some(finding_id),
                asset_id: None,
                content: None,
            };
            if self.push(row).is_break() {
                return;
            }
        }
    }

    fn push(&mut self, row: StagedRow) -> ControlFlow<()> {
        self.batch.push(row);
        if self.batch.len() < BATCH { ControlFlow::Continue(()) } else { self.send() }
    }

    fn send(&mut self) -> ControlFlow<()> {
        if self.batch.is_empty() {
            return ControlFlow::Continue(());
        }
        let rows = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.outcome.staged += rows.len();
        match self.batches.blocking_send(rows) {
            Ok(()) => ControlFlow::Continue(()),
            // Nobody writes any more: the request was given up.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn next(number: &mut i64) -> i64 {
    let current = *number;
    *number += 1;
    current
}
