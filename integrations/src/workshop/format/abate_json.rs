//! Our own workshop file, `abate-workshop/1`; `risk-workshop/1` is the same shape under an older name.

use std::collections::BTreeMap;
use std::collections::HashSet;

use serde_json::Value;

use super::super::fields::{Fields, Mistakes, each};
use super::super::model::{
    APPROACHES, AttackTechnique, Band, KILL_CHAIN_PHASES, LEVELS, Position, STATUSES, STRIDE_CATEGORIES,
    Scale, TIERS, TREATMENTS, Workshop, WorkshopAsset, WorkshopControl, WorkshopError, WorkshopRisk,
    WorkshopScenario,
};
use super::super::words::is_technique;
use super::super::{Format, Start};
use crate::scanner::{Certainty, ReadSeek, read_json};

/// The value of `schema` in a file of ours.
pub const SCHEMA: &str = "abate-workshop/1";
const SCHEMAS: &[&str] = &[SCHEMA, "risk-workshop/1"];

pub(crate) struct AbateJson;

impl Format for AbateJson {
    fn name(&self) -> &'static str {
        "workshop"
    }

    fn title(&self) -> &'static str {
        "workshop file (`\"schema\": \"abate-workshop/1\"`)"
    }

    fn recognise(&self, start: &Start<'_>) -> Certainty {
        let schema = start.head.text("schema");
        let ours = schema.starts_with("abate-workshop/") || schema.starts_with("risk-workshop/");
        if ours { Certainty::Certain } else { Certainty::No }
    }

    fn read(&self, file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
        parse(file)
    }
}

/// Reads a workshop file and checks all of it; every mistake is reported at once.
fn parse(file: &mut dyn ReadSeek) -> Result<Workshop, WorkshopError> {
    let document = read_json(file)?;
    let mut mistakes = Mistakes::default();
    let root = Fields::new(String::new(), &document, &mut mistakes);
    let schema = root.text("schema", &mut mistakes);
    if !schema.is_empty() && !SCHEMAS.contains(&schema.as_str()) {
        mistakes.add("schema", format!("{schema:?} is not read; write {SCHEMA:?}"));
    }
    let about = root.object("workshop", &mut mistakes);
    let assets = each(&root, "critical_assets", &mut mistakes, asset);
    let controls = each(&root, "controls", &mut mistakes, |fields, mistakes| WorkshopControl {
        id: fields.text("id", mistakes),
        name: fields.text("name", mistakes),
    });
    let scenarios = each(&root, "scenarios", &mut mistakes, |fields, mistakes| WorkshopScenario {
        id: fields.text("id", mistakes),
        name: fields.text("name", mistakes),
        story: fields.optional_text("story", mistakes),
    });
    let known = Known {
        assets: ids("critical_assets", assets.iter().map(|asset| &asset.id), &mut mistakes),
        controls: ids("controls", controls.iter().map(|control| &control.id), &mut mistakes),
        scenarios: ids("scenarios", scenarios.iter().map(|scenario| &scenario.id), &mut mistakes),
    };
    let risks = each(&root, "risks", &mut mistakes, |fields, mistakes| risk(fields, &known, mistakes));
    ids("risks", risks.iter().map(|risk| &risk.id), &mut mistakes);
    let held_on = about.date("held_on", &mut mistakes);
    if held_on.is_none() && about.get("held_on").is_none() {
        mistakes.add("workshop.held_on", "is missing; give the day as 2026-10-05");
    }
    let workshop = Workshop {
        title: about.text("title", &mut mistakes),
        held_on,
        duration_minutes: about
            .get("duration_minutes")
            .map_or(0, |_| about.number("duration_minutes", 1, 14_400, &mut mistakes)),
        timezone: about.text("timezone", &mut mistakes),
        approach: about.word("approach", APPROACHES, Some(""), &mut mistakes),
        attendees: about.texts("attendees", &mut mistakes),
        methods: about.texts("methods", &mut mistakes),
        attack_version: about.optional_text("attack_version", &mut mistakes),
        expected_summary: expected_summary(&about, &mut mistakes),
        scale: scale(&about, &mut mistakes),
        assets,
        controls,
        scenarios,
        risks,
        ..Workshop::default()
    };
    mistakes.unless_any(workshop)
}

