//! `/assets`: the register, the page of one asset, and their forms.

mod act;
mod form;
mod import;
mod list;
mod row;
mod show;

use actix_web::web::{self, ServiceConfig};

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/assets", web::get().to(list::list))
        .route("/assets", web::post().to(form::create))
        // Before the pages of one asset, whose key these words would be taken for.
        .route("/assets/new", web::get().to(form::blank))
        .route("/assets/import", web::post().to(import::import))
        .route("/assets/{key}", web::get().to(show::show))
        .route("/assets/{key}", web::post().to(form::edit))
        .route("/assets/{key}/edit", web::get().to(form::filled))
        .route("/assets/{key}/{action}", web::post().to(act::act));
}
