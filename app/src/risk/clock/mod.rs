//! Rules. The clocks of a risk: when triage and remediation are due, and why.
//!
//! A clock is never stored as a truth of its own: [`Clock::replay`] derives it from the risk's events, each of
//! which names the policy and the calendar that held when it happened. What the replay says beside the dates is
//! their explanation.

pub mod directive;
mod event;
pub mod moving;
pub mod policy;
mod remediation;
mod replay;
mod rules;
mod state;
mod step_event;

#[cfg(test)]
mod tests;

pub use event::{AcceptanceEnd, ClockEvent, Happening, Judgement};
pub use policy::{Applies, Basis, Exposure, OnExpiry, SlaCalendar, SlaPolicy, Start, Versions};
pub use replay::{Clock, Due, Line, UnknownVersion};
pub use state::{ClockState, ClockWord};
pub use step_event::{StepTimes, happenings};
