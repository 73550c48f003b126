//! Rules. The frame around each page: bar, navigation, who is signed in, messages, the demo's extras.

use crate::page::static_file::StaticFiles;

/// A part of the product that the bar leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What is late, and why.
    Dashboard,
    /// The register of risks.
    Risks,
    /// Threat-modelling sessions.
    Workshops,
    /// Reports taken in.
    Imports,
    /// Recurring obligations.
    Cadences,
    /// What is at risk.
    Assets,
    /// A page outside of the bar: sign-in, settings, an error.
    Elsewhere,
}

impl Section {
    /// Label and address of each entry of the bar, in its order.
    const BAR: [(Self, &'static str, &'static str); 6] = [
        (Self::Dashboard, "Dashboard", "/"),
        (Self::Risks, "Risks", "/risks"),
        (Self::Workshops, "Workshops", "/workshops"),
        (Self::Imports, "Imports", "/imports"),
        (Self::Cadences, "Cadences", "/cadences"),
        (Self::Assets, "Assets", "/assets"),
    ];
}

/// One entry of the bar.
#[derive(Debug, Clone, Copy)]
pub struct NavigationItem {
    /// What it says.
    pub label: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// Whether this page is in that part.
    pub current: bool,
}

/// The person who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their roles in words.
    pub roles: String,
}

impl SignedIn {
    /// Up to two letters that stand for the name.
    pub fn initials(&self) -> String {
        let mut words = self.name.split_whitespace();
        let first = words.next().and_then(|word| word.chars().next());
        let last = words.last().and_then(|word| word.chars().next());
        first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }
}

/// A message about what just happened, shown once above the page.
#[derive(Debug, Clone)]
pub struct Flash {
    /// `good`, `bad` or `plain`.
    pub tone: &'static str,
    /// The message.
    pub text: String,
}

/// Somebody whom a visitor of the demo can be.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What the form sends.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they may do, in two or three words.
    pub role: String,
    /// Whether the visitor is them now.
    pub current: bool,
}

/// One step of the tour through the demo.
#[derive(Debug, Clone)]
pub struct Step {
    /// What to do.
    pub title: String,
    /// What to look at.
    pub hint: String,
    /// Where to do it.
    pub href: String,
    /// Whether it is done.
    pub done: bool,
    /// Whether it is the next one.
    pub current: bool,
}

/// What the demo adds to each page.
#[derive(Debug, Clone, Default)]
pub struct DemoBar {
    /// Where the identity buttons are sent.
    pub action: String,
    /// Whom the visitor can be.
    pub identities: Vec<Identity>,
    /// Windows of the sandbox: label and address.
    pub links: Vec<(String, String)>,
    /// The tour.
    pub steps: Vec<Step>,
}

/// The frame of one page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Title of the window.
    pub title: String,
    /// The bar; empty while nobody is signed in.
    pub navigation: Vec<NavigationItem>,
    /// Who is signed in.
    pub user: Option<SignedIn>,
    /// Further places that this person may go to: label and address.
    pub places: Vec<(&'static str, &'static str)>,
    /// The token that each form sends back.
    pub csrf: String,
    /// Messages to show.
    pub flashes: Vec<Flash>,
    /// The demo's extras, in `abate demo` only.
    pub demo: Option<DemoBar>,
    /// What the search box holds.
    pub query: String,
    /// Path and query of this page, so that a form can lead back to it.
    pub here: String,
    /// Addresses of stylesheet, script and icon.
    pub files: StaticFiles,
}

impl Frame {
    /// The frame for somebody who is signed in.
    pub fn signed_in(
        title: impl Into<String>,
        section: Section,
        user: SignedIn,
        csrf: impl Into<String>,
        here: impl Into<String>,
    ) -> Self {
        let navigation = Section::BAR
            .into_iter()
            .map(|(entry, label, href)| NavigationItem { label, href, current: entry == section })
            .collect();
        Self { navigation, user: Some(user), ..Self::anonymous(title, csrf, here) }
    }

    /// The frame for a visitor who has not signed in.
    pub fn anonymous(title: impl Into<String>, csrf: impl Into<String>, here: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            navigation: Vec::new(),
            user: None,
            places: Vec::new(),
            csrf: csrf.into(),
            flashes: Vec::new(),
            demo: None,
            query: String::new(),
            here: here.into(),
            files: StaticFiles::addresses(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn initials(name: &str) -> String {
        SignedIn { name: name.into(), email: String::new(), roles: String::new() }.initials()
    }

    #[test]
    fn initials_are_first_and_last() {
        assert_eq!(initials("Priya Raman"), "PR");
        assert_eq!(initials("ada maria lovelace"), "AL");
        assert_eq!(initials("Ola"), "O");
        assert_eq!(initials("  "), "");
    }

    #[test]
    fn the_bar_marks_one_section() {
        let user = SignedIn { name: "A".into(), email: "a@b".into(), roles: String::new() };
        let frame = Frame::signed_in("Risks", Section::Risks, user, "t", "/risks");
        let current: Vec<_> =
            frame.navigation.iter().filter(|item| item.current).map(|item| item.label).collect();
        assert_eq!(current, ["Risks"]);
    }
}
