//! How a risk is shown to scripts.

use std::collections::{HashMap, HashSet};

use abate_entity::lifecycle::Pending;
use abate_entity::{app_user, asset, risk, risk_tag, team};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use crate::platform::clock::never;
use crate::platform::problem::Problem;
use crate::risk::key::RiskKey;
use crate::risk::standing::{self, Standing};
use crate::risk::technique::TechniqueView;
use crate::ticket;

/// A risk in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RiskView {
    /// Its key, as R-12.
    pub key: String,
    /// Counts its events; send it as `If-Match` with an edit.
    pub version: i32,
    /// One line.
    pub title: String,
    /// Where it stands.
    pub state: &'static str,
    /// Why it is closed.
    pub resolution: Option<&'static str>,
    /// How bad it is.
    pub level: &'static str,
    /// Current likelihood times impact, 0 when not rated.
    pub score: i16,
    /// Whether one of its vulnerabilities is known to be exploited.
    pub kev: bool,
    /// Key of the primary asset.
    pub asset: String,
    /// Key of the team.
    pub team: String,
    /// Address of the owner.
    pub owner: Option<String>,
    /// Address of the assignee.
    pub assignee: Option<String>,
    /// When it has to be gone.
    pub due_at: Option<DateTime<Utc>>,
    /// The same as a local day.
    pub due_on: Option<NaiveDate>,
    /// Whether that moment has passed while the risk is neither accepted nor closed.
    pub late: bool,
    /// When it has to have left triage.
    pub triage_due_at: Option<DateTime<Utc>>,
    /// workshop, scanner or manual.
    pub origin: String,
    /// Key of its JIRA ticket.
    pub ticket: Option<String>,
    /// When it was recorded.
    pub detected_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A risk with everything it says.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RiskDetail {
    /// What lists show.
    #[serde(flatten)]
    pub risk: RiskView,
    /// What is wrong.
    pub description: String,
    /// What to do about it.
    pub mitigation: String,
    /// How it is going to be treated.
    pub plan: String,
    /// modify, retain, avoid or share.
    pub treatment: Option<&'static str>,
    /// Before controls: likelihood and impact.
    pub inherent: Option<(i16, i16)>,
    /// With the controls that work today.
    pub current: Option<(i16, i16)>,
    /// After the planned treatment.
    pub target: Option<(i16, i16)>,
    /// One of the seven phases of the kill chain.
    pub kill_chain_phase: Option<String>,
    /// STRIDE categories.
    pub stride: Vec<String>,
    /// ATT&CK techniques.
    pub techniques: Vec<TechniqueView>,
    /// Vulnerabilities.
    pub vulnerabilities: Vec<String>,
    /// Whether tickets and messages keep its text to themselves.
    pub confidential: bool,
    /// Who said that it is fixed.
    pub claimed_by: Vec<String>,
    /// When.
    pub claimed_at: Option<DateTime<Utc>>,
    /// The import of the clean scan that waits beside the claim for a person to decide.
    pub clean_scan: Option<i64>,
    /// How often a claim failed.
    pub verify_fail_count: u32,
    /// How often it came back.
    pub reopen_count: i16,
    /// What waits for a second person: acceptance, dismissal or pause.
    pub waiting: Vec<&'static str>,
    /// Last day of the acceptance in force.
    pub acceptance_ends_on: Option<NaiveDate>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// What a VEX statement says of it.
    pub vex_statement: Option<StatementView>,
    /// What the people at its ticket want and cannot decide there.
    pub ticket_proposal: Option<TicketProposalView>,
}

/// What the people at a ticket want of its risk.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TicketProposalView {
    /// accept, dismiss or challenge.
    pub wish: &'static str,
    /// As what they would close it.
    pub resolution: Option<&'static str>,
    /// When they said so.
    pub at: DateTime<Utc>,
    /// It, in a sentence.
    pub reason: String,
}

