//! What arrives at the events address.

use serde_json::Value;

use super::error::PayloadError;

/// A delivery of the Events API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventCallback {
    /// Slack checks that the address is ours: answer with the challenge.
    UrlVerification {
        /// To be sent back.
        challenge: String,
    },
    /// Something happened in the workspace.
    Event {
        /// The same for each delivery of one event.
        id: String,
        /// What Slack calls it.
        kind: String,
    },
    /// Something that this program does not know: to be answered with 200 and ignored.
    Unknown {
        /// What Slack calls it.
        kind: String,
    },
}

impl EventCallback {
    /// Reads the JSON that Slack posts.
    pub fn parse(body: &[u8]) -> Result<Self, PayloadError> {
        let payload: Value =
            serde_json::from_slice(body).map_err(|error| PayloadError::Json(error.to_string()))?;
        let text =
            |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(match payload["type"].as_str().ok_or(PayloadError::Missing("type"))? {
            "url_verification" => Self::UrlVerification { challenge: text("/challenge") },
            "event_callback" => Self::Event { id: text("/event_id"), kind: text("/event/type") },
            other => Self::Unknown { kind: other.to_owned() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_apart() {
        assert_eq!(
            EventCallback::parse(br#"{"type":"url_verification","challenge":"abc"}"#),
            Ok(EventCallback::UrlVerification { challenge: "abc".into() })
        );
        assert_eq!(
            EventCallback::parse(
                br#"{"type":"event_callback","event_id":"E1","event":{"type":"app_home_opened"}}"#
            ),
            Ok(EventCallback::Event { id: "E1".into(), kind: "app_home_opened".into() })
        );
        assert_eq!(
            EventCallback::parse(br#"{"type":"app_rate_limited"}"#),
            Ok(EventCallback::Unknown { kind: "app_rate_limited".into() })
        );
        assert!(EventCallback::parse(b"[").is_err());
    }
}
