//! Who had an account, with the roles held. What was changed since is taken back with the log, which says what was before.

use std::collections::HashMap;

use abate_entity::{app_user, audit_entry, user_role};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

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

/// An account as it was.
struct Account {
    user: app_user::Model,
    /// Each role with the key of its team; none for all teams.
    roles: Vec<(String, Option<String>)>,
}

async fn write(context: &Context, table: &mut Table) -> Result<(), Problem> {
    let mut accounts = today(context).await?;
    let edits = audit_entry::Entity::find()
        .filter(audit_entry::Column::Action.eq("user.edit"))
        .filter(audit_entry::Column::RecordedAt.gte(context.period.as_of))
        .order_by_desc(audit_entry::Column::Id)
        .all(&context.db)
        .await?;
    for edit in edits {
        let id = edit.subject.strip_prefix("user-").and_then(|id| id.parse::<i64>().ok());
        if let Some(account) = id.and_then(|id| accounts.get_mut(&id)) {
            account.take_back(&edit.data);
        }
    }
    let mut accounts: Vec<Account> = accounts.into_values().collect();
    accounts.sort_by(|one, other| one.user.email.cmp(&other.user.email));
    let team = context.team.map(|id| context.team_key(Some(id)));
    for Account { user, mut roles } in accounts {
        if let Some(team) = &team {
            roles.retain(|(_, of)| of.as_ref().is_none_or(|of| *team == of.as_str()));
            if roles.is_empty() {
                continue;
            }
        }
        let mut held: Vec<String> = roles
            .into_iter()
            .map(|(role, team)| format!("{role} in {}", team.as_deref().unwrap_or("all teams")))
            .collect();
        held.sort_unstable();
        let row = json!([user.email, user.name, user.created_at, user.active, held.join("; ")]);
        table.row(&row).map_err(Problem::internal)?;
    }
    Ok(())
}

/// The accounts that were there then, as they are today.
async fn today(context: &Context) -> Result<HashMap<i64, Account>, Problem> {
    let users = app_user::Entity::find()
        .filter(app_user::Column::CreatedAt.lt(context.period.as_of))
        .all(&context.db)
        .await?;
    let mut accounts: HashMap<i64, Account> =
        users.into_iter().map(|user| (user.id, Account { user, roles: Vec::new() })).collect();
    for row in user_role::Entity::find().all(&context.db).await? {
        let team = (row.team_id != 0).then(|| context.team_key(Some(row.team_id)));
        let team = team.map(|team| team.as_str().unwrap_or_default().to_owned());
        if let Some(account) = accounts.get_mut(&row.user_id) {
            account.roles.push((row.role, team));
        }
    }
    Ok(accounts)
}

impl Account {
    /// Undoes what an entry of the log says was changed.
    fn take_back(&mut self, said: &Value) {
        if let Some(name) = said["name"]["from"].as_str() {
            name.clone_into(&mut self.user.name);
        }
        if let Some(active) = said["active"].as_bool() {
            self.user.active = !active;
        }
        if let Some(roles) = said["roles"]["from"].as_array() {
            let held = |role: &Value| {
                Some((role["role"].as_str()?.to_owned(), role["team"].as_str().map(str::to_owned)))
            };
            self.roles = roles.iter().filter_map(held).collect();
        }
    }
}
