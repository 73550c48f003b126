//! What people do with groups: make one, put risks in, take one out, name it, close it. Who may do so is who may edit each of
//! the risks.

use abate_entity::{risk, team, ticket_group, ticket_group_member};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde::Deserialize;

use super::finder;
use super::matching;
use super::member::{self, By, MOST_IN_GROUP, NewGroup};
use super::model::{GroupKey, GroupKind, GroupState, match_key};
use crate::access::actor::Actor;
use crate::access::right::MoveRisks;
use crate::asset::finder as assets;
use crate::platform::problem::{Kind, Problem};
use crate::risk::create::check_text;
use crate::risk::key::RiskKey;
use crate::risk::{finder as risks, parties};
use crate::state::AppState;

/// Longest title, in characters; more would push the number of risks out of JIRA's summary.
const LONGEST: usize = 200;
/// Most risks that are named at once.
const MOST: usize = 500;

/// A group to be made.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GroupForm {
    /// What its risks have in common: library, rule, or hand (the default).
    pub(super) kind: Option<String>,
    /// One line; may be left out for a library or a rule.
    pub(super) title: String,
    /// Keys of the risks of a group by hand.
    pub(super) risks: Vec<String>,
    /// Key of the asset of a library or a rule.
    pub(super) asset: Option<String>,
    /// The name of the library, without a version, or of the tool's rule.
    pub(super) name: Option<String>,
    /// Key of the team whose risks they are; that of the asset unless told.
    pub(super) team: Option<String>,
}

/// Makes a group; answers its number.
///
/// # Errors
/// 403 for risks that the caller may not edit, 404 for what they may not see, 409 when there is one already, 422 naming
/// each field that is wrong.
pub(super) async fn make(state: &AppState, caller: &Actor, form: &GroupForm) -> Result<i64, Problem> {
    let now = state.clock.now();
    let uuid = state.ids.uuid(now);
    let kind = match form.kind.as_deref().filter(|kind| !kind.is_empty()) {
        None => GroupKind::Hand,
        Some(kind) => kind.parse().map_err(|error| Problem::invalid("kind", format!("{error}.")))?,
    };
    let title = form.title.trim();
    check_text("title", title, LONGEST)?;
    state
        .database
        .write(async |tx| {
            let (mut new, risks) = match kind {
                GroupKind::Hand => {
                    let risks = read(tx, caller, &form.risks).await?;
                    let Some(first) = risks.first() else {
                        return Err(Problem::invalid("risks", "Name at least one risk, as in R-3."));
                    };
                    let new = NewGroup {
                        uuid,
                        kind,
                        match_key: uuid.to_string(),
                        title: String::new(),
                        team_id: first.team_id,
                        asset_id: None,
                    };
                    (new, risks)
                }
                GroupKind::Library | GroupKind::Rule => named(tx, caller, form, kind, uuid).await?,
            };
            if !title.is_empty() {
                title.clone_into(&mut new.title);
            }
            if new.title.is_empty() {
                return Err(Problem::invalid("title", "Say in one line what is to be changed."));
            }
            Ok(member::make(tx, By::person(caller), new, &risks, now).await?.id)
        })
        .await
}

/// A group of a library or of a rule, with all risks that are in none yet.
async fn named(
    tx: &DatabaseTransaction,
    caller: &Actor,
    form: &GroupForm,
    kind: GroupKind,
    uuid: uuid::Uuid,
) -> Result<(NewGroup, Vec<risk::Model>), Problem> {
    let said = |field: &Option<String>| field.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let (key, name) = (said(&form.asset), said(&form.name));
    if name.is_empty() {
        return Err(Problem::invalid("name", "Name the library or the rule."));
    }
    check_text("name", &name, 1_000)?;
    let wrong = |_| Problem::invalid("asset", "There is no asset with this key that you may see.");
    let asset = assets::one(tx, &caller.scope(), &key).await.map_err(wrong)?;
    let team_key = said(&form.team);
    let team_id = if team_key.is_empty() {
        asset.team_id
    } else {
        let team = team::Entity::find().filter(team::Column::Key.eq(&team_key)).one(tx).await?;
        let missing = || Problem::invalid("team", "There is no such team that you may see.");
        team.filter(|team| caller.scope().covers(team.id)).ok_or_else(missing)?.id
    };
    let risks = matching::of(tx, kind, (team_id, asset.id), &name).await?;
    if risks.is_empty() {
        let text = "No confirmed risk of the team on this asset has it and is in no group yet.";
        return Err(Problem::invalid("name", text));
    }
    if risks.len() > MOST_IN_GROUP {
        let text = format!(
            "More than {MOST_IN_GROUP} risks have it, which is the most that a group holds. Make groups by hand, of those that \
             are to be mended first."
        );
        return Err(Problem::invalid("name", text));
    }
    for risk in &risks {
        parties::may_edit(caller, risk)?;
    }
    let title: String = match kind {
        GroupKind::Library => format!("Update {name} in {}", asset.name),
        _ => format!("{name} in {}", asset.name),
    };
    let new = NewGroup {
        uuid,
        kind,
        match_key: match_key(team_id, asset.id, &name),
        title: title.chars().take(LONGEST).collect(),
        team_id,
        asset_id: Some(asset.id),
    };
    Ok((new, risks))
}

