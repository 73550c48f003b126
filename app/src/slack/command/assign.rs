//! `/risk assign`: makes somebody the assignee.

use abate_entity::app_user;
use abate_integrations::slack::{Block, Message};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Answering, Command, key};
use crate::access::right::MoveRisks;
use crate::access::user;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::risk::parties::may_edit;
use crate::risk::{edit, finder};
use crate::slack::arguments::{Token, tokens};
use crate::slack::context::Context;
use crate::slack::{card, person};

/// The command.
pub(crate) static COMMAND: Command =
    Command { word: "assign", arguments: "R-12 @who", summary: "say who does the work", run };

fn run<'a>(context: &'a Context, rest: &'a str) -> Answering<'a> {
    Box::pin(async move {
        let (key, rest) = key(&COMMAND, rest)?;
        let whom = tokens(rest).into_iter().next().ok_or_else(nobody)?;
        let user = named(context, whom).await?;
        to(context, key, user.id, &user.name).await
    })
}

/// Makes a user the assignee.
///
/// # Errors
/// 403 when it is not the asker's right.
pub(crate) async fn to(
    context: &Context,
    key: RiskKey,
    user_id: i64,
    name: &str,
) -> Result<Message, Problem> {
    context
        .change::<MoveRisks>(async |tx, occasion| {
            let risk = finder::one(tx, &context.actor.scope(), key).await?;
            may_edit(&context.actor, &risk)?;
            let risk = edit::assign(tx, occasion, risk, user_id).await?;
            let text = format!("{key} is assigned to {name}.");
            let page = context.page(&format!("risks/{key}"));
            let line = card::line(&risk, &page, context.now, occasion.policies.zone);
            Ok(Message { blocks: vec![Block::text(text.as_str()), line], text })
        })
        .await
}

/// Who is meant: a mention, an address, `me`, or the part of an address before the @.
async fn named(context: &Context, whom: Token) -> Result<app_user::Model, Problem> {
    let db = context.state.database.reader();
    let word = match whom {
        Token::Mention(slack_user) => return person::of(&context.state, &context.slack, &slack_user).await,
        Token::Word(word) => word,
        Token::Pair(..) | Token::Link(_) => return Err(nobody()),
    };
    if word.eq_ignore_ascii_case("me") {
        return user::active_by_email(db, "assignee", &context.actor.email).await;
    }
    let name = word.trim_start_matches('@').to_lowercase();
    if name.contains('@') {
        return user::active_by_email(db, "assignee", &name).await;
    }
    let mut found = app_user::Entity::find()
        .filter(app_user::Column::Email.starts_with(format!("{name}@")))
        .filter(app_user::Column::Active.eq(true))
        .limit(2)
        .all(db)
        .await?;
    match (found.pop(), found.is_empty()) {
        (Some(user), true) if !name.is_empty() => Ok(user),
        _ => Err(nobody()),
    }
}

fn nobody() -> Problem {
    Problem::invalid("assignee", "Name one person: a mention, an e-mail address, or me.")
}
