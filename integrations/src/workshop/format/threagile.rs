//! Threagile's `risks.json`: the risks that its rules found in a model.

use serde_json::{Value, json};

use super::super::document::read_document;
use super::super::fields::{Fields, Mistakes};
use super::super::model::{Position, Workshop, WorkshopError, WorkshopRisk};
use super::super::parts::Parts;
use super::super::words::{self, one_line, plain, spoken, without_html};
use super::super::{Format, Start};
use crate::scanner::{Certainty, ReadSeek, Root};

pub(crate) struct Threagile;

/// Which property Threagile's own rules see broken, by STRIDE's first letters; rules that are not here have none.
const CATEGORIES: &[(&str, &str)] = &[
    ("accidental-secret-leak", "i"),
    ("code-backdooring", "t"),
    ("container-baseimage-backdooring", "t"),
    ("container-platform-escape", "e"),
    ("cross-site-request-forgery", "s"),
    ("cross-site-scripting", "t"),
    ("dos-risky-access-across-trust-boundary", "d"),
    ("incomplete-model", "i"),
    ("ldap-injection", "t"),
    ("missing-authentication", "e"),
    ("missing-authentication-second-factor", "e"),
    ("missing-build-infrastructure", "t"),
    ("missing-cloud-hardening", "t"),
    ("missing-file-validation", "s"),
    ("missing-hardening", "t"),
    ("missing-identity-propagation", "e"),
    ("missing-identity-provider-isolation", "e"),
    ("missing-identity-store", "s"),
    ("missing-network-segmentation", "e"),
    ("missing-vault", "i"),
    ("missing-vault-isolation", "e"),
    ("missing-waf", "t"),
    ("mixed-targets-on-shared-runtime", "e"),
    ("path-traversal", "i"),
    ("push-instead-of-pull-deployment", "t"),
    ("search-query-injection", "t"),
    ("server-side-request-forgery", "i"),
    ("service-registry-poisoning", "s"),
    ("sql-nosql-injection", "t"),
    ("unchecked-deployment", "t"),
    ("unencrypted-asset", "i"),
    ("unencrypted-communication", "i"),
    ("unguarded-access-from-internet", "e"),
    ("unguarded-direct-datastore-access", "e"),
    ("untrusted-deserialization", "t"),
    ("wrong-communication-link-content", "i"),
    ("wrong-trust-boundary-content", "e"),
    ("xml-external-entity", "i"),
];

impl Format for Threagile {
    fn name(&self) -> &'static str {
        "threagile"
    }

    fn title(&self) -> &'static str {
        "Threagile risks.json"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        if start.head.root() != Root::Array {
            return Certainty::No;
        }
        if start.head.has("synthetic_id") {
            return Certainty::Certain;
        }
        // Without any risk it is an empty list, which other tools write as well.
        let empty = start.text.split_whitespace().collect::<String>() == "[]";
        if empty { Certainty::Likely } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        // Its root is a list; under a name, each risk has a path that can be told.
        let document = json!({ "risks": read_document(file)? });
        let mut mistakes = Mistakes::default();
        let root = Fields::new(String::new(), &document, &mut mistakes);
        let mut parts = Parts::new(String::new(), "system", &["Threagile"]);
        let risks: Vec<_> = root.list("risks", &mut mistakes).collect();
        for (path, risk) in risks {
            let fields = Fields::new(path, risk, &mut mistakes);
            let category = fields.loose_text("category", &mut mistakes);
            let mut risk = read_risk(&fields, &category, &mut mistakes);
            risk.id = fields.text("synthetic_id", &mut mistakes);
            risk.assets = vec![parts.asset(&place(&fields, &mut mistakes), |_| {})];
            set_status(&mut risk, &fields, "risk_status", &mut mistakes);
            parts.risk(risk, "");
        }
        mistakes.unless_any(parts.workshop)
    }
}

