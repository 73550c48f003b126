//! Tickets: one for each risk that needs one, whatever fails, and in step with it.

mod create;
mod data_center;
mod doctor;
mod drift;
mod faults;
mod follow;
mod full_pass;
mod health;
mod killed;
mod poll;
mod strangers;
mod undone;
mod webhook;
pub(crate) mod world;
