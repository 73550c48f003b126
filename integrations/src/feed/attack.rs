//! Techniques of MITRE ATT&CK Enterprise: ids, names and tactics of one version, and what became of former ids.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The version of the table.
pub const VERSION: &str = "19.1";

const TECHNIQUES: &str = include_str!("../../data/attack_techniques.csv");
const FORMER_IDS: &str = include_str!("../../data/attack_former_ids.csv");

/// The tactics in their order: id and name.
pub const TACTICS: [(&str, &str); 15] = [
    ("TA0043", "Reconnaissance"),
    ("TA0042", "Resource Development"),
    ("TA0001", "Initial Access"),
    ("TA0002", "Execution"),
    ("TA0003", "Persistence"),
    ("TA0004", "Privilege Escalation"),
    ("TA0005", "Stealth"),
    ("TA0112", "Defense Impairment"),
    ("TA0006", "Credential Access"),
    ("TA0007", "Discovery"),
    ("TA0008", "Lateral Movement"),
    ("TA0009", "Collection"),
    ("TA0011", "Command and Control"),
    ("TA0010", "Exfiltration"),
    ("TA0040", "Impact"),
];

/// A technique or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// `T1110` or `T1110.004`.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// The tactics it serves, by name.
    pub tactics: Vec<&'static str>,
}

/// What an id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// A technique of this version.
    Current(&'static Technique),
    /// A former id of a technique of this version.
    Renamed {
        /// The id as it is now.
        to: &'static Technique,
    },
    /// A technique that ended without a successor.
    Retired {
        /// What it was called.
        name: &'static str,
    },
}

/// An id that no version has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no technique of ATT&CK Enterprise {VERSION}; write an id such as T1110 or T1110.004")]
pub struct UnknownTechnique {
    /// What was given.
    pub given: String,
}

struct Table {
    techniques: HashMap<&'static str, Technique>,
    former: HashMap<&'static str, (&'static str, &'static str)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
    techniques: rows(TECHNIQUES)
        .map(|(id, name, tactics)| {
            let tactics = tactics.split(' ').filter_map(tactic).collect();
            (id, Technique { id, name, tactics })
        })
        .collect(),
    former: rows(FORMER_IDS).map(|(id, name, now)| (id, (name, now))).collect(),
});

/// The rows of a table of three columns, the middle one quoted where it holds commas.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    table.lines().filter(|line| line.starts_with('T')).filter_map(|line| {
        let (id, rest) = line.split_once(',')?;
        let (name, last) = rest.rsplit_once(',')?;
        Some((id, name.trim_matches('"'), last))
    })
}

fn tactic(id: &str) -> Option<&'static str> {
    TACTICS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// The technique of this version that has the id.
#[must_use]
pub fn technique(id: &str) -> Option<&'static Technique> {
    TABLE.techniques.get(id)
}

/// What an id stands for that somebody wrote, in whatever case.
///
/// # Errors
/// When no version has it.
pub fn resolve(given: &str) -> Result<Resolved, UnknownTechnique> {
    let id = given.trim().to_uppercase();
    if let Some(technique) = technique(&id) {
        return Ok(Resolved::Current(technique));
    }
    let Some((name, now)) = TABLE.former.get(id.as_str()) else {
        return Err(UnknownTechnique { given: given.trim().chars().take(50).collect() });
    };
    Ok(technique(now).map_or(Resolved::Retired { name }, |to| Resolved::Renamed { to }))
}

/// The id under which a technique is known now; its own where it ended without a successor, none where no version
/// has it.
#[must_use]
pub fn current_id(given: &str) -> Option<String> {
    match resolve(given).ok()? {
        Resolved::Current(technique) | Resolved::Renamed { to: technique } => Some(technique.id.to_owned()),
        Resolved::Retired { .. } => Some(given.trim().to_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(TABLE.techniques.len(), 697);
        let parts = TABLE.techniques.keys().filter(|id| id.contains('.')).count();
        assert_eq!((TABLE.techniques.len() - parts, parts), (222, 475));
        for technique in TABLE.techniques.values() {
            assert!(!technique.name.is_empty() && !technique.tactics.is_empty(), "{technique:?}");
        }
        let of = |tactic: &str| {
            let all = TABLE.techniques.values().filter(|technique| technique.tactics.contains(&tactic));
            let (parts, whole): (Vec<_>, Vec<_>) = all.partition(|technique| technique.id.contains('.'));
            (whole.len(), parts.len())
        };
        assert_eq!(of("Stealth"), (30, 118));
        assert_eq!(of("Defense Impairment"), (18, 38));
        assert_eq!(of("Impact"), (15, 18));
        for (id, (name, now)) in &TABLE.former {
            assert!(technique(id).is_none() && !name.is_empty(), "{id}");
            assert!(now.is_empty() || technique(now).is_some(), "{id} leads to {now}");
        }
    }

    #[test]
    fn former_ids_lead_to_those_of_today() {
        let now = |given: &str| match resolve(given) {
            Ok(Resolved::Renamed { to }) => to.id,
            other => panic!("{given}: {other:?}"),
        };
        assert_eq!(now("T1562.008"), "T1685.002");
        assert_eq!(now("t1070.001"), "T1685.005");
        assert_eq!(now("T1086"), "T1059.001");
        assert_eq!(resolve("T1562.006"), Ok(Resolved::Retired { name: "Indicator Blocking" }));
        assert!(
            matches!(resolve(" t1110.004 "), Ok(Resolved::Current(found)) if found.name == "Credential Stuffing")
        );
    }

    #[test]
    fn what_no_version_has_is_refused() {
        for given in ["", "T9999", "T1110.999", "TA0001", "phishing"] {
            assert!(resolve(given).unwrap_err().to_string().contains("no technique"), "{given}");
        }
    }
}
