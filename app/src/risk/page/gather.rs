//! Reads what stands beside a risk's row on its page: assets, tags, controls, findings, ticket.

use std::collections::HashMap;

use abate_entity::lifecycle::State;
use abate_entity::{
    app_user, asset, connection, control, evidence, finding, kev_entry, risk, risk_asset, risk_comment,
    risk_control, risk_event, risk_identity, risk_rating, risk_tag, stored_file, team, ticket, workshop,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::platform::problem::Problem;
use crate::risk::standing::Standing;
use crate::risk::vex_proposal::VexProposal;
use crate::risk::{comment, evidence as proofs, mention, provenance};
use crate::ticket::{self as tickets, drift};

/// Findings that a page shows at most.
pub(super) const FINDINGS: u64 = 50;
/// Identities that are read to say why findings are here.
const MOST_IDENTITIES: u64 = 500;
/// Events that a page shows at most.
const EVENTS: u64 = 200;
/// Comments, and pieces of evidence, that a page shows at most.
const SHOWN: u64 = 1000;
/// People that a form offers at most.
const PEOPLE: u64 = 300;

/// Everything that a risk's page shows besides its row.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) standing: Standing,
    /// The primary asset first.
    pub(super) assets: Vec<asset::Model>,
    pub(super) tags: Vec<risk_tag::Model>,
    /// What KEV lists of its vulnerabilities.
    pub(super) listed: Vec<kev_entry::Model>,
    pub(super) controls: Vec<control::Model>,
    /// All controls, those that are retired too.
    pub(super) catalogue: Vec<control::Model>,
    pub(super) findings: Vec<finding::Model>,
    pub(super) finding_count: u64,
    pub(super) identities: Vec<risk_identity::Model>,
    /// The source behind each scope.
    pub(super) sources: HashMap<i64, String>,
    pub(super) ticket: Option<(ticket::Model, Option<connection::Model>)>,
    /// The group that shares a ticket with it.
    pub(super) group: Option<i64>,
    /// What last differed between the risk and its ticket.
    pub(super) drift: Vec<String>,
    pub(super) ratings: Vec<risk_rating::Model>,
    pub(super) evidence: Vec<evidence::Model>,
    /// Length of each attached file, by its number.
    pub(super) file_sizes: HashMap<i64, i64>,
    pub(super) comments: Vec<risk_comment::Model>,
    /// Whom each comment speaks to.
    pub(super) mentions: HashMap<i64, Vec<(String, i64)>>,
    /// Newest first.
    pub(super) events: Vec<risk_event::Model>,
    pub(super) workshop: Option<workshop::Model>,
    pub(super) team: Option<team::Model>,
    teams: HashMap<i64, String>,
    /// Those who can be named in a form.
    pub(super) people: Vec<app_user::Model>,
    names: HashMap<i64, String>,
}

impl Gathered {
    /// The VEX statement that waits for an answer at the risk.
    pub(super) fn statement(&self, risk: &risk::Model) -> Option<&VexProposal> {
        self.standing.vex.as_ref().filter(|vex| !vex.answered && risk.state != State::Closed)
    }

