//! The five steps that lead a visitor from a new risk to its proven end, and which of them are done.

use std::time::Duration;

use abate_entity::{risk_event, ticket, ticket_group_member};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    QueryTrait,
};
use tokio_util::sync::CancellationToken;

use super::Demo;
use super::sandbox::Sandboxes;
use crate::access::actor::{Actor, Via};
use crate::page::frame::{DemoBar, Identity, Step};
use crate::platform::database::Database;

/// How often the database is asked what the visitor has done.
const LOOK: Duration = Duration::from_millis(300);

/// Which steps are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    confirmed: bool,
    ticket_made: bool,
    pressed_done: bool,
    verified: bool,
    listed_in_slack: bool,
}

impl Progress {
    /// Each step: what to do, what to look at, where, and whether it is done.
    fn steps(self) -> [(&'static str, &'static str, String, bool); 5] {
        let [(_, board), (_, slack)] = Sandboxes::windows();
        [
            (
                "Confirm a new risk",
                "As Ana: open one, start triage, then confirm it with Dev as the owner",
                "/risks?state=new,triage".to_owned(),
                self.confirmed,
            ),
            ("See its ticket", "It appears on the JIRA board by itself", board.clone(), self.ticket_made),
            (
                "Take it and finish it",
                "As Dev: take the risk, then move its ticket to Done: Start, Finish",
                board,
                self.pressed_done,
            ),
            (
                "Verify it as Vera",
                "Who claimed the fix is refused; Vera may",
                "/risks?state=verification".to_owned(),
                self.verified,
            ),
            ("Ask in Slack", "Read this morning's digest and type /risk list", slack, self.listed_in_slack),
        ]
    }

    async fn read(db: &impl ConnectionTrait, demo: &Demo) -> Result<Self, DbErr> {
        let since = demo.started_at;
        Ok(Self {
            confirmed: happened(db, since, &["confirm"], None).await?,
            ticket_made: ticket_of_a_confirmed_risk(db, since).await?,
            pressed_done: happened(db, since, &["claim_fixed", "claim_fixed_direct"], Some(Via::Jira))
                .await?,
            verified: happened(db, since, &["verify_pass"], None).await?,
            listed_in_slack: demo.sandboxes.slack.was_typed("/risk list"),
        })
    }
}

async fn happened(
    db: &impl ConnectionTrait,
    since: DateTime<Utc>,
    kinds: &[&str],
    via: Option<Via>,
) -> Result<bool, DbErr> {
    let mut query = risk_event::Entity::find()
        .filter(risk_event::Column::RecordedAt.gte(since))
        .filter(risk_event::Column::Kind.is_in(kinds.iter().copied()));
    if let Some(via) = via {
        query = query.filter(risk_event::Column::Via.eq(via.as_str()));
    }
    Ok(query.count(db).await? > 0)
}

/// Whether a risk that was confirmed since then has its ticket.
async fn ticket_of_a_confirmed_risk(db: &impl ConnectionTrait, since: DateTime<Utc>) -> Result<bool, DbErr> {
    let confirmed: Vec<i64> = risk_event::Entity::find()
        .select_only()
        .column(risk_event::Column::RiskId)
        .filter(risk_event::Column::RecordedAt.gte(since))
        .filter(risk_event::Column::Kind.eq("confirm"))
        .into_tuple()
        .all(db)
        .await?;
    let grouped = ticket_group_member::Entity::find()
        .select_only()
        .column(ticket_group_member::Column::GroupId)
        .filter(ticket_group_member::Column::RiskId.is_in(confirmed.iter().copied()))
        .filter(ticket_group_member::Column::LeftAt.is_null());
    let either = Condition::any()
        .add(ticket::Column::RiskId.is_in(confirmed))
        .add(ticket::Column::GroupId.in_subquery(grouped.into_query()));
    let linked = ticket::Entity::find().filter(either).filter(ticket::Column::State.eq("linked"));
    Ok(linked.count(db).await? > 0)
}

/// Keeps the progress of `demo` up to date until `stop`.
pub async fn watch(demo: Demo, database: Database, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match Progress::read(database.reader(), &demo).await {
            Ok(progress) => demo.note(progress),
            Err(error) => tracing::warn!(%error, "the demo's steps could not be read"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// What the demo adds to a page that `actor` looks at.
#[must_use]
pub fn bar(demo: &Demo, actor: &Actor) -> DemoBar {
    let mut found_next = false;
    let steps = demo
        .progress()
        .steps()
        .into_iter()
        .map(|(title, hint, href, done)| {
            let current = !done && !found_next;
            found_next |= current;
            Step { title: title.to_owned(), hint: hint.to_owned(), href, done, current }
        })
        .collect();
    let identities = demo
        .cast
        .all()
        .into_iter()
        .map(|person| Identity {
            id: person.id.to_owned(),
            name: person.name.to_owned(),
            role: person.part.to_owned(),
            current: person.user_id == actor.id,
        })
        .collect();
    let links = Sandboxes::windows().into_iter().map(|(label, path)| (label.to_owned(), path)).collect();
    DemoBar { action: "/demo/act-as".to_owned(), identities, links, steps }
}
