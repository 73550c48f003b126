//! Evidence on a risk's page: its rows, and `POST /risks/{key}/evidence` and `/evidence/{id}/withdraw`

use abate_entity::{evidence, risk};
use actix_multipart::Multipart;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use chrono_tz::Tz;
use serde::Deserialize;

use super::gather::Gathered;
use super::show;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::access::session::CurrentSession;
use crate::file::receive;
use crate::page::badge::{Tone, capitalised};
use crate::page::due::Moment;
use crate::page::said;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::risk::api;
use crate::risk::evidence::{self as proofs, NewEvidence};
use crate::risk::finder;
use crate::risk::key::RiskKey;
use crate::risk::record::Occasion;
use crate::risk::view::EvidenceRow;
use crate::state::AppState;

/// Fields of the form besides the file.
const FIELDS: [&str; 2] = ["title", "url"];

/// The evidence as the page shows it.
pub(super) fn rows(risk: &risk::Model, gathered: &Gathered, zone: Tz) -> Vec<EvidenceRow> {
    gathered.evidence.iter().map(|row| self::row(risk, row, gathered, zone)).collect()
}

fn row(risk: &risk::Model, row: &evidence::Model, gathered: &Gathered, zone: Tz) -> EvidenceRow {
    let href = match (row.file_id, row.import_id) {
        (Some(_), _) => format!("/api/v1/risks/{}/evidence/{}/file", RiskKey(risk.id), row.id),
        (None, Some(import)) => format!("/imports/{import}"),
        (None, None) => row.url.clone().unwrap_or_default(),
    };
    let mut detail = capitalised(&row.kind);
    if let Some(size) = row.file_id.and_then(|id| gathered.file_sizes.get(&id)) {
        detail = format!("{detail}, {} KiB", (size + 1023) / 1024);
    }
    if let Some(hash) = &row.commit_hash {
        detail = format!("{detail} {}", hash.chars().take(12).collect::<String>());
    }
    if row.kind == "note" {
        detail.push_str(", no proof");
    }
    let withdrawn = row
        .withdrawn_at
        .map(|_| format!("Withdrawn by {}: {}", gathered.person(row.withdrawn_by), row.withdrawn_reason));
    EvidenceRow {
        id: row.id,
        name: row.title.clone(),
        href,
        detail,
        by: gathered.person(row.added_by),
        at: Moment::new(row.created_at, zone),
        withdrawn: withdrawn.unwrap_or_default(),
    }
}

/// Attaches a file, a link, or a note when there is neither.
pub(super) async fn attach(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    payload: Multipart,
) -> Result<HttpResponse, Problem> {
    let risk = show::find(&caller, &state, &key).await?;
    caller.require_in::<MoveRisks>(risk.team_id)?;
    let token = request.extensions().get::<CurrentSession>().map(|session| session.0.csrf_token.clone());
    let form = receive::multipart(payload, Some(&token.unwrap_or_default()), &FIELDS).await?;
    let key = RiskKey(risk.id);
    let (title, url) = (form.filled("title"), form.filled("url"));
    match form.file {
        Some(_) if url.is_some() => {
            return Err(Problem::invalid("url", "Attach either a file or a link, not both at once."));
        }
        Some(file) => {
            proofs::attach(&state, &caller, key, title, file).await?;
        }
        None => add(&state, &caller, key, title, url).await?,
    }
    Ok(said::see_other(&format!("/risks/{key}#evidence"), Tone::Good, "The evidence is attached."))
}

async fn add(
    state: &AppState,
    caller: &Actor,
    key: RiskKey,
    title: Option<String>,
    url: Option<String>,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let title = title.or_else(|| url.clone()).unwrap_or_default();
    state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let risk = finder::one(tx, &caller.scope(), key).await?;
            let new = match &url {
                Some(url) => NewEvidence::link(&title, url),
                None => NewEvidence::note(&title),
            };
            proofs::add(tx, &Occasion::by(caller, now, &policies), risk, new).await?;
            Ok(())
        })
        .await
}

/// Why evidence is taken back.
#[derive(Debug, Deserialize)]
pub(super) struct WithdrawForm {
    #[serde(default)]
    reason: String,
}

/// Takes evidence back.
pub(super) async fn withdraw(
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    path: web::Path<(String, i64)>,
    form: SignedForm<WithdrawForm>,
) -> Result<HttpResponse, Problem> {
    let (key, id) = path.into_inner();
    let risk = show::find(&caller, &state, &key).await?;
    let key = RiskKey(risk.id);
    api::withdraw_evidence(&state, &caller, key, id, &form.0.reason).await?;
    let said = "The evidence is withdrawn. It stays to be seen, and counts no more.";
    Ok(said::see_other(&format!("/risks/{key}#evidence"), Tone::Good, said))
}
