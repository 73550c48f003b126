//! `GET /risks`

use abate_entity::level::Level;
use abate_entity::lifecycle::State;
use abate_entity::{source, team};
use actix_web::{HttpRequest, HttpResponse, web};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, QuerySelect};

use super::bulk;
use super::row::Lines;
use crate::access::actor::Actor;
use crate::access::require::Require;
use crate::access::right::{MoveRisks, RecordRisks, See};
use crate::page::badge::{capitalised, counted, grouped};
use crate::page::form::{Choice, Field, Kind, Problems};
use crate::page::frame::Section;
use crate::page::listing::{Column, Empty, Pager, address};
use crate::page::{context, shell};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::posture::cube::Totals;
use crate::risk::count;
use crate::risk::finder::{self, RiskFilter};
use crate::risk::view::{RiskListPage, Tab};
use crate::state::AppState;

/// What the address says for "whatever its state".
const EVERY_STATE: &str = "all";
/// What it means when the address names no state.
const OPEN: &str = "any_open";
/// Up to how many are counted.
const MOST_COUNTED: u64 = 1_000;
/// Sources that the filter offers at most.
const SOURCES: u64 = 100;

/// The filters as they stand in the address, with empty ones left out.
#[derive(Debug, Default)]
struct Asked(Vec<(String, String)>);

impl Asked {
    fn of(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self(
            pairs
                .filter(|(_, value)| !value.trim().is_empty())
                .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let text = query.extend_pairs(&self.0).finish();
        serde_urlencoded::from_str(&text)
            .map_err(|error| Problem::invalid("filter", format!("{error}. Change it, or clear the filters.")))
    }

    /// The address of this list with `name` set to `value`, from its first page.
    fn with(&self, name: &str, value: &str) -> String {
        let mut pairs: Vec<(&str, &str)> = self
            .0
            .iter()
            .map(|(known, value)| (known.as_str(), value.as_str()))
            .filter(|(known, _)| *known != name && *known != "cursor")
            .collect();
        pairs.push((name, value));
        address("/risks", &pairs)
    }

    /// The address of this list.
    fn here(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        address("/risks", &pairs)
    }

    fn is_filtered(&self) -> bool {
        self.0.iter().any(|(name, _)| !matches!(name.as_str(), "sort" | "cursor" | "limit"))
    }
}

/// The list of risks that the caller may see.
pub(super) async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    shell::html(&page(&request, &caller, &state, request.query_string(), None).await?)
}

/// The list that a query asks for, with what was wrong with the form for several that was just sent from it.
///
/// # Errors
/// 422 for a filter that means nothing.
pub(super) async fn page(
    request: &HttpRequest,
    caller: &Actor,
    state: &AppState,
    query: &str,
    refused: Option<&bulk::Refused>,
) -> Result<RiskListPage, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let zone = state.config.organisation.zone;
    let asked = Asked::of(query);
    let mut filter: RiskFilter = asked.read()?;
    filter.state = match asked.get("state") {
        "" if asked.get("q").is_empty() && asked.get("waiting").is_empty() => Some(OPEN.to_owned()),
        "" | EVERY_STATE => None,
        named => Some(named.to_owned()),
    };
    let paging: PageQuery = asked.read()?;
    let scope = caller.scope();
    let mut problems = refused.map(bulk::Refused::problems);
    let risks = match finder::page(db, &scope, caller.id, &filter, &paging, now).await {
        // Signs alone are no words: nothing is found by them.
        Err(problem) if problem.errors().iter().any(|error| error.field == "q") => {
            problems = Some(Problems { title: problem.errors()[0].detail.clone(), items: Vec::new() });
            Page { items: Vec::new(), next_cursor: None }
        }
        found => found?,
    };
    let lines = Lines::of(db, &risks.items, now, zone).await?;
    let totals = state.posture.read(state).await?.totals(&scope, None);
    let is_whole = asked.get("cursor").is_empty() && risks.next_cursor.is_none();
    let listed = match asked.is_filtered() {
        false => None,
        true if is_whole => Some(risks.items.len() as u64),
        true => Some(count::count(db, &scope, caller.id, &filter, MOST_COUNTED + 1, now).await?),
    };
    let mut frame = context::frame(request, caller, "Risks", Section::Risks);
    frame.query = asked.get("q").to_owned();
    frame.here = asked.here();
    let first = if asked.get("cursor").is_empty() { String::new() } else { asked.with("cursor", "") };
    let next = risks.next_cursor.as_deref().map(|cursor| asked.with("cursor", cursor)).unwrap_or_default();
    Ok(RiskListPage {
        frame,
        summary: summary(&totals, listed, only_open(&filter)),
        problems,
        may_record: caller.holds::<RecordRisks>(),
        ticked: refused.map(bulk::Refused::keys).unwrap_or_default(),
        here: asked.here(),
        tabs: tabs(&asked, &totals),
        filters: filters(db, &asked).await?,
        filtered: asked.is_filtered(),
        sort: asked.get("sort").to_owned(),
        bulk: bulk::fields(caller, refused),
        columns: columns(&asked, caller.holds::<MoveRisks>()),
        pager: pager(risks.items.len(), first, next),
        rows: risks.items.iter().map(|risk| lines.row(risk)).collect(),
        empty: empty(&asked, &totals),
    })
}

