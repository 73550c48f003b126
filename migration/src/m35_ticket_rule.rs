//! Which risks get a ticket, and how many in a day.

use crate::sql::subject;

subject!(
    "m35_ticket_rule",
    r"
-- A version of the rules that say which risks get a ticket; never changed once made.
CREATE TABLE ticket_rule_set (
    id {id},
    version INTEGER NOT NULL UNIQUE, -- which version
    rules {json} NOT NULL, -- which risks get a ticket and where; the first rule that fits decides
    daily_cap INTEGER, -- most tickets that a team gets in a day; none for any number
    note TEXT NOT NULL, -- why this version was made
    made_by BIGINT, -- who made it, none for the first one
    created_at {time} NOT NULL -- when this version was made
);
"
);
