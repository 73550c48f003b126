//! Rules. How a risk may change: one table of 27 transitions, and one pure function that judges a request.
//!
//! - `transition` is the table. One new transition is one line of it.
//! - `words` are the states, resolutions, events and parties that the table speaks of.
//! - `facts` is what a judgement looks at: the risk as it is, what is asked, and by whom.
//! - `guard` is what each rule of the table means in words, `check` in code, `agreement` what two people agree to,
//!   and `right` who may.
//! - `step` judges a request, `decline` answers one with no; `diagram` draws the table.

mod agreement;
mod change;
mod check;
mod decline;
mod diagram;
mod facts;
mod field;
mod guard;
mod merge;
mod pause;
mod right;
mod step;
mod transfer;
mod transition;
mod words;

#[cfg(test)]
mod tests;

pub use change::{Change, revive, withdraw};
pub use decline::{Declined, Pending, decline};
pub use diagram::{handbook, mermaid};
pub use facts::{DuplicateTarget, Facts, Given, Limits, Proof, Request, Requester};
pub use field::{Field, FieldKind};
pub use guard::{Guard, Missing};
pub use merge::merge;
pub use pause::approve_pause;
pub use step::{Availability, Outcome, Refusal, Step, open_steps, step};
pub use transfer::confirm_transfer;
pub use transition::{ClockEffect, TRANSITIONS, Transition, TransitionId};
pub use words::{BlockerKind, Event, Party, Resolution, State, Treatment, VexJustification, Via};
