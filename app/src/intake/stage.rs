//! Reads an upload, compares it with what its scope is known to have, and stages what it would change.

use abate_entity::{import, source_scope};
use abate_integrations::scanner::{Certainty, Head, ParseError, ScanFormat, ScanSummary, SecretKey};
use abate_integrations::vex::VexFormat;
use abate_integrations::workshop::WorkshopFormat;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait};
use tokio::sync::mpsc;

use super::apply_sql::Part;
use super::branch_rules::{self, Scanned, Standing};
use super::compare::{Against, Comparison, OTHERS, Outcome};
use super::finish::{self, Place};
use super::kept_file;
use super::known;
use super::origin::{self, Origin};
use super::placement::{self, Placement};
use super::plan_digest::PlanDigest;
use super::receive::{Mode, Upload, UploadForm};
use super::row::{Ratings, StagedRow};
use super::rule::store::{self, RuleSet};
use super::{stage_sql, status};
use crate::access::actor::{Actor, Via};
use crate::access::right::Import;
use crate::feed::known::Attacked;
use crate::platform::problem::{FieldProblem, Problem};
use crate::platform::setting;
use crate::policy::Policies;
use crate::risk::step::today;
use crate::state::AppState;

/// The setting that holds the key for hashes of secret values.
const HASH_KEY: &str = "intake.secret_hash_key";

/// Rows from which on others get their turn between two writes.
const MANY: usize = 50_000;
/// Rows that are looked up at once among the known risks.
const ATTACHED: i64 = 20_000;

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
        Recognised::Vex(format) => crate::vex::import::take(state, sender, upload, format).await,
        Recognised::Scan(format, summary) => scan(state, sender, upload, format, summary).await,
    }
}

enum Recognised {
    Workshop(WorkshopFormat),
    Vex(VexFormat),
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
            if let Some(format) = VexFormat::recognise(&head, &mut upload.file)? {
                return Ok(Recognised::Vex(format));
            }
            match (ScanFormat::recognise(&head), model) {
                (Ok(format), _) => format,
                (Err(_), Some((format, _))) => return Ok(Recognised::Workshop(format)),
                (Err(error), None) => return Err(error),
            }
        }
        name => match (WorkshopFormat::named(name), VexFormat::named(name)) {
            (Some(format), _) => return Ok(Recognised::Workshop(format)),
            (_, Some(format)) => return Ok(Recognised::Vex(format)),
            (None, None) => ScanFormat::named(name)?,
        },
    };
    let summary = format.summary(&mut upload.file)?;
    Ok(Recognised::Scan(format, summary))
}

/// The answer to a file that cannot be used.
#[must_use]
pub fn unusable(error: ParseError) -> Problem {
    let field = FieldProblem::new("file", error.to_string());
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
    let rules = store::in_force(state.database.reader()).await?;
    // The first two reports of a source may come at once, and each would make its scope and its asset.
    let begun = state
        .database
        .write_beside_others(async |tx| {
            begin(tx, sender, &upload, format, &summary, rules.version, now).await
        })
        .await?;
    let (import, origin, compared) = match begun {
        Begun::Earlier(import) => return Ok(*import),
        Begun::New { import, origin, compared } => (*import, origin, compared),
    };
    // The report is gone with the import, unless its source was set to keep it.
    let kept = origin.source.keep_files.then(|| upload.file.try_clone());
    let mut outcome = compare_and_stage(state, sender, &import, &origin, (upload, format), &rules).await;
    if let (Ok(_), Some(file)) = (&outcome, kept)
        && let Err(problem) = kept_file::keep(state, &import, file).await
    {
        outcome = Err(problem);
    }
    match outcome {
        Ok(outcome) => {
            let place = Place { scope: &origin.scope, rails: &rules.guard_rails, compared };
            finish::finish(state, sender, import, &place, outcome).await
        }
        Err(problem) => {
            finish::fail(state, &import, &problem).await?;
            Err(problem)
        }
    }
}

enum Begun {
    Earlier(Box<import::Model>),
    New {
        import: Box<import::Model>,
        origin: Box<Origin>,
        /// Its branch or image is not the one that counts.
        compared: bool,
    },
}

