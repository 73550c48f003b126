//! The versions of the intake rules.

use crate::sql::subject;

subject!(
    "m18_intake_rule",
    r"
-- A version of the rules for what comes in; never changed once made.
CREATE TABLE intake_rule_set (
    id {id},
    version INTEGER NOT NULL UNIQUE, -- which version
    rules {json} NOT NULL, -- what becomes of findings, the first rule that fits decides
    guard_rails {json} NOT NULL, -- what stops an import until a person agrees, each with its threshold
    note TEXT NOT NULL, -- why this version was made
    made_by BIGINT, -- who made it, none for the first one
    created_at {time} NOT NULL -- when this version was made
);
"
);