/// The ids that a risk may refer to.
struct Known<'a> {
    assets: HashSet<&'a str>,
    controls: HashSet<&'a str>,
    scenarios: HashSet<&'a str>,
}

fn ids<'a>(list: &str, ids: impl Iterator<Item = &'a String>, mistakes: &mut Mistakes) -> HashSet<&'a str> {
    let mut known = HashSet::new();
    for (number, id) in ids.enumerate() {
        if !id.is_empty() && !known.insert(id.as_str()) {
            mistakes.add(format!("{list}[{number}].id"), format!("{id:?} is used twice"));
        }
    }
    known
}

fn asset(fields: &Fields<'_>, mistakes: &mut Mistakes) -> WorkshopAsset {
    let rating = |name: &str, mistakes: &mut Mistakes| {
        Some(match fields.get(name) {
            None => 3,
            Some(_) => fields.number(name, 1, 5, mistakes) as u8,
        })
    };
    let internet_facing = match fields.get("internet_facing") {
        None => false,
        Some(Value::Bool(facing)) => *facing,
        Some(_) => {
            mistakes.add(fields.path("internet_facing"), "must be true or false");
            false
        }
    };
    WorkshopAsset {
        id: fields.text("id", mistakes),
        name: fields.text("name", mistakes),
        kind: fields.optional_text("type", mistakes),
        owner: fields.optional_text("owner", mistakes),
        tier: fields.word("criticality", TIERS, Some("other"), mistakes),
        data_classes: fields.texts("data", mistakes),
        internet_facing,
        cia: [rating("c", mistakes), rating("i", mistakes), rating("a", mistakes)],
        listed: true,
    }
}

fn risk(fields: &Fields<'_>, known: &Known<'_>, mistakes: &mut Mistakes) -> WorkshopRisk {
    let scenario = fields.optional_text("scenario", mistakes);
    if !scenario.is_empty() && !known.scenarios.contains(scenario.as_str()) {
        mistakes.add(fields.path("scenario"), format!("{scenario:?} is not in scenarios"));
    }
    let assets = references(fields, "assets", &known.assets, "critical_assets", mistakes);
    if assets.is_empty() && fields.get("assets").is_none_or(|list| list.as_array().is_some_and(Vec::is_empty))
    {
        mistakes.add(fields.path("assets"), "is empty; name at least one asset, the primary one first");
    }
    let inherent = position(&fields.object("inherent", mistakes), mistakes);
    let target =
        fields.optional_object("target_residual", mistakes).map(|target| position(&target, mistakes));
    if let Some(target) = target
        && u16::from(target.likelihood) * u16::from(target.impact)
            > u16::from(inherent.likelihood) * u16::from(inherent.impact)
    {
        mistakes.add(
            fields.path("target_residual"),
            "is higher than the inherent rating; treatment cannot make a risk worse",
        );
    }
    WorkshopRisk {
        id: fields.text("id", mistakes),
        scenario,
        title: fields.text("title", mistakes),
        description: fields.optional_text("description", mistakes),
        stride: fields.words("stride", STRIDE_CATEGORIES, mistakes),
        kill_chain_phase: fields.word("kill_chain_phase", KILL_CHAIN_PHASES, Some(""), mistakes),
        assets,
        inherent,
        target,
        controls: references(fields, "controls", &known.controls, "controls", mistakes),
        mitigation: fields.optional_text("mitigation", mistakes),
        existing_controls: fields.optional_text("existing_controls", mistakes),
        owner: fields.optional_text("owner", mistakes),
        treatment: fields.word("treatment", TREATMENTS, Some("modify"), mistakes),
        due_on: fields.date("due_on", mistakes),
        attack: each(fields, "attack", mistakes, technique),
        status: fields.word("status", STATUSES, Some(""), mistakes),
        ..WorkshopRisk::default()
    }
}

