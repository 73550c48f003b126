//! Rules. Who may call.

/// SNS, and API destinations of EventBridge.
pub(super) const AWS: &str = "aws";
/// Datadog's webhook integration.
pub(super) const DATADOG: &str = "datadog";
/// Anybody with the secret.
pub(super) const GENERIC: &str = "generic";

/// All of them.
pub(super) const ALL: &[&str] = &[AWS, DATADOG, GENERIC];
