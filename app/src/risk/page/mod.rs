//! `/risks`: the list, a risk's page, and the forms on it.

mod act;
mod bulk;
mod controls;
mod decline;
mod details;
mod due;
mod edit;
mod evidence;
mod flags;
mod gather;
mod history;
mod list;
mod merge;
mod new;
mod people;
pub(crate) mod row;
mod show;
mod steps;
mod ticket_proposal;
mod transfer;
mod vex_statement;

use actix_web::web::{self, ServiceConfig};

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/risks", web::get().to(list::list))
        .route("/risks/bulk", web::post().to(bulk::act))
        .route("/risks", web::post().to(new::record))
        // Before the page of one risk, whose key it would be taken for.
        .route("/risks/new", web::get().to(new::blank))
        .route("/risks/{key}", web::get().to(show::show))
        .route("/risks/{key}/transitions", web::post().to(act::transition))
        .route("/risks/{key}/edit", web::post().to(edit::edit))
        .route("/risks/{key}/controls", web::post().to(controls::rely))
        .route("/risks/{key}/decline", web::post().to(decline::answer))
        .route("/risks/{key}/pause/approve", web::post().to(due::approve))
        .route("/risks/{key}/pause/refuse", web::post().to(due::refuse))
        .route("/risks/{key}/due-date", web::post().to(due::move_due_date))
        .route("/risks/{key}/merge", web::post().to(merge::join))
        .route("/risks/{key}/split", web::post().to(merge::split_off))
        .route("/risks/{key}/confirm-transfer", web::post().to(transfer::confirm))
        .route("/risks/{key}/ticket-proposal/decline", web::post().to(ticket_proposal::decline))
        .route("/risks/{key}/vex-statement/decline", web::post().to(vex_statement::decline))
        .route("/risks/{key}/take", web::post().to(people::take))
        .route("/risks/{key}/people", web::post().to(people::assign))
        .route("/risks/{key}/comments", web::post().to(act::comment))
        .route("/risks/{key}/evidence", web::post().to(evidence::attach))
        .route("/risks/{key}/evidence/{id}/withdraw", web::post().to(evidence::withdraw));
}
