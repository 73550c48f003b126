//! What an import means for risks that are there: they come back, they are gone, their severity changed. The
//! lifecycle judges each of them; what it refuses stays as it is, and shows in the risk's findings.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use abate_entity::level::Level;
use abate_entity::lifecycle::{Event, Given, Party, Proof, Requester, Resolution, State, Via, revive};
use abate_entity::{finding, import, risk, staged_change, team};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Statement,
};

use super::apply_sql::Part;
use super::row::{Footing, Ratings};
use super::status;
use crate::platform::database::placeholders;
use crate::platform::problem::{Kind, Problem};
use crate::risk::clock::Happening;
use crate::risk::edit::{self, Edit};
use crate::risk::evidence::NewEvidence;
use crate::risk::rate::Why;
use crate::risk::rated::{Rated, Source};
use crate::risk::record::{self, Change, NewEvent, Occasion};
use crate::risk::standing;
use crate::risk::step::{self, Asked};

/// Risks that are read and written at a time.
const BATCH: usize = 500;

/// A risk whose scanner now gives another severity.
pub(super) struct Rerating {
    risk_id: i64,
    before: (i16, i16),
    after: (i16, i16),
}

/// The risks of a part whose severity changes; read before the findings are written.
pub(super) async fn changed_severities(
    tx: &DatabaseTransaction,
    import: &import::Model,
    part: Part,
    ratings: &Ratings,
) -> Result<Vec<Rerating>, Problem> {
    let backend = tx.get_database_backend();
    let sql = placeholders(
        backend,
        "SELECT f.risk_id, f.severity, s.severity, a.tier, a.internet_facing, EXISTS (SELECT 1 FROM risk_tag t \
         WHERE t.risk_id = f.risk_id AND t.kind IN ('kev', 'epss')) FROM staged_change s \
         JOIN finding f ON f.id = s.finding_id JOIN risk r ON r.id = f.risk_id JOIN asset a ON a.id = r.asset_id \
         WHERE s.import_id = ? AND s.action IN ('update', 'return') AND s.ordinal BETWEEN ? AND ? \
         AND f.severity <> s.severity AND f.risk_id IS NOT NULL ORDER BY f.risk_id",
    );
    let values = [import.id.into(), part.from.into(), part.to.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let mut reratings = Vec::with_capacity(rows.len());
    for row in rows {
        // On the asset that the risk is on, whatever a matcher would say today.
        let footing = Footing { tier: row.try_get_by_index(3)?, internet_facing: row.try_get_by_index(4)? };
        // What a feed has raised stays raised, whatever the feed says by now.
        let raised: bool = row.try_get_by_index(5)?;
        let rated = |severity: Level| ratings.of(footing, severity, raised);
        let before = rated(row.try_get_by_index(1)?);
        let after = rated(row.try_get_by_index(2)?);
        if let (Some(before), Some(after)) = (before, after) {
            reratings.push(Rerating {
                risk_id: row.try_get_by_index(0)?,
                before: (before.likelihood, before.impact),
                after: (after.likelihood, after.impact),
            });
        }
    }
    Ok(reratings)
}

/// Rates risks again, unless a person has rated them since.
pub(super) async fn rate_again(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    reratings: Vec<Rerating>,
) -> Result<(), Problem> {
    for rerating in reratings {
        let Some(risk) = risk::Entity::find_by_id(rerating.risk_id).one(tx).await? else { continue };
        let rated = (risk.inherent_likelihood.unwrap_or(0), risk.inherent_impact.unwrap_or(0));
        if rated != rerating.before || risk.state == State::Closed {
            continue;
        }
        let (Ok(likelihood), Ok(impact)) = (u8::try_from(rerating.after.0), u8::try_from(rerating.after.1))
        else {
            continue;
        };
        let edit = Edit {
            rated: Rated::inherent((likelihood, impact)),
            why: Some(Why::plain(Source::Scanner)),
            reason: "The scanner gives another severity.".to_owned(),
            ..Edit::default()
        };
        edit::edit(tx, occasion, risk, edit).await?;
    }
    Ok(())
}

/// Confirms the new risks of a part that a rule confirms, where somebody answers for them. `number` is what is added to
/// a row's number to get its risk's.
pub(super) async fn confirm_by_rule(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    import: &import::Model,
    part: Part,
    number: i64,
) -> Result<(), Problem> {
    let rows: Vec<(i64, String)> = staged_change::Entity::find()
        .select_only()
        .columns([staged_change::Column::Ordinal, staged_change::Column::IntakeRule])
        .filter(staged_change::Column::ImportId.eq(import.id))
        .filter(staged_change::Column::Action.eq(status::CREATE))
        .filter(staged_change::Column::Confirm.eq(true))
        .filter(staged_change::Column::Ordinal.between(part.from, part.to))
        .order_by_asc(staged_change::Column::Ordinal)
        .into_tuple()
        .all(tx)
        .await?;
    let leads: HashMap<i64, i64> = team::Entity::find()
        .all(tx)
        .await?
        .into_iter()
        .filter_map(|team| Some((team.id, team.lead_id?)))
        .collect();
    let requester = Requester::system(Party::Rule, Via::Import);
    for batch in rows.chunks(BATCH) {
        let rules: BTreeMap<i64, &str> =
            batch.iter().map(|(ordinal, rule)| (ordinal + number, rule.as_str())).collect();
        let risks = risk::Entity::find()
            .filter(risk::Column::Id.is_in(rules.keys().copied()))
            .order_by_asc(risk::Column::Id)
            .all(tx)
            .await?;
        let mut changes = Vec::new();
        for risk in risks {
            let rule = rules.get(&risk.id).copied().unwrap_or_default();
            // Nobody is found for what has neither an owner nor a team with a lead: it stays new.
            let owner = risk.owner_id.or_else(|| leads.get(&risk.team_id).copied());
            let asked = Asked {
                event: Event::AutoConfirm,
                given: Given { owner, ..Given::default() },
                proofs: vec![Proof::ConfirmRule],
                at: None,
            };
            let change = judged(step::plan(tx, occasion, risk, &requester, asked).await)?;
            changes.extend(change.map(|mut change| {
                change.event.data.insert("import".to_owned(), import.id.into());
                change.event.data.insert("intake_rule".to_owned(), rule.into());
                change.event.data.insert("intake_rules".to_owned(), import.rules_version.into());
                change
            }));
        }
        record::record(tx, occasion, changes).await?;
    }
    Ok(())
}

/// What a part says about a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    /// A finding of it is gone.
    Gone,
    /// A finding that was not known before supports it.
    SeenBySomebodyElse,
    /// A finding of it is back, or says something else.
    Back,
}

