//! Makes a pack: cuts, writes each section, the log and the files, and puts them into one zip.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use sea_orm::EntityTrait;
use serde_json::Value;

use super::archive::{self, Zip};
use super::context::Context;
use super::cut::{self, Cut};
use super::manifest_rules::{Chain, FORMAT, File, Filters, Manifest, Span, readme, sums};
use super::part::{Part, Table, Writer};
use super::period_rules::Days;
use super::section::{self, SECTIONS};
use crate::audit_log::checkpoint;
use crate::audit_log::export::Export;
use crate::file::read;
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::state::AppState;

/// What a pack is to have in it.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The days.
    pub days: Days,
    /// The team that it is about; none for all.
    pub team: Option<i64>,
    /// Whether the files of evidence are inside.
    pub with_files: bool,
}

/// A pack.
pub struct Pack {
    zip: Zip,
    /// What is in it.
    pub manifest: Value,
}

impl Pack {
    /// Its bytes, at their beginning.
    pub fn file(&self) -> std::io::Result<std::fs::File> {
        self.zip.file.reopen()
    }

    /// Their digest, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.zip.sha256
    }

    /// How many there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.zip.bytes
    }

    /// Rows of all sections.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let totals = self.manifest.get("totals").and_then(Value::as_object);
        totals.into_iter().flatten().filter_map(|(_, rows)| rows.as_u64()).sum()
    }
}

/// Makes a pack.
///
/// # Errors
/// 422 for days that cannot be used; when the database or the disk refuses.
pub async fn make(state: &AppState, order: Order) -> Result<Pack, Problem> {
    let cut = cut::find(state, order.days).await?;
    let zone = state.config.organisation.zone;
    let db = state.database.reader();
    let context = Context::read(db, order.days, cut.period, zone, order.team).await?;
    let mut parts = Vec::new();
    for section in SECTIONS {
        let mut table = Table::new(section.name, section.columns).map_err(Problem::internal)?;
        (section.write)(&context, &mut table).await?;
        parts.extend(table.finish().map_err(Problem::internal)?);
    }
    // What one team may see does not extend to the log, which is one for all.
    let seals = cut.seals.filter(|_| order.team.is_none());
    let chain = match seals {
        Some((first, last)) => {
            let (part, chain) = log(state, first, last).await?;
            parts.push(part);
            Some(chain)
        }
        None => None,
    };
    if order.with_files {
        parts.extend(files(state, &context).await?);
    }
    let manifest = manifest(state, &order, &cut, &context, chain, &parts).await?;
    let about = SECTIONS.iter().map(|section| (section.name, section.about));
    let text = readme(&manifest, about);
    parts.push(Writer::of("README.txt", &text).map_err(Problem::internal)?);
    let manifest = serde_json::to_value(&manifest).map_err(Problem::internal)?;
    parts.push(Writer::of("manifest.json", &format!("{manifest:#}\n")).map_err(Problem::internal)?);
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    let lines = sums(parts.iter().map(|part| (part.name.as_str(), part.sha256.as_str())));
    parts.push(Writer::of("SHA256SUMS", &lines).map_err(Problem::internal)?);
    let zip = tokio::task::spawn_blocking(move || archive::write(parts))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    Ok(Pack { zip, manifest })
}

/// The chain of the log.
async fn log(state: &AppState, first: i64, last: i64) -> Result<(Part, Chain), Problem> {
    let mut export = Export::of_seals(state, first, last, false).await?;
    let checkpoint = export.checkpoints().last().map(|made| (made.seq, made.hash.clone()));
    let mut writer = Writer::new("log.jsonl").map_err(Problem::internal)?;
    while let Some(lines) = export.next().await? {
        writer.write(&lines).map_err(Problem::internal)?;
    }
    let part = writer.finish(Some(export.seals())).map_err(Problem::internal)?;
    Ok((part, Chain { first, last, public_key: checkpoint::public_key(&state.key)?, checkpoint }))
}

/// The files of evidence, each once under its digest.
async fn files(state: &AppState, context: &Context) -> Result<Vec<Part>, Problem> {
    let mut known = BTreeSet::new();
    let mut parts = Vec::new();
    let mut after = 0;
    while let Some(rows) = section::evidence::next(context, &mut after).await? {
        for file in rows.into_iter().filter_map(|(_, file)| file) {
            if known.insert(file.sha256.clone()) {
                let mut writer = Writer::new(format!("files/{}", file.sha256)).map_err(Problem::internal)?;
                let mut bytes = Box::pin(read::parts(state.clone(), file));
                while let Some(part) = bytes.next().await {
                    writer.write(&part?).map_err(Problem::internal)?;
                }
                parts.push(writer.finish(None).map_err(Problem::internal)?);
            }
        }
    }
    Ok(parts)
}

async fn manifest(
    state: &AppState,
    order: &Order,
    cut: &Cut,
    context: &Context,
    log: Option<Chain>,
    parts: &[Part],
) -> Result<Manifest, Problem> {
    let db = state.database.reader();
    let team = match order.team {
        Some(id) => abate_entity::team::Entity::find_by_id(id).one(db).await?.map(|team| team.key),
        None => None,
    };
    let rows = |part: &Part| {
        let section = part.name.strip_suffix(".csv").or_else(|| part.name.strip_suffix(".jsonl"))?;
        Some((section.to_owned(), part.rows?))
    };
    let file = |part: &Part| {
        let file = File { rows: part.rows, bytes: part.bytes, sha256: part.sha256.clone() };
        (part.name.clone(), file)
    };
    Ok(Manifest {
        format: FORMAT,
        tool: concat!("abate ", env!("CARGO_PKG_VERSION")).to_owned(),
        instance: setting::read(db, setting::INSTANCE).await?.unwrap_or_default(),
        zone: context.zone.name().to_owned(),
        tzdata: chrono_tz::IANA_TZDB_VERSION,
        period: Span {
            from: order.days.from,
            to: order.days.to,
            since: cut.period.since,
            until: cut.period.until,
            as_of: cut.period.as_of,
        },
        filters: Filters { team, files: order.with_files },
        log,
        totals: parts.iter().filter_map(rows).collect(),
        files: parts.iter().map(file).collect(),
    })
}