/// What a risk says, besides its id, its place and how it stands.
pub(super) fn read_risk(fields: &Fields<'_>, category: &str, mistakes: &mut Mistakes) -> WorkshopRisk {
    let severity_text = fields.loose_text("severity", mistakes);
    let severity = if severity_text.is_empty() { Some("medium") } else { words::level(&severity_text) };
    if severity.is_none() {
        mistakes.add(
            fields.path("severity"),
            format!("{severity_text:?} is not known; use low, medium, elevated, high or critical"),
        );
    }
    let likelihood = on_scale(fields, "exploitation_likelihood", LIKELIHOODS, mistakes);
    let impact = on_scale(fields, "exploitation_impact", IMPACTS, mistakes);
    let severity = severity.unwrap_or_default();
    let inherent = match (likelihood, impact) {
        (Some(likelihood), Some(impact)) => Position { likelihood, impact },
        _ => words::position_of(severity),
    };
    let mut title = without_html(&fields.optional_text("title", mistakes));
    if title.is_empty() {
        title = spoken(category);
    }
    let mut description = vec![spoken(category)];
    for name in ["risk_explanation", "rating_explanation"] {
        match fields.get(name) {
            Some(Value::Array(_)) => {
                description.extend(fields.texts(name, mistakes).iter().map(|text| without_html(text)));
            }
            _ => description.push(without_html(&fields.optional_text(name, mistakes))),
        }
    }
    description.retain(|part| !part.is_empty());
    let stride = CATEGORIES.iter().find(|(known, _)| *known == category).map(|(_, letter)| *letter);
    WorkshopRisk {
        title,
        description: description.join("\n\n"),
        stride: stride.and_then(words::stride).map(str::to_owned).into_iter().collect(),
        inherent,
        needs_rating: likelihood.is_none() || impact.is_none(),
        severity: severity.to_owned(),
        treatment: "modify".to_owned(),
        ..WorkshopRisk::default()
    }
}

const LIKELIHOODS: &[(&str, u8)] = &[("unlikely", 2), ("likely", 3), ("very likely", 4), ("frequent", 5)];
const IMPACTS: &[(&str, u8)] = &[("low", 2), ("medium", 3), ("high", 4), ("very high", 5)];

fn on_scale(fields: &Fields<'_>, name: &str, scale: &[(&str, u8)], mistakes: &mut Mistakes) -> Option<u8> {
    let text = fields.loose_text(name, mistakes);
    let found = scale.iter().find(|(word, _)| *word == plain(&text)).map(|(_, place)| *place);
    if found.is_none() && !text.is_empty() {
        let known: Vec<_> = scale.iter().map(|(word, _)| word.replace(' ', "-")).collect();
        mistakes.add(fields.path(name), format!("{text:?} is not known; use one of {}", known.join(", ")));
    }
    found
}

/// The part of the model that a risk is about, the technical asset first.
pub(super) fn place(fields: &Fields<'_>, mistakes: &mut Mistakes) -> String {
    for name in [
        "most_relevant_technical_asset",
        "most_relevant_data_asset",
        "most_relevant_shared_runtime",
        "most_relevant_trust_boundary",
        "most_relevant_communication_link",
    ] {
        let place = fields.optional_text(name, mistakes);
        if !place.is_empty() {
            return one_line(&place);
        }
    }
    "Model".to_owned()
}

/// Writes how the file says that the risk stands.
pub(super) fn set_status(risk: &mut WorkshopRisk, fields: &Fields<'_>, name: &str, mistakes: &mut Mistakes) {
    let text = fields.loose_text(name, mistakes);
    let status = words::status(&text).unwrap_or_else(|| {
        mistakes.add(fields.path(name), format!("{text:?} is no status of Threagile"));
        "open"
    });
    status.clone_into(&mut risk.status);
    words::treatment_of(status).clone_into(&mut risk.treatment);
    if status != "open" {
        risk.status_note = text;
    }
}
