//! Slack: the Web API client, and what Slack sends us as plain values.
//!
//! Nothing here knows risks, users of Abate or the database. A caller builds a [`Message`] or a
//! [`View`] from [`Block`]s, sends it with [`SlackClient`], and gets plain ids back; what Slack
//! posts to us is checked by [`signature::verify`] and read by [`SlashCommand`], [`Interaction`]
//! and [`EventCallback`].

pub mod block;
pub mod client;
pub mod command;
pub mod error;
pub mod event;
mod failure;
pub mod interaction;
pub mod message;
pub mod mrkdwn;
pub mod signature;
pub mod socket;
pub mod view;

pub use block::{Block, Button, ButtonStyle};
pub use client::{SLACK_API, SlackClient, SlackSettings};
pub use command::SlashCommand;
pub use error::{PayloadError, SlackError};
pub use event::EventCallback;
pub use interaction::{Action, Interaction, SubmittedValue};
pub use message::{Message, Metadata, PreparedMessage, Response};
pub use mrkdwn::Mrkdwn;
pub use signature::SignatureError;
pub use socket::{SocketMode, SocketRequest};
pub use view::{Choice, Input, InputKind, View};
