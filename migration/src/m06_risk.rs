//! Risks, what happened to them, and what supports or closes them.
//!
//! PostgreSQL checks a foreign key row by row. What a large import writes most of has none where a wrong number cannot
//! come from outside; `abate doctor` looks there instead.

use crate::sql::subject;

subject!(
    "m06_risk",
    r"
-- The unit of decision: one problem on one primary asset. Its key is `R-` and the id.
CREATE TABLE risk (
    id BIGINT PRIMARY KEY, -- number of its key, never used again
    uuid {uuid} NOT NULL UNIQUE, -- what its ticket is recognised by
    version INTEGER NOT NULL, -- counts its events; an edit names the version it saw
    origin TEXT NOT NULL, -- workshop, scanner or manual
    asset_id BIGINT NOT NULL REFERENCES asset (id), -- the primary asset
    team_id BIGINT NOT NULL, -- who answers for it; checked by `abate doctor`
    owner_id BIGINT, -- the person who answers for it
    assignee_id BIGINT, -- the person who does the work
    title TEXT NOT NULL, -- one line
    description TEXT NOT NULL, -- what is wrong
    mitigation TEXT NOT NULL, -- what to do about it
    state TEXT NOT NULL, -- where it stands in the lifecycle
    resolution TEXT, -- why it is closed
    treatment TEXT, -- modify, retain, avoid or share
    level SMALLINT NOT NULL, -- current level, which clocks and rights follow
    inherent_likelihood SMALLINT, -- 1 to 5, before controls
    inherent_impact SMALLINT, -- 1 to 5, before controls
    current_likelihood SMALLINT, -- 1 to 5, with the controls that work today
    current_impact SMALLINT, -- 1 to 5, with the controls that work today
    target_likelihood SMALLINT, -- 1 to 5, after the planned treatment
    target_impact SMALLINT, -- 1 to 5, after the planned treatment
    score SMALLINT NOT NULL, -- current likelihood times impact, 0 when not rated
    grid_id BIGINT NOT NULL, -- the grid version the level was read from
    policy_id BIGINT NOT NULL, -- the policy version the due dates were derived with
    kill_chain_phase TEXT, -- one of the seven phases
    workshop_id BIGINT, -- where it was found
    scenario_id BIGINT, -- in which story
    confidential BOOLEAN NOT NULL, -- tickets and messages carry key, level, date and link only
    ticket_wanted BOOLEAN NOT NULL, -- a person asked for a ticket whatever the rule says
    onboarding BOOLEAN NOT NULL DEFAULT FALSE, -- came in with a source's backlog: a ticket only on request
    plan TEXT NOT NULL, -- how it is going to be treated
    detected_at {time} NOT NULL, -- when it was recorded
    sla_start_at {time} NOT NULL, -- when its remediation clock starts
    triage_due_at {time} NOT NULL, -- when it has to have left triage, the end of time when the clock is stopped
    due_at {time} NOT NULL, -- when it has to be gone, the end of time when there is no due date
    due_on DATE, -- the same as a local day
    due_nearer_at {time}, -- when that day came nearer than it was, or the directive judged
    due_zone TEXT NOT NULL, -- the IANA zone of that day
    claimed_at {time}, -- when somebody last said that it is fixed
    closed_at {time}, -- when it was closed
    review_on DATE, -- when a block or a transfer has to be looked at again
    acceptance_ends_on DATE, -- last day of the acceptance in force
    reopen_count SMALLINT NOT NULL, -- how often it came back
    standing {json} NOT NULL, -- what else the lifecycle looks at: claimants, proposals, pauses, counts
    import_id BIGINT, -- the import that made it
    created_at {time} NOT NULL, -- when the row was made
    updated_at {time} NOT NULL -- when it was last changed
);
CREATE INDEX risk_by_due ON risk (due_at, id);
CREATE INDEX risk_by_state ON risk (state, due_at, id);
CREATE INDEX risk_by_team ON risk (team_id, state, due_at, id);
CREATE INDEX risk_by_owner ON risk (owner_id, state, due_at, id);
CREATE INDEX risk_by_asset ON risk (asset_id, state, due_at, id);
CREATE INDEX risk_by_level ON risk (level, due_at, id);
CREATE INDEX risk_by_review ON risk (review_on, id) WHERE review_on IS NOT NULL;
CREATE INDEX risk_by_nearer ON risk (due_nearer_at, id) WHERE due_nearer_at IS NOT NULL;
CREATE INDEX risk_by_update ON risk (updated_at, id);
-- All that the dashboard counts, in one pass.
CREATE INDEX risk_posture ON risk (team_id, level, state, due_on, sla_start_at, triage_due_at, score)
    WHERE state <> 'closed';
-- A further asset that a risk affects.
CREATE TABLE risk_asset (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    asset_id BIGINT NOT NULL REFERENCES asset (id), -- the asset
    UNIQUE (risk_id, asset_id)
);
CREATE INDEX risk_asset_by_asset ON risk_asset (asset_id, risk_id);
-- A word that a risk can be found by: a STRIDE category, a technique, a vulnerability.
CREATE TABLE risk_tag (
    risk_id BIGINT NOT NULL, -- the risk; checked by `abate doctor`
    kind TEXT NOT NULL, -- stride, technique, cve, cwe or package
    value TEXT NOT NULL, -- the word
    PRIMARY KEY (risk_id, kind, value)
);
CREATE INDEX risk_tag_by_value ON risk_tag (kind, value, risk_id);
-- A control that is to mitigate a risk.
CREATE TABLE risk_control (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    control_id BIGINT NOT NULL REFERENCES control (id), -- the control
    UNIQUE (risk_id, control_id)
);
-- What a report has to say for a finding to belong to a risk.
CREATE TABLE risk_identity (
    id {id},
    asset_id BIGINT NOT NULL, -- on which asset; checked by `abate doctor`
    scheme TEXT NOT NULL, -- fingerprint scheme and version
    hash TEXT NOT NULL, -- the fingerprint, in hexadecimal
    risk_id BIGINT NOT NULL, -- the risk it leads to; checked by `abate doctor`
    because TEXT NOT NULL, -- why the two are the same, in words
    made_by BIGINT, -- the person who decided so, none for a rule
    created_at {time} NOT NULL, -- when it was made
    UNIQUE (asset_id, scheme, hash)
);
CREATE INDEX risk_identity_by_risk ON risk_identity (risk_id);
-- Something that happened to a risk. Rows are never changed; the risk's dates are replayed from them.
CREATE TABLE risk_event (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    version INTEGER NOT NULL, -- the risk's version after it
    kind TEXT NOT NULL, -- created, edited, commented, evidence_added, or the event of the lifecycle
    transition TEXT, -- the row of the lifecycle table, T01 to T27
    from_state TEXT, -- the state before
    to_state TEXT, -- the state after
    effective_at {time} NOT NULL, -- when it took effect
    recorded_at {time} NOT NULL, -- when it was written
    actor_id BIGINT, -- who did it, none for the system
    via TEXT NOT NULL, -- api, page, slack, jira, import, scheduler or command
    reason TEXT NOT NULL, -- why, in that person's words
    data {json} NOT NULL, -- the inputs used: policy, calendar and grid versions, zone, changed fields
    UNIQUE (risk_id, version)
);
CREATE INDEX risk_event_by_record ON risk_event (recorded_at, id);
-- A remark on a risk, in Markdown.
CREATE TABLE risk_comment (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    author_id BIGINT, -- who wrote it, none for the system
    via TEXT NOT NULL, -- where it was written
    body TEXT NOT NULL, -- what it says
    created_at {time} NOT NULL -- when
);
CREATE INDEX risk_comment_by_risk ON risk_comment (risk_id, id);
-- What shows that something was done.
CREATE TABLE evidence (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    kind TEXT NOT NULL, -- file, link, note, jira, scan or commit
    title TEXT NOT NULL, -- what it is
    url TEXT, -- where it is
    commit_hash TEXT, -- the commit
    file_id BIGINT, -- the stored file
    sha256 TEXT, -- digest of the file, in hexadecimal
    import_id BIGINT, -- the scan
    counts BOOLEAN NOT NULL, -- whether a person can claim a fix with it; a note shows nothing
    added_by BIGINT, -- who added it, none for the system
    created_at {time} NOT NULL, -- when
    withdrawn_by BIGINT, -- who took it back; the row stays
    withdrawn_at {time}, -- when
    withdrawn_reason TEXT NOT NULL DEFAULT '' -- why
);
CREATE INDEX evidence_by_risk ON evidence (risk_id, id);
-- The same file stands once on a risk.
CREATE UNIQUE INDEX evidence_by_file ON evidence (risk_id, sha256) WHERE sha256 IS NOT NULL AND withdrawn_at IS NULL;
-- A decision to live with a risk until the end of a day.
CREATE TABLE acceptance (
    id {id},
    risk_id BIGINT NOT NULL REFERENCES risk (id), -- the risk
    state TEXT NOT NULL, -- requested, withdrawn, rejected, in_force, superseded, expired, revoked, voided, closed or resumed
    level SMALLINT NOT NULL, -- how bad the risk was when it was asked for, then when it was approved
    justification TEXT NOT NULL, -- why it is accepted
    compensating_controls TEXT NOT NULL, -- what lowers it meanwhile
    ends_on DATE NOT NULL, -- its last day
    ends_at {time} NOT NULL, -- the end of that day in the organisation's zone
    renewals SMALLINT NOT NULL, -- how often it was renewed
    asked_by BIGINT NOT NULL, -- who asked
    asked_at {time} NOT NULL, -- when
    decided_by BIGINT, -- who approved, or rejected
    decided_at {time}, -- when
    decided_reason TEXT NOT NULL DEFAULT '', -- why, in their words
    ended_by BIGINT, -- who took it back or ended it, none for a date or a rule
    ended_at {time}, -- when it stopped waiting or being in force
    end_reason TEXT NOT NULL DEFAULT '', -- why
    told_state TEXT NOT NULL DEFAULT '', -- the state that people were told of last
    -- Four eyes.
    CHECK (decided_by IS NULL OR decided_by <> asked_by),
    CHECK (decided_by IS NOT NULL OR state IN ('requested', 'withdrawn')),
    CHECK (state IN ('requested', 'withdrawn', 'rejected', 'in_force', 'superseded', 'expired', 'revoked', 'voided',
        'closed', 'resumed')),
    CHECK (renewals BETWEEN 0 AND 2)
);
-- One request waits, and one acceptance holds.
CREATE UNIQUE INDEX acceptance_requested ON acceptance (risk_id) WHERE state = 'requested';
CREATE UNIQUE INDEX acceptance_in_force ON acceptance (risk_id) WHERE state = 'in_force';
CREATE INDEX acceptance_by_risk ON acceptance (risk_id, id);
CREATE INDEX acceptance_by_end ON acceptance (state, ends_at, id);
CREATE INDEX acceptance_untold ON acceptance (id) WHERE told_state <> state;
"
);
