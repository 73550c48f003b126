//! The questions that help people to find risks while a workshop is held.

use serde::{Deserialize, Serialize};

use crate::platform::problem::Problem;

/// The questions, as data.
const PROMPTS: &str = include_str!("prompts.json");

/// A question whose "no" is a risk.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(super) struct Prompt {
    /// Its name in answers.
    pub(super) id: String,
    /// The list it belongs to.
    pub(super) list: String,
    /// What to ask.
    pub(super) question: String,
    /// The risk that a "no" says there is.
    pub(super) risk: String,
    /// The STRIDE categories of that risk.
    pub(super) stride: Vec<String>,
}

/// All questions.
///
/// # Errors
/// Never: the file is part of the program.
pub(super) fn all() -> Result<Vec<Prompt>, Problem> {
    serde_json::from_str(PROMPTS).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use abate_integrations::workshop::STRIDE_CATEGORIES;

    use super::*;

    #[test]
    fn each_question_has_a_name_of_its_own_and_known_categories() {
        let prompts = all().unwrap();
        for prompt in &prompts {
            assert_eq!(prompts.iter().filter(|other| other.id == prompt.id).count(), 1, "{}", prompt.id);
            assert!(
                prompt.stride.iter().all(|word| STRIDE_CATEGORIES.contains(&word.as_str())),
                "{}",
                prompt.id
            );
            assert!(prompt.question.ends_with('?') && !prompt.risk.is_empty(), "{}", prompt.id);
        }
    }
}