/// Puts risks into a group; those of another one leave that first.
///
/// # Errors
/// As [`make`].
pub(super) async fn add(
    state: &AppState,
    caller: &Actor,
    key: GroupKey,
    keys: &[String],
) -> Result<(), Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let group = finder::one(tx, &caller.scope(), key).await?;
            let risks = read(tx, caller, keys).await?;
            if risks.is_empty() {
                return Err(Problem::invalid("risks", "Name at least one risk, as in R-3."));
            }
            member::join(tx, By::person(caller), &group, &risks, now).await
        })
        .await
}

/// Takes a risk out of a group.
///
/// # Errors
/// 404 when it is not in there, 403 when the caller may not edit it.
pub(super) async fn remove(
    state: &AppState,
    caller: &Actor,
    key: GroupKey,
    risk: RiskKey,
) -> Result<(), Problem> {
    let now = state.clock.now();
    state
        .database
        .write(async |tx| {
            let group = finder::one(tx, &caller.scope(), key).await?;
            let risk = risks::one(tx, &caller.scope(), risk).await?;
            parties::may_edit(caller, &risk)?;
            let row = ticket_group_member::Entity::find()
                .filter(ticket_group_member::Column::GroupId.eq(group.id))
                .filter(ticket_group_member::Column::RiskId.eq(risk.id))
                .filter(ticket_group_member::Column::LeftAt.is_null())
                .one(tx)
                .await?;
            let missing = || Problem::not_found(format!("risk {} in {key}", RiskKey(risk.id)));
            let row = row.ok_or_else(missing)?;
            member::leave(tx, By::person(caller), &[row], "somebody took it out", now).await
        })
        .await
}

/// Gives a group another title, and closes it.
///
/// # Errors
/// 403 when the caller may not edit each of its risks, 409 when it is closed, 422 for a title that cannot be.
pub(super) async fn edit(
    state: &AppState,
    caller: &Actor,
    key: GroupKey,
    title: Option<&str>,
    close: bool,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let title = title.map(str::trim);
    if let Some(title) = title {
        check_text("title", title, LONGEST)?;
        if title.is_empty() {
            return Err(Problem::invalid("title", "Say in one line what is to be changed."));
        }
    }
    state
        .database
        .write(async |tx| {
            let group = finder::one(tx, &caller.scope(), key).await?;
            may_change(tx, caller, &group).await?;
            if group.state != GroupState::Open.as_str() {
                return Err(Problem::new(Kind::Conflict, format!("{key} is closed; make another group.")));
            }
            if let Some(title) = title.filter(|title| *title != group.title) {
                member::rename(tx, By::person(caller), &group, title, now).await?;
            }
            if close {
                member::close(tx, By::person(caller), &group, now).await?;
            }
            Ok(())
        })
        .await
}

/// Refuses those who may not edit each of its risks.
async fn may_change(
    tx: &DatabaseTransaction,
    caller: &Actor,
    group: &ticket_group::Model,
) -> Result<(), Problem> {
    let ids = member::risks_in(tx, group.id).await?;
    if ids.is_empty() {
        return caller.require_in::<MoveRisks>(group.team_id);
    }
    let risks = risk::Entity::find().filter(risk::Column::Id.is_in(ids)).all(tx).await?;
    risks.iter().try_for_each(|risk| parties::may_edit(caller, risk))
}

/// The risks that are named, which the caller has to be able to edit.
async fn read(
    tx: &DatabaseTransaction,
    caller: &Actor,
    keys: &[String],
) -> Result<Vec<risk::Model>, Problem> {
    if keys.len() > MOST {
        return Err(Problem::invalid("risks", format!("Name at most {MOST} risks at once.")));
    }
    let mut found: Vec<risk::Model> = Vec::new();
    for key in keys {
        let key: RiskKey = key
            .parse()
            .map_err(|error: crate::risk::key::NotAKey| Problem::invalid("risks", format!("{error}.")))?;
        let wrong = |_| Problem::invalid("risks", format!("There is no risk {key} that you may see."));
        let risk = risks::one(tx, &caller.scope(), key).await.map_err(wrong)?;
        parties::may_edit(caller, &risk)?;
        if !found.iter().any(|known| known.id == risk.id) {
            found.push(risk);
        }
    }
    Ok(found)
}
