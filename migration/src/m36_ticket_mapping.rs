//! What of a risk goes into which field of its ticket, and whose JIRA account is whose.

use crate::sql::subject;

subject!(
    "m36_ticket_mapping",
    r"
-- A version of what a connection's tickets say; never changed once made.
CREATE TABLE ticket_mapping (
    id {id},
    connection_id BIGINT NOT NULL REFERENCES connection (id), -- whose tickets
    version INTEGER NOT NULL, -- which version; the newest is in force
    data {json} NOT NULL, -- which value goes into which field
    note TEXT NOT NULL, -- why this version was made
    made_by BIGINT, -- who made it
    created_at {time} NOT NULL, -- when this version was made
    UNIQUE (connection_id, version)
);

-- The account of a person at a site, as a search by address found it.
CREATE TABLE jira_person (
    connection_id BIGINT NOT NULL REFERENCES connection (id), -- at which site
    user_id BIGINT NOT NULL REFERENCES app_user (id), -- who
    account TEXT, -- the account; none where the search found nobody
    asked_at {time} NOT NULL, -- when it was searched for
    PRIMARY KEY (connection_id, user_id)
);
"
);
