//! What all pages share: the frame around them, and the small values that templates print.
//!
//! A page handler gathers what it needs, builds a view value (`<noun>/view.rs`) and renders a template with it.
//! View values hold strings and numbers that are ready to print; templates decide nothing but layout.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};

use crate::platform::problem::Problem;

pub mod badge;
pub mod chart;
pub mod context;
pub mod due;
pub mod form;
pub(crate) mod form_page;
pub mod frame;
pub mod listing;
pub mod markdown;
pub mod problem;
pub mod refused;
pub mod said;
pub mod shell;
pub mod static_file;

#[cfg(test)]
mod contrast;
#[cfg(test)]
pub(crate) mod sample;

/// Registers the files that pages load.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/static/{digest}/{name}", web::get().to(file));
}

/// A file of the frame; its address changes with its content, so browsers keep it for good.
async fn file(path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (digest, name) = path.into_inner();
    let file = static_file::find(&name)
        .filter(|file| file.digest == digest)
        .ok_or_else(|| Problem::not_found("such file"))?;
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(file.text))
}
