//! `/assets`: the register, and the page of one asset.

use std::collections::HashMap;

use abate_entity::lifecycle::State;
use abate_entity::{app_user, asset, asset_matcher, risk, team};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Deserialize;

use super::register;
use super::view::{AssetListPage, AssetPage, AssetRow};
use crate::access::require::Require;
use crate::access::right::See;
use crate::access::scope::Scope;
use crate::page::badge::{Badge, Tone, capitalised, counted};
use crate::page::form::{Choice, Field, Kind};
use crate::page::frame::Section;
use crate::page::listing::{Empty, Pager, address};
use crate::page::{context, shell};
use crate::platform::paging::{Page, PageQuery};
use crate::platform::problem::Problem;
use crate::risk::finder::{self, RiskFilter};
use crate::risk::page::row::Lines;
use crate::state::AppState;

/// Registers the pages.
pub fn pages(config: &mut ServiceConfig) {
    config.route("/assets", web::get().to(list)).route("/assets/{key}", web::get().to(show));
}

/// What the register is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `reviewed` or `unreviewed`.
    review: String,
    /// The end of the page before.
    cursor: String,
}

async fn list(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let scope = caller.scope();
    let paging = PageQuery { limit: None, cursor: Some(asked.cursor.clone()) };
    let limit = paging.limit()?;
    let mut query = visible(&scope).order_by_asc(asset::Column::Id).limit(limit + 1);
    if matches!(asked.review.as_str(), register::REVIEWED | register::UNREVIEWED) {
        query = query.filter(asset::Column::ReviewState.eq(asked.review.as_str()));
    }
    if let Some(after) = paging.after::<i64>()? {
        query = query.filter(asset::Column::Id.gt(after));
    }
    let assets = Page::cut(query.all(db).await?, limit, |asset| asset.id);
    let next = assets
        .next_cursor
        .as_deref()
        .map(|cursor| address("/assets", &[("review", &asked.review), ("cursor", cursor)]));
    let first = if asked.cursor.is_empty() {
        String::new()
    } else {
        address("/assets", &[("review", &asked.review)])
    };
    let rows = rows(db, &assets.items).await?;
    let summary = format!("{} on this page", counted(rows.len() as u64, "asset", "assets"));
    shell::html(&AssetListPage {
        frame: context::frame(&request, &caller, "Assets", Section::Assets),
        pager: Pager {
            summary: if first.is_empty() && next.is_none() { String::new() } else { summary },
            first,
            next: next.unwrap_or_default(),
        },
        summary: "What is at risk, who answers for it, and what is open on it".to_owned(),
        filters: vec![review_filter(&asked.review)],
        rows,
        empty: Empty {
            title: "No assets here".into(),
            text: "An asset comes in with a workshop or a report, or through the API; the first report of an unknown \
                   one puts it here as unreviewed."
                .into(),
            links: vec![
                ("Import a report".to_owned(), "/imports".to_owned()),
                ("Bring in a workshop".to_owned(), "/workshops".to_owned()),
            ],
        },
    })
}

async fn show(
    request: HttpRequest,
    caller: Require<See>,
    state: web::Data<AppState>,
    key: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let db = state.database.reader();
    let now = state.clock.now();
    let scope = caller.scope();
    let found = register::by_key(db, &key).await?;
    let asset = found
        .filter(|asset| scope.covers(asset.team_id))
        .ok_or_else(|| Problem::not_found(format!("asset {key}")))?;
    let filter = RiskFilter {
        state: Some("any_open".to_owned()),
        asset: Some(asset.key.clone()),
        ..RiskFilter::default()
    };
    let risks = finder::page(db, &scope, caller.id, &filter, &PageQuery::default(), now).await?;
    let lines = Lines::of(db, &risks.items, now, state.config.organisation.zone).await?;
    let matchers = asset_matcher::Entity::find()
        .filter(asset_matcher::Column::AssetId.eq(asset.id))
        .order_by_asc(asset_matcher::Column::Id)
        .limit(100)
        .all(db)
        .await?;
    let row = rows(db, std::slice::from_ref(&asset)).await?.pop();
    shell::html(&AssetPage {
        frame: context::frame(&request, &caller, asset.name.clone(), Section::Assets),
        asset: row.ok_or_else(|| Problem::not_found(format!("asset {key}")))?,
        description: String::new(),
        matchers: matchers.into_iter().map(|row| (capitalised(&row.kind), row.pattern)).collect(),
        risks: risks.items.iter().map(|risk| lines.row(risk)).collect(),
        more: "All of them".to_owned(),
    })
}

