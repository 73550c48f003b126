//! The obligations of the story: set up once, then mostly kept. One run is late, one is missed.

use abate_entity::cadence_run::{self, RunState};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::story::Story;
use crate::access::scope::Scope;
use crate::access::team;
use crate::obligation::run::{self, Proof};
use crate::obligation::{cadence, default_cadence, finder};
use crate::policy::Policies;

/// Sets up the obligations that every new organisation is offered.
pub(super) async fn set_up(story: &Story) -> anyhow::Result<()> {
    let now = story.state.clock.now();
    story
        .state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let mona = story.cast.mona.actor(tx).await?;
            let team = team::default(tx, now).await?;
            cadence::create_defaults(tx, &mona, &policies, &default_cadence::DEFAULTS[..6], team.id, now)
                .await
        })
        .await?;
    Ok(())
}

/// Does what is open today: of each five runs of an obligation the second is done late and the third never.
pub(super) async fn attend(story: &Story) -> anyhow::Result<()> {
    let now = story.state.clock.now();
    let db = story.state.database.reader();
    let open = cadence_run::Entity::find()
        .filter(cadence_run::Column::State.is_in([RunState::Due, RunState::InProgress]))
        .all(db)
        .await?;
    for run in open {
        let earlier = cadence_run::Entity::find()
            .filter(cadence_run::Column::CadenceId.eq(run.cadence_id))
            .filter(cadence_run::Column::ScheduledAt.lt(run.scheduled_at))
            .count(db)
            .await?;
        let done_now = match earlier % 5 {
            1 => now > run.due_at,
            2 => false,
            _ => now + chrono::Duration::days(1) > run.due_at,
        };
        if done_now {
            complete(story, run.id).await?;
        }
    }
    Ok(())
}

async fn complete(story: &Story, run_id: i64) -> anyhow::Result<()> {
    let now = story.state.clock.now();
    story
        .state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let mona = story.cast.mona.actor(tx).await?;
            let held = finder::run(tx, &Scope::All, run_id).await?;
            let proof = Proof {
                text: "Minutes and decisions are in the team's folder".to_owned(),
                url: Some(format!("https://docs.cloudvista.example/obligations/{run_id}")),
            };
            run::complete(tx, &mona, &policies, held, proof, now).await
        })
        .await?;
    Ok(())
}
