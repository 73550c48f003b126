//! What a VEX document of somebody else would propose: which risks its statements speak of, and what is left over.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use abate_entity::lifecycle::{Resolution, VexJustification};
use abate_entity::{asset, finding, risk, risk_tag};
use abate_integrations::vex::{
    Claim, Justification, Received, Said, bare, is_package, resources, version_of,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::gather::VULNERABILITY;
use super::match_rules::{About, Candidate, Named, risks_of};
use crate::access::actor::Actor;
use crate::access::right::Import;
use crate::asset::matcher;
use crate::asset::matching::Matchers;
use crate::platform::problem::Problem;
use crate::risk::standing::Standing;
use crate::risk::vex_proposal::{VexProposal, is_news};

/// Values of one query.
const CHUNK: usize = 500;
/// What is left over, and kept by name.
const LEFT_OVER: usize = 1_000;

/// What a document would do.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What it would propose, by risk; the import is not known yet.
    pub(super) proposals: BTreeMap<i64, Planned>,
    /// Risks of which nothing new is said.
    pub(super) unchanged: i64,
    /// How many statements change nothing.
    pub(super) left_over: i64,
    /// The first of them: where they stand, what they are about, and why.
    pub(super) reasons: Vec<Value>,
    /// The assets of the risks.
    pub(super) assets: BTreeSet<i64>,
}

/// A proposal with what the plan shows of it.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) proposal: VexProposal,
    pub(super) title: String,
    pub(super) package: String,
    pub(super) product: String,
}

impl Plan {
    fn leave(&mut self, path: &str, reason: &str) {
        self.left_over += 1;
        if self.reasons.len() < LEFT_OVER {
            self.reasons.push(json!({ "path": path, "line": 0, "reason": reason }));
        }
    }
}

/// The findings that a document may speak of, by the ids of their vulnerabilities, and their risks.
struct Known {
    candidates: HashMap<String, Vec<Candidate>>,
    risks: HashMap<i64, risk::Model>,
}

/// Makes the plan, over what the sender may import for; the command line may for all.
pub(super) async fn make(
    db: &impl ConnectionTrait,
    sender: Option<&Actor>,
    asset: Option<&asset::Model>,
    received: &Received,
    now: DateTime<Utc>,
) -> Result<Plan, Problem> {
    let matchers = matcher::load(db).await?;
    let named = match asset {
        None => None,
        Some(asset) => {
            let kinds = matcher::of_asset(db, asset.id).await?;
            let has_products =
                kinds.iter().any(|(kind, _)| ["image", "repository", "purl"].contains(&kind.as_str()));
            Some(Named { id: asset.id, has_products })
        }
    };
    let known = known(db, sender, &received.statements).await?;
    let mut plan = Plan::default();
    for (path, reason) in &received.unusable {
        plan.leave(path, reason);
    }
    // What was said later counts, wherever it stands.
    let mut statements: Vec<&Said> = received.statements.iter().collect();
    statements.sort_by_key(|said| said.at);
    for said in statements {
        let leading = said.ids.first().map_or("", String::as_str);
        let found: Vec<Candidate> =
            said.ids.iter().filter_map(|id| known.candidates.get(id)).flatten().cloned().collect();
        let path = format!("{} {leading}", said.path);
        let about = about(said, &matchers);
        let risks = match risks_of(&about, named, &found) {
            Ok(risks) => risks,
            Err(reason) => {
                plan.leave(&path, &reason);
                continue;
            }
        };
        if matches!(said.claim, Claim::Affected | Claim::UnderInvestigation) {
            risks.iter().for_each(|id| drop(plan.proposals.remove(id)));
            plan.leave(&path, &format!("It says {}, which proposes nothing.", said.claim.as_str()));
            continue;
        }
        for id in risks {
            let planned = Planned {
                proposal: proposal(received, said, &about, &found, now),
                title: if about.package.is_empty() {
                    leading.to_owned()
                } else {
                    format!("{leading} in {}", about.package)
                },
                package: about.package.clone(),
                product: said.products.first().cloned().unwrap_or_default(),
            };
            plan.proposals.insert(id, planned);
        }
    }
    settle(&mut plan, &known)?;
    Ok(plan)
}

/// Takes out what is no news to its risk.
fn settle(plan: &mut Plan, known: &Known) -> Result<(), Problem> {
    for (id, planned) in std::mem::take(&mut plan.proposals) {
        let Some(risk) = known.risks.get(&id) else { continue };
        plan.assets.insert(risk.asset_id);
        if is_news(risk.state, &Standing::of(risk)?, &planned.proposal) {
            plan.proposals.insert(id, planned);
        } else {
            plan.unchanged += 1;
        }
    }
    Ok(())
}

fn about(said: &Said, matchers: &Matchers) -> About {
    let product = said.products.iter().find(|name| said.package.is_empty() && is_package(name));
    let package = product.unwrap_or(&said.package);
    let names = said.products.iter().flat_map(|name| resources(name));
    About {
        assets: names.filter_map(|name| matchers.find(&name)).map(|found| found.asset_id).collect(),
        tells_product: said.products.iter().any(|name| name.starts_with("pkg:") && !is_package(name)),
        package: bare(package),
        version: version_of(package),
        // What was mended names the version with the mending, which is not the one that was found.
        strict: said.claim != Claim::Fixed,
    }
}

