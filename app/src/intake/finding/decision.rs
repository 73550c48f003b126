//! A person decides about a finding without a risk: it becomes one, or it is kept as it is.

use abate_entity::level::Level;
use abate_entity::{asset, finding, risk_identity};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde_json::{Value, json};

use super::finder;
use crate::access::actor::Actor;
use crate::access::right::DecideFindings;
use crate::audit_log;
use crate::feed::known::Attacked;
use crate::intake::plan_rules::Intake;
use crate::intake::{row, stage_sql};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::create::{self, NewRisk};
use crate::risk::key::RiskKey;
use crate::risk::rate::Why;
use crate::risk::rated::Source;
use crate::risk::rating::{self, Signals};
use crate::risk::record::Occasion;
use crate::state::AppState;

/// Longest title of a risk, in characters.
const TITLE: usize = 300;

/// Makes a risk of a finding, or lets it support the one that its problem has on the asset already.
///
/// # Errors
/// 409 when it supports a risk already, 422 when neither the tool nor the caller gives a severity.
pub(super) async fn make_risk(
    state: &AppState,
    actor: &Actor,
    id: i64,
    severity: Option<Level>,
) -> Result<RiskKey, Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let (found, asset) = undecided(tx, actor, id).await?;
            let identity = risk_identity::Entity::find()
                .filter(risk_identity::Column::AssetId.eq(asset.id))
                .filter(risk_identity::Column::Scheme.eq(&found.scheme))
                .filter(risk_identity::Column::Hash.eq(&found.hash))
                .one(tx)
                .await?;
            let risk_id = match identity {
                Some(identity) => identity.risk_id,
                None => create_risk(state, tx, actor, &found, &asset, severity).await?,
            };
            let row = finding::ActiveModel {
                id: Set(found.id),
                risk_id: Set(Some(risk_id)),
                intake: Set(Intake::Risk.as_str().to_owned()),
                decided_by: Set(None),
                ..Default::default()
            };
            row.update(tx).await?;
            // What waits to be applied was planned without this risk.
            stage_sql::attach_to_new_risk(tx, (asset.id, &found.scheme, &found.hash), risk_id).await?;
            let data = json!({ "risk": RiskKey(risk_id).to_string() });
            audit_log::add(tx, actor, "finding.make_risk", &format!("finding-{id}"), data, now).await?;
            Ok(RiskKey(risk_id))
        })
        .await
}

/// Keeps a finding without a risk, until it says something else.
///
/// # Errors
/// 409 when it supports a risk already.
pub(super) async fn keep(state: &AppState, actor: &Actor, id: i64) -> Result<(), Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let (found, _) = undecided(tx, actor, id).await?;
            let row = finding::ActiveModel {
                id: Set(found.id),
                intake: Set(Intake::Kept.as_str().to_owned()),
                decided_by: Set(Some(actor.id)),
                ..Default::default()
            };
            row.update(tx).await?;
            audit_log::add(tx, actor, "finding.keep", &format!("finding-{id}"), json!({}), now).await
        })
        .await
}

async fn undecided(
    tx: &DatabaseTransaction,
    actor: &Actor,
    id: i64,
) -> Result<(finding::Model, asset::Model), Problem> {
    let (found, asset) = finder::one(tx, &actor.scope(), id).await?;
    actor.require_in::<DecideFindings>(asset.team_id)?;
    match found.risk_id {
        None => Ok((found, asset)),
        Some(risk_id) => {
            let text = format!("This finding supports {}; decide about that.", RiskKey(risk_id));
            Err(Problem::new(Kind::Conflict, text))
        }
    }
}

async fn create_risk(
    state: &AppState,
    tx: &DatabaseTransaction,
    actor: &Actor,
    found: &finding::Model,
    asset: &asset::Model,
    severity: Option<Level>,
) -> Result<i64, Problem> {
    let severity = severity.or((!found.unknown_severity).then_some(found.severity)).ok_or_else(|| {
        Problem::invalid(
            "severity",
            "The tool gives no severity: say how bad it is, info, low, medium, high or critical.",
        )
    })?;
    let policies = Policies::load(tx).await?;
    let occasion = Occasion::by(actor, state.clock.now(), &policies);
    let mut tags = tags(found);
    // As an import would have read it.
    let cves: Vec<String> =
        tags.iter().filter(|(kind, _)| *kind == "cve").map(|(_, id)| id.clone()).collect();
    let attacked = Attacked::about(tx, cves.clone()).await?;
    let raises = attacked.raises(cves.iter().map(String::as_str), asset.internet_facing);
    tags.extend(raises.iter().map(|raise| (raise.tag_kind(), raise.tag_value())));
    let signals = Signals {
        severity,
        tier: asset.tier,
        kev_listed: !raises.is_empty(),
        internet_facing: asset.internet_facing,
        epss_percentile: None,
        shown_unreachable: false,
    };
    let rated = rating::rate(&signals, policies.grid()).map_err(Problem::internal)?;
    let text = |name: &str| found.data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let new = NewRisk {
        origin: "scanner",
        title: found.title.chars().take(TITLE).collect(),
        description: text("description"),
        mitigation: row::mitigation(
            &found.kind,
            &found.package,
            &found.package_version,
            &found.fixed_version,
        ),
        owner_id: asset.owner_id,
        inherent: Some((rated.likelihood, rated.impact)),
        why: Some(Why {
            source: Source::Scanner,
            inputs: json!({ "finding": found.id, "severity": severity, "tier": asset.tier }),
            because: rated.because,
        }),
        tags,
        import_id: Some(found.first_import_id),
        confidential: found.kind == "secret",
        ..NewRisk::default()
    };
    let risk = create::create(tx, &state.ids, &occasion, asset, new).await?;
    let identity = risk_identity::ActiveModel {
        asset_id: Set(asset.id),
        scheme: Set(found.scheme.clone()),
        hash: Set(found.hash.clone()),
        risk_id: Set(risk.id),
        because: Set("made of a finding that waited".to_owned()),
        made_by: Set(Some(actor.id)),
        created_at: Set(occasion.now),
        ..Default::default()
    };
    identity.insert(tx).await?;
    Ok(risk.id)
}

fn tags(found: &finding::Model) -> Vec<(&'static str, String)> {
    let words = |name: &str| {
        let list = found.data.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        list.into_iter().filter_map(|word| word.as_str().map(str::to_owned))
    };
    let mut tags: Vec<_> = words("ids").map(|id| ("cve", id)).collect();
    tags.extend(words("cwes").map(|cwe| ("cwe", cwe)));
    tags.extend(words("techniques").map(|id| ("technique", id)));
    if !found.package.is_empty() {
        tags.push(("package", found.package.clone()));
    }
    tags
}
