//! Techniques of ATT&CK as a risk keeps them: under the id that they have now, whatever version they were written in.

use abate_integrations::feed::attack;
use serde::Serialize;

use crate::platform::problem::Problem;

/// A technique of ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TechniqueView {
    /// `T1110` or `T1110.004`.
    pub id: String,
    /// What it is called; empty for an id that no version has.
    pub name: String,
    /// The tactics that it serves.
    pub tactics: Vec<String>,
}

impl TechniqueView {
    /// What is known of an id that a risk keeps.
    #[must_use]
    pub fn of(id: &str) -> Self {
        let (name, tactics) = match attack::resolve(id) {
            Ok(attack::Resolved::Current(known) | attack::Resolved::Renamed { to: known }) => {
                (known.name, known.tactics.iter().map(|tactic| (*tactic).to_owned()).collect())
            }
            Ok(attack::Resolved::Retired { name }) => (name, Vec::new()),
            Err(_) => ("", Vec::new()),
        };
        Self { id: id.to_owned(), name: name.to_owned(), tactics }
    }

    /// Name and tactics in one line.
    #[must_use]
    pub fn note(&self) -> String {
        if self.tactics.is_empty() {
            return self.name.clone();
        }
        format!("{} ({})", self.name, self.tactics.join(", "))
    }
}

/// The ids that these have now, each once.
///
/// # Errors
/// 422 naming `field` for an id that no version has.
pub fn resolved(field: &str, given: &[String]) -> Result<Vec<String>, Problem> {
    let mut ids = Vec::new();
    for id in given {
        let Some(id) = attack::current_id(id) else {
            let text = attack::resolve(id).err().map(|error| format!("{error}.")).unwrap_or_default();
            return Err(Problem::invalid(field, text));
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The ids under which risks may have a technique that somebody asks for.
#[must_use]
pub fn asked(given: &str) -> Vec<String> {
    let given = given.trim().to_uppercase();
    let now = attack::current_id(&given).filter(|now| *now != given);
    now.into_iter().chain([given]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_ids_are_kept_as_they_are_now() {
        let given = ["t1562.008", " T1685.002 ", "T1110"].map(str::to_owned);
        assert_eq!(resolved("techniques", &given).unwrap(), ["T1685.002", "T1110"]);
        assert_eq!(asked("t1562.008"), ["T1685.002", "T1562.008"]);
        assert_eq!(asked("T1110"), ["T1110"]);
    }

    #[test]
    fn an_unknown_id_is_refused_by_its_field() {
        let problem = resolved("techniques", &["T1110".to_owned(), "T9999".to_owned()]).unwrap_err();
        assert_eq!(problem.errors()[0].field, "techniques");
        assert!(problem.errors()[0].detail.contains("T9999"));
    }

    #[test]
    fn a_technique_says_its_name_and_tactics() {
        let view = TechniqueView::of("T1110.004");
        assert_eq!(view.note(), "Credential Stuffing (Credential Access)");
        assert_eq!(TechniqueView::of("T9999").note(), "");
    }
}
