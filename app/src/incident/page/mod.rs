//! `/incidents`: the list, the form that declares one, an incident's page and the forms on it.

mod act;
mod declare;
mod list;
mod show;

use actix_web::web::{self, ServiceConfig};

use crate::page::form::{Field, Problems};
use crate::platform::problem::{Kind, Problem};

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route("/incidents", web::get().to(list::list))
        .route("/incidents", web::post().to(declare::declare))
        .route("/incidents/new", web::get().to(declare::form))
        .route("/incidents/{key}", web::get().to(show::show))
        .route("/incidents/{key}/{action}", web::post().to(act::act));
}

/// What is said where messages reach nobody.
const NO_SLACK: &str =
    "No Slack app is configured, so nobody is told by message: call those who lead yourself.";

/// A form as sent: names and values, without those left empty.
type Sent = Vec<(String, String)>;

fn value(sent: &Sent, name: &str) -> String {
    sent.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Fills fields with what was sent, and says at each what is wrong with it.
fn fill(fields: &mut [Field], sent: &Sent, problem: &Problem) {
    for field in fields {
        let error = problem.errors().iter().find(|error| error.field == field.name);
        let filled = field.clone().value(value(sent, &field.name));
        *field = Field { error: error.map(|error| error.detail.clone()).unwrap_or_default(), ..filled };
    }
}

/// Whether the sender can mend it on the page that the form is on, where what was typed is kept.
fn is_for_the_form(problem: &Problem) -> bool {
    matches!(problem.kind(), Kind::Invalid | Kind::Conflict | Kind::Forbidden | Kind::Stale)
}

fn problems(problem: &Problem) -> Problems {
    let items: Vec<_> =
        problem.errors().iter().map(|error| (error.field.clone(), error.detail.clone())).collect();
    let items = if items.is_empty() { vec![(String::new(), problem.detail().to_owned())] } else { items };
    Problems { title: "Nothing was changed".to_owned(), items }
}
