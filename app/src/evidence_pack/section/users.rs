//! Who had an account, with the roles held.

use std::collections::HashMap;

use abate_entity::{app_user, user_role};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::Section;
use crate::evidence_pack::context::Context;
use crate::evidence_pack::part::Table;
use crate::platform::problem::Problem;

pub(super) const SECTION: Section = Section {
    name: "users",
    about: "accounts that were there then, with their roles and teams",
    columns: &["email", "name", "created_at", "active", "roles"],
    write: |context, table| Box::pin(write(context, table)),
};

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut roles: HashMap<i64, Vec<String>> = HashMap::new();
    for row in user_role::Entity::find().all(&context.db).await? {
        if context.team.is_some_and(|team| row.team_id != 0 && row.team_id != team) {
            continue;
        }
        let place = match row.team_id {
            0 => "all teams".to_owned(),
            team => context.team_key(Some(team)).as_str().unwrap_or_default().to_owned(),
        };
        roles.entry(row.user_id).or_default().push(format!("{} in {place}", row.role));
    }
    let rows = app_user::Entity::find()
        .filter(app_user::Column::CreatedAt.lt(context.period.as_of))
        .order_by_asc(app_user::Column::Email)
        .all(&context.db)
        .await?;
    for row in rows {
        let mut held = roles.remove(&row.id).unwrap_or_default();
        if held.is_empty() && context.team.is_some() {
            continue;
        }
        held.sort_unstable();
        let told = json!([row.email, row.name, row.created_at, row.active, held.join("; ")]);
        table.row(&told).map_err(Problem::internal)?;
    }
    Ok(())
}
