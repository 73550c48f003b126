//! The clocks of risks: worked cases through the API, what moves a due date, who may, and what the derivation says of it.

mod cadences;
mod clock_changes;
mod due_dates;
mod explained;
mod kev;
mod moved;
mod owned;
mod pause;
mod publish;
mod recompute;
mod ruled;
mod stage;
mod terms;
