//! `GET /assets`

use abate_entity::team;
use abate_entity::tier::Tier;
use actix_web::{HttpRequest, HttpResponse, web};
use sea_orm::{EntityTrait, QueryOrder};
use serde::Deserialize;

use super::row::rows;
use crate::access::require::Require;
use crate::access::right::{KeepRegister, See};
use crate::asset::definition::KINDS;
use crate::asset::finder::{self, AssetFilter};
use crate::asset::register;
use crate::asset::view::AssetListPage;
use crate::page::badge::{capitalised, counted};
use crate::page::form::{Choice, Field, Kind};
use crate::page::frame::Section;
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, shell};
use crate::platform::paging::PageQuery;
use crate::platform::problem::Problem;
use crate::state::AppState;

/// What the register is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    kind: String,
    tier: String,
    team: String,
    /// `reviewed`, `unreviewed`, or `retired`.
    review: String,
    /// The end of the page before.
    cursor: String,
}

impl Asked {
    fn filter(&self) -> AssetFilter {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let known = |state: &&str| matches!(*state, register::REVIEWED | register::UNREVIEWED);
        AssetFilter {
            kind: said(&self.kind),
            tier: said(&self.tier),
            team: said(&self.team),
            review_state: Some(self.review.as_str()).filter(known).map(str::to_owned),
            retired: Some(self.review == "retired"),
            q: said(&self.q),
            ..AssetFilter::default()
        }
    }

    fn address(&self, cursor: &str) -> String {
        let parameters = [
            ("q", self.q.as_str()),
            ("kind", &self.kind),
            ("tier", &self.tier),
            ("team", &self.team),
            ("review", &self.review),
            ("cursor", cursor),
        ];
        address("/assets", &parameters)
    }
}

/// The register.
pub(super) async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let paging = PageQuery { limit: None, cursor: Some(asked.cursor.clone()) };
    let assets = finder::page(db, &caller.scope(), &asked.filter(), &paging).await?;
    let next = assets.next_cursor.as_deref().map(|cursor| asked.address(cursor));
    let first = if asked.cursor.is_empty() { String::new() } else { asked.address("") };
    let rows = rows(db, &assets.items).await?;
    let summary = format!("{} on this page", counted(rows.len() as u64, "asset", "assets"));
    let teams = team::Entity::find().order_by_asc(team::Column::Name).all(db).await?;
    shell::html(&AssetListPage {
        frame: context::frame(&request, &caller, "Assets", Section::Assets),
        pager: Pager {
            summary: if first.is_empty() && next.is_none() { String::new() } else { summary },
            first,
            next: next.unwrap_or_default(),
        },
        summary: "What is at risk, who answers for it, and what is open on it".to_owned(),
        filters: filters(&asked, teams),
        may_keep: caller.holds::<KeepRegister>(),
        rows,
        empty: Empty {
            title: "No assets here".into(),
            text: "An asset comes in with a table, a workshop or a report, or by hand; the first report of an unknown \
                   one puts it here as unreviewed."
                .into(),
            links: vec![
                ("Import a report".to_owned(), "/imports".to_owned()),
                ("Bring in a workshop".to_owned(), "/workshops".to_owned()),
            ],
        },
    })
}

fn filters(asked: &Asked, teams: Vec<team::Model>) -> Vec<Field> {
    let all = |label: &str, chosen: &str| vec![Choice::new("", label, chosen)];
    let mut kinds = all("All", &asked.kind);
    kinds.extend(KINDS.map(|kind| Choice::new(kind, capitalised(kind), &asked.kind)));
    let mut tiers = all("All", &asked.tier);
    tiers.extend(
        Tier::ALL
            .iter()
            .rev()
            .map(|tier| Choice::new(tier.as_str(), capitalised(tier.as_str()), &asked.tier)),
    );
    let mut owners = all("All", &asked.team);
    owners.extend(teams.into_iter().map(|team| Choice::new(team.key, team.name, &asked.team)));
    let mut review = all("In service", &asked.review);
    for state in [register::REVIEWED, register::UNREVIEWED, "retired"] {
        review.push(Choice::new(state, capitalised(state), &asked.review));
    }
    vec![
        Field::new("q", "Search", Kind::Text).value(&asked.q),
        Field::new("kind", "Kind", Kind::Choice).choices(kinds),
        Field::new("tier", "Tier", Kind::Choice).choices(tiers),
        Field::new("team", "Team", Kind::Choice).choices(owners),
        Field::new("review", "Register", Kind::Choice).choices(review),
    ]
}
