//! Evidence on a risk's page: its rows, and `POST /risks/{key}/evidence` and `/evidence/{id}/withdraw`

use abate_entity::{evidence, risk};
use actix_multipart::Multipart;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use chrono_tz::Tz;

use super::act::{Sent, say, value};
use super::due::as_sent;
use super::gather::Gathered;
use super::show;
use super::steps::Refused;
use crate::access::actor::Actor;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::MoveRisks;
use crate::access::session::CurrentSession;
use crate::file::receive;
use crate::page::badge::{Tone, capitalised};
use crate::page::due::Moment;
use crate::page::form::{Field, Kind};
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

/// What the form is called among those of the page.
pub(super) const EVENT: &str = "evidence";
/// Fields of the form besides the file, which come before it.
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
        reference: format!("evidence:{}", row.id),
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
    let (form, read) = receive::kept(payload, Some(&token.unwrap_or_default()), &FIELDS).await;
    let sent = FIELDS.iter().filter_map(|name| Some(((*name).to_owned(), form.filled(name)?))).collect();
    let attached = match read {
        Ok(()) => take(&state, &caller, RiskKey(risk.id), form).await,
        Err(problem) => Err(problem),
    };
    match attached {
        Ok(()) => {
            let page = format!("/risks/{}#evidence", RiskKey(risk.id));
            Ok(said::see_other(&page, Tone::Good, "The evidence is attached."))
        }
        Err(problem) => say((&request, &caller, &state), risk.id, EVENT, sent, problem).await,
    }
}

async fn take(state: &AppState, caller: &Actor, key: RiskKey, form: receive::Form) -> Result<(), Problem> {
    let (title, url) = (form.filled("title"), form.filled("url"));
    match form.file {
        Some(_) if url.is_some() => {
            Err(Problem::invalid("url", "Attach either a file or a link, not both at once."))
        }
        Some(file) => proofs::attach(state, caller, key, title, file).await.map(drop),
        None if title.is_none() && url.is_none() => Err(Problem::invalid(
            "file",
            "Choose a file, give a link, or write a title, which makes it a note.",
        )),
        None => add(state, caller, key, title, url).await,
    }
}

/// The fields of the form besides the file.
pub(super) fn fields(refused: Option<&Refused>) -> Vec<Field> {
    let fields = vec![
        Field::new("title", "Title", Kind::Text)
            .hint("What it is. A title alone is a note, which explains and proves nothing."),
        Field::new("url", "Link", Kind::Address)
            .hint("A change, commit, configuration or test report that shows the fix."),
    ];
    as_sent(fields, refused.filter(|refused| refused.is(EVENT)))
}

/// What a step can name as its evidence: its reference and its title.
pub(super) fn offered(gathered: &Gathered) -> Vec<(String, String)> {
    gathered
        .evidence
        .iter()
        .filter(|row| row.withdrawn_at.is_none() && row.kind != "note")
        .map(|row| (format!("evidence:{}", row.id), row.title.clone()))
        .collect()
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

/// Takes evidence back.
pub(super) async fn withdraw(
    request: HttpRequest,
    caller: Require<MoveRisks>,
    state: web::Data<AppState>,
    path: web::Path<(String, i64)>,
    form: SignedForm<Sent>,
) -> Result<HttpResponse, Problem> {
    let (key, id) = path.into_inner();
    let risk = show::find(&caller, &state, &key).await?;
    let key = RiskKey(risk.id);
    let SignedForm(sent) = form;
    let reason = value(&sent, "reason").unwrap_or_default();
    match api::withdraw_evidence(&state, &caller, key, id, reason).await {
        Ok(_) => {
            let said = "The evidence is withdrawn. It stays to be seen, and counts no more.";
            Ok(said::see_other(&format!("/risks/{key}#evidence"), Tone::Good, said))
        }
        Err(problem) => say((&request, &caller, &state), risk.id, "withdraw", sent, problem).await,
    }
}
