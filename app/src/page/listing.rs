//! Rules. What lists share: the head of a sortable column, pages by cursor, and what an empty list says.

use std::borrow::Borrow;

use url::form_urlencoded::Serializer;

/// The head of a column.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it says.
    pub label: String,
    /// The address that sorts by it; empty when it cannot be sorted by.
    pub href: String,
    /// `ascending`, `descending` or empty, for `aria-sort`.
    pub direction: &'static str,
}

impl Column {
    /// A column that cannot be sorted by.
    pub fn plain(label: &str) -> Self {
        Self { label: label.into(), href: String::new(), direction: "" }
    }
}

/// The way to the next part of a list.
#[derive(Debug, Clone, Default)]
pub struct Pager {
    /// What is shown, in words.
    pub summary: String,
    /// Address of the first part; empty on the first part.
    pub first: String,
    /// Address of the next part; empty on the last part.
    pub next: String,
}

/// What an empty list says: why it is empty and what to do about it.
#[derive(Debug, Clone, Default)]
pub struct Empty {
    /// Why.
    pub title: String,
    /// What to do.
    pub text: String,
    /// Buttons that do it: label and address.
    pub links: Vec<(String, String)>,
}

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The words.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

impl Link {
    /// A link.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// Whether a row of a matrix says something.
pub fn is_said(cells: &[String]) -> bool {
    cells.iter().any(|cell| !cell.is_empty())
}

/// Whether any row of a matrix says something.
pub fn says_something(rows: &[(String, Vec<String>)]) -> bool {
    rows.iter().any(|(_, cells)| is_said(cells))
}

/// Whether any row of a matrix says something in the column at that place.
pub fn is_filled(rows: &[(String, Vec<String>)], place: impl Borrow<usize>) -> bool {
    rows.iter().any(|(_, cells)| cells.get(*place.borrow()).is_some_and(|cell| !cell.is_empty()))
}

/// `path` with those parameters that say something.
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leaves_out_what_says_nothing() {
        assert_eq!(address("/risks", &[("state", ""), ("q", "a b&c")]), "/risks?q=a+b%26c");
        assert_eq!(address("/risks", &[("state", "")]), "/risks");
    }

    #[test]
    fn a_matrix_shows_the_rows_and_columns_that_say_something() {
        let row = |label: &str, cells: [&str; 2]| (label.to_owned(), cells.map(str::to_owned).to_vec());
        let rows = [row("Spoofing", ["", ""]), row("Tampering", ["", "2"])];
        assert!(says_something(&rows) && !says_something(&rows[..1]));
        assert_eq!((is_filled(&rows, 0), is_filled(&rows, 1), is_filled(&rows, 2)), (false, true, false));
        assert!(!is_said(&rows[0].1) && is_said(&rows[1].1));
    }
}
