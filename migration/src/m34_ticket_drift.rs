//! What differed between a risk and its ticket, and the comments that travel between them.

use crate::sql::subject;

subject!(
    "m34_ticket_drift",
    r"
-- A value that somebody gave to a field on one side, against that field's owner or by it.
CREATE TABLE ticket_drift (
    id {id},
    ticket_id BIGINT NOT NULL REFERENCES ticket (id), -- the ticket
    field TEXT NOT NULL, -- the field
    ours TEXT NOT NULL, -- what Abate said
    theirs TEXT NOT NULL, -- what JIRA said
    winner TEXT NOT NULL, -- abate or jira
    reason TEXT NOT NULL, -- why
    change_id TEXT NOT NULL, -- the entry of JIRA's history, or the stamp of the issue
    by_account TEXT, -- the account that changed it, where JIRA names one
    seen_at {time} NOT NULL, -- when it was seen
    settled_at {time}, -- when both sides said the same again
    UNIQUE (ticket_id, field, change_id) -- one change is set back once
);
CREATE INDEX ticket_drift_open ON ticket_drift (ticket_id) WHERE settled_at IS NULL;
-- A comment that travels to JIRA or came from there.
CREATE TABLE ticket_comment (
    id {id},
    ticket_id BIGINT NOT NULL REFERENCES ticket (id), -- the ticket
    direction TEXT NOT NULL, -- out or in
    risk_comment_id BIGINT REFERENCES risk_comment (id), -- the comment on the risk
    note_key TEXT, -- what a remark of Abate's own is about
    remote_id TEXT, -- the comment in JIRA, once known
    text TEXT NOT NULL, -- what it says
    state TEXT NOT NULL, -- wanted, trying, done or refused
    created_at {time} NOT NULL, -- when it was wanted, or came
    UNIQUE (ticket_id, note_key),
    UNIQUE (ticket_id, remote_id)
);
CREATE UNIQUE INDEX ticket_comment_by_comment ON ticket_comment (risk_comment_id, ticket_id);
CREATE INDEX ticket_comment_waiting ON ticket_comment (ticket_id, id) WHERE state IN ('wanted', 'trying');
"
);
