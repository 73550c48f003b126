//! The grids that levels are read from, by name.

use abate_entity::rating_grid;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, PaginatorTrait};

use super::version::{Kept, Version};
use super::{STANDARD, missing, read, write};
use crate::platform::problem::Problem;
use crate::platform::setting;
use crate::risk::rating::Grid;

/// The setting that names the grid in force.
pub const IN_FORCE: &str = "grid_in_force";

/// Every grid, and which one is in force.
#[derive(Clone, Debug)]
pub(super) struct Grids {
    kept: Kept<Grid>,
    in_force: Version<Grid>,
}

impl Grids {
    pub(super) async fn load(db: &impl ConnectionTrait) -> Result<Self, Problem> {
        let rows = rating_grid::Entity::find().all(db).await?.into_iter();
        let versions = rows.map(|row| {
            Ok(Version { id: row.id, name: row.name, number: row.version, data: read(row.data)? })
        });
        let kept = Kept::new(versions.collect::<Result<_, Problem>>()?);
        let name = setting::read(db, IN_FORCE).await?;
        let in_force = kept.newest(name.as_deref().unwrap_or(STANDARD)).cloned().ok_or_else(missing)?;
        Ok(Self { kept, in_force })
    }

    pub(super) fn in_force(&self) -> &Version<Grid> {
        &self.in_force
    }

    pub(super) fn named(&self, name: &str) -> Option<&Version<Grid>> {
        self.kept.newest(name)
    }
}

/// Makes the grid that a new organisation starts with.
pub(super) async fn write_default(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    if rating_grid::Entity::find().count(tx).await? > 0 {
        return Ok(());
    }
    let row = rating_grid::ActiveModel {
        name: Set(STANDARD.to_owned()),
        version: Set(1),
        data: Set(write(&Grid::standard())?),
        created_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}
