//! Who was told that a risk comes due, who put it off, and whose work went to others.

use crate::sql::subject;

subject!(
    "m27_owner",
    r"
-- A step of the ladder that was reached: each once for a risk and its due date.
CREATE TABLE risk_ladder (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    due_on DATE NOT NULL, -- the due date it was reached for; of an unowned risk, the day since when nobody answers
    step TEXT NOT NULL, -- T-14, T-7, T-3, T-1, T, T+3, T+7, H0, H24, H48, H60, H72, unowned or left
    user_id BIGINT NOT NULL, -- whom it is for, 0 for the channel
    about_at {time} NOT NULL, -- the moment of the step
    state TEXT NOT NULL CHECK (state IN ('told', 'skipped')), -- skipped: overtaken by a later step
    created_at {time} NOT NULL, -- when it was noted
    UNIQUE (risk_id, due_on, step, user_id)
);
-- Somebody put off what they would be told of a risk.
CREATE TABLE risk_snooze (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    due_on DATE NOT NULL, -- its due date then; a new one is a new count
    user_id BIGINT NOT NULL REFERENCES app_user (id), -- who put it off
    until {time} NOT NULL, -- until when
    reason TEXT NOT NULL, -- why, in their words
    created_at {time} NOT NULL -- when
);
CREATE INDEX risk_snooze_by_risk ON risk_snooze (risk_id, due_on, user_id);
-- The work of somebody goes to others.
CREATE TABLE hand_over (
    id {id},
    user_id BIGINT NOT NULL REFERENCES app_user (id), -- whose work
    to_user_id BIGINT REFERENCES app_user (id), -- to whom, none for whoever stands in for each risk
    state TEXT NOT NULL CHECK (state IN ('wanted', 'done', 'stopped')), -- how far it is; stopped when they came back
    position BIGINT NOT NULL, -- the number of the last risk that was looked at
    counts {json} NOT NULL, -- how many risks each new owner got
    asked_by BIGINT, -- who asked for it, none for the system
    created_at {time} NOT NULL, -- when
    done_at {time} -- when it was done
);
CREATE UNIQUE INDEX hand_over_wanted ON hand_over (user_id) WHERE state = 'wanted';
"
);