fn visible(scope: &Scope) -> sea_orm::Select<asset::Entity> {
    match scope.teams() {
        None => asset::Entity::find(),
        Some(teams) => asset::Entity::find().filter(asset::Column::TeamId.is_in(teams.iter().copied())),
    }
}

fn review_filter(chosen: &str) -> Field {
    Field::new("review", "Register", Kind::Choice).choices(vec![
        Choice::new("", "All", chosen),
        Choice::new(register::REVIEWED, "Reviewed", chosen),
        Choice::new(register::UNREVIEWED, "Unreviewed", chosen),
    ])
}

#[derive(FromQueryResult)]
struct OpenCount {
    asset_id: i64,
    risks: i64,
}

/// The lines of some assets, with what is open on each as its primary asset.
async fn rows(db: &impl ConnectionTrait, assets: &[asset::Model]) -> Result<Vec<AssetRow>, Problem> {
    if assets.is_empty() {
        return Ok(Vec::new());
    }
    let owners = app_user::Entity::find()
        .filter(app_user::Column::Id.is_in(assets.iter().filter_map(|asset| asset.owner_id)))
        .all(db)
        .await?;
    let teams = team::Entity::find().all(db).await?;
    let open: HashMap<i64, u64> = risk::Entity::find()
        .select_only()
        .column(risk::Column::AssetId)
        .column_as(risk::Column::Id.count(), "risks")
        .filter(risk::Column::AssetId.is_in(assets.iter().map(|asset| asset.id)))
        .filter(risk::Column::State.is_in(State::ALL.iter().copied().filter(|state| state.is_open())))
        .group_by(risk::Column::AssetId)
        .into_model::<OpenCount>()
        .all(db)
        .await?
        .into_iter()
        .map(|count| (count.asset_id, u64::try_from(count.risks).unwrap_or_default()))
        .collect();
    Ok(assets
        .iter()
        .map(|asset| {
            let owner = asset.owner_id.and_then(|id| owners.iter().find(|user| user.id == id));
            let team = teams.iter().find(|team| team.id == asset.team_id);
            let open = open.get(&asset.id).copied().unwrap_or_default();
            AssetRow {
                key: asset.key.clone(),
                href: format!("/assets/{}", asset.key),
                name: asset.name.clone(),
                kind: capitalised(&asset.kind),
                tier: capitalised(asset.tier.as_str()),
                data: asset.data_classes.split_whitespace().collect::<Vec<_>>().join(", "),
                exposure: if asset.internet_facing { "Faces the internet".into() } else { "Internal".into() },
                owner: owner
                    .map(|user| user.name.clone())
                    .or_else(|| team.map(|team| team.name.clone()))
                    .unwrap_or_default(),
                standing: standing(asset),
                open: if open == 0 { String::new() } else { format!("{open} open") },
                open_href: address("/risks", &[("asset", &asset.key)]),
            }
        })
        .collect())
}

fn standing(asset: &asset::Model) -> Badge {
    if asset.retired_at.is_some() {
        return Badge::toned(Tone::Plain, "Retired", "Taken out of service");
    }
    if asset.review_state == register::REVIEWED {
        Badge::toned(Tone::Good, "Reviewed", "A person has looked at it")
    } else {
        Badge::toned(Tone::Warn, "Unreviewed", "A report named it first; nobody has looked at it yet")
    }
}
