//! Issues in JIRA that carry our label and are no ticket of ours.

use crate::sql::subject;

subject!(
    "m33_ticket_stranger",
    r"
-- An issue that carries our label and is linked to no ticket: a second one, a copy, or one from after a backup.
CREATE TABLE ticket_stranger (
    id {id},
    connection_id BIGINT NOT NULL REFERENCES connection (id), -- where it is
    issue_id TEXT NOT NULL, -- JIRA's number
    issue_key TEXT NOT NULL, -- JIRA's key, as last read
    kind TEXT NOT NULL, -- duplicate, orphan, newer_copy or unmarked
    uuid {uuid}, -- the ticket that its marker names
    ticket_id BIGINT REFERENCES ticket (id), -- that ticket, where we know it
    found_at {time} NOT NULL, -- when it was found
    settled_at {time}, -- when it was one no longer
    UNIQUE (connection_id, issue_id)
);
CREATE INDEX ticket_stranger_by_ticket ON ticket_stranger (ticket_id);
"
);
