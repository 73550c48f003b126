//! Risks that turned out to be one, for a person to decide.

use crate::sql::subject;

subject!(
    "m19_merge_proposal",
    r"
-- Two risks that an alias learned later shows to be one.
CREATE TABLE merge_proposal (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk that would join the other
    into_id BIGINT NOT NULL REFERENCES risk (id), -- the risk that would go on
    because TEXT NOT NULL, -- why they are one, in words
    state TEXT NOT NULL, -- open or declined; what was joined shows in the risks
    created_at {time} NOT NULL, -- when it was made
    decided_by BIGINT, -- who declined it
    decided_at {time}, -- when
    UNIQUE (risk_id, into_id)
);
CREATE INDEX merge_proposal_by_target ON merge_proposal (into_id);
"
);
