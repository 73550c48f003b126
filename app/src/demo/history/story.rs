//! Moves the clock day by day, and lets people do things.

use abate_entity::lifecycle::Via;
use abate_entity::risk;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::demo::people::{Cast, Person};
use crate::intake;
use crate::jobs;
use crate::obligation;
use crate::platform::clock::ClockHand;
use crate::platform::job::runner::Runner;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::posture;
use crate::risk::api::TransitionForm;
use crate::risk::evidence::{self, NewEvidence};
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::step::{self, Asked};
use crate::state::AppState;

/// The story so far.
pub(super) struct Story {
    pub(super) state: AppState,
    pub(super) cast: Cast,
    hand: ClockHand,
    /// When the visitor comes.
    end: DateTime<Utc>,
    /// How many days before that it is now.
    days_left: i64,
}

impl Story {
    /// Makes the people. The clock of `state` has to stand where the story begins.
    pub(super) async fn begin(state: AppState, hand: ClockHand, end: DateTime<Utc>) -> anyhow::Result<Self> {
        let now = state.clock.now();
        let cast = state.database.write(async |tx| Cast::make(tx, now).await).await?;
        let days_left = (end - now).num_days();
        Ok(Self { state, cast, hand, end, days_left })
    }

    /// The local day, `days_left` days before the end.
    pub(super) fn day(&self, days_left: i64) -> NaiveDate {
        step::today(self.end - Duration::days(days_left), self.state.config.organisation.zone)
    }

    /// Lives through the days up to `days_left` days before the end; what recurs, recurs.
    pub(super) async fn until_day(&mut self, days_left: i64) -> anyhow::Result<()> {
        while self.days_left > days_left {
            self.days_left -= 1;
            self.hand.set(self.end - Duration::days(self.days_left));
            obligation::tick::tick(&self.state).await?;
            super::obligations::attend(self).await?;
            posture::snapshot::take(&self.state).await?;
        }
        Ok(())
    }

    /// Lets some minutes pass, so that things happen one after the other.
    pub(super) fn minutes(&self, minutes: i64) {
        self.hand.advance(Duration::minutes(minutes));
    }

    /// The newest risk whose title has `words` in it.
    pub(super) async fn risk(&self, words: &str) -> anyhow::Result<risk::Model> {
        risk::Entity::find()
            .filter(risk::Column::Title.contains(words))
            .one(self.state.database.reader())
            .await?
            .ok_or_else(|| anyhow::anyhow!("the story knows no risk {words:?}"))
    }

    /// Lets `person` take a step with the risk that has `words` in its title.
    pub(super) async fn step(&self, person: &Person, words: &str, form: TransitionForm) -> anyhow::Result<()> {
        self.minutes(3);
        let risk = self.risk(words).await?;
        let now = self.state.clock.now();
        let event = form.event()?;
        let taken: Result<risk::Model, Problem> = self
            .state
            .database
            .write(async |tx| {
                let policies = Policies::load(tx).await?;
                let occasion = Occasion {
                    actor_id: Some(person.user_id),
                    via: Via::Page,
                    now,
                    policies: &policies,
                    audit_each: true,
                };
                let actor = person.actor(tx).await?;
                let given = form.resolve(tx, risk.id).await?;
                let requester = requester(&actor, &risk);
                step::take(tx, &occasion, risk.clone(), &requester, Asked::by_person(event, given)).await
            })
            .await;
        taken.map(drop).map_err(|problem| anyhow::anyhow!("{} {event} {words:?}: {problem}", person.name))
    }

    /// Lets `person` add a link that shows something.
    pub(super) async fn show(&self, person: &Person, words: &str, title: &str, url: &str) -> anyhow::Result<()> {
        self.minutes(2);
        let risk = self.risk(words).await?;
        let now = self.state.clock.now();
        self.state
            .database
            .write(async |tx| {
                let policies = Policies::load(tx).await?;
                let occasion = Occasion {
                    actor_id: Some(person.user_id),
                    via: Via::Page,
                    now,
                    policies: &policies,
                    audit_each: true,
                };
                let new = NewEvidence {
                    kind: "link",
                    title: title.to_owned(),
                    url: Some(url.to_owned()),
                    import_id: None,
                };
                evidence::add(tx, &occasion, risk.clone(), new).await
            })
            .await?;
        Ok(())
    }

    /// Confirms a risk with Dev as its owner.
    pub(super) async fn confirm(&self, words: &str, reason: &str) -> anyhow::Result<()> {
        let ana = &self.cast.ana;
        if self.risk(words).await?.state == abate_entity::lifecycle::State::New {
            self.step(ana, words, form("start_triage", "")).await?;
        }
        let form = TransitionForm { owner: Some(self.cast.dev.email.to_owned()), ..form("confirm", reason) };
        self.step(ana, words, form).await
    }

    /// Dev starts the work on a risk.
    pub(super) async fn start(&self, words: &str, plan: &str) -> anyhow::Result<()> {
        let form = TransitionForm {
            treatment: Some("modify".to_owned()),
            plan: Some(plan.to_owned()),
            ..form("start", "")
        };
        self.step(&self.cast.dev, words, form).await
    }

    /// Dev says that a risk is fixed.
    pub(super) async fn claim(&self, words: &str, change: &str) -> anyhow::Result<()> {
        let url = format!("https://git.cloudvista.example/changes/{change}");
        self.show(&self.cast.dev, words, &format!("Change {change}"), &url).await?;
        self.step(&self.cast.dev, words, form("claim_fixed", "Rolled out to production")).await
    }

    /// Vera checks a claim and closes the risk.
    pub(super) async fn verify(&self, words: &str, reason: &str) -> anyhow::Result<()> {
        let form = TransitionForm {
            evidence: vec!["https://git.cloudvista.example/retests".to_owned()],
            ..form("verify_pass", reason)
        };
        self.step(&self.cast.vera, words, form).await
    }

    /// Runs the jobs of imports. Those of tickets wait until there is a JIRA.
    pub(super) async fn run_jobs(&self) -> anyhow::Result<()> {
        let runner = Runner {
            state: self.state.clone(),
            database: self.state.database.clone(),
            clock: self.state.clock.clone(),
            ids: self.state.ids.clone(),
            jobs: jobs::JOBS.iter().filter(|job| job.kind == intake::JOB.kind).copied().collect(),
            holder: "demo".to_owned(),
        };
        while runner.step().await? {}
        Ok(())
    }

    /// Closes the database, so that the demo can open it under the real clock.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        Ok(self.state.database.close().await?)
    }
}

/// A form with an event and a reason.
pub(super) fn form(event: &str, reason: &str) -> TransitionForm {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    TransitionForm { event: event.to_owned(), reason, ..TransitionForm::default() }
}
