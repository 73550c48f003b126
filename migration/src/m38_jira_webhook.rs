//! The webhooks that a connection has registered by itself.

use crate::sql::subject;

subject!(
    "m38_jira_webhook",
    r"
-- How the webhooks stand that a connection with an app registers by itself.
CREATE TABLE jira_webhook (
    connection_id BIGINT PRIMARY KEY REFERENCES connection (id), -- of which connection
    ends_at {time}, -- when they end; none where there are none
    look_at {time} NOT NULL, -- when they are looked at again
    problem TEXT -- why there are none
);
"
);
