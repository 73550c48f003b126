//! Abate takes a risk from the workshop or scanner that found it to the proof that it is gone.
//!
//! One noun is one folder: its rules (pure), its use cases, its `api.rs` and `page.rs`.

pub mod acceptance;
pub mod access;
pub mod asset;
pub mod audit_log;
pub mod calendar;
pub mod command;
pub mod config;
pub mod control;
pub mod datadog;
pub mod demo;
pub mod evidence_pack;
pub mod feed;
pub mod file;
pub mod gate;
pub mod grid;
pub mod hook;
pub mod incident;
pub mod intake;
pub mod jobs;
pub mod message;
pub mod obligation;
pub mod operations;
pub mod owner;
pub mod page;
pub mod platform;
pub mod policy;
pub mod posture;
pub mod risk;
pub mod routes;
pub mod sandbox;
pub mod slack;
pub mod startup;
pub mod state;
pub mod ticket;
pub mod vex;
pub mod workshop;
