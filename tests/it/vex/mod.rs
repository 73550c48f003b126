//! VEX: what was decided, as scanners and customers read it, and what others say.

mod command;
mod show;
mod take;
