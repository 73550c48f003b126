//! What the values of a mapping are made of: what a risk says by itself, and what is looked up for it.

use std::collections::{BTreeMap, BTreeSet};

use abate_entity::{app_user, asset, risk, risk_tag, team, ticket};
use abate_integrations::jira::BULK_LIMIT;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::model::{Mapping, Person, Source};
use super::people;
use crate::platform::problem::Problem;
use crate::state::AppState;
use crate::ticket::concern::Concern;
use crate::ticket::connection::Active;
use crate::ticket::failure::Failure;
use crate::ticket::group::current::Current;
use crate::ticket::ticket_rules::TicketState;

/// What a ticket is about, for the fields of a site's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The numbers of its risks.
    pub(crate) risks: Vec<i64>,
    /// The score, where it was rated.
    pub(crate) score: Option<i16>,
    /// The name of the asset.
    pub(crate) asset: Option<String>,
    /// Whose it is.
    pub(crate) team: Option<i64>,
    /// Who answers for it.
    pub(crate) owner: Option<i64>,
    /// Who does the work.
    pub(crate) assignee: Option<i64>,
}

impl Facts {
    /// Those of one risk.
    #[must_use]
    pub(crate) fn of(risk: &risk::Model, asset: Option<&asset::Model>) -> Self {
        Self {
            risks: vec![risk.id],
            score: (risk.score > 0).then_some(risk.score),
            asset: asset.map(|asset| asset.name.clone()),
            team: Some(risk.team_id),
            owner: risk.owner_id,
            assignee: risk.assignee_id,
        }
    }

    /// Those of a group: what its open risks have in common, and of a confidential one nothing.
    #[must_use]
    pub(crate) fn of_group(current: &Current) -> Self {
        let risks: Vec<&risk::Model> =
            current.open().map(|member| &member.risk).filter(|risk| !risk.confidential).collect();
        let owners: BTreeSet<Option<i64>> = risks.iter().map(|risk| risk.owner_id).collect();
        Self {
            risks: risks.iter().map(|risk| risk.id).collect(),
            score: risks.iter().map(|risk| risk.score).max().filter(|score| *score > 0),
            asset: current.asset.as_ref().map(|asset| asset.name.clone()),
            team: Some(current.group.team_id),
            owner: owners.first().copied().flatten().filter(|_| owners.len() == 1),
            assignee: None,
        }
    }

    /// The people whom a mapping may name.
    fn people<'a>(&'a self, mapping: &'a Mapping) -> impl Iterator<Item = i64> + 'a {
        let names = |who: &Person| mapping.reporter == *who || mapping.assignee == *who;
        let owner = self.owner.filter(|_| names(&Person::Owner) || mapping.names_owner());
        owner.into_iter().chain(self.assignee.filter(|_| names(&Person::Assignee)))
    }
}

/// What was looked up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The names of teams.
    pub(crate) teams: BTreeMap<i64, String>,
    /// The names of people.
    pub(crate) names: BTreeMap<i64, String>,
    /// The accounts of those people who have one.
    pub(crate) accounts: BTreeMap<i64, String>,
    /// The vulnerabilities of risks.
    pub(crate) vulnerabilities: BTreeMap<i64, Vec<String>>,
}

impl Known {
    /// Looks up what a mapping says of these, without asking JIRA: people whom nobody has asked for yet have no account.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub(crate) async fn load(
        db: &impl ConnectionTrait,
        connection_id: i64,
        mapping: &Mapping,
        facts: &[&Facts],
    ) -> Result<Self, Problem> {
        let mut known = Self::default();
        let says = |source: &Source| mapping.fields.iter().any(|rule| rule.value == *source);
        if says(&Source::Team) {
            let ids: BTreeSet<i64> = facts.iter().filter_map(|facts| facts.team).collect();
            let rows = team::Entity::find().filter(team::Column::Id.is_in(ids)).all(db).await?;
            known.teams = rows.into_iter().map(|team| (team.id, team.name)).collect();
        }
        if says(&Source::Cve) {
            let ids: BTreeSet<i64> = facts.iter().flat_map(|facts| facts.risks.iter().copied()).collect();
            let rows = risk_tag::Entity::find()
                .filter(risk_tag::Column::RiskId.is_in(ids))
                .filter(risk_tag::Column::Kind.eq("cve"))
                .order_by_asc(risk_tag::Column::Value)
                .all(db)
                .await?;
            for row in rows {
                known.vulnerabilities.entry(row.risk_id).or_default().push(row.value);
            }
        }
        let people: BTreeSet<i64> = facts.iter().flat_map(|facts| facts.people(mapping)).collect();
        if !people.is_empty() {
            let users: Vec<app_user::Model> =
                app_user::Entity::find().filter(app_user::Column::Id.is_in(people)).all(db).await?;
            known.accounts = people::kept(db, connection_id, &users).await?;
            known.names = users.into_iter().map(|user| (user.id, user.name)).collect();
        }
        Ok(known)
    }

    /// Asks JIRA for those people whom nobody has asked for lately, so that [`Self::load`] knows them.
    ///
    /// # Errors
    /// When JIRA or our own side fails.
    pub(crate) async fn ask(
        state: &AppState,
        active: &Active,
        mapping: &Mapping,
        facts: &[&Facts],
    ) -> Result<(), Failure> {
        let people: BTreeSet<i64> = facts.iter().flat_map(|facts| facts.people(mapping)).collect();
        if people.is_empty() {
            return Ok(());
        }
        people::ask(state, active, &people).await
    }

    /// As [`Self::ask`], for those tickets that are to be made until `soon`.
    ///
    /// # Errors
    /// When JIRA or our own side fails.
    pub(crate) async fn ask_for_wanted(
        state: &AppState,
        active: &Active,
        mapping: &Mapping,
        soon: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let db = state.database.reader();
        let rows = ticket::Entity::find()
            .filter(ticket::Column::ConnectionId.eq(active.row.id))
            .filter(ticket::Column::State.eq(TicketState::Wanted.as_str()))
            .filter(ticket::Column::NextTryAt.lte(soon))
            .order_by_asc(ticket::Column::NextTryAt)
            .order_by_asc(ticket::Column::Id)
            .limit(BULK_LIMIT as u64)
            .all(db)
            .await?;
        let concerns = Concern::of_tickets(db, &rows).await?;
        let facts: Vec<Facts> = concerns.values().map(Concern::field_facts).collect();
        Self::ask(state, active, mapping, &facts.iter().collect::<Vec<_>>()).await
    }
}
