//! `/people` and `/teams`: who is here, who leads, and the forms that change it; and the form that puts a risk off.

mod people;
pub(crate) mod snooze;
mod teams;

use actix_web::web::{self, ServiceConfig};

use crate::page::badge::capitalised;
use crate::page::form::Problems;
use crate::platform::problem::Problem;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/people", web::get().to(people::list))
        .route("/people/{email}/{action}", web::post().to(people::act))
        .route("/risks/{key}/snooze", web::post().to(snooze::snooze_risk))
        .route("/teams", web::get().to(teams::list))
        .route("/teams/{key}", web::post().to(teams::change));
}

/// What was wrong with a form, above the page that it was sent from.
fn problems(problem: &Problem) -> Problems {
    let items: Vec<_> =
        problem.errors().iter().map(|error| (capitalised(&error.field), error.detail.clone())).collect();
    let title = if items.is_empty() { problem.detail() } else { problem.title() };
    Problems { title: title.to_owned(), items }
}
