//! What was wrong with a form, for the page that it is on.

use super::badge::capitalised;
use super::form::Problems;
use crate::platform::problem::Problem;

/// The words above the form: the whole reason, or each field and what is wrong with it.
#[must_use]
pub fn problems(problem: &Problem) -> Problems {
    let items: Vec<_> = problem
        .errors()
        .iter()
        .map(|error| (capitalised(&error.field.replace('_', " ")), error.detail.clone()))
        .collect();
    let title = if items.is_empty() { problem.detail() } else { problem.title() };
    Problems { title: title.to_owned(), items }
}
