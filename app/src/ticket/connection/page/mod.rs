//! `/settings/jira`: the JIRA sites that tickets are kept in.

mod act;
mod app;
mod edit;
mod list;
mod new;
mod show;

use actix_web::web::{self, ServiceConfig};

use crate::page::badge::{Badge, Tone};
use crate::ticket::connection::ConnectionView;
use crate::ticket::connection::app::consent;

/// Where the list is.
const PAGE: &str = "/settings/jira";

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/settings/jira", web::get().to(list::show))
        .route("/settings/jira/new", web::get().to(new::show))
        .route("/settings/jira/new", web::post().to(new::make))
        .route("/settings/jira/app", web::get().to(app::show))
        .route("/settings/jira/app", web::post().to(app::make))
        .route("/settings/jira/consent", web::get().to(consent::end))
        .route("/settings/jira/{id}", web::get().to(show::show))
        .route("/settings/jira/{id}", web::post().to(act::act))
        .route("/settings/jira/{id}/authorise", web::get().to(consent::begin))
        .route("/settings/jira/{id}/edit", web::get().to(edit::show))
        .route("/settings/jira/{id}/edit", web::post().to(edit::change));
}

fn address(id: i64) -> String {
    format!("{PAGE}/{id}")
}

/// How a connection stands, in a word.
fn standing(connection: &ConnectionView) -> Badge {
    if !connection.usable && connection.sign_in == "app" {
        return Badge::toned(Tone::Bad, "Not authorised", "Somebody has to let its app in at Atlassian");
    }
    if !connection.usable {
        return Badge::toned(
            Tone::Bad,
            "Without secrets",
            "The settings name another site, or the token is missing",
        );
    }
    match (connection.paused, &connection.problem) {
        (true, _) => Badge::toned(Tone::Plain, "Paused", "Nothing is sent or read"),
        (false, Some(_)) => Badge::toned(Tone::Bad, "Ill", "Nothing gets through, or not everything"),
        (false, None) => Badge::toned(Tone::Good, "Works", ""),
    }
}
