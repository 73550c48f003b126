//! Who gets in, who may do what, and what hostile input gets for an answer.

mod authorization;
mod body;
mod header;
mod idempotency;
mod parameter;
mod route;
mod session;
