//! Who may do what: people, roles, sessions, tokens, and rights as types in a handler's signature.

pub mod account;
pub mod actor;
pub mod api;
pub mod csrf;
pub mod idempotency;
pub mod page;
pub mod password;
pub mod password_change;
pub mod require;
pub mod right;
pub mod role;
pub mod scope;
pub mod session;
pub mod team;
pub mod throttle;
pub mod token;
pub mod user;
pub mod user_edit;
pub mod view;