fn references(
    fields: &Fields<'_>,
    name: &str,
    known: &HashSet<&str>,
    list: &str,
    mistakes: &mut Mistakes,
) -> Vec<String> {
    let references = fields.texts(name, mistakes);
    let mut seen = HashSet::new();
    for (number, id) in references.iter().enumerate() {
        if !known.contains(id.as_str()) {
            mistakes.add(format!("{}[{number}]", fields.path(name)), format!("{id:?} is not in {list}"));
        } else if !seen.insert(id.as_str()) {
            mistakes.add(format!("{}[{number}]", fields.path(name)), format!("{id:?} is named twice"));
        }
    }
    references
}

fn position(fields: &Fields<'_>, mistakes: &mut Mistakes) -> Position {
    let before = Position {
        likelihood: fields.number("likelihood", 1, 5, mistakes) as u8,
        impact: fields.number("impact", 1, 5, mistakes) as u8,
    };
    if fields.get("score").is_some() {
        let score = fields.number("score", 1, 25, mistakes);
        let product = u32::from(before.likelihood) * u32::from(before.impact);
        if score != product {
            mistakes.add(
                fields.path("score"),
                format!("{score} is not likelihood times impact, which is {product}; correct one of them"),
            );
        }
    }
    before
}

fn technique(fields: &Fields<'_>, mistakes: &mut Mistakes) -> AttackTechnique {
    let id = fields.text("id", mistakes).to_ascii_uppercase();
    if !id.is_empty() && !is_technique(&id) {
        mistakes.add(fields.path("id"), format!("{id:?} is no ATT&CK technique; write T1110 or T1110.004"));
    }
    AttackTechnique {
        id,
        name: fields.optional_text("name", mistakes),
        tactics: fields.texts("tactics", mistakes),
    }
}

fn expected_summary(about: &Fields<'_>, mistakes: &mut Mistakes) -> BTreeMap<String, u32> {
    let Some(summary) = about.optional_object("expected_summary", mistakes) else {
        return BTreeMap::new();
    };
    let stated = about.get("expected_summary").and_then(Value::as_object).into_iter().flatten();
    stated
        .filter_map(|(level, _)| {
            if LEVELS.contains(&level.as_str()) {
                return Some((level.clone(), summary.number(level, 0, 100_000, mistakes)));
            }
            mistakes.add(summary.path(level), format!("is no level; use {}", LEVELS.join(", ")));
            None
        })
        .collect()
}

