//! What the dashboard shows of days gone by.

use crate::sql::subject;

subject!(
    "m12_posture",
    r"
-- Counts at the end of a day, by team, level and state.
CREATE TABLE posture_snapshot (
    id {id},
    day DATE NOT NULL, -- the local day
    team_id BIGINT NOT NULL, -- the team
    level SMALLINT NOT NULL, -- the level
    state TEXT NOT NULL, -- the state
    risks BIGINT NOT NULL, -- how many
    late BIGINT NOT NULL, -- how many of them were past their due date
    exposure BIGINT NOT NULL, -- sum of their scores
    UNIQUE (day, team_id, level, state)
);
"
);
