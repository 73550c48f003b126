//! What a step names as its evidence: a link, something attached before, or a commit.

use abate_entity::evidence;
use abate_entity::lifecycle::{Proof, Request, Requester};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{NewEvidence, is_link};
use crate::platform::problem::Problem;

/// Rows that are compared with what a step names, newest first.
const COMPARED: u64 = 1000;

/// One thing that a step names.
enum Reference<'a> {
    Link(&'a str),
    Attached(i64),
    Commit(&'a str),
}

impl<'a> Reference<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if let Some(number) = text.strip_prefix("evidence:") {
            return number.parse().ok().map(Self::Attached);
        }
        if let Some(hash) = text.strip_prefix("commit:") {
            return is_commit(hash).then_some(Self::Commit(hash));
        }
        is_link(text).then_some(Self::Link(text))
    }
}

/// Whether a text can be the hash of a commit.
pub(super) fn is_commit(hash: &str) -> bool {
    (7..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Refuses what shows nothing: a step's evidence is a link, something attached to the risk before, or a commit.
///
/// # Errors
/// 422 naming `field`.
pub async fn check_reference(
    db: &impl ConnectionTrait,
    risk_id: i64,
    field: &str,
    text: &str,
) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let Some(reference) = Reference::read(text) else {
        return Err(Problem::invalid(
            field,
            "Give the address of a page, beginning with https://, the evidence:NUMBER of something attached to this \
             risk, or a commit:HASH.",
        ));
    };
    let Reference::Attached(id) = reference else {
        return Ok(());
    };
    let row = evidence::Entity::find_by_id(id).filter(evidence::Column::RiskId.eq(risk_id)).one(db).await?;
    match row {
        Some(row) if row.withdrawn_at.is_some() => Err(Problem::invalid(field, "That was withdrawn.")),
        Some(row) if row.kind == "note" => {
            Err(Problem::invalid(field, "That is a note. Attach what shows it: a link, a file or a commit."))
        }
        Some(_) => Ok(()),
        None => Err(Problem::invalid(field, "Nothing with this number is attached to this risk.")),
    }
}

/// What a step brings that is not attached to the risk yet.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_step(
    db: &impl ConnectionTrait,
    risk_id: i64,
    request: &Request,
    requester: &Requester,
) -> Result<Vec<NewEvidence>, Problem> {
    let mut new = Vec::new();
    if requester.is_system() {
        new.extend(request.proofs.iter().filter_map(scanned));
    }
    let named: Vec<_> = request.given.evidence.iter().filter_map(|text| Reference::read(text)).collect();
    if named.iter().all(|reference| matches!(reference, Reference::Attached(_))) {
        return Ok(new);
    }
    let there: Vec<(Option<String>, Option<String>)> = evidence::Entity::find()
        .select_only()
        .columns([evidence::Column::Url, evidence::Column::CommitHash])
        .filter(evidence::Column::RiskId.eq(risk_id))
        .filter(evidence::Column::WithdrawnAt.is_null())
        .limit(COMPARED)
        .into_tuple()
        .all(db)
        .await?;
    for reference in named {
        match reference {
            Reference::Link(url) if !there.iter().any(|row| row.0.as_deref() == Some(url)) => {
                let title: String = url.chars().take(super::TITLE).collect();
                new.push(NewEvidence::link(&title, url));
            }
            Reference::Commit(hash)
                if !there
                    .iter()
                    .any(|row| row.1.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(hash))) =>
            {
                let short: String = hash.chars().take(12).collect();
                new.push(NewEvidence::commit(&format!("Commit {short}"), hash, None));
            }
            Reference::Link(_) | Reference::Commit(_) | Reference::Attached(_) => {}
        }
    }
    Ok(new)
}

/// The scan that a machine's step rests on.
fn scanned(proof: &Proof) -> Option<NewEvidence> {
    match proof {
        Proof::Absence { scan } => {
            Some(NewEvidence::scan(&format!("Import {scan} confirms that it is no longer seen"), *scan))
        }
        Proof::CleanScan { scan, .. } => {
            Some(NewEvidence::scan(&format!("Import {scan} is a clean scan since the claim"), *scan))
        }
        _ => None,
    }
}