/// Whether a filter finds only risks that are counted as open.
fn only_open(filter: &RiskFilter) -> bool {
    let is_open = |word: &str| word.parse::<State>().is_ok_and(State::is_open);
    filter.state.as_deref().is_some_and(|state| state == OPEN || state.split(',').all(is_open))
}

/// What is listed, of how many.
fn summary(totals: &Totals, listed: Option<u64>, only_open: bool) -> String {
    let open = format!("{} that you can see", counted(totals.open, "open risk", "open risks"));
    let Some(listed) = listed else {
        return format!("{open}, {} of them late", grouped(totals.late));
    };
    let listed = match listed {
        ..=MOST_COUNTED => grouped(listed),
        _ => format!("More than {}", grouped(MOST_COUNTED)),
    };
    if only_open { format!("{listed} of {open}") } else { format!("{listed} listed, beside {open}") }
}

fn tabs(asked: &Asked, totals: &Totals) -> Vec<Tab> {
    let parts = ["state", "owner", "team", "waiting", "gone", "overdue"];
    let here = address("/risks", &parts.map(|name| (name, asked.get(name))));
    let tab = |label: &str, count: Option<u64>, href: &str| Tab {
        label: label.to_owned(),
        count: count.map(grouped).unwrap_or_default(),
        href: href.to_owned(),
        current: here == href,
    };
    vec![
        tab("All open", Some(totals.open), "/risks"),
        tab("Mine", None, "/risks?owner=me"),
        tab("My team's", None, "/risks?team=mine"),
        tab("Unowned", None, "/risks?owner=unowned"),
        tab("Waiting for me", None, "/risks?waiting=me"),
        tab("To triage", Some(totals.to_triage), "/risks?state=new%2Ctriage"),
        tab("Late", Some(totals.late), "/risks?overdue=true"),
        tab("To verify", Some(totals.to_verify), "/risks?state=verification"),
        tab("Gone", None, "/risks?gone=true"),
        tab("Accepted", Some(totals.accepted), "/risks?state=accepted"),
        tab("Closed", None, "/risks?state=closed"),
        tab("Acceptances", None, "/acceptances"),
        tab("Incidents", None, "/incidents"),
        tab("Controls", None, "/controls"),
    ]
}

