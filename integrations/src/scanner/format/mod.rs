//! One file a format, one line a format in the list.

mod pip_audit;
mod sarif;
mod trivy;

use super::Format;

/// Every format that is read, in the order in which they are named to people.
pub(super) const FORMATS: &[&dyn Format] = &[&trivy::Trivy, &sarif::Sarif, &pip_audit::PipAudit];
