//! Rules. What the names of columns mean.

/// A field of a risk that a column can hold: its name, its name for people, and the names of columns it is guessed by.
type Field = (&'static str, &'static str, &'static [&'static str]);

/// The fields, the most important first.
pub const FIELDS: &[Field] = &[
    (
        "title",
        "Title",
        &[
            "risk",
            "title",
            "threat",
            "name",
            "summary",
            "risk title",
            "threat title",
            "risk name",
            "risk statement",
            "issue",
            "finding",
        ],
    ),
    (
        "id",
        "Id",
        &["id", "key", "no", "nr", "number", "ref", "reference", "risk id", "threat id", "risk ref"],
    ),
    ("scenario", "Scenario", &["scenario", "attack scenario", "use case", "story", "attack story"]),
    (
        "description",
        "Description",
        &[
            "description",
            "details",
            "detail",
            "risk description",
            "threat description",
            "what can go wrong",
            "consequence",
        ],
    ),
    (
        "asset",
        "Asset",
        &[
            "asset",
            "assets",
            "component",
            "system",
            "target",
            "affected asset",
            "affected assets",
            "element",
            "application",
            "service",
            "critical asset",
        ],
    ),
    (
        "stride",
        "STRIDE",
        &["stride", "stride category", "threat category", "threat type", "category", "stride lm", "type"],
    ),
    (
        "attack",
        "ATT&CK",
        &[
            "att&ck",
            "attack",
            "mitre",
            "mitre att&ck",
            "mitre attack",
            "technique",
            "techniques",
            "mitre reference",
            "ttp",
            "mitre att&ack",
        ],
    ),
    (
        "kill_chain_phase",
        "Kill chain phase",
        &["kill chain phase", "kill chain", "cyber kill chain", "phase"],
    ),
    (
        "likelihood",
        "Likelihood",
        &["likelihood", "l", "probability", "inherent likelihood", "frequency", "p"],
    ),
    ("impact", "Impact", &["impact", "i", "consequences", "inherent impact", "damage"]),
    (
        "level",
        "Level",
        &[
            "inherent risk",
            "level",
            "risk level",
            "severity",
            "rating",
            "risk rating",
            "inherent",
            "priority",
            "criticality of risk",
            "inherent level",
        ],
    ),
    ("controls", "Controls", &["controls", "control", "control ids", "planned controls"]),
    (
        "existing_controls",
        "Existing controls",
        &["existing controls", "current controls", "existing control", "controls in place"],
    ),
    (
        "mitigation",
        "Mitigation",
        &[
            "mitigation",
            "mitigations",
            "treatment plan",
            "remediation",
            "recommendation",
            "countermeasure",
            "countermeasures",
            "planned mitigation",
            "action",
            "actions",
            "measure",
            "measures",
        ],
    ),
    ("target_likelihood", "Target likelihood", &["target likelihood", "residual likelihood"]),
    ("target_impact", "Target impact", &["target impact", "residual impact"]),
    ("owner", "Owner", &["owner", "risk owner", "responsible", "accountable", "assigned to"]),
    ("treatment", "Treatment", &["treatment", "response", "risk treatment", "risk response", "strategy"]),
    ("due_on", "Due", &["due", "due date", "target date", "deadline", "due on", "by when", "eta"]),
    ("status", "Status", &["status", "state"]),
    ("cwe", "CWE", &["cwe", "cweid", "cwe id", "weakness"]),
];

/// The name of a column as it is compared: without case, marks and what stands in brackets.
pub(crate) fn plain_name(name: &str) -> String {
    let name = name.split(['(', '[']).next().unwrap_or_default();
    let kept: String = name
        .chars()
        .map(|character| if character.is_alphanumeric() || character == '&' { character } else { ' ' })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The field that a column is guessed to hold.
pub(crate) fn guess(name: &str) -> Option<&'static str> {
    let name = plain_name(name);
    FIELDS.iter().find(|(_, _, names)| names.contains(&name.as_str())).map(|(field, _, _)| *field)
}

/// The fields of a row of columns; each field once, and the column that was named first for it wins.
pub(crate) fn guess_all(columns: &[String]) -> Vec<Option<&'static str>> {
    let mut taken: Vec<(&'static str, usize, usize)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let Some(field) = guess(column) else { continue };
        let name = plain_name(column);
        let names =
            FIELDS.iter().find(|(known, _, _)| *known == field).map_or(&[][..], |(_, _, names)| *names);
        let rank = names.iter().position(|known| *known == name).unwrap_or(usize::MAX);
        match taken.iter_mut().find(|(known, _, _)| *known == field) {
            Some(entry) if rank < entry.2 => *entry = (field, place, rank),
            Some(_) => {}
            None => taken.push((field, place, rank)),
        }
    }
    (0..columns.len())
        .map(|place| taken.iter().find(|(_, taken, _)| *taken == place).map(|(field, _, _)| *field))
        .collect()
}

/// Which of these rows names the columns: the first where two names are known, else the first with two cells.
pub(crate) fn header_row<'r>(rows: impl Iterator<Item = &'r [String]> + Clone) -> Option<usize> {
    let known = |cells: &[String]| {
        cells.iter().filter(|cell| guess(cell).is_some() || super::asset::is_column(cell)).count()
    };
    rows.clone().position(|cells| known(cells) >= 2).or_else(|| {
        rows.clone().position(|cells| cells.iter().filter(|cell| !cell.trim().is_empty()).count() >= 2)
    })
}

/// How sure one can be that columns of these names describe risks of a workshop, and not the findings of a tool.
pub(crate) fn describes_risks(columns: &[String]) -> crate::scanner::Certainty {
    use crate::scanner::Certainty;
    let fields = guess_all(columns);
    let has = |field: &str| fields.contains(&Some(field));
    if !has("title") {
        return Certainty::No;
    }
    let own = ["stride", "attack", "kill_chain_phase", "scenario", "treatment", "target_likelihood"];
    if has("likelihood") && has("impact") || own.iter().filter(|field| has(field)).count() >= 2 {
        return Certainty::Certain;
    }
    if fields.iter().flatten().count() >= 2 { Certainty::Likely } else { Certainty::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_guessed_once() {
        let columns = ["No.", "Threat", "Risk", "Likelihood (1-5)", "Impact [1–5]", "MITRE ATT&CK", "Colour"];
        let columns: Vec<String> = columns.map(str::to_owned).into();
        assert_eq!(
            guess_all(&columns),
            [Some("id"), None, Some("title"), Some("likelihood"), Some("impact"), Some("attack"), None]
        );
    }

    #[test]
    fn no_name_is_guessed_for_two_fields() {
        let mut all: Vec<&str> = FIELDS.iter().flat_map(|(_, _, names)| names.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for name in all {
            assert_eq!(plain_name(name), name);
        }
    }
}
