//! The obligations of the story: set up once, then mostly kept. One run is late, one is missed.

use abate_entity::cadence::{self, CadenceKind};
use abate_entity::cadence_run::{self, RunState};
use chrono::Duration;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::story::Story;
use crate::access::scope::Scope;
use crate::access::team;
use crate::obligation::cadence::create_defaults;
use crate::obligation::default_cadence::DEFAULTS;
use crate::obligation::finder;
use crate::obligation::run::{self, Proof};
use crate::policy::Policies;

/// What CloudVista has to do again and again.
const KEPT: [CadenceKind; 6] = [
    CadenceKind::AsvsAudit,
    CadenceKind::PatchReview,
    CadenceKind::SecurityReview,
    CadenceKind::IncidentDrill,
    CadenceKind::RestoreTest,
    CadenceKind::ChaosExperiment,
];

/// Sets up its obligations.
pub(super) async fn set_up(story: &Story) -> anyhow::Result<()> {
    let now = story.state.clock.now();
    story
        .state
        .database
        .write(async |tx| {
            let policies = Policies::load(tx).await?;
            let mona = story.cast.mona.actor(tx).await?;
            let team = team::default(tx, now).await?;
            let kept: Vec<_> = DEFAULTS.into_iter().filter(|offer| KEPT.contains(&offer.kind)).collect();
            create_defaults(tx, &mona, &policies, &kept, team.id, now).await
        })
        .await?;
    Ok(())
}

/// Does what is open today. Restore tests are done late, and nobody gets round to the chaos experiments.
pub(super) async fn attend(story: &Story) -> anyhow::Result<()> {
    let now = story.state.clock.now();
    let db = story.state.database.reader();
    let cadences = cadence::Entity::find().all(db).await?;
    let open = cadence_run::Entity::find()
        .filter(cadence_run::Column::State.is_in([RunState::Due, RunState::InProgress]))
        .all(db)
        .await?;
    for run in open {
        let kind = cadences.iter().find(|cadence| cadence.id == run.cadence_id).map(|cadence| cadence.kind);
        let done_now = match kind {
            Some(CadenceKind::RestoreTest) => now > run.due_at,
            Some(CadenceKind::ChaosExperiment) => false,
            _ => now + Duration::days(1) > run.due_at,
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
