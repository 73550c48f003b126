//! `/people` and `/teams`: who is here, who leads, and the forms that change it; and the form that puts a risk off.

mod new_person;
mod new_team;
mod password;
mod people;
pub(crate) mod snooze;
mod teams;

use actix_web::web::{self, ServiceConfig};

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/people", web::get().to(people::list))
        .route("/people/new", web::get().to(new_person::show))
        .route("/people/new", web::post().to(new_person::make))
        .route("/people/{email}/password", web::get().to(password::show))
        .route("/people/{email}/password", web::post().to(password::set))
        .route("/people/{email}/{action}", web::post().to(people::act))
        .route("/risks/{key}/snooze", web::post().to(snooze::snooze_risk))
        .route("/teams", web::get().to(teams::list))
        .route("/teams/new", web::get().to(new_team::show))
        .route("/teams/new", web::post().to(new_team::make))
        .route("/teams/{key}", web::post().to(teams::change));
}
