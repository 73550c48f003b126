//! How assets were rated before controls, and which policy a class of data asks for.

use crate::sql::subject;

subject!(
    "m17_asset_assessment",
    r"
-- A rating of an asset before controls. Rows are never changed; the newest one counts.
CREATE TABLE asset_assessment (
    id {id},
    asset_id BIGINT NOT NULL REFERENCES asset (id), -- what was rated
    likelihood SMALLINT NOT NULL, -- 1 to 5
    impact SMALLINT NOT NULL, -- 1 to 5
    level SMALLINT NOT NULL, -- what both make on the grid
    grid_id BIGINT NOT NULL, -- the grid version the level was read from
    rationale TEXT NOT NULL, -- why, in the assessor's words
    assessor TEXT NOT NULL, -- who judged, by name
    actor_id BIGINT, -- who wrote it down, none for a command
    assessed_on DATE NOT NULL, -- the day of the judgement
    created_at {time} NOT NULL -- when it was written down
);
CREATE INDEX asset_assessment_by_asset ON asset_assessment (asset_id, id);
-- A version of the table from classes of data to policies for due dates; never changed once made.
CREATE TABLE data_class_table (
    id {id},
    version INTEGER NOT NULL UNIQUE, -- which version
    data {json} NOT NULL, -- the policy that each class asks for
    actor_id BIGINT, -- who made it
    created_at {time} NOT NULL -- when this version was made
);
"
);