async fn begin(
    tx: &DatabaseTransaction,
    sender: &Sender,
    upload: &Upload,
    format: ScanFormat,
    summary: &ScanSummary,
    rules_version: i32,
    now: DateTime<Utc>,
) -> Result<Begun, Problem> {
    let mut origin = origin::resolve(tx, &upload.form, format.name(), summary, now).await?;
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
    if form.mode == Mode::Backlog && origin.scope.head_import_id.is_some() {
        return Err(Problem::invalid(
            "mode",
            "Only the first import of a source can be taken as a backlog. Use apply or plan.",
        ));
    }
    let compared = note_branch(tx, &mut origin.scope, form).await?;
    let row = import::ActiveModel {
        status: Set(status::RECEIVING.to_owned()),
        mode: Set(form.mode.as_str().to_owned()),
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
        rules_version: Set(Some(rules_version)),
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
    Ok(Begun::New { import: Box::new(import), origin: Box::new(origin), compared })
}

/// Whether the scan is only compared; notes the default branch where this is the first to name one.
async fn note_branch(
    tx: &DatabaseTransaction,
    scope: &mut source_scope::Model,
    form: &UploadForm,
) -> Result<bool, Problem> {
    let known = branch_rules::Known {
        default_branch: scope.default_branch.as_deref(),
        settled: scope.branch_settled,
        deployed_digest: scope.deployed_digest.as_deref(),
        scanned_before: scope.head_import_id.is_some(),
    };
    let scanned = Scanned { branch: form.branch.as_deref(), digest: form.digest.as_deref() };
    match branch_rules::judge(known, scanned) {
        Standing::Compared => Ok(true),
        Standing::Counts { becomes_default: None } => Ok(false),
        Standing::Counts { becomes_default: Some(branch) } => {
            let row = source_scope::ActiveModel {
                id: Set(scope.id),
                default_branch: Set(Some(branch.to_owned())),
                ..Default::default()
            };
            *scope = row.update(tx).await?;
            Ok(false)
        }
    }
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
    (upload, format): (Upload, ScanFormat),
    rules: &RuleSet,
) -> Result<Outcome, Problem> {
    let key = SecretKey::new(hash_key(state).await?);
    let db = state.database.reader();
    let policies = Policies::load(db).await?;
    let (sender, mut batches) = mpsc::channel(2);
    let against = Against {
        known: known::of_scope(db, origin.scope.id).await?,
        ratings: Ratings::new(&policies, import.received_at)?,
        placement: Placement::load(db, &origin.asset, who.actor.as_ref()).await?,
        attacked: Attacked::load(db).await?,
        rules: rules.rules.clone(),
        today: today(import.received_at, policies.zone),
        source: origin.source.name.clone(),
        ids: state.ids.clone(),
        received_at: import.received_at,
        scanned_at: import.scanned_at,
        head: head_scanned_at(state, &origin.scope).await?,
    };
    let comparison = Comparison::new(against, sender);
    let reading = tokio::task::spawn_blocking(move || comparison.run(upload, format, &key));
    let mut staged = 0;
    let mut plan = PlanDigest::default();
    while let Some(rows) = batches.recv().await {
        let rows: Vec<StagedRow> = rows;
        stage_sql::insert(&state.database, import.id, &rows).await?;
        rows.iter().for_each(|row| plan.add(row));
        staged += rows.len();
        if staged > MANY {
            state.database.make_way().await;
        }
    }
    let mut outcome = reading.await.map_err(Problem::internal)?.map_err(unusable)?;
    outcome.plan = plan.finish();
    if outcome.created + outcome.kept + outcome.waiting > 0 {
        for part in numbered(outcome.staged) {
            let attached = state
                .database
                .write(async |tx| Ok(stage_sql::attach_to_known_risks(tx, import.id, part).await?))
                .await?;
            outcome.attach(attached);
            if staged > MANY {
                state.database.make_way().await;
            }
        }
    }
    let met = std::mem::take(&mut outcome.met);
    if !met.is_empty() {
        let seen_at = import.received_at;
        state.database.write(async |tx| placement::note_seen(tx, met.clone(), seen_at).await).await?;
    }
    Ok(outcome)
}

/// All numbers that as many rows can have, in parts: those of new risks, and all others.
fn numbered(rows: usize) -> impl Iterator<Item = Part> {
    let rows = i64::try_from(rows).unwrap_or(OTHERS);
    [0, OTHERS].into_iter().flat_map(move |first| {
        let part = |from| Part { from, to: from + ATTACHED - 1 };
        (first..first + rows).step_by(usize::try_from(ATTACHED).unwrap_or(1)).map(part)
    })
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
