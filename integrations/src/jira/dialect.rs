//! The two kinds of JIRA, and everything in which they are spoken to differently.

use serde_json::{Value, json};

use super::adf::Document;
use super::wiki;

/// Which JIRA a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Atlassian's cloud, REST version 3: documents, account ids, pages by token.
    Cloud,
    /// A server of one's own, version 9 or 10, REST version 2: wiki markup, users by name, pages by number.
    DataCenter,
}

impl Dialect {
    /// The path of a resource of the REST interface, such as `issue/20001`.
    #[must_use]
    pub fn path(self, resource: &str) -> String {
        let version = match self {
            Self::Cloud => 3,
            Self::DataCenter => 2,
        };
        format!("/rest/api/{version}/{resource}")
    }

    /// A user as a field's value, by what [`super::Account::account_id`] holds.
    #[must_use]
    pub fn user(self, account: &str) -> Value {
        match self {
            Self::Cloud => json!({ "accountId": account }),
            Self::DataCenter => json!({ "name": account }),
        }
    }

    /// A document as a field's value, cut to `limit` characters.
    #[must_use]
    pub fn rich_text(self, document: &Document, limit: usize) -> Value {
        match self {
            Self::Cloud => document.to_value(limit),
            Self::DataCenter => Value::String(wiki::write(document, limit)),
        }
    }

    /// Whether issues can be read by their ids in one call, with their properties.
    #[must_use]
    pub fn has_bulk_read(self) -> bool {
        self == Self::Cloud
    }

    /// How many issues are read in one call.
    #[must_use]
    pub fn fetch_limit(self) -> usize {
        match self {
            Self::Cloud => 100,
            Self::DataCenter => 1_000,
        }
    }

    /// An entity property's value inside of a create call. Data Center documents a text there.
    pub(crate) fn property(self, value: Value) -> Value {
        match self {
            Self::Cloud => value,
            Self::DataCenter => Value::String(value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_version_and_a_way_to_name_users() {
        assert_eq!(Dialect::Cloud.path("issue/1"), "/rest/api/3/issue/1");
        assert_eq!(Dialect::DataCenter.path("issue/1"), "/rest/api/2/issue/1");
        assert_eq!(Dialect::Cloud.user("a"), json!({ "accountId": "a" }));
        assert_eq!(Dialect::DataCenter.user("a"), json!({ "name": "a" }));
        let text = Document::from_text("a*b");
        assert_eq!(Dialect::DataCenter.rich_text(&text, 100), json!("a*b"));
        assert_eq!(Dialect::Cloud.rich_text(&text, 100)["type"], "doc");
    }
}
