//! Recurring obligations and their dated occurrences.

use crate::sql::subject;

subject!(
    "m11_obligation",
    r"
-- A recurring obligation.
CREATE TABLE cadence (
    id {id},
    name TEXT NOT NULL UNIQUE, -- name shown to people
    kind TEXT NOT NULL, -- asvs_audit, patch_review, security_review, training, incident_drill, other
    description TEXT NOT NULL, -- what has to be done
    rule TEXT NOT NULL, -- RRULE
    starts_on DATE NOT NULL, -- first date of the rule
    due_time TEXT NOT NULL, -- local time of day a run is due at, HH:MM
    zone TEXT NOT NULL, -- IANA zone of that time
    lead_days INTEGER NOT NULL, -- how long before its date a run may be done
    grace_days INTEGER NOT NULL, -- how long after its date a run may still be done late
    ceiling_months INTEGER, -- longest allowed gap between two completions
    team_id BIGINT NOT NULL REFERENCES team (id), -- who answers for it
    owner_id BIGINT, -- the person who does it
    active BOOLEAN NOT NULL, -- whether runs are still made
    version INTEGER NOT NULL, -- counts its changes
    made_until {time} NOT NULL, -- runs up to here exist
    created_at {time} NOT NULL, -- when it was made
    updated_at {time} NOT NULL -- when it was last changed
);
-- One dated occurrence of a cadence.
CREATE TABLE cadence_run (
    id {id},
    cadence_id BIGINT NOT NULL REFERENCES cadence (id), -- the cadence
    scheduled_on DATE NOT NULL, -- the date the rule gave, never moved
    due_at {time} NOT NULL, -- when it has to be done
    missed_at {time} NOT NULL, -- when it counts as missed
    state TEXT NOT NULL, -- planned, due, in_progress, done, done_late, skipped, missed
    owner_id BIGINT, -- the person who does it
    snoozes INTEGER NOT NULL, -- how often it was put off
    reminded_at {time}, -- when its owner was last reminded
    completed_at {time}, -- when it was done
    completed_by BIGINT, -- who did it
    evidence TEXT NOT NULL, -- what shows that it was done
    evidence_url TEXT, -- where that is
    reason TEXT NOT NULL, -- why it was skipped or missed
    decided_by BIGINT, -- who approved the skip
    version INTEGER NOT NULL, -- counts its changes
    created_at {time} NOT NULL, -- when it was made
    updated_at {time} NOT NULL, -- when it was last changed
    UNIQUE (cadence_id, scheduled_on)
);
CREATE INDEX cadence_run_by_due ON cadence_run (state, due_at, id);
"
);
