//! The critical asset register and the controls.

use crate::sql::subject;

subject!(
    "m03_register",
    r"
-- What is at risk.
CREATE TABLE asset (
    id {id},
    version INTEGER NOT NULL, -- counts its edits; an edit names the version it saw
    key TEXT NOT NULL UNIQUE, -- short name used in commands and files
    name TEXT NOT NULL, -- name shown to people
    description TEXT NOT NULL, -- what it is for
    kind TEXT NOT NULL, -- application, service, data_store, cloud_account, pipeline, identity, other
    tier SMALLINT NOT NULL, -- how much depends on it
    data_classes TEXT NOT NULL, -- classes of data it holds, separated by blanks
    internet_facing BOOLEAN NOT NULL, -- whether strangers can reach it
    environment TEXT NOT NULL, -- production, staging, testing, development, shared, or nothing when nobody said
    confidentiality SMALLINT, -- 1 to 5
    integrity SMALLINT, -- 1 to 5
    availability SMALLINT, -- 1 to 5
    team_id BIGINT NOT NULL REFERENCES team (id), -- who answers for it
    owner_id BIGINT, -- the person who answers for it
    responsible_party TEXT NOT NULL, -- us, provider or shared
    tags TEXT NOT NULL, -- words to find it by, separated by blanks
    lifetime_days INTEGER, -- how long it is expected to live without being seen, for what comes and goes
    last_seen_at {time}, -- when a report last found it
    review_state TEXT NOT NULL, -- unreviewed until a person has looked at it, then reviewed
    retired_at {time}, -- when it was taken out of service
    retired_by_id BIGINT, -- who did that, none when it had not been seen for its lifetime
    merged_into_id BIGINT REFERENCES asset (id), -- the asset that took its place, when it turned out to be the same
    created_at {time} NOT NULL, -- when it was made
    updated_at {time} NOT NULL -- when it was last changed
);
CREATE INDEX asset_by_team ON asset (team_id, id);
-- How reports name an asset.
CREATE TABLE asset_matcher (
    id {id},
    asset_id BIGINT NOT NULL REFERENCES asset (id), -- the asset it finds
    kind TEXT NOT NULL, -- arn, repository, image, purl, host or name
    pattern TEXT NOT NULL, -- the value in lower case; * stands for any run of characters
    UNIQUE (kind, pattern)
);
CREATE INDEX asset_matcher_by_asset ON asset_matcher (asset_id, id);
-- A measure that mitigates risks.
CREATE TABLE control (
    id {id},
    key TEXT NOT NULL UNIQUE, -- its number in the catalogue
    name TEXT NOT NULL, -- name shown to people
    description TEXT NOT NULL, -- what it is
    measure TEXT NOT NULL, -- what shows that it works
    cadence_days INTEGER, -- how old its newest proof may be; none when it needs none
    owner_id BIGINT, -- the person who answers for it
    state TEXT NOT NULL CHECK (state IN ('planned', 'active', 'degraded', 'retired')), -- where it stands
    evidence_at {time}, -- of when its newest proof is
    version INTEGER NOT NULL, -- counts its changes
    created_at {time} NOT NULL, -- when it was made
    updated_at {time} NOT NULL -- when it was last changed
);
"
);
