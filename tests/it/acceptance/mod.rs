//! Acceptances: asked for, approved, told of, and how they end.

mod expiry;
mod notice;
mod register;
mod row;
mod stage;
mod transfer;
mod worse;
