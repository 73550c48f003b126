//! `PATCH /api/v1/assets/{key}`, `POST …/retire`, `POST …/merge`

use abate_entity::asset;
use abate_entity::tier::Tier;
use actix_web::http::header::IF_MATCH;
use actix_web::{HttpRequest, patch, post, web};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Deserializer};

use super::view::AssetDetail;
use crate::access::require::Require;
use crate::access::right::KeepRegister;
use crate::access::{team, user};
use crate::asset::definition::Definition;
use crate::asset::{edit as edits, finder, merge as merges, register, retire as retires};
use crate::platform::problem::{Kind, Problem};
use crate::state::AppState;

/// What to change of an asset; what is left out stays. `null` takes a rating, an owner or a lifetime away.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AssetEdit {
    /// The version that was seen, as `If-Match` says it too.
    version: Option<i32>,
    name: Option<String>,
    description: Option<String>,
    kind: Option<String>,
    /// other, important, business or mission.
    tier: Option<String>,
    data_classes: Option<Vec<String>>,
    internet_facing: Option<bool>,
    environment: Option<String>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    confidentiality: Option<Option<i16>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    integrity: Option<Option<i16>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i16>)]
    availability: Option<Option<i16>>,
    /// Key of the team that answers for it; its open risks move there too.
    team: Option<String>,
    /// Address of the person who answers for it.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    responsible_party: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    lifetime_days: Option<Option<i32>>,
    /// reviewed says that a person has looked at it, and keeps it.
    review_state: Option<String>,
}

/// Tells `null` from left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(source: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(source).map(Some)
}

impl AssetEdit {
    async fn apply(&self, db: &impl ConnectionTrait, before: &asset::Model) -> Result<Definition, Problem> {
        let was = Definition::of(before);
        let ratings = [self.confidentiality, self.integrity, self.availability];
        let said = |text: &Option<String>, was: String| text.clone().unwrap_or(was);
        Ok(Definition {
            ratings: [0, 1, 2].map(|place| ratings[place].unwrap_or(was.ratings[place])),
            name: said(&self.name, was.name),
            description: said(&self.description, was.description),
            kind: said(&self.kind, was.kind),
            tier: self.tier.as_deref().map(tier).transpose()?.unwrap_or(was.tier),
            data_classes: self.data_classes.clone().unwrap_or(was.data_classes),
            internet_facing: self.internet_facing.unwrap_or(was.internet_facing),
            environment: said(&self.environment, was.environment),
            team_id: match &self.team {
                Some(key) => team::by_key(db, "team", key).await?.id,
                None => was.team_id,
            },
            owner_id: match &self.owner {
                Some(Some(email)) => Some(user::active_by_email(db, "owner", email).await?.id),
                Some(None) => None,
                None => was.owner_id,
            },
            responsible_party: said(&self.responsible_party, was.responsible_party),
            tags: self.tags.clone().unwrap_or(was.tags),
            lifetime_days: self.lifetime_days.unwrap_or(was.lifetime_days),
        })
    }

    fn reviewed(&self, before: &asset::Model) -> Result<bool, Problem> {
        match self.review_state.as_deref().unwrap_or(&before.review_state) {
            register::REVIEWED => Ok(true),
            register::UNREVIEWED => Ok(false),
            _ => Err(Problem::invalid("review_state", "Use reviewed or unreviewed.")),
        }
    }
}

/// The tier that a word names.
pub(super) fn tier(word: &str) -> Result<Tier, Problem> {
    word.parse().map_err(|error| Problem::invalid("tier", format!("{error}.")))
}

/// Changes what the register says of an asset.
#[utoipa::path(tag = "assets", params(("key" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = AssetEdit, responses((status = 200, body = AssetDetail)))]
#[patch("/assets/{key}")]
pub(super) async fn edit(
    request: HttpRequest,
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<AssetEdit>,
) -> Result<web::Json<AssetDetail>, Problem> {
    let now = state.clock.now();
    let seen = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok());
    let detail = state
        .database
        .write(async |tx| {
            let before = finder::one(tx, &caller.scope(), &key).await?;
            let other = |version: &str| version.trim_matches('"') != before.version.to_string();
            if seen.is_some_and(other) || form.version.is_some_and(|version| version != before.version) {
                return Err(edits::stale(&before.key));
            }
            let (after, reviewed) = (form.apply(tx, &before).await?, form.reviewed(&before)?);
            let asset = edits::edit(tx, &caller, before, &after, reviewed, now).await?;
            AssetDetail::of(tx, &caller.scope(), asset).await
        })
        .await?;
    Ok(web::Json(detail))
}

/// Why an asset goes out of service.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetireForm {
    reason: String,
}

/// Takes an asset out of service; its open risks go to verification, for somebody else to confirm.
#[utoipa::path(tag = "assets", params(("key" = String, Path)), request_body = RetireForm,
    responses((status = 200, body = AssetDetail)))]
#[post("/assets/{key}/retire")]
pub(super) async fn retire(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<RetireForm>,
) -> Result<web::Json<AssetDetail>, Problem> {
    let now = state.clock.now();
    let detail = state
        .database
        .write(async |tx| {
            let asset = finder::one(tx, &caller.scope(), &key).await?;
            let asset = retires::retire(tx, &caller, asset, &form.reason, now).await?;
            AssetDetail::of(tx, &caller.scope(), asset).await
        })
        .await?;
    Ok(web::Json(detail))
}

/// Which asset this one is in truth.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeForm {
    /// Key of the asset that is left.
    into: String,
}

/// Merges an asset into another one: its reports, matchers and risks belong to that one from now on.
#[utoipa::path(tag = "assets", params(("key" = String, Path)), request_body = MergeForm,
    responses((status = 200, description = "the asset that is left", body = AssetDetail)))]
#[post("/assets/{key}/merge")]
pub(super) async fn merge(
    caller: Require<KeepRegister>,
    state: web::Data<AppState>,
    key: web::Path<String>,
    form: web::Json<MergeForm>,
) -> Result<web::Json<AssetDetail>, Problem> {
    let now = state.clock.now();
    let detail = state
        .database
        .write(async |tx| {
            let scope = caller.scope();
            let from = finder::one(tx, &scope, &key).await?;
            let into = finder::one(tx, &scope, &form.into).await.map_err(|problem| match problem.kind() {
                Kind::NotFound => Problem::invalid("into", format!("There is no asset {:?}.", form.into)),
                _ => problem,
            })?;
            let asset = merges::merge(tx, &caller, from, into, now).await?;
            AssetDetail::of(tx, &scope, asset).await
        })
        .await?;
    Ok(web::Json(detail))
}
