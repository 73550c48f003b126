//! The policies for due dates, by name.

use abate_entity::sla_policy;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::version::{Kept, Version};
use super::{STANDARD, read, write};
use crate::platform::problem::Problem;
use crate::risk::clock::SlaPolicy;

/// Every version of every policy.
pub(super) async fn load(db: &impl ConnectionTrait) -> Result<Kept<SlaPolicy>, Problem> {
    let rows = sla_policy::Entity::find().all(db).await?.into_iter();
    let versions = rows
        .map(|row| Ok(Version { id: row.id, name: row.name, number: row.version, data: read(row.data)? }));
    Ok(Kept::new(versions.collect::<Result<_, Problem>>()?))
}

/// Makes the policies that a new organisation starts with, where there is none of that name.
pub(super) async fn write_defaults(tx: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), Problem> {
    let first = [
        (STANDARD, SlaPolicy::standard()),
        ("bod_26_04", SlaPolicy::bod_26_04()),
        ("pci_dss_4_0_1", SlaPolicy::pci_dss_4_0_1()),
    ];
    for (name, policy) in first {
        let known = sla_policy::Entity::find().filter(sla_policy::Column::Name.eq(name)).one(tx).await?;
        if known.is_some() {
            continue;
        }
        let row = sla_policy::ActiveModel {
            name: Set(name.to_owned()),
            version: Set(1),
            data: Set(write(&policy)?),
            created_at: Set(now),
            ..Default::default()
        };
        row.insert(tx).await?;
    }
    Ok(())
}
