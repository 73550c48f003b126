//! Every job and every timer there is: one line each.

use crate::platform::job::Job;
use crate::platform::timer::Timer;
use crate::state::AppState;
use crate::{
    acceptance, asset, control, datadog, evidence_pack, feed, file, grid, hook, incident, intake, message,
    obligation, owner, policy, posture, risk, ticket,
};

/// Makes the ticket of a risk true; the subject is `r-` and the risk's number.
pub const TICKET: &str = "ticket";

/// The jobs.
pub const JOBS: &[Job<AppState>] = &[
    asset::settle::JOB,
    datadog::JOB,
    evidence_pack::ask::JOB,
    feed::JOB,
    feed::settle::JOB,
    grid::regrid::JOB,
    hook::JOB,
    intake::JOB,
    message::send::JOB,
    owner::hand_over::JOB,
    policy::recompute::JOB,
    risk::alias::JOB,
    ticket::want::JOB,
    ticket::reconcile::JOB,
    ticket::poll::JOB,
    ticket::full_pass::JOB,
];

/// The timers.
pub const TIMERS: &[Timer<AppState>] = &[
    acceptance::expire::TIMER,
    acceptance::notify::TIMER,
    asset::retire::TIMER,
    control::decay::TIMER,
    datadog::TIMER,
    datadog::TIDY,
    feed::TIMER,
    grid::regrid::TIMER,
    file::TIMER,
    hook::TIMER,
    incident::TIMER,
    intake::TIMER,
    intake::silent::TIMER,
    message::bundle::TIMER,
    message::digest::TIMER,
    message::late::TIMER,
    obligation::broken_ceiling::TIMER,
    obligation::remind::TIMER,
    obligation::tick::TIMER,
    owner::hand_over::TIMER,
    owner::ladder::TIMER,
    policy::look_again::TIMER,
    posture::snapshot::TIMER,
    risk::search::TIMER,
    risk::transfer::TIMER,
    ticket::connection::alert::TIMER,
    ticket::connection::app::renew::TIMER,
    ticket::connection::app::webhook::TIMER,
    ticket::rule::cap::TIMER,
    ticket::full_pass::TIMER,
    ticket::poll::TIMER,
    ticket::reconcile::WATCH,
    ticket::want::CATCH_UP,
];