fn scale(about: &Fields<'_>, mistakes: &mut Mistakes) -> Scale {
    let Some(scale) = about.optional_object("scale", mistakes) else {
        return Scale::default();
    };
    Scale {
        kind: scale.optional_text("kind", mistakes),
        likelihood: scale.texts("likelihood", mistakes),
        impact: scale.texts("impact", mistakes),
        bands: each(&scale, "bands", mistakes, |fields, mistakes| Band {
            level: fields.word("level", LEVELS, None, mistakes),
            max: fields.number("max", 1, 25, mistakes),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn example() -> Value {
        json!({
            "schema": SCHEMA,
            "workshop": { "title": "Orchard", "held_on": "2026-09-01", "timezone": "Europe/Vienna", "expected_summary": { "high": 1 }, "scale": { "kind": "5x5" } },
            "critical_assets": [{ "id": "A1", "name": "Ledger", "type": "service", "criticality": "mission_critical", "data": ["pii"] }],
            "controls": [{ "id": "C1", "name": "Throttle" }],
            "scenarios": [{ "id": "S1", "name": "Replay" }],
            "risks": [{
                "id": "X-1", "scenario": "S1", "title": "Replayed orders", "stride": ["tampering"], "kill_chain_phase": "exploitation", "assets": ["A1"],
                "inherent": { "likelihood": 4, "impact": 4, "score": 16 }, "target_residual": { "likelihood": 2, "impact": 4 }, "controls": ["C1"],
                "attack": [{ "id": "T1110.004" }]
            }]
        })
    }

    fn read(document: &Value) -> Result<Workshop, WorkshopError> {
        parse(&mut Cursor::new(document.to_string()))
    }

    fn paths(document: &Value) -> Vec<String> {
        match read(document) {
            Err(WorkshopError::Fields(errors)) => errors.into_iter().map(|error| error.path).collect(),
            other => panic!("expected wrong fields, got {other:?}"),
        }
    }

    #[test]
    fn a_good_file_is_read_whole() {
        let workshop = read(&example()).unwrap();
        assert_eq!(workshop.title, "Orchard");
        assert_eq!(workshop.risks[0].inherent, Position { likelihood: 4, impact: 4 });
        assert_eq!(workshop.risks[0].treatment, "modify");
        assert_eq!(workshop.assets[0].cia, [Some(3); 3]);
        let mut older = example();
        older["schema"] = "risk-workshop/1".into();
        assert_eq!(read(&older).unwrap(), workshop);
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_path() {
        let mut document = example();
        document["workshop"]["title"] = Value::Null;
        document["workshop"]["held_on"] = "yesterday".into();
        document["workshop"]["expected_summary"]["huge"] = 1.into();
        document["critical_assets"][0]["criticality"] = "vital".into();
        document["risks"][0]["assets"] = json!(["A9"]);
        document["risks"][0]["inherent"]["likelihood"] = 6.into();
        document["risks"][0]["stride"] = json!(["spoofing", "sniffing"]);
        document["risks"][0]["attack"][0]["id"] = "T11".into();
        let mut found = paths(&document);
        found.sort();
        // The score no longer matches either, because an unreadable likelihood counts as 1; so does the target.
        for path in [
            "critical_assets[0].criticality",
            "risks[0].assets[0]",
            "risks[0].attack[0].id",
            "risks[0].inherent.likelihood",
            "risks[0].stride[1]",
            "workshop.expected_summary.huge",
            "workshop.held_on",
            "workshop.title",
        ] {
            assert!(found.iter().any(|known| known == path), "{path} not in {found:?}");
        }
    }

    #[test]
    fn contradictions_are_mistakes() {
        let mut document = example();
        document["risks"][0]["inherent"]["score"] = 15.into();
        assert_eq!(paths(&document), ["risks[0].inherent.score"]);
        let mut document = example();
        document["risks"][0]["target_residual"] = json!({ "likelihood": 5, "impact": 5 });
        assert_eq!(paths(&document), ["risks[0].target_residual"]);
        let mut document = example();
        let twin = document["risks"][0].clone();
        document["risks"].as_array_mut().unwrap().push(twin);
        assert_eq!(paths(&document), ["risks[1].id"]);
    }

    proptest! {
        #[test]
        fn any_value_in_any_field_is_an_answer(pointer in 0..14_usize, value in 0..7_usize) {
            let pointers = ["/schema", "/workshop", "/workshop/title", "/workshop/scale", "/workshop/expected_summary", "/critical_assets", "/critical_assets/0",
                "/controls/0", "/scenarios", "/risks", "/risks/0", "/risks/0/inherent", "/risks/0/attack", "/risks/0/assets"];
            let values = [Value::Null, json!(1e300), json!(-1), json!("x"), json!([[]]), json!({"a": {}}), json!(true)];
            let mut document = example();
            *document.pointer_mut(pointers[pointer]).unwrap() = values[value].clone();
            let _ = read(&document);
        }
    }
}
