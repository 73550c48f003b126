//! What the addresses that other systems call believe.

use super::document::Document;

/// What the addresses that other systems call believe.
#[derive(Debug, Clone, Default)]
pub struct HooksConfig {
    /// Hosts besides Amazon's that may serve certificates of SNS and confirm subscriptions.
    pub aws_hosts: Vec<String>,
}

impl HooksConfig {
    pub(crate) fn read(document: &Document) -> Self {
        Self { aws_hosts: document.list("hooks.aws_hosts").map(str::to_lowercase).collect() }
    }
}
