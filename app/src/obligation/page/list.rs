//! `GET /cadences`, and the button that sets up what is offered.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::gather::Lines;
use crate::access::csrf::SignedForm;
use crate::access::require::Require;
use crate::access::right::{KeepCadences, See};
use crate::access::team;
use crate::obligation::cadence;
use crate::obligation::default_cadence::{AT_SET_UP, DEFAULTS, DefaultCadence};
use crate::obligation::finder::{self, Names};
use crate::obligation::view::CadenceListPage;
use crate::page::badge::{Tone, counted};
use crate::page::frame::Section;
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, said, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::state::AppState;

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The end of the page before.
    cursor: String,
}

/// All cadences with their next and their last run.
pub(super) async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let paging = PageQuery { limit: Some(100), cursor: Some(asked.cursor.clone()) };
    let found = finder::cadences(db, &caller.scope(), &paging).await?;
    let mut around = finder::around_now(db, &found.items).await?;
    let shown = around.values().flat_map(|around| around.next.iter().chain(&around.last));
    let people: Vec<_> =
        shown.flat_map(Names::in_run).chain(found.items.iter().map(|row| row.owner_id)).collect();
    let names = Names::of(db, people).await?;
    let zone = state.config.organisation.zone;
    let lines = Lines { names: &names, now: state.clock.now(), zone };
    let rows: Vec<_> = found
        .items
        .iter()
        .map(|row| lines.cadence(row, &around.remove(&row.id).unwrap_or_default()))
        .collect();
    let may_keep = caller.holds::<KeepCadences>();
    let next = found.next_cursor.map(|cursor| address("/cadences", &[("cursor", &cursor)]));
    let offers = DEFAULTS
        .iter()
        .filter(|offer| may_keep && !rows.iter().any(|row| row.name == offer.name))
        .map(|offer| (offer.kind.to_string(), offer.name.to_owned(), offer.description.to_owned()))
        .collect();
    shell::html(&CadenceListPage {
        frame: context::frame(&request, &caller, "Cadences", Section::Cadences),
        pager: Pager {
            summary: next.as_ref().map(|_| counted(rows.len() as u64, "cadence", "cadences")).unwrap_or_default(),
            first: if asked.cursor.is_empty() { String::new() } else { "/cadences".to_owned() },
            next: next.unwrap_or_default(),
        },
        rows,
        empty: Empty {
            title: "No obligations yet".into(),
            text: "A cadence is something that has to be done again and again: an audit, a patch review, a drill. \
                   Each run of it is done with evidence, or shown as missed."
                .into(),
            links: Vec::new(),
        },
        offers,
        may_keep,
    })
}

/// Which of the offered cadences to set up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// One kind; the two of set-up when empty.
    kind: String,
}

/// Sets up what is offered.
pub(super) async fn set_up_defaults(
    caller: Require<KeepCadences>,
    state: web::Data<AppState>,
    form: SignedForm<Wanted>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let wanted = |offer: &DefaultCadence| match form.0.kind.as_str() {
        "" => AT_SET_UP.contains(&offer.kind),
        kind => offer.kind.as_str() == kind,
    };
    let offers: Vec<DefaultCadence> = DEFAULTS.into_iter().filter(wanted).collect();
    let made = state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let team_id = team::default(tx, now).await?.id;
            cadence::create_defaults(tx, &caller, &policies, &offers, team_id, now).await
        })
        .await?;
    let text = format!("{} set up.", counted(made.len() as u64, "cadence", "cadences"));
    Ok(said::see_other("/cadences", Tone::Good, &text))
}
