//! Pressed buttons and submitted modals as plain values.

use serde_json::Value;

use super::error::PayloadError;

/// Somebody used something that we showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// A button or a menu in a message or a modal.
    BlockActions {
        /// Who, as Slack's id.
        user: String,
        /// Opens a modal once, within three seconds.
        trigger: String,
        /// Takes answers for half an hour; empty in a modal.
        response_url: String,
        /// Where the message is.
        channel: String,
        /// Which message, if it is one that is kept.
        message: Option<String>,
        /// What was used; nearly always one.
        actions: Vec<Action>,
    },
    /// A modal was sent.
    ViewSubmission {
        /// Who, as Slack's id.
        user: String,
        /// Slack's id of the modal.
        view: String,
        /// Which form, as it was opened.
        callback: String,
        /// What the form is about, as it was opened.
        private: String,
        /// What was filled in.
        values: Vec<SubmittedValue>,
    },
    /// A modal was closed unsent.
    ViewClosed {
        /// Which form, as it was opened.
        callback: String,
    },
    /// Something that this program does not know: to be answered with 200 and ignored.
    Unknown {
        /// What Slack calls it.
        kind: String,
    },
}

/// One used button or menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The action id that it was made with.
    pub id: String,
    /// The value that it was made with, or the chosen one.
    pub value: String,
    /// When, as Slack's time stamp; tells a replay from a second press.
    pub at: String,
}

/// One filled-in field of a modal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmittedValue {
    /// The name that the field was made with.
    pub name: String,
    /// What was entered, trimmed; empty when nothing was.
    pub value: String,
}

impl Interaction {
    /// Reads the form that Slack posts.
    pub fn parse(body: &[u8]) -> Result<Self, PayloadError> {
        let payload = url::form_urlencoded::parse(body)
            .find(|(name, _)| name == "payload")
            .map(|(_, value)| value.into_owned())
            .ok_or(PayloadError::Missing("payload"))?;
        let payload: Value =
            serde_json::from_str(&payload).map_err(|error| PayloadError::Json(error.to_string()))?;
        Self::from_payload(&payload)
    }

    /// Reads the payload itself.
    pub(super) fn from_payload(payload: &Value) -> Result<Self, PayloadError> {
        let kind = payload["type"].as_str().ok_or(PayloadError::Missing("type"))?;
        let user = || match payload["user"]["id"].as_str() {
            Some(user) if !user.is_empty() => Ok(user.to_owned()),
            _ => Err(PayloadError::Missing("user.id")),
        };
        let text =
            |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(match kind {
            "block_actions" => Self::BlockActions {
                user: user()?,
                trigger: text("/trigger_id"),
                response_url: text("/response_url"),
                channel: text("/channel/id"),
                message: payload.pointer("/message/ts").and_then(Value::as_str).map(str::to_owned),
                actions: payload["actions"]
                    .as_array()
                    .ok_or(PayloadError::Missing("actions"))?
                    .iter()
                    .map(Action::from_json)
                    .collect(),
            },
            "view_submission" => Self::ViewSubmission {
                user: user()?,
                view: text("/view/id"),
                callback: text("/view/callback_id"),
                private: text("/view/private_metadata"),
                values: submitted(&payload["view"]["state"]["values"]),
            },
            "view_closed" => Self::ViewClosed { callback: text("/view/callback_id") },
            other => Self::Unknown { kind: other.to_owned() },
        })
    }
}

impl Action {
    fn from_json(action: &Value) -> Self {
        let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
        Self { id: text("action_id"), value: entered(action), at: text("action_ts") }
    }
}

fn submitted(values: &Value) -> Vec<SubmittedValue> {
    let mut all = Vec::new();
    for block in values.as_object().into_iter().flat_map(|blocks| blocks.values()) {
        for (name, state) in block.as_object().into_iter().flatten() {
            all.push(SubmittedValue { name: name.clone(), value: entered(state) });
        }
    }
    all
}

/// The value of an element, whatever kind of element it is.
fn entered(state: &Value) -> String {
    ["/value", "/selected_option/value", "/selected_date", "/selected_user", "/selected_time"]
        .iter()
        .find_map(|pointer| state.pointer(pointer).and_then(Value::as_str))
        .unwrap_or_default()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parse(payload: &Value) -> Result<Interaction, PayloadError> {
        let body: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &payload.to_string())
            .finish();
        Interaction::parse(body.as_bytes())
    }

    #[test]
    fn a_pressed_button_is_read() {
        let interaction = parse(&json!({
            "type": "block_actions", "user": {"id": "U1"}, "trigger_id": "t", "response_url": "https://hooks.slack.com/x",
            "channel": {"id": "C1"}, "message": {"ts": "1.2"},
            "actions": [{"type": "button", "action_id": "take", "value": "R-12", "action_ts": "3.4"}],
        }));
        assert_eq!(
            interaction,
            Ok(Interaction::BlockActions {
                user: "U1".into(),
                trigger: "t".into(),
                response_url: "https://hooks.slack.com/x".into(),
                channel: "C1".into(),
                message: Some("1.2".into()),
                actions: vec![Action { id: "take".into(), value: "R-12".into(), at: "3.4".into() }],
            })
        );
    }

    #[test]
    fn a_form_is_read_whatever_its_fields_are() {
        let interaction = parse(&json!({
            "type": "view_submission", "user": {"id": "U1"},
            "view": {"id": "V1", "callback_id": "fixed", "private_metadata": "R-12", "state": {"values": {
                "a": {"evidence": {"type": "plain_text_input", "value": " https://x "}},
                "b": {"why": {"type": "static_select", "selected_option": {"value": "duplicate"}}},
                "c": {"until": {"type": "datepicker", "selected_date": "2027-01-31"}},
                "d": {"empty": {"type": "plain_text_input", "value": null}},
            }}},
        }));
        let Ok(Interaction::ViewSubmission { values, private, callback, .. }) = interaction else {
            panic!("no form")
        };
        assert_eq!((private.as_str(), callback.as_str()), ("R-12", "fixed"));
        let values: Vec<(&str, &str)> = values.iter().map(|v| (v.name.as_str(), v.value.as_str())).collect();
        assert_eq!(
            values,
            [("evidence", "https://x"), ("why", "duplicate"), ("until", "2027-01-31"), ("empty", "")]
        );
    }

    #[test]
    fn an_unknown_kind_is_a_value() {
        assert_eq!(parse(&json!({"type": "shortcut"})), Ok(Interaction::Unknown { kind: "shortcut".into() }));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(Interaction::parse(b"x=1"), Err(PayloadError::Missing("payload")));
        assert!(matches!(Interaction::parse(b"payload=%7B"), Err(PayloadError::Json(_))));
        assert_eq!(
            parse(&json!({"type": "block_actions", "user": {}})),
            Err(PayloadError::Missing("user.id"))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Interaction::parse(&body);
        }
    }
}
