//! Assets as lines of a list.

use std::collections::HashMap;

use abate_entity::lifecycle::State;
use abate_entity::{app_user, asset, risk, team};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};

use crate::asset::register;
use crate::asset::view::AssetRow;
use crate::page::badge::{Badge, Tone, capitalised};
use crate::page::listing::address;
use crate::platform::problem::Problem;

#[derive(FromQueryResult)]
struct OpenCount {
    asset_id: i64,
    risks: i64,
}

/// The lines of some assets, with what is open on each as its primary asset.
pub(super) async fn rows(
    db: &impl ConnectionTrait,
    assets: &[asset::Model],
) -> Result<Vec<AssetRow>, Problem> {
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