async fn filters(db: &impl ConnectionTrait, asked: &Asked) -> Result<Vec<Field>, Problem> {
    let teams = team::Entity::find().order_by_asc(team::Column::Name).all(db).await?;
    let sources = source::Entity::find().order_by_asc(source::Column::Name).limit(SOURCES).all(db).await?;
    let same = |word: &'static str| (word.to_owned(), capitalised(word));
    let mut states = vec![(EVERY_STATE.to_owned(), "Every state".to_owned())];
    states.extend(State::ALL.iter().map(|state| same(state.as_str())));
    let levels = Level::ALL.iter().rev().map(|level| same(level.as_str())).collect();
    let people = vec![("me".to_owned(), "Me".to_owned()), ("unowned".to_owned(), "Nobody".to_owned())];
    let mut choices = vec![("mine".to_owned(), "My teams".to_owned())];
    choices.extend(teams.into_iter().map(|team| (team.key, team.name)));
    let sources = sources.into_iter().map(|source| (source.name.clone(), source.name)).collect();
    Ok(vec![
        choice(asked, "state", "State", "Open", states),
        choice(asked, "level", "Level", "Any", levels),
        choice(asked, "owner", "Owner", "Anybody", people),
        choice(asked, "team", "Team", "Any", choices),
        Field::new("asset", "Asset key", Kind::Text).value(asked.get("asset")),
        choice(asked, "source", "Source", "Any", sources),
        Field::new("q", "Words", Kind::Text).value(asked.get("q")),
        Field::new("overdue", "Late only", Kind::Check).value(asked.get("overdue")),
    ])
}

/// A filter with its choices; one that came by a link and is not among them is offered too.
fn choice(asked: &Asked, name: &str, label: &str, any: &str, known: Vec<(String, String)>) -> Field {
    let chosen = asked.get(name);
    let mut choices = vec![Choice::new("", any, chosen)];
    if !chosen.is_empty() && !known.iter().any(|(value, _)| value == chosen) {
        let words: Vec<String> = chosen.split(',').map(capitalised).collect();
        choices.push(Choice::new(chosen, words.join(" or "), chosen));
    }
    choices.extend(known.into_iter().map(|(value, label)| Choice::new(value, label, chosen)));
    Field::new(name, label, Kind::Choice).choices(choices)
}

fn columns(asked: &Asked, ticks: bool) -> Vec<Column> {
    let sort = match asked.get("sort") {
        "" => "due_at",
        sort => sort,
    };
    let sorted = |label: &str, name: &str, falls_first: bool| {
        let falling = format!("-{name}");
        let direction = match sort {
            sort if sort == name => "ascending",
            sort if sort == falling => "descending",
            _ => "",
        };
        let other = match direction {
            "ascending" => falling,
            "descending" => name.to_owned(),
            _ if falls_first => falling,
            _ => name.to_owned(),
        };
        Column { label: label.to_owned(), href: asked.with("sort", &other), direction }
    };
    let mut columns = vec![
        Column::plain("Key"),
        Column::plain("Risk"),
        sorted("Level", "level", true),
        Column::plain("State"),
        Column::plain("Owner"),
        sorted("Due", "due_at", false),
        Column::plain("Ticket"),
    ];
    if ticks {
        columns.insert(0, Column::plain("Tick"));
    }
    columns
}

fn pager(rows: usize, first: String, next: String) -> Pager {
    if first.is_empty() && next.is_empty() {
        return Pager::default();
    }
    let summary = format!("{} on this page", counted(rows as u64, "risk", "risks"));
    Pager { summary, first, next }
}

fn empty(asked: &Asked, totals: &Totals) -> Empty {
    let link = |label: &str, href: &str| (label.to_owned(), href.to_owned());
    if asked.is_filtered() {
        return Empty {
            title: "No risk matches".into(),
            text: "Take a filter away, or look at every state, closed ones too.".into(),
            links: vec![
                link("Clear the filters", "/risks"),
                link("Every state", &asked.with("state", EVERY_STATE)),
            ],
        };
    }
    if totals.accepted > 0 {
        return Empty {
            title: "Nothing is open".into(),
            text: "What there is was accepted or closed.".into(),
            links: vec![
                link("Accepted risks", "/risks?state=accepted"),
                link("Every state", "/risks?state=all"),
            ],
        };
    }
    Empty {
        title: "No open risks".into(),
        text: "Bring in a scanner's report or a workshop, and what they found stands here.".into(),
        links: vec![link("Import a report", "/imports"), link("Bring in a workshop", "/workshops")],
    }
}
