//! Webhooks of JIRA: is it really JIRA, and which issue is it about. What a webhook says is a hint only; the
//! truth is read from the issue.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::model::account_name;

/// Why a webhook is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// No secret is configured; a signature with an empty key can be made by anybody.
    #[error("no webhook secret is set for this connection")]
    NoSecret,
    /// The signature is missing or has another form.
    #[error("the header X-Hub-Signature is missing or is not sha256=<hex>")]
    NoSignature,
    /// The signature is wrong.
    #[error("the signature does not belong to this body and secret")]
    WrongSignature,
    /// There is no token, or it has another form.
    #[error("the header Authorization is missing or is no token of an app")]
    NoToken,
    /// The token is another's, or over.
    #[error("the token was not made with this app's client secret, or is over")]
    WrongToken,
    /// The body is not a webhook's.
    #[error("the body is not a webhook of JIRA: {0}")]
    Malformed(String),
}

/// What happened, as far as JIRA says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookKind {
    /// An issue was created, changed or commented on.
    Changed,
    /// An issue was deleted.
    Deleted,
    /// Anything else.
    Other(String),
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedField {
    /// The field.
    pub field: String,
    /// The id of the value before.
    pub from: Option<String>,
    /// The id of the value after.
    pub to: Option<String>,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// What happened.
    pub kind: WebhookKind,
    /// The id of the issue.
    pub issue_id: String,
    /// Its key at that time.
    pub issue_key: String,
    /// When JIRA says it happened.
    pub at: Option<DateTime<Utc>>,
    /// The account that did it, as [`super::Account::account_id`] names it.
    pub by: Option<String>,
    /// What changed.
    pub changes: Vec<ChangedField>,
}

fn mac(secret: &[u8], body: &[u8]) -> Result<Hmac<Sha256>, WebhookError> {
    if secret.is_empty() {
        return Err(WebhookError::NoSecret);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| WebhookError::NoSecret)?;
    mac.update(body);
    Ok(mac)
}

/// The value of `X-Hub-Signature` for a body.
pub fn sign(secret: &[u8], body: &[u8]) -> Result<String, WebhookError> {
    Ok(format!("sha256={}", hex::encode(mac(secret, body)?.finalize().into_bytes())))
}

/// Checks the value of `X-Hub-Signature` against the raw bytes of the body, in constant time.
pub fn verify_signature(secret: &[u8], body: &[u8], header: Option<&str>) -> Result<(), WebhookError> {
    let mac = mac(secret, body)?;
    let given = header
        .and_then(|header| header.trim().strip_prefix("sha256="))
        .and_then(|digits| hex::decode(digits).ok())
        .ok_or(WebhookError::NoSignature)?;
    mac.verify_slice(&given).map_err(|_| WebhookError::WrongSignature)
}

/// Reads the body of a webhook whose signature is right.
pub fn parse_webhook(body: &[u8]) -> Result<WebhookEvent, WebhookError> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| WebhookError::Malformed(error.to_string()))?;
    let name =
        value["webhookEvent"].as_str().ok_or_else(|| WebhookError::Malformed("webhookEvent".to_owned()))?;
    let text =
        |value: &Value| value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|n| n.to_string()));
    let kind = match name {
        "jira:issue_created" | "jira:issue_updated" | "issue_property_set" => WebhookKind::Changed,
        "comment_created" | "comment_updated" | "comment_deleted" => WebhookKind::Changed,
        "jira:issue_deleted" => WebhookKind::Deleted,
        other => WebhookKind::Other(other.to_owned()),
    };
    let issue_id = match (text(&value["issue"]["id"]), &kind) {
        (Some(id), _) => id,
        (None, WebhookKind::Other(_)) => String::new(),
        (None, _) => return Err(WebhookError::Malformed("issue.id".to_owned())),
    };
    let changes = value["changelog"]["items"].as_array().into_iter().flatten();
    Ok(WebhookEvent {
        kind,
        issue_id,
        issue_key: text(&value["issue"]["key"]).unwrap_or_default(),
        at: value["timestamp"].as_i64().and_then(DateTime::from_timestamp_millis),
        by: account_name(&value["user"]),
        changes: changes
            .filter_map(|item| {
                let field = text(&item["fieldId"]).or_else(|| text(&item["field"]))?;
                Some(ChangedField { field, from: text(&item["from"]), to: text(&item["to"]) })
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn atlassians_published_vector_verifies() {
        let digest = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
        let (secret, body) = (b"It's a Secret to Everybody", b"Hello World!");
        assert_eq!(sign(secret, body), Ok(format!("sha256={digest}")));
        assert_eq!(verify_signature(secret, body, Some(&format!("sha256={digest}"))), Ok(()));
    }

    #[test]
    fn an_empty_secret_never_verifies() {
        let mac = Hmac::<Sha256>::new_from_slice(b"").expect("a key of any length");
        let header = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(verify_signature(b"", b"", Some(&header)), Err(WebhookError::NoSecret));
    }

    #[test]
    fn a_missing_or_strange_header_is_refused() {
        for header in [None, Some(""), Some("sha256="), Some("sha256=zz"), Some("sha1=00"), Some("00")] {
            assert!(verify_signature(b"s", b"b", header).is_err(), "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn a_signature_fits_its_body_and_secret_only(
            secret in prop::collection::vec(any::<u8>(), 1..40),
            body in prop::collection::vec(any::<u8>(), 0..80),
            at in any::<prop::sample::Index>(),
        ) {
            let header = sign(&secret, &body).expect("a secret");
            prop_assert_eq!(verify_signature(&secret, &body, Some(&header)), Ok(()));
            let mut other = body.clone();
            other.push(0);
            prop_assert_eq!(verify_signature(&secret, &other, Some(&header)), Err(WebhookError::WrongSignature));
            let mut key = secret.clone();
            let index = at.index(key.len());
            key[index] ^= 1;
            prop_assert_eq!(verify_signature(&key, &body, Some(&header)), Err(WebhookError::WrongSignature));
        }

        #[test]
        fn no_body_breaks_the_reader(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_webhook(&body);
        }
    }

    #[test]
    fn a_change_of_status_is_read() {
        let body = json!({
            "timestamp": 1_795_219_200_000_i64, "webhookEvent": "jira:issue_updated",
            "user": { "accountId": "a-1" }, "issue": { "id": "20001", "key": "SEC-1" },
            "changelog": { "items": [{ "field": "status", "fieldId": "status", "from": "3", "to": "10002" }] }
        });
        let event = parse_webhook(body.to_string().as_bytes()).expect("an event");
        assert_eq!(
            (event.kind, event.issue_id.as_str(), event.issue_key.as_str()),
            (WebhookKind::Changed, "20001", "SEC-1")
        );
        assert_eq!(event.changes[0].to.as_deref(), Some("10002"));
        assert_eq!(event.by.as_deref(), Some("a-1"));
    }

    #[test]
    fn a_user_of_data_center_is_known_by_name() {
        let body = json!({
            "webhookEvent": "jira:issue_updated", "issue": { "id": "20001", "key": "SEC-1" },
            "user": { "name": "ana", "key": "JIRAUSER10100", "displayName": "Ana" }
        });
        let event = parse_webhook(body.to_string().as_bytes()).expect("an event");
        assert_eq!(event.by.as_deref(), Some("ana"));
    }

    #[test]
    fn an_event_about_no_issue_is_taken_and_one_that_should_have_an_issue_is_not() {
        assert!(parse_webhook(br#"{"webhookEvent":"user_created"}"#).is_ok());
        assert!(parse_webhook(br#"{"webhookEvent":"jira:issue_updated"}"#).is_err());
    }
}