fn proposal(
    received: &Received,
    said: &Said,
    about: &About,
    found: &[Candidate],
    now: DateTime<Utc>,
) -> VexProposal {
    let author = if received.author.is_empty() { "an unnamed author" } else { &received.author };
    let stated_at = said.at.unwrap_or(now);
    let (resolution, why) = match said.claim {
        Claim::FalsePositive => (Resolution::FalsePositive, None),
        Claim::NotAffected(why) => (Resolution::NotAffected, why),
        _ => (Resolution::NotAffected, Some(Justification::VulnerableCodeNotPresent)),
    };
    let justification = why.map(word);
    let mut reason = match said.at {
        Some(at) => format!("The statement of {author} of {} says {}", at.date_naive(), said.claim.as_str()),
        None => format!("The statement of {author} says {}", said.claim.as_str()),
    };
    if let (Claim::NotAffected(_), Some(word)) = (said.claim, justification) {
        reason.push_str(&format!(": {}", word.as_str()));
    }
    let versions: BTreeSet<&str> =
        found.iter().filter(|one| one.package == about.package).map(|one| one.versions[0].as_str()).collect();
    if !about.version.is_empty() && !versions.is_empty() && !versions.contains(about.version.as_str()) {
        let versions: Vec<&str> = versions.into_iter().take(3).collect();
        reason.push_str(&format!(", of version {}, while {} was found", about.version, versions.join(", ")));
    }
    reason.push('.');
    if !said.detail.is_empty() {
        reason.push_str(&format!(" {}", said.detail));
    }
    let document = if received.id.is_empty() { "A VEX document without a name" } else { &received.id };
    VexProposal {
        import: 0,
        author: author.to_owned(),
        document: document.to_owned(),
        stated_at,
        fixed: said.claim == Claim::Fixed,
        resolution,
        justification,
        reason,
        answered: false,
    }
}

const fn word(why: Justification) -> VexJustification {
    match why {
        Justification::ComponentNotPresent => VexJustification::ComponentNotPresent,
        Justification::VulnerableCodeNotPresent => VexJustification::VulnerableCodeNotPresent,
        Justification::VulnerableCodeNotInExecutePath => VexJustification::VulnerableCodeNotInExecutePath,
        Justification::VulnerableCodeCannotBeControlledByAdversary => {
            VexJustification::VulnerableCodeCannotBeControlledByAdversary
        }
        Justification::InlineMitigationsAlreadyExist => VexJustification::InlineMitigationsAlreadyExist,
    }
}

async fn known(
    db: &impl ConnectionTrait,
    sender: Option<&Actor>,
    statements: &[Said],
) -> Result<Known, Problem> {
    let ids: BTreeSet<&str> = statements.iter().flat_map(|said| &said.ids).map(String::as_str).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut named: HashMap<i64, Vec<String>> = HashMap::new();
    for some in ids.chunks(CHUNK) {
        let tags: Vec<(i64, String)> = risk_tag::Entity::find()
            .select_only()
            .columns([risk_tag::Column::RiskId, risk_tag::Column::Value])
            .filter(risk_tag::Column::Kind.eq("cve"))
            .filter(risk_tag::Column::Value.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        tags.into_iter().for_each(|(risk_id, id)| named.entry(risk_id).or_default().push(id));
    }
    let mut known = Known { candidates: HashMap::new(), risks: HashMap::new() };
    let risk_ids: Vec<i64> = named.keys().copied().collect();
    for some in risk_ids.chunks(CHUNK) {
        let risks = risk::Entity::find().filter(risk::Column::Id.is_in(some.iter().copied())).all(db).await?;
        let reached =
            |risk: &risk::Model| sender.is_none_or(|sender| sender.holds_in::<Import>(risk.team_id));
        known.risks.extend(risks.into_iter().filter(reached).map(|risk| (risk.id, risk)));
        let findings: Vec<(Option<i64>, i64, String, Value)> = finding::Entity::find()
            .select_only()
            .columns([
                finding::Column::RiskId,
                finding::Column::AssetId,
                finding::Column::PackageVersion,
                finding::Column::Data,
            ])
            .filter(finding::Column::RiskId.is_in(some.iter().copied()))
            .filter(finding::Column::Kind.eq(VULNERABILITY))
            .filter(finding::Column::LostImportId.is_null())
            .order_by_asc(finding::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        for (risk_id, asset_id, version, data) in findings {
            let Some(risk_id) = risk_id.filter(|id| known.risks.contains_key(id)) else { continue };
            let purl = data.get("purl").and_then(Value::as_str).unwrap_or_default();
            let versions = [version, version_of(purl)];
            let candidate = Candidate { risk_id, asset_id, package: bare(purl), versions };
            for id in named.get(&risk_id).into_iter().flatten() {
                known.candidates.entry(id.clone()).or_default().push(candidate.clone());
            }
        }
    }
    Ok(known)
}
