//! Risks that one change mends, and that share one ticket.

use crate::sql::subject;

subject!(
    "m37_ticket_group",
    r"
-- Risks of one team that one change mends.
CREATE TABLE ticket_group (
    id {id},
    uuid {uuid} NOT NULL, -- what its ticket is recognised by
    version INTEGER NOT NULL, -- how often it changed
    kind TEXT NOT NULL, -- library, rule or hand: what its risks have in common
    match_key TEXT NOT NULL, -- what a risk has to have to join by itself; unlike any other where nothing does
    title TEXT NOT NULL, -- one line
    team_id BIGINT NOT NULL REFERENCES team (id), -- whose risks they are
    asset_id BIGINT REFERENCES asset (id), -- the asset of a library or of a rule
    state TEXT NOT NULL, -- open or closed
    made_by BIGINT, -- who made it
    created_at {time} NOT NULL, -- when it was made
    closed_at {time} -- when it was closed
);
CREATE UNIQUE INDEX ticket_group_by_match ON ticket_group (kind, match_key) WHERE state = 'open';
CREATE INDEX ticket_group_by_team ON ticket_group (team_id, id);
-- A risk that is or was in a group; never deleted.
CREATE TABLE ticket_group_member (
    id {id},
    group_id BIGINT NOT NULL REFERENCES ticket_group (id), -- the group
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    joined_at {time} NOT NULL, -- when it came in
    joined_by BIGINT, -- who put it in, none where it came by itself
    left_at {time}, -- when it left
    left_because TEXT, -- why
    failed_at {time}, -- when its fix last turned out not to hold
    failed_because TEXT -- what was said then
);
CREATE UNIQUE INDEX ticket_group_member_by_risk ON ticket_group_member (risk_id) WHERE left_at IS NULL;
CREATE INDEX ticket_group_member_by_group ON ticket_group_member (group_id, id);
"
);
