//! The clocks of risks: what moves a due date, who may, and what the derivation says of it.

mod explained;
mod kev;
mod moved;
mod owned;
mod pause;
