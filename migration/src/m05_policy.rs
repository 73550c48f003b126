//! Versioned policies that ratings and due dates name.

use crate::sql::subject;

subject!(
    "m05_policy",
    r"
-- A version of a rating grid; never changed once made.
CREATE TABLE rating_grid (
    id {id},
    name TEXT NOT NULL, -- which grid
    version INTEGER NOT NULL, -- which version of it
    data {json} NOT NULL, -- the cells and how they map to the four levels
    created_at {time} NOT NULL, -- when this version was made
    UNIQUE (name, version)
);
-- A version of a policy for due dates; never changed once made.
CREATE TABLE sla_policy (
    id {id},
    name TEXT NOT NULL, -- which policy
    version INTEGER NOT NULL, -- which version of it
    data {json} NOT NULL, -- days and hours by level, and the basis they are counted in
    created_at {time} NOT NULL, -- when this version was made
    UNIQUE (name, version)
);
-- A version of a holiday calendar; never changed once made.
CREATE TABLE calendar (
    id {id},
    name TEXT NOT NULL, -- which calendar
    version INTEGER NOT NULL, -- which version of it
    data {json} NOT NULL, -- working days and holidays
    created_at {time} NOT NULL, -- when this version was made
    UNIQUE (name, version)
);
"
);
