//! What audits against a standard found. There are none yet; the header stands so that the form of a pack stays.

use super::Section;

pub(super) const SECTION: Section = Section {
    name: "audit_results",
    about: "verdicts of audits against a standard",
    columns: &["audit", "standard", "asset", "requirement", "verdict", "by", "at", "evidence"],
    write: |_, _| Box::pin(async { Ok(()) }),
};
