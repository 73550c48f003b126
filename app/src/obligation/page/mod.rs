//! `/cadences` and `/runs`: the pages of obligations.

mod act;
mod gather;
mod list;
mod run;
mod set_up;
mod show;

use actix_web::web::{self, ServiceConfig};

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/cadences", web::get().to(list::list))
        .route("/cadences", web::post().to(set_up::create))
        .route("/cadences/defaults", web::post().to(list::set_up_defaults))
        .route("/cadences/new", web::get().to(set_up::blank))
        .route("/cadences/{id}", web::get().to(show::show))
        .route("/cadences/{id}", web::post().to(set_up::edit))
        .route("/cadences/{id}/edit", web::get().to(set_up::filled))
        .route("/runs/{id}", web::get().to(run::show))
        .route("/runs/{id}/{action}", web::post().to(act::act));
}
