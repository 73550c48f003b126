//! VEX: what was decided, as scanners and customers read it.

mod command;
mod show;
