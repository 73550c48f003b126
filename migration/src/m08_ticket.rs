//! Tickets in JIRA and what JIRA tells us.

use crate::sql::subject;

subject!(
    "m08_ticket",
    r"
-- A JIRA site and project that tickets are kept in.
CREATE TABLE connection (
    id {id},
    uuid {uuid} NOT NULL, -- what its secrets are sealed for
    name TEXT NOT NULL, -- name shown to people
    origin TEXT NOT NULL, -- settings, or application when somebody made it there
    kind TEXT NOT NULL, -- cloud or data_center
    api_url TEXT NOT NULL, -- where its API is
    browse_url TEXT NOT NULL, -- where people open a ticket
    secrets {blob}, -- account, token and webhook secret, sealed; none where the settings hold them
    project TEXT NOT NULL, -- project key
    issue_type TEXT NOT NULL, -- issue type of new tickets
    text_limit INTEGER NOT NULL, -- longest text that it takes, in characters
    poll_seconds INTEGER NOT NULL, -- how often changes are asked for
    gather_seconds INTEGER NOT NULL, -- how long wishes for tickets are gathered
    token_expires_on DATE, -- last day of the token, where somebody told us
    account TEXT, -- our own account there, once known
    paused BOOLEAN NOT NULL, -- nothing is sent or read while set
    paused_because TEXT, -- by_hand; anything else until somebody has looked
    problem TEXT, -- what is wrong with it
    problem_kind TEXT, -- credentials, limit, down or project
    problem_since {time}, -- since when
    told_since {time}, -- the problem that people were told of, by its beginning
    retry_at {time}, -- nothing is sent before this moment
    failures INTEGER NOT NULL, -- calls that failed in a row
    polled_until {time}, -- changes up to here have been read
    full_pass_at {time}, -- when all tickets were last read
    full_pass_after BIGINT, -- the last ticket that a pass under way has read
    checked {json}, -- what the last test found
    checked_at {time}, -- when that was
    created_by BIGINT, -- who made it
    created_at {time} NOT NULL, -- when it was made
    removed_at {time} -- set once nobody wants it any more
);
CREATE UNIQUE INDEX connection_by_name ON connection (name) WHERE removed_at IS NULL;
-- The unit of work in JIRA, with a small state machine of its own.
CREATE TABLE ticket (
    id {id},
    connection_id BIGINT NOT NULL REFERENCES connection (id), -- where it is
    subject TEXT NOT NULL UNIQUE, -- what it is about: `r-` and the risk's number, or `g-` and the group's
    risk_id BIGINT REFERENCES risk (id), -- the risk, where it is about one
    group_id BIGINT, -- the group of risks, where it is about one
    superseded_by BIGINT, -- the group whose ticket stands for that of the risk
    uuid {uuid} NOT NULL, -- what it is recognised by
    state TEXT NOT NULL, -- held, wanted, creating, linked, unknown, quarantined or cancelled
    attempt INTEGER NOT NULL, -- how often a create was tried
    claimed_by TEXT, -- the worker that is creating it
    created_as TEXT, -- the account that a create was last tried with
    next_try_at {time} NOT NULL, -- not before this moment
    unknown_since {time}, -- since when the outcome of a create is not known
    issue_id TEXT, -- JIRA's number
    issue_key TEXT, -- JIRA's key, which can change
    status_name TEXT NOT NULL, -- JIRA's status, as last read
    status_category TEXT NOT NULL, -- new, indeterminate or done, as last read
    jira_assignee TEXT, -- who works on it, as last read
    pushed_version INTEGER NOT NULL, -- the risk's version that JIRA was last told
    pushed {json} NOT NULL, -- the field values that JIRA was last told
    remote_updated TEXT NOT NULL, -- JIRA's stamp of the last change we know
    broken BOOLEAN NOT NULL, -- deleted, or hidden from us
    problem TEXT, -- what went wrong last
    synced_at {time}, -- when both sides were last seen equal
    sync_at {time}, -- when a linked ticket is looked at again by itself
    failures INTEGER NOT NULL, -- how often making it true failed in a row
    released_at {time}, -- when it counted towards the tickets of its team's day
    created_at {time} NOT NULL, -- when it was wanted
    CHECK ((risk_id IS NULL) <> (group_id IS NULL))
);
CREATE INDEX ticket_by_group ON ticket (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX ticket_by_state ON ticket (connection_id, state, next_try_at, id);
CREATE INDEX ticket_by_risk ON ticket (risk_id);
CREATE INDEX ticket_by_sync ON ticket (connection_id, sync_at) WHERE sync_at IS NOT NULL;
CREATE INDEX ticket_by_release ON ticket (released_at) WHERE released_at IS NOT NULL;
CREATE UNIQUE INDEX ticket_by_issue ON ticket (connection_id, issue_id);
-- A message that another system sent us, kept before it is answered.
CREATE TABLE webhook_delivery (
    id {id},
    connection_id BIGINT NOT NULL, -- from where
    identifier TEXT NOT NULL, -- the sender's name for it
    issue_id TEXT NOT NULL, -- what it is about
    state TEXT NOT NULL, -- stored or handled
    received_at {time} NOT NULL, -- when it came
    UNIQUE (connection_id, identifier)
);
"
);
