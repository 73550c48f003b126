//! `/incidents`: the list, the form that declares one, an incident's page and the forms on it.

mod act;
mod declare;
mod list;
mod show;

use actix_web::web::{self, ServiceConfig};

use crate::page::form::Problems;
use crate::platform::problem::Problem;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/incidents", web::get().to(list::list))
        .route("/incidents", web::post().to(declare::declare))
        .route("/incidents/new", web::get().to(declare::form))
        .route("/incidents/{key}", web::get().to(show::show))
        .route("/incidents/{key}/{action}", web::post().to(act::act));
}

/// A form as sent: names and values, without those left empty.
type Sent = Vec<(String, String)>;

fn value(sent: &Sent, name: &str) -> String {
    sent.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

fn problems(problem: &Problem) -> Problems {
    let items: Vec<_> =
        problem.errors().iter().map(|error| (error.field.clone(), error.detail.clone())).collect();
    let items = if items.is_empty() { vec![(String::new(), problem.detail().to_owned())] } else { items };
    Problems { title: "Nothing was changed".to_owned(), items }
}
