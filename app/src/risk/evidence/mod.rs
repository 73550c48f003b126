//! What shows that something was done: links, files, commits, scans, and notes, which show nothing but explain.
//!
//! Rows are never changed or deleted; one that was wrong is withdrawn.

mod attach;
mod reference;
mod scan;
mod withdraw;

use abate_entity::{evidence, risk};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use url::Url;

pub use attach::attach;
pub use reference::{check_reference, of_step};
pub use scan::scan;
pub use withdraw::withdraw;

use super::create::check_text;
use super::record::{self, Change, NewEvent, Occasion};
use crate::platform::problem::Problem;

/// Rows that go into one INSERT.
const CHUNK: usize = 500;
/// Longest title, in characters.
const TITLE: usize = 500;
/// Longest address, in bytes.
const URL_BYTES: usize = 2000;

/// A piece of evidence to add.
#[derive(Clone, Debug, Default)]
pub struct NewEvidence {
    kind: &'static str,
    title: String,
    url: Option<String>,
    commit: Option<String>,
    file: Option<(i64, String)>,
    import_id: Option<i64>,
    /// Whether a person can claim a fix with it.
    pub(super) counts: bool,
}

impl NewEvidence {
    fn of(kind: &'static str, title: &str) -> Self {
        Self { kind, title: title.to_owned(), counts: true, ..Self::default() }
    }

    /// A page that shows it.
    #[must_use]
    pub fn link(title: &str, url: &str) -> Self {
        Self { url: Some(url.to_owned()), ..Self::of("link", title) }
    }

    /// What somebody says. It explains, and shows nothing.
    #[must_use]
    pub fn note(title: &str) -> Self {
        Self { counts: false, ..Self::of("note", title) }
    }

    /// What happened to the ticket.
    #[must_use]
    pub fn jira(title: &str, url: &str) -> Self {
        Self { url: Some(url.to_owned()), ..Self::of("jira", title) }
    }

    /// A commit, with the address of its repository where that is known.
    #[must_use]
    pub fn commit(title: &str, hash: &str, repository: Option<String>) -> Self {
        Self { commit: Some(hash.to_ascii_lowercase()), url: repository, ..Self::of("commit", title) }
    }

    /// A scan that no longer sees it; the lifecycle asks for it by itself.
    #[must_use]
    pub fn scan(title: &str, import_id: i64) -> Self {
        Self { import_id: Some(import_id), counts: false, ..Self::of("scan", title) }
    }

    /// Its row, for the one writer.
    pub(super) fn row(self, risk_id: i64, occasion: &Occasion<'_>) -> evidence::ActiveModel {
        let (file_id, sha256) = self.file.unzip();
        // What a machine rests its step on is the machine's, whoever sent the report.
        let by_machine = self.kind == "scan" && !self.counts;
        evidence::ActiveModel {
            risk_id: Set(risk_id),
            kind: Set(self.kind.to_owned()),
            title: Set(self.title.trim().to_owned()),
            url: Set(self.url),
            commit_hash: Set(self.commit),
            file_id: Set(file_id),
            sha256: Set(sha256),
            import_id: Set(self.import_id),
            counts: Set(self.counts),
            added_by: Set(occasion.actor_id.filter(|_| !by_machine)),
            created_at: Set(occasion.now),
            withdrawn_reason: Set(String::new()),
            ..Default::default()
        }
    }

    fn check(&self) -> Result<(), Problem> {
        check_text("title", &self.title, TITLE)?;
        if self.title.trim().is_empty() {
            return Err(Problem::invalid("title", "Say what the evidence is."));
        }
        if self.url.as_deref().is_some_and(|url| !is_link(url)) {
            let field = if self.kind == "commit" { "repository" } else { "url" };
            return Err(Problem::invalid(field, "Give the address of a page, beginning with https://."));
        }
        if self.commit.as_deref().is_some_and(|hash| !reference::is_commit(hash)) {
            return Err(Problem::invalid(
                "commit",
                "Give the hash of the commit: 7 to 64 hexadecimal digits.",
            ));
        }
        Ok(())
    }
}

/// Adds evidence; unless it is a note, it counts for the next claim.
///
/// # Errors
/// 422 naming the field that is wrong.
pub async fn add(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    new: NewEvidence,
) -> Result<(evidence::Model, risk::Model), Problem> {
    new.check()?;
    let counts = new.counts;
    let row = new.row(risk.id, occasion).insert(tx).await?;
    let mut event = NewEvent::plain("evidence_added", occasion.now);
    event.data.insert("evidence".to_owned(), row.id.into());
    event.data.insert("title".to_owned(), row.title.clone().into());
    if let Some(sha256) = &row.sha256 {
        event.data.insert("sha256".to_owned(), sha256.clone().into());
    }
    let mut change = Change::of(risk, event)?;
    change.standing.evidence_count = change.standing.evidence_count.saturating_add(u32::from(counts));
    let risk = record::record(tx, occasion, vec![change]).await?.pop();
    Ok((row, risk.ok_or_else(|| Problem::not_found("such risk"))?))
}

/// Writes what changes bring with them.
pub(super) async fn write(tx: &DatabaseTransaction, rows: Vec<evidence::ActiveModel>) -> Result<(), Problem> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<_> = rows.by_ref().take(CHUNK).collect();
        evidence::Entity::insert_many(chunk).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Evidence of a risk, oldest first: at most `limit`, after the row `after`.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of(
    db: &impl ConnectionTrait,
    risk_id: i64,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<evidence::Model>, Problem> {
    Ok(evidence::Entity::find()
        .filter(evidence::Column::RiskId.eq(risk_id))
        .filter(evidence::Column::Id.gt(after.unwrap_or_default()))
        .order_by_asc(evidence::Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// A piece of evidence of a risk.
///
/// # Errors
/// 404 when the risk has none of that number.
pub async fn one(db: &impl ConnectionTrait, risk_id: i64, id: i64) -> Result<evidence::Model, Problem> {
    let found = evidence::Entity::find_by_id(id).filter(evidence::Column::RiskId.eq(risk_id)).one(db).await?;
    found.ok_or_else(|| Problem::not_found(format!("evidence {id} of this risk")))
}

/// Whether a text is the address of a page.
fn is_link(text: &str) -> bool {
    let link = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    link.is_some() && text.len() <= URL_BYTES
}