/// What a VEX statement says of a risk.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StatementView {
    /// Who says it.
    pub author: String,
    /// What the document is called.
    pub document: String,
    /// When it was said.
    pub stated_at: DateTime<Utc>,
    /// The resolution that it proposes.
    pub resolution: &'static str,
    /// Why it does not affect us, in one of the VEX words.
    pub justification: Option<&'static str>,
    /// It, in a sentence.
    pub reason: String,
    /// The import that brought it.
    pub import: i64,
    /// Whether a person has accepted or declined it.
    pub answered: bool,
}

/// Names that rows refer to by number, read once for many rows.
#[derive(Debug, Default)]
pub struct Names {
    users: HashMap<i64, app_user::Model>,
    assets: HashMap<i64, asset::Model>,
    teams: HashMap<i64, team::Model>,
    /// Connection and key of the tickets.
    tickets: HashMap<i64, (i64, String)>,
    exploited: HashSet<i64>,
}

impl Names {
    /// Reads the names that `risks` refer to.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn of(
        db: &impl ConnectionTrait,
        risks: &[risk::Model],
        others: &[i64],
    ) -> Result<Self, Problem> {
        let users: Vec<i64> = risks
            .iter()
            .flat_map(|risk| [risk.owner_id, risk.assignee_id])
            .flatten()
            .chain(others.iter().copied())
            .collect();
        let assets: Vec<i64> = risks.iter().map(|risk| risk.asset_id).collect();
        let ids: Vec<i64> = risks.iter().map(|risk| risk.id).collect();
        let mut names = Self::default();
        if !users.is_empty() {
            let rows = app_user::Entity::find().filter(app_user::Column::Id.is_in(users)).all(db).await?;
            names.users = rows.into_iter().map(|row| (row.id, row)).collect();
        }
        if !assets.is_empty() {
            let rows = asset::Entity::find().filter(asset::Column::Id.is_in(assets)).all(db).await?;
            names.assets = rows.into_iter().map(|row| (row.id, row)).collect();
        }
        let rows = team::Entity::find().all(db).await?;
        names.teams = rows.into_iter().map(|row| (row.id, row)).collect();
        if !ids.is_empty() {
            let listed = risk_tag::Entity::find()
                .filter(risk_tag::Column::RiskId.is_in(ids.iter().copied()))
                .filter(risk_tag::Column::Kind.eq("kev"))
                .all(db)
                .await?;
            names.exploited = listed.into_iter().map(|tag| tag.risk_id).collect();
            names.tickets = ticket::of_risks(db, &ids)
                .await?
                .into_iter()
                .filter_map(|(risk_id, row)| Some((risk_id, (row.connection_id, row.issue_key?))))
                .collect();
        }
        Ok(names)
    }

    /// A user's address.
    #[must_use]
    pub fn email(&self, id: i64) -> Option<String> {
        self.users.get(&id).map(|user| user.email.clone())
    }

    /// A user's name.
    #[must_use]
    pub fn person(&self, id: i64) -> Option<String> {
        self.users.get(&id).map(|user| user.name.clone())
    }

    /// An asset.
    #[must_use]
    pub fn asset(&self, id: i64) -> Option<&asset::Model> {
        self.assets.get(&id)
    }

    /// A team.
    #[must_use]
    pub fn team(&self, id: i64) -> Option<&team::Model> {
        self.teams.get(&id)
    }

    /// The connection and the key of a risk's ticket.
    #[must_use]
    pub fn ticket_at(&self, risk_id: i64) -> Option<(i64, &str)> {
        self.tickets.get(&risk_id).map(|(connection, key)| (*connection, key.as_str()))
    }

    /// The key of a risk's ticket.
    #[must_use]
    pub fn ticket(&self, risk_id: i64) -> Option<&str> {
        self.ticket_at(risk_id).map(|(_, key)| key)
    }
}

/// Whether a risk is late at `now`.
#[must_use]
pub fn is_late(risk: &risk::Model, now: DateTime<Utc>) -> bool {
    risk.state.is_open() && risk.due_at < now
}

