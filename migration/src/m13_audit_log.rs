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
    via TEXT NOT NULL, -- api, page, slack, jira, import, timer or command
    action TEXT NOT NULL, -- what was done
    subject TEXT NOT NULL, -- to what
    data {json} NOT NULL, -- before, after, digests
    request_id TEXT NOT NULL, -- the request it belongs to
    address TEXT NOT NULL, -- where that request came from
    agent TEXT NOT NULL DEFAULT '' -- what acted for that person: token-3, slack-U07ABC; empty when nothing did
);
CREATE INDEX audit_entry_by_subject ON audit_entry (subject, id);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor_id, id);
CREATE INDEX audit_entry_by_action ON audit_entry (action, id);
CREATE INDEX audit_entry_by_time ON audit_entry (recorded_at, id);
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
    signature TEXT NOT NULL, -- Ed25519, over number, hash and time, in hexadecimal
    public_key TEXT NOT NULL, -- what the signature is checked with, in hexadecimal
    created_at {time} NOT NULL -- when
);
"
);
