//! The Slack client and the Slack sandbox, which share no type, against each other.

mod client;