/// A date, unless it is the end of time.
#[must_use]
pub fn some_time(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (at < never()).then_some(at)
}

impl RiskView {
    /// Puts a risk into the words of the API.
    #[must_use]
    pub fn new(risk: &risk::Model, names: &Names, now: DateTime<Utc>) -> Self {
        Self {
            key: RiskKey(risk.id).to_string(),
            version: risk.version,
            title: risk.title.clone(),
            state: risk.state.as_str(),
            resolution: risk.resolution.map(abate_entity::lifecycle::Resolution::as_str),
            level: risk.level.as_str(),
            score: risk.score,
            kev: names.exploited.contains(&risk.id),
            asset: names.asset(risk.asset_id).map(|asset| asset.key.clone()).unwrap_or_default(),
            team: names.team(risk.team_id).map(|team| team.key.clone()).unwrap_or_default(),
            owner: risk.owner_id.and_then(|id| names.email(id)),
            assignee: risk.assignee_id.and_then(|id| names.email(id)),
            due_at: some_time(risk.due_at),
            due_on: risk.due_on,
            late: is_late(risk, now),
            triage_due_at: some_time(risk.triage_due_at),
            origin: risk.origin.clone(),
            ticket: names.ticket(risk.id).map(str::to_owned),
            detected_at: risk.detected_at,
            updated_at: risk.updated_at,
        }
    }
}

impl RiskDetail {
    /// Reads what a risk's page says besides its row.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn read(
        db: &impl ConnectionTrait,
        risk: risk::Model,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let standing = Standing::of(&risk)?;
        let names = Names::of(db, std::slice::from_ref(&risk), &standing.claimed_by).await?;
        let tags = risk_tag::Entity::find().filter(risk_tag::Column::RiskId.eq(risk.id)).all(db).await?;
        let of_kind = |kind: &str| -> Vec<String> {
            tags.iter().filter(|tag| tag.kind == kind).map(|tag| tag.value.clone()).collect()
        };
        let waiting = Pending::of(&standing::facts(&risk, &standing, false));
        Ok(Self {
            risk: RiskView::new(&risk, &names, now),
            waiting: waiting.into_iter().map(Pending::as_str).collect(),
            clean_scan: standing.clean_scan,
            verify_fail_count: standing.verify_fail_count,
            reopen_count: risk.reopen_count,
            treatment: risk.treatment.map(abate_entity::lifecycle::Treatment::as_str),
            inherent: risk.inherent_likelihood.zip(risk.inherent_impact),
            current: risk.current_likelihood.zip(risk.current_impact),
            target: risk.target_likelihood.zip(risk.target_impact),
            stride: of_kind("stride"),
            techniques: of_kind("technique").iter().map(|id| TechniqueView::of(id)).collect(),
            vulnerabilities: of_kind("cve"),
            claimed_by: standing.claimed_by.iter().filter_map(|id| names.email(*id)).collect(),
            description: risk.description,
            mitigation: risk.mitigation,
            plan: risk.plan,
            kill_chain_phase: risk.kill_chain_phase,
            confidential: risk.confidential,
            claimed_at: risk.claimed_at,
            acceptance_ends_on: risk.acceptance_ends_on,
            closed_at: risk.closed_at,
            ticket_proposal: standing.ticket.map(|ticket| TicketProposalView {
                wish: ticket.wish.as_str(),
                resolution: ticket.resolution.map(abate_entity::lifecycle::Resolution::as_str),
                at: ticket.at,
                reason: ticket.reason,
            }),
            vex_statement: standing.vex.map(|vex| StatementView {
                author: vex.author,
                document: vex.document,
                stated_at: vex.stated_at,
                resolution: vex.resolution.as_str(),
                justification: vex.justification.map(abate_entity::lifecycle::VexJustification::as_str),
                reason: vex.reason,
                import: vex.import,
                answered: vex.answered,
            }),
        })
    }
}
