//! What a command or a button acts with.

use abate_entity::webhook_delivery;
use abate_integrations::slack::Message;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::Slack;
use crate::access::actor::{Actor, lacking};
use crate::access::right::{Right, See};
use crate::platform::problem::{Kind, Problem};
use crate::policy::Policies;
use crate::risk::record::Occasion;
use crate::state::AppState;

/// Deliveries are kept by connection; Slack's have the number that no JIRA connection has.
const SLACK: i64 = 0;
/// Slack's signatures are believed for five minutes, so that older requests need not be remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);

/// Who asks, when, and by which request.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// What handlers share.
    pub state: AppState,
    /// The connection.
    pub slack: Slack,
    /// The linked user.
    pub actor: Actor,
    /// When.
    pub now: DateTime<Utc>,
    /// Slack's name for the request: a second one of the same name is a replay.
    pub request: String,
    /// Where later answers go.
    pub response_url: String,
}

impl Context {
    /// Refuses those who may not see the register.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn may_see(&self) -> Result<(), Problem> {
        self.require::<See>()
    }

    /// The address of a page.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.state.config.web.base_url)
    }

    /// Changes something in one transaction, for those who hold the right, once for each request however often it is sent.
    ///
    /// # Errors
    /// 403 for those who may not, what `work` answers, 409 for a replay; nothing is written then.
    pub(crate) async fn change<R: Right>(
        &self,
        work: impl AsyncFn(&DatabaseTransaction, &Occasion<'_>) -> Result<Message, Problem>,
    ) -> Result<Message, Problem> {
        self.require::<R>()?;
        self.state
            .database
            .write(async |tx| {
                self.first_time(tx).await?;
                let policies = Policies::load(tx).await?;
                let occasion = Occasion::by(&self.actor, self.now, &policies);
                work(tx, &occasion).await
            })
            .await
    }

    fn require<R: Right>(&self) -> Result<(), Problem> {
        if self.actor.holds::<R>() { Ok(()) } else { Err(lacking::<R>()) }
    }

    async fn first_time(&self, tx: &DatabaseTransaction) -> Result<(), Problem> {
        webhook_delivery::Entity::delete_many()
            .filter(webhook_delivery::Column::ConnectionId.eq(SLACK))
            .filter(webhook_delivery::Column::ReceivedAt.lt(self.now - REMEMBERED))
            .exec(tx)
            .await?;
        if self.request.is_empty() {
            return Ok(());
        }
        let written = webhook_delivery::Entity::insert(webhook_delivery::ActiveModel {
            connection_id: Set(SLACK),
            identifier: Set(self.request.clone()),
            issue_id: Set(String::new()),
            state: Set("handled".to_owned()),
            received_at: Set(self.now),
            ..Default::default()
        })
        .on_conflict(
            OnConflict::columns([
                webhook_delivery::Column::ConnectionId,
                webhook_delivery::Column::Identifier,
            ])
            .do_nothing()
            .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
        if written == 0 {
            return Err(Problem::new(Kind::Conflict, "This was done already; Slack sent it twice."));
        }
        Ok(())
    }
}
