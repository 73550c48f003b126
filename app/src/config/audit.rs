//! Where copies of what proves the audit log go.

use std::path::PathBuf;

use super::document::Document;

/// Where copies of what proves the audit log go.
#[derive(Debug, Clone, Default)]
pub struct AuditConfig {
    /// The file that each signed checkpoint is added to.
    pub checkpoint_file: Option<PathBuf>,
}

impl AuditConfig {
    pub(crate) fn read(document: &Document) -> Self {
        let file = document.text("audit.checkpoint_file").map(str::trim).filter(|text| !text.is_empty());
        Self { checkpoint_file: file.map(PathBuf::from) }
    }
}
