//! `/feeds`: how old each copy is.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono_tz::Tz;

use super::view::FeedView;
use crate::access::require::Require;
use crate::access::right::See;
use crate::page::badge::{Badge, Tone, counted};
use crate::page::due::{Moment, day};
use crate::page::frame::{Frame, Section};
use crate::page::{context, shell};
use crate::platform::problem::Problem;
use crate::state::AppState;

/// Registers the page.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/feeds", web::get().to(list));
}

#[derive(Template)]
#[template(path = "feed/list.html")]
struct FeedsPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    title: &'static str,
    status: Badge,
    entries: String,
    content: String,
    confirmed: String,
    from: String,
    problem: String,
}

async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let zone = state.config.organisation.zone;
    let feeds = FeedView::all(state.database.reader(), &state.config.feeds, now).await?;
    shell::html(&FeedsPage {
        frame: context::frame(&request, &caller, "Feeds", Section::Elsewhere),
        rows: feeds.into_iter().map(|feed| row(feed, zone)).collect(),
    })
}

fn row(feed: FeedView, zone: Tz) -> Row {
    let off = || "not enabled".to_owned();
    Row {
        title: feed.title,
        status: match (&feed.configured, &feed.error, feed.stale) {
            (_, Some(_), _) => {
                Badge::toned(Tone::Bad, "Failed", "The last attempt failed; the copy before is in use")
            }
            (Some(_), None, true) => Badge::toned(Tone::Warn, "Stale", "It was not confirmed for long"),
            (Some(_), None, false) => Badge::toned(Tone::Good, "Fresh", ""),
            (None, None, _) if feed.rows > 0 => {
                Badge::toned(Tone::Plain, "By hand", "It is not refreshed by itself")
            }
            (None, None, _) => Badge::toned(Tone::Plain, "Off", "It is not enabled"),
        },
        entries: counted(u64::try_from(feed.rows).unwrap_or(0), "entry", "entries"),
        content: feed.content_at.map(|at| day(at.with_timezone(&zone).date_naive())).unwrap_or_default(),
        confirmed: match (feed.fetched_at, feed.age_hours) {
            (Some(at), Some(hours)) => {
                format!(
                    "{}, {} ago",
                    Moment::new(at, zone).words,
                    counted(hours.unsigned_abs(), "hour", "hours")
                )
            }
            _ => "never".to_owned(),
        },
        from: feed.address.or(feed.configured).unwrap_or_else(off),
        problem: feed.error.unwrap_or_default(),
    }
}
