//! Tells those whom a comment speaks to, when they may see the risk. About others it says nothing.

use std::collections::HashMap;

use abate_entity::{app_user, comment_mention, risk, risk_comment};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};

use super::key::RiskKey;
use super::mention_rules::{means, words};
use super::record::Occasion;
use crate::access::actor::Actor;
use crate::message::notice::{self, NewNotice};
use crate::platform::problem::Problem;

/// Notes whom a comment speaks to, and wants them to be told.
///
/// # Errors
/// When the database refuses.
pub(super) async fn note(
    tx: &DatabaseTransaction,
    occasion: &Occasion<'_>,
    risk: &risk::Model,
    comment: &risk_comment::Model,
) -> Result<(), Problem> {
    let words = words(&comment.body);
    if words.is_empty() {
        return Ok(());
    }
    let people = app_user::Entity::find().filter(app_user::Column::Active.eq(true)).all(tx).await?;
    let author = people.iter().find(|user| Some(user.id) == occasion.actor_id);
    let author = author.map_or("Abate", |user| user.name.as_str());
    let mut told = Vec::new();
    for word in words {
        let mut meant = people.iter().filter(|user| means(word, &user.email, &user.name));
        // A word that means two people means neither.
        let (Some(user), None) = (meant.next(), meant.next()) else { continue };
        let may_see = Actor::load(tx, user.id, occasion.via).await?.scope().covers(risk.team_id);
        if !may_see {
            continue;
        }
        let row = comment_mention::ActiveModel {
            comment_id: Set(comment.id),
            word: Set(word.to_owned()),
            user_id: Set(user.id),
        };
        comment_mention::Entity::insert(row).exec_without_returning(tx).await?;
        if Some(user.id) == occasion.actor_id || told.contains(&user.id) {
            continue;
        }
        told.push(user.id);
        let key = RiskKey(risk.id);
        let new = NewNotice {
            key: format!("mention/{}/u{}", comment.id, user.id),
            user_id: user.id,
            kind: "mention",
            risk_id: Some(risk.id),
            text: format!("{author} speaks to you in a comment on {key}."),
            link: format!("/risks/{key}#comments"),
            urgent: false,
            about_at: occasion.now,
            not_before: occasion.now,
        };
        notice::want(tx, occasion.now, new).await?;
    }
    Ok(())
}

/// Whom comments speak to: for each comment the words, with the number of whom each means.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of(
    db: &impl ConnectionTrait,
    comments: &[risk_comment::Model],
) -> Result<HashMap<i64, Vec<(String, i64)>>, Problem> {
    let mut found: HashMap<i64, Vec<(String, i64)>> = HashMap::new();
    if comments.is_empty() {
        return Ok(found);
    }
    let rows = comment_mention::Entity::find()
        .filter(comment_mention::Column::CommentId.is_in(comments.iter().map(|comment| comment.id)))
        .all(db)
        .await?;
    for row in rows {
        found.entry(row.comment_id).or_default().push((row.word, row.user_id));
    }
    Ok(found)
}
