//! JIRA Cloud (REST version 3) and JIRA Data Center (REST version 2).
//!
//! One call is one file; `client.rs` sends, `answer.rs` sorts failures, `model.rs` holds the plain values that go in and
//! come out, `dialect.rs` says in what the two kinds differ. Nothing here repeats a write: JIRA has no idempotency key,
//! so whether one may be sent again is a decision of the caller, who knows the marker that the first try left behind.

mod adf;
mod answer;
mod changelog;
mod client;
mod comment;
mod credentials;
mod dialect;
mod error;
mod field;
mod field_value;
mod history;
mod identity;
mod issue;
mod issue_edit;
mod list;
mod marker;
mod model;
mod oauth;
mod plain_text;
mod project;
mod property;
mod registered_webhook;
mod remote_link;
mod search;
mod server;
mod transition;
mod user;
mod webhook;
mod webhook_token;
mod wiki;

pub use adf::{Block, Document, Inline, TEXT_LIMIT, cut_summary};
pub use changelog::ChangelogPage;
pub use client::{JiraClient, JiraSite};
pub use comment::{COMMENTS, Comment};
pub use credentials::Credentials;
pub use dialect::Dialect;
pub use error::{JiraError, Limit, Refusal};
pub use field_value::{FieldKind, FieldValue};
pub use history::FieldChange;
pub use identity::Permission;
pub use issue::{BULK_LIMIT, BulkCreated};
pub use issue_edit::{IssueEdit, NewIssue};
pub use marker::{Marker, PROPERTY_KEY, marker_label};
pub use model::{Account, CreatedIssue, Issue, IssueFields, Named, Status, StatusCategory, StatusChange};
pub use oauth::{OauthApp, OauthError, OauthSite, OauthTokens};
pub use plain_text::plain_text;
pub use project::{CreateField, IssueType, Project};
pub use registered_webhook::RegisteredWebhook;
pub use remote_link::RemoteLink;
pub use search::{SearchPage, quote_jql};
pub use server::Server;
pub use transition::{Hop, Transition, next_hop};
pub use webhook::{
    ChangedField, WebhookError, WebhookEvent, WebhookKind, parse_webhook, sign, verify_signature,
};
pub use webhook_token::verify_webhook_token;
