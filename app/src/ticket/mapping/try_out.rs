//! Shows what would be sent to JIRA for a risk. Nothing is written there.

use abate_entity::asset;
use sea_orm::EntityTrait;
use serde::Serialize;
use serde_json::Value;

use super::fill::{LeftOut, at_creation, kept};
use super::known::Known;
use super::metadata;
use super::model::Mapping;
use super::store;
use crate::access::scope::Scope;
use crate::platform::problem::Problem;
use crate::risk;
use crate::risk::key::RiskKey;
use crate::state::AppState;
use crate::ticket::about::About;
use crate::ticket::drift::field_rules::{self, Field};
use crate::ticket::finder;
use crate::ticket::subject::Subject;
use crate::ticket::wording::Content;

/// What would be sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Trial {
    /// The key of the risk.
    pub(super) risk: String,
    /// The body of the call that makes its ticket. The marker in it is that of its ticket, where it has one.
    #[schema(value_type = Object)]
    pub(super) create: Value,
    /// The body of a call that tells all that Abate owns.
    #[schema(value_type = Object)]
    pub(super) edit: Value,
    /// What is not sent, and why.
    pub(super) left_out: Vec<LeftOut>,
    /// What JIRA demands and does not get: the ticket would wait.
    pub(super) missing: Vec<String>,
}

/// Tries a mapping, the one in force where none is given.
pub(super) async fn run(
    state: &AppState,
    scope: &Scope,
    connection_id: i64,
    key: RiskKey,
    mapping: Option<Mapping>,
) -> Result<Trial, Problem> {
    let db = state.database.reader();
    let risk = risk::finder::one(db, scope, key).await?;
    let asset = asset::Entity::find_by_id(risk.asset_id).one(db).await?;
    let mapping = match mapping {
        Some(mapping) => {
            store::check(&mapping)?;
            mapping
        }
        None => store::in_force(db, connection_id).await?,
    };
    let active = metadata::active(state, connection_id).await?;
    let screen = metadata::screen(state, &active).await?;
    let identity = finder::identity(state).await?;
    let about = About::risk(&risk, asset.as_ref(), &identity);
    Known::ask(state, &active, &mapping, &[&about.facts]).await.map_err(metadata::told)?;
    let known = Known::load(db, connection_id, &mapping, &[&about.facts]).await?;
    let mut content =
        Content::of(&about, &screen.priorities, &identity, |text| active.client.rich_text(text));
    content.prioritise(about.level, &mapping, &screen.priorities);
    let filling = at_creation(&mapping, &about, &known, &screen.fields);
    let (left_out, missing) = (filling.left_out.clone(), filling.missing.clone());
    content.filling = filling;
    let ticket = finder::of_subject(db, Subject::Risk(risk.id)).await?;
    let marker = identity.marker(ticket.map_or(risk.uuid, |ticket| ticket.uuid));
    let new = content.new_issue(&about.subject, marker, &screen, &active.row.project, &identity);
    let told: Vec<Field> = field_rules::ours().filter(|field| screen.takes(field.jira_name())).collect();
    let mut edit = content.edit(&told);
    edit.custom = kept(&mapping, &about, &known, &screen.fields);
    Ok(Trial {
        risk: about.key,
        create: active.client.create_body(&new),
        edit: active.client.edit_body(&edit),
        left_out,
        missing,
    })
}
