//! In which capacities a person stands to one risk: the link between roles and the lifecycle's parties.

use std::collections::BTreeSet;

use abate_entity::lifecycle::{Party, Requester};
use abate_entity::risk;

use crate::access::actor::Actor;
use crate::access::right::{MoveRisks, Right as _};
use crate::access::role::Role;
use crate::platform::problem::{Kind, Problem};

/// The roles that make somebody a party to every risk of the team they are held in.
const BY_ROLE: [(Role, Party); 6] = [
    (Role::Triager, Party::Triager),
    (Role::Verifier, Party::Verifier),
    (Role::RiskManager, Party::RiskManager),
    (Role::TeamLead, Party::TeamLead),
    (Role::HeadOfSecurity, Party::HeadOfSecurity),
    (Role::Executive, Party::Executive),
];

/// The person as the lifecycle sees them with this risk.
#[must_use]
pub fn requester(actor: &Actor, risk: &risk::Model) -> Requester {
    let mut parties: BTreeSet<Party> = BY_ROLE
        .into_iter()
        .filter(|(role, _)| actor.has(*role, risk.team_id))
        .map(|(_, party)| party)
        .collect();
    if risk.owner_id == Some(actor.id) {
        parties.insert(Party::Owner);
    }
    if risk.assignee_id == Some(actor.id) {
        parties.insert(Party::Assignee);
    }
    Requester { user: Some(actor.id), parties, via: actor.via }
}

/// Refuses an edit by somebody who has no part in the risk.
///
/// # Errors
/// 403.
pub fn may_edit(actor: &Actor, risk: &risk::Model) -> Result<(), Problem> {
    /// Roles that may edit any risk of their team; owner and assignee may edit theirs.
    const EDITORS: [Role; 4] = [Role::Triager, Role::RiskManager, Role::TeamLead, Role::Engineer];
    let involved = risk.owner_id == Some(actor.id) || risk.assignee_id == Some(actor.id);
    if involved || EDITORS.iter().any(|role| actor.has(*role, risk.team_id)) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Forbidden,
        format!("You may not {}; ask its owner, or a triager of its team.", MoveRisks::MEANING),
    ))
}
