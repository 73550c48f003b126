//! Accounts of Datadog that signals are read from, and what each signal was told.

use crate::sql::subject;

subject!(
    "m24_datadog",
    r"
-- An account of Datadog whose security signals are read.
CREATE TABLE datadog_connection (
    id {id},
    uuid {uuid} NOT NULL, -- what its keys are sealed for
    name TEXT NOT NULL, -- the source that its signals come under
    site TEXT NOT NULL, -- one of Datadog's sites, or an address of the settings
    keys {blob} NOT NULL, -- both keys, sealed
    asset TEXT, -- key of the asset that signals are about, unless they name another
    query TEXT NOT NULL, -- in Datadog's search language, empty for all signals
    interval_minutes INTEGER NOT NULL, -- time between two looks
    write_back BOOLEAN NOT NULL, -- whether signals are told how they were triaged here
    enabled BOOLEAN NOT NULL, -- nothing is read or told while not set
    position {json} NOT NULL, -- up to where signals were read
    next_at {time} NOT NULL, -- when to look next
    pulled_at {time}, -- when the last look ended well
    problem TEXT, -- what is wrong with it
    created_by BIGINT, -- who made it
    created_at {time} NOT NULL, -- when it was made
    removed_at {time} -- set once nobody wants it any more
);
-- A signal that was read, and what it was told.
CREATE TABLE datadog_signal (
    id {id},
    connection_id BIGINT NOT NULL REFERENCES datadog_connection (id), -- from where
    signal TEXT NOT NULL, -- Datadog's id
    digest TEXT NOT NULL, -- equal while it tells the same
    scope_id BIGINT, -- where its finding is
    scheme TEXT NOT NULL, -- fingerprint scheme of its finding, empty when it has none
    hash TEXT NOT NULL, -- the fingerprint
    state TEXT NOT NULL, -- its triage as it was seen or told last
    judged_risk BIGINT, -- the risk whose decisions were looked at last
    judged_version INTEGER, -- and which version of it
    decision TEXT, -- the last decision that was dealt with
    telling TEXT, -- a decision that is being told, and may have arrived
    outcome TEXT, -- what came of it: told, same, left, gone or refused
    told_at {time}, -- when that was
    seen_at {time} NOT NULL, -- when it was read last
    UNIQUE (connection_id, signal)
);
CREATE INDEX datadog_signal_finding ON datadog_signal (scope_id, scheme, hash);
"
);
