//! Answers that a repeated request gets again.

use crate::sql::subject;

subject!(
    "m15_idempotency",
    r"
-- The answer to a write that carried a key.
CREATE TABLE idempotent_answer (
    id {id},
    user_id BIGINT NOT NULL, -- who asked
    key TEXT NOT NULL, -- the caller's key
    request TEXT NOT NULL, -- digest of method, path and body, in hexadecimal
    status SMALLINT NOT NULL, -- the answer's status
    body TEXT NOT NULL, -- the answer's body
    created_at {time} NOT NULL, -- when
    UNIQUE (user_id, key)
);
"
);
