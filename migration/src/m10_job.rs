//! Work that happens after a transaction.

use crate::sql::subject;

subject!(
    "m10_job",
    r"
-- A piece of work that waits, runs, or was parked after too many failures. Done work leaves no row.
CREATE TABLE job (
    id {id},
    kind TEXT NOT NULL, -- which job
    subject TEXT NOT NULL, -- what it is about; one waiting job a kind and subject
    state TEXT NOT NULL, -- queued, running or parked
    attempt INTEGER NOT NULL, -- how often it was started
    run_at {time} NOT NULL, -- not before this moment
    holder TEXT, -- the process that runs it
    leased_until {time}, -- when others may take it over
    problem TEXT, -- what went wrong last
    created_at {time} NOT NULL -- when it was queued
);
CREATE INDEX job_by_time ON job (state, run_at, id);
CREATE UNIQUE INDEX job_waiting ON job (kind, subject) WHERE state = 'queued';
-- When a timer last ran.
CREATE TABLE timer (
    name TEXT PRIMARY KEY, -- which timer
    ran_at {time} NOT NULL -- when it last ran to its end
);
"
);
