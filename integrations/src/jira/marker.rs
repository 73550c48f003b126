//! The marker by which a ticket is known to be ours.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The key of the entity property that holds the marker.
pub const PROPERTY_KEY: &str = "abate";

/// Who made an issue and what for. The label finds candidates, the uuid alone decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The database that the ticket belongs to.
    pub instance: String,
    /// The ticket.
    pub uuid: String,
    /// How often that database was restored or copied before the ticket was made.
    pub epoch: i64,
}

impl Marker {
    /// Reads a marker; Data Center may give it as a text that holds it.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => serde_json::from_str(text).ok(),
            value => Self::deserialize(value).ok(),
        }
    }
}

/// The label of the ticket for `subject`, the key of a risk or a group: `abate-k3x9qp-r-123`. Lower case,
/// because it is not promised that JIRA tells cases apart.
pub fn marker_label(instance: &str, subject: &str) -> String {
    format!("abate-{instance}-{subject}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_a_value_and_as_a_text_that_holds_it() {
        let marker = Marker { instance: "k3x9qp".to_owned(), uuid: "u".to_owned(), epoch: 1 };
        let value = serde_json::json!(marker);
        assert_eq!(Marker::read(&Value::String(value.to_string())), Some(marker.clone()));
        assert_eq!(Marker::read(&value), Some(marker));
        assert_eq!(Marker::read(&Value::Null), None);
        assert_eq!(Marker::read(&Value::String("null".to_owned())), None);
    }

    #[test]
    fn the_label_is_lower_case_and_has_no_space() {
        assert_eq!(marker_label("k3x9qp", "R-123"), "abate-k3x9qp-r-123");
    }
}
