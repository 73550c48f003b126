//! Tickets: one for each risk that needs one, whatever fails, and in step with it.

mod app;
mod connection;
mod create;
mod data_center;
mod doctor;
mod drift;
mod evidence;
mod faults;
mod follow;
mod full_pass;
mod group;
mod group_page;
mod health;
mod hostile;
mod hostile_text;
mod killed;
mod mapping;
mod mapping_form;
mod poll;
mod refused;
mod rule;
mod strangers;
mod undone;
mod webhook;
pub(crate) mod world;