/// Lets the lifecycle judge what a part says about presence and absence.
pub(super) async fn let_the_lifecycle_judge(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    import: &import::Model,
    part: Part,
) -> Result<(), Problem> {
    let mut concerned: BTreeMap<i64, Sight> = BTreeMap::new();
    let backend = tx.get_database_backend();
    let sql = placeholders(
        backend,
        "SELECT DISTINCT risk_id, action FROM staged_change WHERE import_id = ? AND ordinal BETWEEN ? AND ? \
         AND action IN ('return', 'attach', 'vanish') AND risk_id IS NOT NULL",
    );
    let values = [import.id.into(), part.from.into(), part.to.into()];
    for row in tx.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await? {
        let action: String = row.try_get_by_index(1)?;
        let sight = match action.as_str() {
            status::VANISH => Sight::Gone,
            status::ATTACH => Sight::SeenBySomebodyElse,
            _ => Sight::Back,
        };
        // Where one finding of a risk is back and another is gone, the risk is there.
        let known = concerned.entry(row.try_get_by_index(0)?).or_insert(sight);
        *known = sight.max(*known);
    }
    let ids: Vec<i64> = concerned.keys().copied().collect();
    for batch in ids.chunks(BATCH) {
        let live = live(tx, batch).await?;
        let risks = risk::Entity::find()
            .filter(risk::Column::Id.is_in(batch.iter().copied()))
            .order_by_asc(risk::Column::Id)
            .all(tx)
            .await?;
        let mut changes = Vec::new();
        for risk in risks {
            let change = match concerned.get(&risk.id).copied() {
                Some(Sight::Gone) | None if live.contains(&risk.id) => None,
                Some(Sight::Gone) | None => is_gone(tx, occasion, import, risk).await?,
                Some(sight) => came_back(tx, occasion, import, risk, sight).await?,
            };
            changes.extend(change.map(|mut change| {
                change.event.data.insert("import".to_owned(), import.id.into());
                change
            }));
        }
        record::record(tx, occasion, changes).await?;
    }
    Ok(())
}

/// The risks that some source still sees.
async fn live(tx: &DatabaseTransaction, risk_ids: &[i64]) -> Result<BTreeSet<i64>, Problem> {
    let ids: Vec<Option<i64>> = finding::Entity::find()
        .select_only()
        .column(finding::Column::RiskId)
        .filter(finding::Column::RiskId.is_in(risk_ids.iter().copied()))
        .filter(finding::Column::LostImportId.is_null())
        .distinct()
        .into_tuple()
        .all(tx)
        .await?;
    Ok(ids.into_iter().flatten().collect())
}