    /// Reads it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub(super) async fn of(db: &impl ConnectionTrait, risk: &risk::Model) -> Result<Self, Problem> {
        let standing = Standing::of(risk)?;
        let assets = assets(db, risk).await?;
        let tags = risk_tag::Entity::find()
            .filter(risk_tag::Column::RiskId.eq(risk.id))
            .order_by_asc(risk_tag::Column::Kind)
            .order_by_asc(risk_tag::Column::Value)
            .all(db)
            .await?;
        let findings = of_risk(risk.id).order_by_desc(finding::Column::Id).limit(FINDINGS).all(db).await?;
        let finding_count = of_risk(risk.id).count(db).await?;
        let evidence = proofs::of(db, risk.id, None, SHOWN).await?;
        let comments = comment::of(db, risk.id, None, SHOWN).await?;
        let events = risk_event::Entity::find()
            .filter(risk_event::Column::RiskId.eq(risk.id))
            .order_by_desc(risk_event::Column::Version)
            .limit(EVENTS)
            .all(db)
            .await?;
        let teams = team::Entity::find().all(db).await?;
        let people = app_user::Entity::find()
            .filter(app_user::Column::Active.eq(true))
            .order_by_asc(app_user::Column::Name)
            .limit(PEOPLE)
            .all(db)
            .await?;
        let workshop = match risk.workshop_id {
            Some(id) => workshop::Entity::find_by_id(id).one(db).await?,
            None => None,
        };
        let listed = tags.iter().filter(|tag| tag.kind == "kev").map(|tag| tag.value.as_str());
        let listed = kev_entry::Entity::find()
            .filter(kev_entry::Column::Cve.is_in(listed))
            .order_by_asc(kev_entry::Column::Cve)
            .all(db)
            .await?;
        let links = risk_control::Entity::find().filter(risk_control::Column::RiskId.eq(risk.id)).all(db);
        let links = links.await?;
        let catalogue = control::Entity::find().order_by_asc(control::Column::Key).all(db).await?;
        let ticket = ticket(db, risk.id).await?;
        let relied = |control: &&control::Model| links.iter().any(|link| link.control_id == control.id);
        let mut gathered = Self {
            listed,
            controls: catalogue.iter().filter(relied).cloned().collect(),
            catalogue,
            file_sizes: file_sizes(db, &evidence).await?,
            sources: provenance::sources(db, &findings).await?,
            identities: risk_identity::Entity::find()
                .filter(risk_identity::Column::RiskId.eq(risk.id))
                .limit(MOST_IDENTITIES)
                .all(db)
                .await?,
            drift: drift_of(db, ticket.as_ref().map(|(ticket, _)| ticket.id)).await?,
            ticket,
            group: tickets::group_of(db, risk.id).await?,
            mentions: mention::of(db, &comments).await?,
            names: people.iter().map(|user| (user.id, user.name.clone())).collect(),
            team: teams.iter().find(|team| team.id == risk.team_id).cloned(),
            teams: teams.into_iter().map(|team| (team.id, team.name)).collect(),
            standing,
            assets,
            tags,
            findings,
            finding_count,
            ratings: provenance::ratings(db, risk.id).await?,
            evidence,
            comments,
            events,
            workshop,
            people,
        };
        gathered.name_the_rest(db, risk).await?;
        Ok(gathered)
    }

    /// A person's name; the system for nobody.
    pub(super) fn person(&self, id: Option<i64>) -> String {
        match id {
            None => "Abate".to_owned(),
            Some(id) => self.names.get(&id).cloned().unwrap_or_else(|| format!("user {id}")),
        }
    }

    /// The words in a comment that mean people, with their names.
    pub(super) fn mentioned(&self, comment_id: i64) -> Vec<(String, String)> {
        let words = self.mentions.get(&comment_id).into_iter().flatten();
        words.map(|(word, user)| (word.clone(), self.person(Some(*user)))).collect()
    }

    /// Who answers for an asset: a person, else the team.
    pub(super) fn owner_of(&self, asset: &asset::Model) -> String {
        match asset.owner_id {
            Some(id) => self.person(Some(id)),
            None => self.teams.get(&asset.team_id).cloned().unwrap_or_default(),
        }
    }

    /// The words of one kind: stride, technique, cve, cwe, package.
    pub(super) fn tagged(&self, kind: &str) -> Vec<&str> {
        self.tags.iter().filter(|tag| tag.kind == kind).map(|tag| tag.value.as_str()).collect()
    }

    /// Names of people who have left, or who are beyond those a form offers.
    async fn name_the_rest(&mut self, db: &impl ConnectionTrait, risk: &risk::Model) -> Result<(), Problem> {
        let missing: Vec<i64> = [risk.owner_id, risk.assignee_id]
            .into_iter()
            .chain(self.events.iter().map(|event| event.actor_id))
            .chain(self.ratings.iter().map(|rating| rating.actor_id))
            .chain(self.comments.iter().map(|comment| comment.author_id))
            .chain(self.evidence.iter().flat_map(|evidence| [evidence.added_by, evidence.withdrawn_by]))
            .chain(self.assets.iter().map(|asset| asset.owner_id))
            .chain([self.standing.acceptance_asked_by, self.standing.dismissal_proposed_by])
            .flatten()
            .filter(|id| !self.names.contains_key(id))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let rows = app_user::Entity::find().filter(app_user::Column::Id.is_in(missing)).all(db).await?;
        self.names.extend(rows.into_iter().map(|user| (user.id, user.name)));
        Ok(())
    }
}

fn of_risk(risk_id: i64) -> sea_orm::Select<finding::Entity> {
    finding::Entity::find().filter(finding::Column::RiskId.eq(risk_id))
}

async fn assets(db: &impl ConnectionTrait, risk: &risk::Model) -> Result<Vec<asset::Model>, Problem> {
    let further = risk_asset::Entity::find().filter(risk_asset::Column::RiskId.eq(risk.id)).all(db).await?;
    let ids = further.into_iter().map(|row| row.asset_id).chain([risk.asset_id]);
    let mut assets = asset::Entity::find()
        .filter(asset::Column::Id.is_in(ids))
        .order_by_asc(asset::Column::Name)
        .all(db)
        .await?;
    assets.sort_by_key(|asset| asset.id != risk.asset_id);
    Ok(assets)
}

async fn file_sizes(
    db: &impl ConnectionTrait,
    evidence: &[evidence::Model],
) -> Result<HashMap<i64, i64>, Problem> {
    let ids: Vec<i64> = evidence.iter().filter_map(|row| row.file_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let files: Vec<(i64, i64)> = stored_file::Entity::find()
        .select_only()
        .columns([stored_file::Column::Id, stored_file::Column::Size])
        .filter(stored_file::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(files.into_iter().collect())
}

async fn drift_of(db: &impl ConnectionTrait, ticket_id: Option<i64>) -> Result<Vec<String>, Problem> {
    match ticket_id {
        Some(id) => drift::finder::of_ticket(db, id).await,
        None => Ok(Vec::new()),
    }
}

async fn ticket(
    db: &impl ConnectionTrait,
    risk_id: i64,
) -> Result<Option<(ticket::Model, Option<connection::Model>)>, Problem> {
    let Some(ticket) = tickets::of_risks(db, &[risk_id]).await?.remove(&risk_id) else {
        return Ok(None);
    };
    let connection = connection::Entity::find_by_id(ticket.connection_id).one(db).await?;
    Ok(Some((ticket, connection)))
}
