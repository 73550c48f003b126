//! `/api/v1/risks`: one file a group of endpoints.

mod actions;
mod bulk;
mod comments;
mod decline;
pub(in crate::risk) mod due_date;
mod evidence;
mod findings;
mod form;
mod history;
mod list;
mod merge;
mod pause;
mod proposals;
mod ratings;
mod show;
mod sla;
mod ticket_proposal;
mod transfer;
mod transitions;
mod vex_statement;
pub mod view;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) use evidence::withdraw as withdraw_evidence;
pub use form::TransitionForm;
pub(super) use list::{RiskForm, record};
pub(crate) use show::if_match;

/// Registers the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list::list)
        .service(list::create_risk)
        .service(bulk::bulk_risks)
        .service(show::show)
        .service(show::edit_risk)
        .service(actions::actions)
        .service(transitions::transition)
        .service(decline::decline_request)
        .service(pause::approve_pause)
        .service(pause::refuse_pause)
        .service(history::history)
        .service(sla::sla)
        .service(due_date::move_due_date)
        .service(ratings::ratings)
        .service(findings::findings)
        .service(merge::merge_risks)
        .service(proposals::proposals)
        .service(proposals::decline)
        .service(ticket_proposal::decline_ticket_proposal)
        .service(transfer::confirm_transfer)
        .service(vex_statement::decline_statement)
        .service(merge::split_risk)
        .service(comments::comments)
        .service(comments::add_comment)
        .service(evidence::list_evidence)
        .service(evidence::add_evidence)
        .service(evidence::download_evidence)
        .service(evidence::withdraw_evidence);
}
