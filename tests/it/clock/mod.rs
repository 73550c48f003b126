//! The clocks of risks: what moves a due date, who may, and what the derivation says of it.

mod owned;
mod pause;
