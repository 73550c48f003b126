//! Moves the clock day by day, and lets people do things.

use abate_entity::lifecycle::Via;
use abate_entity::{import, risk, workshop};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter};

use crate::demo::data;
use crate::demo::people::{Cast, Person};
use crate::intake;
use crate::intake::receive::{self, UploadForm};
use crate::intake::stage::{self, Sender};
use crate::obligation;
use crate::platform::clock::ClockHand;
use crate::platform::problem::Problem;
use crate::policy::Policies;
use crate::posture;
use crate::risk::api::TransitionForm;
use crate::risk::evidence::{self, NewEvidence};
use crate::risk::parties::requester;
use crate::risk::record::Occasion;
use crate::risk::step::{self, Asked};
use crate::state::AppState;
use crate::workshop::sign_off::sign_off;

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

    /// The risk that has `words` in its title or description.
    pub(super) async fn risk(&self, words: &str) -> anyhow::Result<risk::Model> {
        risk::Entity::find()
            .filter(risk::Column::Title.contains(words).or(risk::Column::Description.contains(words)))
            .one(self.state.database.reader())
            .await?
            .ok_or_else(|| anyhow::anyhow!("the story knows no risk {words:?}"))
    }

    /// Lets `person` take a step with the risk that has `words` in it.
    pub(super) async fn step(
        &self,
        person: &Person,
        words: &str,
        form: TransitionForm,
    ) -> anyhow::Result<()> {
        self.minutes(3);
        let risk = self.risk(words).await?;
        let now = self.state.clock.now();
        let event = form.event()?;
        let taken: Result<risk::Model, Problem> = self
            .state
            .database
            .write(async |tx| {
                let policies = Policies::load(tx).await?;
                let occasion = Occasion::of(Some(person.user_id), Via::Page, now, &policies);
                let actor = person.actor(tx).await?;
                let given = form.resolve(tx, risk.id).await?;
                let requester = requester(&actor, &risk);
                step::take(tx, &occasion, risk.clone(), &requester, Asked::by_person(event, given)).await
            })
            .await;
        taken.map(drop).map_err(|problem| anyhow::anyhow!("{} {event} {words:?}: {problem}", person.name))
    }

    /// Lets `person` add a link that shows something.
    pub(super) async fn show(
        &self,
        person: &Person,
        words: &str,
        title: &str,
        url: &str,
    ) -> anyhow::Result<()> {
        self.minutes(2);
        let risk = self.risk(words).await?;
        let now = self.state.clock.now();
        self.state
            .database
            .write(async |tx| {
                let policies = Policies::load(tx).await?;
                let occasion = Occasion::of(Some(person.user_id), Via::Page, now, &policies);
                evidence::add(tx, &occasion, risk.clone(), NewEvidence::link(title, url)).await
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

    /// Imports a report over `asset` and applies it.
    pub(super) async fn import(&self, report: &[u8], name: &str, asset: &str) -> anyhow::Result<()> {
        self.minutes(1);
        let form = UploadForm { asset: Some(asset.to_owned()), ..UploadForm::default() };
        let import = self.stage(report, name, form).await?;
        intake::apply::to_the_end(&self.state, import.id).await?;
        Ok(())
    }

    /// Imports the workshop of `day`, and lets Ana sign it off.
    pub(super) async fn import_workshop(&self, day: NaiveDate) -> anyhow::Result<()> {
        self.minutes(1);
        let report = data::workshop(day)?;
        let import = self.stage(&report, "cloudvista.json", UploadForm::default()).await?;
        self.minutes(30);
        let now = self.state.clock.now();
        self.state
            .database
            .write(async |tx| {
                let workshop = workshop::Entity::find()
                    .filter(workshop::Column::ImportId.eq(import.id))
                    .one(tx)
                    .await?
                    .ok_or_else(|| Problem::not_found("workshop of the demo"))?;
                let ana = self.cast.ana.actor(tx).await?;
                sign_off(tx, &ana, workshop, None, now).await
            })
            .await?;
        Ok(())
    }

    async fn stage(&self, report: &[u8], name: &str, form: UploadForm) -> anyhow::Result<import::Model> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(name);
        std::fs::write(&path, report)?;
        let ana = self.cast.ana.actor(self.state.database.reader()).await?;
        let sender = Sender { actor: Some(ana), via: Via::Page, idempotency_key: None };
        Ok(stage::stage(&self.state, &sender, receive::local(&path, form)?).await?)
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