async fn came_back(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    import: &import::Model,
    risk: risk::Model,
    sight: Sight,
) -> Result<Option<Change>, Problem> {
    let (event, proof) = match (risk.state, risk.resolution) {
        (State::Closed, Some(Resolution::Withdrawn)) => {
            return Ok(Some(back_to_life(occasion, import, risk)?));
        }
        // That one more source sees it says nothing against the judgement.
        (State::Closed, Some(resolution)) if resolution.is_dismissal() && sight < Sight::Back => {
            return Ok(None);
        }
        (State::Closed, Some(resolution)) if resolution.is_dismissal() => {
            (Event::Challenge, Proof::MaterialChange)
        }
        // Whoever carries it now is asked at its review.
        (State::Closed, Some(Resolution::Transferred)) => return Ok(None),
        (State::Closed, _) => (Event::Reopen, Proof::Redetected { at: import.scanned_at }),
        (State::Verification, _) => (Event::VerifyFail, Proof::Redetected { at: import.scanned_at }),
        _ => return Ok(None),
    };
    judge(tx, occasion, risk, event, Given::default(), proof).await
}

/// What it means for a risk that no source sees it any more.
pub(super) async fn is_gone(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    import: &import::Model,
    risk: risk::Model,
) -> Result<Option<Change>, Problem> {
    if risk.state == State::Verification {
        return looks_fixed(tx, occasion, import, risk).await;
    }
    let absence = Proof::Absence { scan: import.id };
    let vanished = Given { resolution: Some(Resolution::Vanished), ..Given::default() };
    let (event, given, proof) = match risk.state {
        State::New => (Event::AutoClose, vanished, absence),
        State::Open | State::InProgress | State::Blocked | State::Accepted => {
            (Event::ClaimFixed, Given::default(), absence)
        }
        // In triage a person is at it, who sees the absence; what is closed stays closed.
        State::Triage | State::Verification | State::Closed => return Ok(None),
    };
    judge(tx, occasion, risk, event, given, proof).await
}

/// A clean scan verifies a claimed fix up to medium; above that it is put beside the claim, for the person who decides.
async fn looks_fixed(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    import: &import::Model,
    risk: risk::Model,
) -> Result<Option<Change>, Problem> {
    let proof = Proof::CleanScan { scan: import.id, at: import.scanned_at };
    let verified = judge(tx, occasion, risk.clone(), Event::VerifyPass, Given::default(), proof).await?;
    if verified.is_some() || risk.level <= Level::Medium {
        return Ok(verified);
    }
    let mut change = Change::of(risk, NewEvent::plain("evidence_added", occasion.now))?;
    let newer = change.before.claimed_at.is_some_and(|claimed_at| import.scanned_at > claimed_at);
    let standing = &change.standing;
    if !newer || standing.clean_scan.is_some() || standing.claimed_by_scan == Some(import.id) {
        return Ok(None);
    }
    let title = format!("Clean scan: {} no longer sees it", import.tool_name);
    change.evidence.push(NewEvidence::scan(&title, import.id));
    change.standing.clean_scan = Some(import.id);
    change.event.data.insert("title".to_owned(), title.into());
    Ok(Some(change))
}

async fn judge(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: risk::Model,
    event: Event,
    given: Given,
    proof: Proof,
) -> Result<Option<Change>, Problem> {
    let requester = Requester::system(Party::Scan, Via::Import);
    let asked = Asked { event, given, proofs: vec![proof], at: None };
    judged(step::plan(tx, occasion, risk, &requester, asked).await)
}

/// A refusal is an answer: the risk stays as it is.
fn judged(planned: Result<Change, Problem>) -> Result<Option<Change>, Problem> {
    match planned {
        Ok(change) => Ok(Some(change)),
        Err(problem) if matches!(problem.kind(), Kind::Conflict | Kind::Forbidden | Kind::Invalid) => {
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}

/// A risk whose import was undone, seen again: it is new.
fn back_to_life(
    occasion: &Occasion<'_>,
    import: &import::Model,
    risk: risk::Model,
) -> Result<Change, Problem> {
    let mut change = Change::of(risk, NewEvent::plain("revived", occasion.now))?;
    let facts = standing::facts(&change.before, &change.standing, false);
    standing::write(&revive(&facts), &mut change.set, &mut change.standing);
    change.event.clock = vec![(import.received_at.max(change.before.updated_at), Happening::TriageRestarted)];
    Ok(change)
}
