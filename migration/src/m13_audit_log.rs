//! Who did what. Entries and seals are only ever added.

use crate::sql::subject;

subject!(
    "m13_audit_log",
    r"
-- Something that somebody did.
CREATE TABLE audit_entry (
    id {id},
    recorded_at {time} NOT NULL, -- when
    actor_id BIGINT, -- who, none for the system
    via TEXT NOT NULL, -- api, page, slack, jira, import, scheduler or command
    action TEXT NOT NULL, -- what was done
    subject TEXT NOT NULL, -- to what
    data {json} NOT NULL, -- before, after, digests
    request_id TEXT NOT NULL -- the request it belongs to
);
CREATE INDEX audit_entry_by_subject ON audit_entry (subject, id);
-- The place of an entry in the chain.
CREATE TABLE audit_seal (
    seq BIGINT PRIMARY KEY, -- its number in the chain
    entry_id BIGINT NOT NULL UNIQUE, -- the entry
    previous TEXT NOT NULL, -- hash of the seal before, in hexadecimal
    hash TEXT NOT NULL -- hash of this seal, in hexadecimal
);
-- A signed statement of how long the chain was.
CREATE TABLE audit_checkpoint (
    id {id},
    seq BIGINT NOT NULL, -- last number of the chain at that time
    hash TEXT NOT NULL, -- hash of that seal
    signature TEXT NOT NULL, -- keyed digest of number and hash, in hexadecimal
    created_at {time} NOT NULL -- when
);
"
);
