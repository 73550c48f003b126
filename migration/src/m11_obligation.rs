//! Recurring obligations and their dated occurrences.

use crate::sql::subject;

subject!(
    "m11_obligation",
    r"
-- A recurring obligation.
CREATE TABLE cadence (
    id {id},
    name TEXT NOT NULL UNIQUE, -- name shown to people
    kind TEXT NOT NULL, -- what it is about: asvs_audit, patch_review, security_review, … other
    description TEXT NOT NULL, -- what has to be done
    rule TEXT NOT NULL, -- RRULE
    starts_on DATE NOT NULL, -- first date of the rule
    time_of_day TEXT NOT NULL, -- local time of day at which a run begins, HH:MM
    zone TEXT NOT NULL, -- IANA zone of that time
    lead_days INTEGER NOT NULL, -- how long before its date a run may be done
    grace_days INTEGER NOT NULL, -- how long after its date a run may still be done late
    ceiling_months INTEGER, -- longest allowed gap between two completions
    back_to_business_day BOOLEAN NOT NULL, -- whether a run on a day off is due on the business day before
    last_done_on DATE, -- when a run was last done
    team_id BIGINT NOT NULL REFERENCES team (id), -- who answers for it
    owner_id BIGINT, -- the person who does it
    active BOOLEAN NOT NULL, -- whether runs are still made
    version INTEGER NOT NULL, -- counts its changes
    made_until {time} NOT NULL, -- runs up to here exist
    look_again_at {time} NOT NULL, -- when the next run has to be made; the end of time once the rule has ended
    created_at {time} NOT NULL, -- when it was made
    updated_at {time} NOT NULL -- when it was last changed
);
-- One dated occurrence of a cadence.
CREATE TABLE cadence_run (
    id {id},
    cadence_id BIGINT NOT NULL REFERENCES cadence (id), -- the cadence
    scheduled_on DATE NOT NULL, -- the date the rule gave, never moved
    scheduled_at {time} NOT NULL, -- when it begins by the rule
    opens_at {time} NOT NULL, -- from here it can be done
    due_on DATE NOT NULL, -- the local day by which it has to be done
    due_at {time} NOT NULL, -- the end of that day
    missed_at {time} NOT NULL, -- when it counts as missed
    state TEXT NOT NULL, -- planned, due, in_progress, done, done_late, skipped, missed
    owner_id BIGINT, -- the person who does it
    snoozes INTEGER NOT NULL, -- how often its reminders were put off
    snoozed_until {time}, -- until when they are
    reminded_at {time}, -- when its owner was last reminded
    completed_at {time}, -- when it was done
    completed_by BIGINT, -- who did it
    evidence TEXT NOT NULL, -- what shows that it was done
    evidence_url TEXT, -- where that is
    reason TEXT NOT NULL, -- why it was skipped or missed
    skip_asked_by BIGINT, -- who asked to skip it
    decided_by BIGINT, -- who approved the skip
    version INTEGER NOT NULL, -- counts its changes
    created_at {time} NOT NULL, -- when it was made
    updated_at {time} NOT NULL, -- when it was last changed
    UNIQUE (cadence_id, scheduled_on)
);
CREATE INDEX cadence_by_look ON cadence (active, look_again_at, id);
CREATE INDEX cadence_run_by_due ON cadence_run (state, due_at, id);
"
);
