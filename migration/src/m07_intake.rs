//! Sources, imports, what they plan, and what they saw.
//!
//! PostgreSQL checks a foreign key row by row. What a large import writes most of has none where a wrong number cannot
//! come from outside; `abate doctor` looks there instead.

use crate::sql::subject;

subject!(
    "m07_intake",
    r"
-- Who reports.
CREATE TABLE source (
    id {id},
    name TEXT NOT NULL UNIQUE, -- name shown to people and used in commands
    format TEXT NOT NULL, -- the format of its reports
    keep_files BOOLEAN NOT NULL DEFAULT FALSE, -- whether its files are kept, encrypted
    silent_after_days INTEGER, -- days without a full scan until it counts as silent, the usual number when none
    created_at {time} NOT NULL -- when it was made
);
-- What a source reports over. Absence is judged in here alone; the row is the lock of its imports.
CREATE TABLE source_scope (
    id {id},
    source_id BIGINT NOT NULL REFERENCES source (id), -- the source
    key TEXT NOT NULL, -- the target without tag or digest, unless one was given
    asset_id BIGINT NOT NULL REFERENCES asset (id), -- the asset its findings are on
    head_import_id BIGINT, -- the newest import that was applied
    default_branch TEXT, -- the branch whose scans open and close risks; none until one was seen
    branch_settled BOOLEAN NOT NULL DEFAULT FALSE, -- a person has named that branch
    deployed_digest TEXT, -- the image that runs; where it is known, its scans count and no other image's
    version INTEGER NOT NULL, -- counts the applied imports
    created_at {time} NOT NULL, -- when it was made
    UNIQUE (source_id, key)
);
-- One run of one source over one scope.
CREATE TABLE import (
    id {id},
    status TEXT NOT NULL, -- receiving, planned, needs_approval, applying, applied, compared, failed or undone
    mode TEXT NOT NULL, -- apply, plan or backlog
    format TEXT NOT NULL, -- the format that was recognised
    file_name TEXT NOT NULL, -- what the file was called
    sha256 TEXT NOT NULL, -- digest of its bytes, in hexadecimal
    size BIGINT NOT NULL, -- its length in bytes
    source_id BIGINT, -- who reported
    scope_id BIGINT, -- over what
    asset_id BIGINT, -- on which asset
    base_import_id BIGINT, -- the head of the scope that the plan was made against
    run TEXT, -- the run's name, given by the caller; one import a run
    branch TEXT, -- the branch that was scanned
    commit_id TEXT, -- the commit that was scanned
    digest TEXT, -- the image that was scanned
    tool_name TEXT NOT NULL, -- the tool that reports
    tool_version TEXT NOT NULL, -- its version
    complete BOOLEAN NOT NULL, -- whether absence from it means anything
    scanned_at {time} NOT NULL, -- when the scan ran
    findings BIGINT NOT NULL, -- records read
    created_count BIGINT NOT NULL, -- risks made
    updated_count BIGINT NOT NULL, -- findings changed
    unchanged_count BIGINT NOT NULL, -- findings seen again as they were
    reopened_count BIGINT NOT NULL, -- risks that came back
    vanished_count BIGINT NOT NULL, -- findings that are gone
    rejected_count BIGINT NOT NULL, -- records that could not be read
    attached_count BIGINT NOT NULL DEFAULT 0, -- findings that support risks of other sources, or were put aside in the tool
    kept_count BIGINT NOT NULL DEFAULT 0, -- findings that the rules keep without a risk
    waiting_count BIGINT NOT NULL DEFAULT 0, -- findings that wait for a person
    suppressed_count BIGINT NOT NULL DEFAULT 0, -- findings that a rule suppresses
    rules_version INTEGER, -- the version of the intake rules that decided
    by_level {json} NOT NULL, -- findings by level
    rejected {json} NOT NULL, -- the first rejected records: where and why
    warnings {json} NOT NULL DEFAULT '[]', -- what was left out of what was read: what, and how often
    problem {json}, -- why it failed
    idempotency_key TEXT, -- the caller's key
    actor_id BIGINT, -- who sent it
    via TEXT NOT NULL, -- api, page, command or demo
    file_id BIGINT, -- the kept file
    received_at {time} NOT NULL, -- when it came in
    applied_at {time}, -- when it was applied
    undone_at {time} -- when it was undone
);
CREATE INDEX import_by_scope ON import (scope_id, id);
CREATE INDEX import_by_status ON import (status, id);
CREATE UNIQUE INDEX import_by_run ON import (scope_id, run);
CREATE INDEX import_by_digest ON import (sha256, received_at);
-- A change that an import means to make. Rows go when the import is applied.
CREATE TABLE staged_change (
    import_id BIGINT NOT NULL, -- the import
    ordinal BIGINT NOT NULL, -- its number in the import
    action TEXT NOT NULL, -- create, attach, keep, wait, suppress, update, return, miss or vanish
    risk_id BIGINT, -- the risk that it makes or changes
    risk_version INTEGER, -- the version of that risk that was seen
    risk_uuid {uuid}, -- identity of a new risk
    finding_id BIGINT, -- the finding that it makes or changes
    asset_id BIGINT, -- the asset that the finding is on
    scheme TEXT NOT NULL, -- fingerprint scheme and version
    hash TEXT NOT NULL, -- the fingerprint, in hexadecimal
    content_hash TEXT NOT NULL, -- digest of what an update would change
    kind TEXT NOT NULL, -- kind of finding
    severity SMALLINT NOT NULL, -- severity as the tool gave it
    unknown_severity BOOLEAN NOT NULL, -- whether the tool gave none
    level SMALLINT NOT NULL, -- the level of a new risk
    likelihood SMALLINT, -- likelihood of a new risk
    impact SMALLINT, -- impact of a new risk
    title TEXT NOT NULL, -- one line
    description TEXT NOT NULL, -- what is wrong
    mitigation TEXT NOT NULL, -- what to do about it
    location TEXT NOT NULL, -- path and line, or resource
    rule TEXT NOT NULL, -- the rule or vulnerability that was matched
    package TEXT NOT NULL, -- package name
    package_version TEXT NOT NULL, -- installed version
    fixed_version TEXT NOT NULL, -- version that mends it
    tags {json} NOT NULL, -- words to find the risk by, as pairs of kind and value
    confidential BOOLEAN NOT NULL, -- whether its text must not travel
    data {json} NOT NULL, -- the record as the tool gave it, secrets masked
    triage_due_at {time}, -- triage due date of a new risk
    sla_start_at {time}, -- start of the remediation clock of a new risk
    intake_rule TEXT NOT NULL, -- name of the rule that decided, empty when none had to
    confirm BOOLEAN NOT NULL, -- whether that rule confirms the new risk
    PRIMARY KEY (import_id, ordinal)
);
-- One observation by one source.
CREATE TABLE finding (
    id BIGINT PRIMARY KEY, -- its number
    scope_id BIGINT NOT NULL, -- where it was seen; checked by `abate doctor`
    scheme TEXT NOT NULL, -- fingerprint scheme and version
    hash TEXT NOT NULL, -- the fingerprint, in hexadecimal
    content_hash TEXT NOT NULL, -- digest of what an update would change
    risk_id BIGINT, -- the risk that it supports; checked by `abate doctor`
    intake TEXT NOT NULL, -- risk, kept, waiting, suppressed or put_aside: what became of it
    decided_by BIGINT, -- the person who decided to keep it without a risk
    asset_id BIGINT, -- the asset it is on
    kind TEXT NOT NULL, -- vulnerability, misconfiguration, secret, licence or code
    severity SMALLINT NOT NULL, -- severity as the tool gave it
    judged_severity SMALLINT, -- the severity when its risk was dismissed last
    unknown_severity BOOLEAN NOT NULL, -- whether the tool gave none
    title TEXT NOT NULL, -- one line
    location TEXT NOT NULL, -- path and line, or resource
    rule TEXT NOT NULL, -- the rule or vulnerability that was matched
    package TEXT NOT NULL, -- package name
    package_version TEXT NOT NULL, -- installed version
    fixed_version TEXT NOT NULL, -- version that mends it
    data {json} NOT NULL, -- the record as the tool gave it, secrets masked
    first_import_id BIGINT NOT NULL, -- the import that first saw it
    missing_import_id BIGINT, -- the full import that first did not see it any more
    lost_import_id BIGINT, -- the full import that confirmed that it is gone
    detected_at {time} NOT NULL, -- when it was first seen
    UNIQUE (scope_id, scheme, hash)
);
CREATE INDEX finding_by_risk ON finding (risk_id, id);
CREATE INDEX finding_by_import ON finding (first_import_id, id);
CREATE INDEX finding_waiting ON finding (id) WHERE intake = 'waiting';
"
);
